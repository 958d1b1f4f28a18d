"""Every route, by every verb, with everybody, on resources in every state.

What must come is written down in authorisation.toml. A refused request must leave every table as
it was. The list of routes comes from the site itself, so a new one without its line fails.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask, jsonify
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from app.storage.attempts import AttemptRow
from app.storage.database import db
from app.web.access import Policy, access
from tests.security.school import ACTORS, NOT_SIGNED_IN, School, open_school
from tests.world import NOON

TABLE = tomllib.loads(Path(__file__).with_name("authorisation.toml").read_text(encoding="utf-8"))
LINES: dict[str, tuple[str, str]] = {
    route: (rule, line) for rule, lines in TABLE["routes"].items() for route, line in lines.items()
}
FORM = {
    "do": "start",
    "position": "1",
    "shares": "yes",
    "reason": "The power was out.",
    "minutes": "5",
    "time_factor": "1.5",
    "break_minutes": "10",
    "tools": "",
    "name": "Another name",
    "time_zone": "America/Los_Angeles",
    "username": "caro",
    "role": "trainer",
    "active": "no",
    "days": "7",
    "language": "en",
    "items": "10",
    "text": "name,email\nZoe,zoe@example.org",
    "kind": "results",
}
SCRIPTS: dict[str, object] = {
    "saves.save": {"writer": "made-up", "changes": [{"position": 1, "seq": 1, "flagged": True}]},
    "saves.paper": {"writer": None, "take_over": True},
}
"""What the pages' scripts send as JSON."""
VERBS = {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"}
REFUSALS = {303, 308, 400, 401, 404, 405}
HERE = ("/", "http://localhost/")


@dataclass(frozen=True, slots=True)
class Cell:
    """One request and what the table wants of it."""

    verb: str
    endpoint: str
    state: str
    address: str
    who: str
    wanted: int
    let_in: bool

    @property
    def name(self) -> str:
        return f"{self.verb} {self.endpoint}: {self.who} on {self.state}"


@pytest.fixture
def school(app: Flask) -> Iterator[School]:
    """The school, as it begins."""
    yield from open_school(app)


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Endpoint, verb and rule of everything that the site answers."""
    return sorted(
        (rule.endpoint, verb, rule.rule)
        for rule in app.url_map.iter_rules()
        for verb in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def cells(school: School, only: str | None = None) -> Iterator[Cell]:
    """All of the matrix, or one endpoint's row."""
    for endpoint, verb, rule in routes(school.app):
        if only in {None, endpoint} and f"{verb} {endpoint}" in LINES:
            for state, address in school.addresses(endpoint, rule):
                for who in ACTORS:
                    wanted, let_in = expected(f"{verb} {endpoint}", state, who)
                    yield Cell(verb, endpoint, state, address, who, wanted, let_in)


def expected(route: str, state: str, who: str) -> tuple[int, bool]:
    """The status that the table wants, and whether that lets the visitor in."""
    rule, line = LINES[route]
    status, *others = line.split("; ")
    named = dict(reading for other in others for reading in _readings(other))
    inside = TABLE["who"][rule]
    let_in = who in (inside if isinstance(inside, str) else inside.get(state, "")).split()
    seen_as = "stranger" if who in NOT_SIGNED_IN else who
    if not let_in:
        return (named.get("stranger", 303) if seen_as == "stranger" else 404), False
    keys = (f"{seen_as}@{state}", seen_as, state)
    return next((named[key] for key in keys if key in named), int(status)), True


def _readings(other: str) -> Iterator[tuple[str, int]]:
    key, status = other.split(" ")
    visitor, at, states = key.partition("@")
    for state in states.split(","):
        yield f"{visitor}{at}{state}", int(status)


def ask(school: School, verb: str, endpoint: str, address: str, who: str) -> TestResponse:
    """Send it with everything that a real page would send."""
    query = {"look": school.look}
    if verb != "POST":
        return school.client(who).open(address, method=verb, query_string=query)
    return school.client(who).post(address, query_string=query, **body_of(endpoint))


def body_of(endpoint: str) -> dict[str, Any]:
    """What the page's form or script sends there."""
    return {"json": SCRIPTS[endpoint]} if endpoint in SCRIPTS else {"data": FORM}


def faults(school: School, found: Iterable[Cell]) -> list[str]:
    """The cells in which something else came, or in which a refusal changed something."""
    wrong = []
    for cell in found:
        answer = ask(school, cell.verb, cell.endpoint, cell.address, cell.who)
        if answer.status_code != cell.wanted:
            wrong.append(f"{cell.name}: {answer.status_code}, not {cell.wanted}")
        sent_away = cell.who in NOT_SIGNED_IN and not cell.let_in and cell.wanted == 303
        if sent_away and not (answer.location or "").startswith("/sign-in"):
            wrong.append(f"{cell.name}: sent to {answer.location}")
        if (cell.verb == "GET" or not cell.let_in) and school.changed():
            wrong.append(f"{cell.name}: the database has changed")
        school.put_back()
    return wrong


def test_the_table_names_every_route_and_no_other(app: Flask) -> None:
    assert {f"{verb} {endpoint}" for endpoint, verb, _ in routes(app)} == set(LINES)


@pytest.mark.usefixtures("noon")
def test_everybody_gets_what_the_table_says_and_no_refusal_changes_anything(
    school: School,
) -> None:
    assert "\n".join(faults(school, cells(school))) == ""


def test_most_of_the_table_is_refusals(school: School) -> None:
    """A table that lets everybody in would be met by a site without any guard."""
    found = list(cells(school))
    assert len(found) > 3000
    assert sum(not cell.let_in for cell in found) > 2 * sum(cell.let_in for cell in found)


@access(Policy.SIGNED_IN)
def unscoped_clock(handle: str) -> Response:
    """The clock of anybody's attempt: the query has lost its person."""
    row = db.session.query(AttemptRow).filter_by(handle=handle).first()
    return Response(status=404) if row is None else jsonify(status="running")


@access(Policy.SIGNED_IN)
def hasty_submit(handle: str) -> Response:
    """Ends anybody's attempt, and refuses after that."""
    db.session.query(AttemptRow).filter_by(handle=handle).update({"finished_at": NOON})
    db.session.commit()
    return Response(status=404)


@access(Policy.SIGNED_IN)
def open_gradebook(cohort: str) -> Response:
    """Anybody's gradebook, for everybody who is signed in."""
    return Response(status=404 if cohort == "made-up" else 200)


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(
    ("endpoint", "without_its_guard", "caught"),
    [
        ("attempts.clock", unscoped_clock, "GET attempts.clock: eli on live: 200, not 404"),
        ("attempts.submit", hasty_submit, "POST attempts.submit: eli on live: the database has"),
        ("gradebook.report", open_gradebook, "GET gradebook.report: caro on live: 200, not 404"),
    ],
)
def test_control_a_lost_guard_or_an_unscoped_query_is_caught(
    school: School,
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
    without_its_guard: object,
    caught: str,
) -> None:
    found = [cell for cell in cells(school, endpoint) if cell.who in {"ana", "eli", "caro"}]
    assert faults(school, found) == []
    monkeypatch.setitem(school.app.view_functions, endpoint, without_its_guard)
    assert [fault for fault in faults(school, found) if fault.startswith(caught)] != []


@pytest.mark.long
@pytest.mark.usefixtures("noon")
def test_another_verb_gets_nobody_further(school: School) -> None:
    """HEAD is a GET without its body, OPTIONS tells nothing, what is not there is 405 or 404."""
    wrong = []
    for rule in sorted({rule for _endpoint, _verb, rule in routes(school.app)}):
        _state, address = next(school.addresses("", rule))
        verbs = verbs_at(school.app, address)
        for who in ("stranger", "fay"):
            client = school.client(who)
            for verb in sorted(VERBS - verbs):
                status = client.open(address, method=verb, data=FORM).status_code
                if status not in {303, 404, 405}:
                    wrong.append(f"{verb} {rule}: {who}: {status}")
            if "GET" in verbs:
                plain, head = client.get(address), client.head(address)
                if (head.status_code, head.get_data()) != (plain.status_code, b""):
                    wrong.append(f"HEAD {rule}: {who}: {head.status_code}")
            told = client.options(address)
            if told.get_data() and told.status_code == 200:
                wrong.append(f"OPTIONS {rule}: {who}: {told.status_code}")
        if school.changed():
            wrong.append(f"{rule}: the database has changed")
        school.put_back()
    assert wrong == []


@pytest.mark.long
@pytest.mark.usefixtures("noon")
def test_no_way_of_writing_the_address_goes_around_the_guard(school: School) -> None:
    """Fay, who has nothing to do with it, and a dozen spellings of every guarded address."""
    wrong, tried = [], 0
    for cell in cells(school):
        if cell.let_in or cell.who != "fay" or cell.state != "live":
            continue
        for spelling, headers in spellings(cell.address):
            tried += 1
            path, _, query = spelling.partition("?")
            answer = school.client("fay").open(
                method=cell.verb,
                headers=headers,
                **body_of(cell.endpoint),
                environ_overrides={"PATH_INFO": unquote(path), "QUERY_STRING": query},
            )
            back = answer.location or "/"
            if answer.status_code not in {303, 308, 400, 401, 404, 405} or not back.startswith(
                HERE
            ):
                wrong.append(f"{cell.verb} {spelling}: {answer.status_code} {back}")
        if school.changed():
            wrong.append(f"{cell.name}: the database has changed")
        school.put_back()
    assert wrong == []
    assert tried > 500


def spellings(address: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The same address as somebody would write it who tries to slip by."""
    first, _, last = address.rpartition("/")
    for written in (
        f"{address}/",
        f"/{address}",
        address.replace("/", "//"),
        f"{first}%2F{last}",
        f"{first}/%2e/{last}",
        f"/home/..{address}",
        f"{address}%00",
        f"{address};x=1",
        f"{address}?_method=GET&look=x",
    ):
        yield written, {}
    yield address, {"X-HTTP-Method-Override": "GET", "X-Original-URL": "/home"}
    yield "/nowhere", {"X-Rewrite-URL": address, "X-Original-URL": address}


def verbs_at(app: Flask, address: str) -> set[str]:
    """The verbs that some route has for the address."""
    return set(app.url_map.bind("localhost").allowed_methods(address))
