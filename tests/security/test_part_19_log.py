"""Whatever people send, in whatever place of a request: the log holds nothing of it.

Every route of the site, by every verb, gets secrets in its address, query, form, JSON, cookies and
headers, sent by a stranger and by everybody of the cast who may get further; once with pages that
work and once with pages that break.
"""

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask, before_render_template

from app.services.people import RESET, make_link
from app.web.logs import TextLines
from tests.log_lines import Log, written
from tests.security.school import open_school
from tests.security.test_part_20_fuzz import NAMES, PLACE, Ready, address, ready  # noqa: F401 (a fixture)
from tests.web.exam_cast import inside
from tests.world import NOON, PASSWORD

CANARY = "canary-5d1c"
MAIL = f"{CANARY}@example.org"
SENDER = "203.0.113.77"
WHO = ("stranger", "ana", "ben", "dev")
CODE = ("ABCD-EFGH", "ABCDEFGH")
OWN = {"password": PASSWORD, "username": "ana", "email": MAIL, "verify_password": PASSWORD}
HEADERS = {
    "Authorization": f"Bearer {CANARY}",
    "Referer": f"http://localhost/{CANARY}",
    "User-Agent": CANARY,
    "X-Forwarded-For": SENDER,
    "X-Request-ID": CANARY,
    "Accept-Language": CANARY,
}
RAW_ID = re.compile(r"\bperson \d{1,6}\b(?!\w)")
PLAIN = {name: f"{CANARY}-{name}" for name in NAMES}
RIGHT = {**PLAIN, **OWN}


def sends(site: Ready) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Who sends what by which verb to which address."""
    for rule in site.app.url_map.iter_rules():
        names = PLACE.findall(rule.rule)
        real = tuple(site.known.get(name, ["site.css"])[-1] for name in names)
        made_up = tuple("1" if value.isdigit() else CANARY for value in real)
        for verb in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for who in WHO:
                yield (
                    who,
                    verb,
                    address(rule.rule, real),
                    {"data": RIGHT if who == "ana" else PLAIN},
                )
            yield "dev", verb, address(rule.rule, made_up), {"data": PLAIN}
            if verb == "POST":
                yield "ana", verb, address(rule.rule, real), {"json": PLAIN}


def send_all(site: Ready) -> set[int]:
    """Send everything; the statuses that came back."""
    statuses = set()
    for who, verb, path, body in sends(site):
        client = site.client(who)
        client.set_cookie(CANARY, CANARY)
        answer = client.open(
            path,
            method=verb,
            query_string=PLAIN,
            headers=HEADERS,
            environ_overrides={"REMOTE_ADDR": SENDER},
            **body,
        )
        statuses.add(answer.status_code)
    return statuses


def secrets_in(log: Log, site: Ready) -> list[str]:
    """Which of the secrets the log holds; raw numbers of people too."""
    known = [value for values in site.known.values() for value in values if len(value) > 8]
    secret = [CANARY, PASSWORD, SENDER, "203.0.113", *CODE, *site.cookies.values(), *known]
    return [word for word in secret if word in log.text] + RAW_ID.findall(log.text)


@contextmanager
def written_twice(app: Flask) -> Iterator[tuple[Log, Log]]:
    """The log for machines and, of the same events, the one for people."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextLines(app.config["SECRET_KEY"]))
    with written(app) as log:
        logging.getLogger().addHandler(handler)
        yield log, Log(stream)


@contextmanager
def broken_pages(app: Flask) -> Iterator[None]:
    """Every page fails while it is drawn, the error's too, and the exception quotes a secret."""

    def fail(_app: Flask, **_context: object) -> None:
        raise ValueError(CANARY)

    with before_render_template.connected_to(fail, app):
        yield


