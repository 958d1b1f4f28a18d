"""Every route with every kind of visitor, against the table in authorisation.toml.

Whoever the table lets in gets an answer of the page's own (a page, a redirect, a refusal in
words); everybody else gets what an address that was never there would give: 404, or the way to
sign in for a stranger.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain.attempts import AttemptKind
from app.services.looks import LookAt, note_look
from app.storage.assignments import assignments_of, find_assignment
from app.storage.attempts import AttemptRow
from app.storage.cohorts import InvitationRow, find_cohort
from app.storage.database import db
from tests.stage_database import Kept, keep_database
from tests.web.exam_cast import begin, inside
from tests.web.records_cast import open_classroom
from tests.world import NOON, signed_in

COOKIE = "peerprep"
PEOPLE = ("ana", "eli", "ben", "caro", "dev")
WHO = {
    "everybody": {"stranger", *PEOPLE},
    "signed in": {*PEOPLE},
    "trainers": {"ben", "caro", "dev"},
    "administrators": {"dev"},
    "ana": {"ana"},
    "her trainers": {"ben", "dev"},
    "ben, who looked": {"ben"},
    "nobody here": set(),
}
TABLE: dict[str, str] = {
    endpoint: who
    for who, endpoints in tomllib.loads(
        Path(__file__).with_name("authorisation.toml").read_text(encoding="utf-8")
    ).items()
    for endpoint in endpoints
}
SIGN_IN = "/sign-in"
FORM = {"do": "start", "position": "1", "shares": "yes"}
CHANGE = {"position": 1, "seq": 1}


@dataclass(frozen=True, slots=True)
class School:
    """Ben teaches Ana, who has attempts and a record; Eli and Caro have nothing to do with it."""

    app: Flask
    kept: Kept
    places: dict[str, str]
    query: dict[str, str]
    cookies: dict[str, str]

    def client(self, who: str) -> FlaskClient:
        """A browser of that person's, on the database as it was."""
        self.kept.put_back()
        client = self.app.test_client()
        if who in self.cookies:
            client.set_cookie(COOKIE, self.cookies[who])
        return client


@pytest.fixture
def school(app: Flask) -> Iterator[School]:
    """The school, with everybody signed in."""
    cookies = {}
    for who in PEOPLE:
        cookie = signed_in(app, who).get_cookie(COOKIE)
        assert cookie is not None
        cookies[who] = cookie.value
    ana = app.test_client()
    ana.set_cookie(COOKIE, cookies["ana"])
    ana.post("/tries/sittings", data={"state": "sat", "on": "2026-02-20"})
    classroom = open_classroom(app)
    own = begin(app, "ana", AttemptKind.MOCK)
    with inside(app) as stage:
        places, query = _furnish(stage.person("ben").id, classroom.cohort, classroom.ana)
        looks = note_look(
            stage.person("ben"), int(places.pop("cohort_id")), [classroom.ana], LookAt.RECORD, NOON
        )
    kept = keep_database(app)
    places |= {
        "handle": own,
        "cohort": classroom.cohort,
        "assignment": classroom.quiz,
        "attempt": classroom.handle,
    }
    yield School(app, kept, places, {**query, "look": looks}, cookies)
    kept.forget()


def _furnish(ben: int, cohort: str, ana: int) -> tuple[dict[str, str], dict[str, str]]:
    """Codes and a fixed form; what the addresses' other places are filled with."""
    found = find_cohort(cohort)
    quiz = find_assignment(assignments_of(found.id)[0].handle) if found else None
    assert found is not None
    assert quiz is not None
    attempt = db.session.query(AttemptRow).filter_by(assignment_id=quiz.id).one()
    quiz.form = attempt.form
    code = InvitationRow(
        cohort_id=found.id,
        code="ABCDEFGH",
        single_use=False,
        language="en",
        made_at=NOON,
        made_by=ben,
        expires_at=NOON + timedelta(days=7),
    )
    db.session.add(code)
    db.session.commit()
    places = {
        "cohort_id": str(found.id),
        "person_id": str(ana),
        "invitation_id": str(code.id),
        "item_id": attempt.form[0][0],
        "position": "1",
        "sitting_id": "1",
        "code": "ABCD-EFGH",
        "token": "made-up",
        "filename": "site.css",
    }
    return places, {"person_id": str(ben)}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Endpoint, verb and rule of everything that the site answers."""
    return sorted(
        (rule.endpoint, verb, rule.rule)
        for rule in app.url_map.iter_rules()
        for verb in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def test_the_table_names_every_route_and_no_other(app: Flask) -> None:
    assert {endpoint for endpoint, _, _ in routes(app)} == set(TABLE)


@pytest.mark.usefixtures("noon")
def test_every_route_lets_in_whom_the_table_names_and_nobody_else(school: School) -> None:
    wrong = []
    for endpoint, verb, rule in routes(school.app):
        for who in ("stranger", *PEOPLE):
            answer = _ask(school, endpoint, verb, rule, who)
            if answer != (who in WHO[TABLE[endpoint]]):
                wrong.append(f"{verb} {endpoint}: {who} {'let in' if answer else 'kept out'}")
    assert "\n".join(wrong) == ""


def _ask(school: School, endpoint: str, verb: str, rule: str, who: str) -> bool:
    """Whether the visitor was let in."""
    own = {"person_id": school.query["person_id"]} if endpoint == "cohorts.remove_trainer" else {}
    values = {**school.places, **own}
    address = rule
    for name, value in values.items():
        for form in (f"<{name}>", f"<int:{name}>", f"<path:{name}>"):
            address = address.replace(form, value)
    assert "<" not in address, address
    body = {"json": CHANGE} if endpoint == "attempts.save" else {"data": FORM}
    response = school.client(who).open(
        address,
        method=verb,
        query_string={"look": school.query["look"]},
        **(body if verb == "POST" else {}),
    )
    gone = response.status_code in {401, 404}
    sent_away = who == "stranger" and (response.location or "").startswith(SIGN_IN)
    return not (gone or sent_away)
