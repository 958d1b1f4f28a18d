"""What the tests of assignments' pages share: a filled-in form, and ways to set and find."""

from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.items import PoolItem
from app.storage.assignments import AssignmentRow
from app.storage.bank import current_pool
from app.storage.cohorts import find_cohort
from app.storage.database import db
from tests.cohorts import set_quiz
from tests.web.exam_cast import (
    inside,
    words,
)
from tests.world import signed_in

FILLED = {
    "kind": "quiz",
    "axis": "oshpd",
    "areas": ["3"],
    "length": "10",
    "title": "",
    "opens": "2026-03-02T12:00",
    "due": "2026-03-09T23:59",
    "timed": "untimed",
    "attempts": "1",
    "feedback": "at_end",
    "test_language": "choice",
    "same": "same",
    "order": "shuffled",
}
EDITED = {"title": "Law", "opens": "2026-03-02T12:00", "due": "2026-03-12T18:00", "attempts": "2"}


def at(cohort: str, rest: str = "", one: str = "") -> str:
    return f"/cohorts/{cohort}/assignments{rest.format(one=one)}"


def rows(app: Flask) -> list[AssignmentRow]:
    with inside(app):
        found = list(db.session.scalars(sa.select(AssignmentRow).order_by(AssignmentRow.id)))
        db.session.expunge_all()
    return found


def set_by(client: FlaskClient, cohort: str, **other: object) -> str:
    """Set an assignment through the page and give its handle."""
    answer = client.post(at(cohort, "/new"), data={**FILLED, **other})
    assert answer.status_code == 303, words(answer)
    return urlsplit(answer.location).path.rpartition("/")[2]


def quiz_of(app: Flask, cohort: str, **wanted: object) -> str:
    with inside(app):
        row = find_cohort(cohort)
        assert row is not None
        return set_quiz(row, **wanted).handle


def pool(app: Flask) -> dict[str, PoolItem]:
    with inside(app):
        return {item.item_id: item for item in current_pool()}


def errors(text: str) -> list[str]:
    parts = text.split('<span class="usa-error-message"')[1:]
    return [part.split(">", 1)[1].split("</span>", 1)[0] for part in parts]


def moment(wall: str) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo("America/Los_Angeles"))


def started(app: Flask, one: str, username: str = "ana") -> None:
    client = signed_in(app, username)
    assert client.post(f"/assigned/{one}/start", data={"language": "en"}).status_code == 303