@pytest.mark.usefixtures("noon")
def test_the_log_holds_nothing_of_what_is_sent(ready: Ready) -> None:  # noqa: F811 (the fixture)
    with written_twice(ready.app) as (log, for_people):
        statuses = send_all(ready)
    assert {200, 303, 400, 404} <= statuses
    assert (secrets_in(log, ready), secrets_in(for_people, ready)) == ([], [])
    rules = {rule.rule for rule in ready.app.url_map.iter_rules()}
    assert {line["endpoint"] for line in log.requests()} >= rules


@pytest.mark.long
@pytest.mark.usefixtures("noon")
def test_nor_does_it_when_pages_break(ready: Ready) -> None:  # noqa: F811 (the fixture)
    with written_twice(ready.app) as (log, for_people), broken_pages(ready.app):
        statuses = send_all(ready)
    assert 500 in statuses
    assert [text.count("builtins.ValueError") > 9 for text in (log.text, for_people.text)] == [
        True,
        True,
    ]
    assert (secrets_in(log, ready), secrets_in(for_people, ready)) == ([], [])


EVENTS = {
    "signed in",
    "a password was wrong",
    "too many tries",
    "reset the password",
    "changed the password",
    "made person",
    "set person",
    "made a reset link",
    "dropped the second step",
    "registered as",
    "took a roster",
    "took their data along",
    "looked: record",
    "looked: names",
    "looked: gradebook",
    "set the standing time",
    "added 5 minutes",
    "gave an attempt",
    "was deleted",
}
"""What the operator must be able to find out afterwards."""


@pytest.mark.usefixtures("noon")
def test_what_matters_for_security_is_logged_without_its_secrets(app: Flask) -> None:
    for school in open_school(app):
        here = f"/cohorts/{school.places['live']['cohort']}"
        ana, eli = (school.places[state]["person_id"] for state in ("live", "peer"))
        theirs = f"{here}/people/{ana}"
        attempt = f"{theirs}/attempts/{school.places['live']['attempt']}"
        reason = {"reason": CANARY}
        standing = {"time_factor": "1.5", "break_minutes": "", "tools": CANARY, **reason}
        with inside(app) as stage:
            token = make_link(RESET, NOON, stage.person("eli").id)
        with written(app) as log:
            acts: list[tuple[str, str, dict[str, str]]] = [
                ("stranger", "/register", {"username": "fayette", "display_name": CANARY,
                                           "password": f"{CANARY} stones"}),
                ("stranger", f"/reset-by-link/{token}", {"password": f"{CANARY} rivers"}),
                ("ben", f"{here}/roster", {"text": f"name,email\n{CANARY},{MAIL}"}),
                ("ben", f"{theirs}/look", {}),
                ("ben", f"{here}/people/names", {}),
                ("ben", f"{here}/gradebook/file", {"format": "csv"}),
                ("ben", f"{theirs}/accommodations", standing),
                ("ben", f"{attempt}/time", {"minutes": "5", **reason}),
                ("ben", f"{attempt}/give-back", reason),
                ("dev", f"/administration/people/{eli}/role", {"role": "trainer"}),
                ("dev", f"/administration/people/{eli}/active", {"active": "no"}),
                ("dev", f"/administration/people/{eli}/reset-link", {}),
                ("dev", f"/administration/people/{eli}/second-step/drop", {}),
                ("caro", "/account/password", {"password": PASSWORD,
                                               "new_password": f"{CANARY} otters"}),
                ("fay", "/account/delete", {"password": PASSWORD}),
            ]  # fmt: skip
            for who, path, form in acts:
                assert school.client(who).post(path, data=form).status_code in {200, 302, 303}, path
            school.client("ana").get("/account/data")
            for _try in range(11):
                form = {"username": "ana", "password": CANARY}
                school.client("stranger").post("/sign-in", data=form)
        assert {event for event in EVENTS if event not in log.text} == set()
        assert [word for word in (CANARY, MAIL, PASSWORD, token) if word in log.text] == []
        assert all(line["time"].endswith(("Z", "+00:00")) for line in log.lines)
