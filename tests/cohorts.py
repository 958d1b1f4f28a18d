"""A cohort on the stage: Ben teaches Ana and Eli, and has set them a quiz."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.domain.bilingual import Bilingual
from app.services.cohorts import create_cohort
from app.storage.assignments import AssignmentRow
from app.storage.cohorts import CohortMemberRow, CohortRow, find_cohort
from app.storage.database import db
from tests.world import NOON, Stage

DUE = NOON + timedelta(days=7)


def make_cohort(
    stage: Stage, name: str = "Morning group", trainer: str = "ben", now: datetime = NOON
) -> CohortRow:
    """A cohort of this trainer, without members."""
    handle = create_cohort(stage.person(trainer), name, "America/Los_Angeles", now)
    cohort = find_cohort(handle)
    assert cohort is not None
    return cohort


def join(
    stage: Stage, cohort: CohortRow, *usernames: str, shares: bool = False, now: datetime = NOON
) -> None:
    """Let people into the cohort as candidates."""
    for username in usernames:
        person = stage.person(username)
        row = CohortMemberRow(
            cohort_id=cohort.id, person_id=person.id, joined_at=now, shares_practice=shares
        )
        db.session.add(row)
    db.session.commit()


def set_quiz(cohort: CohortRow, **wanted: object) -> AssignmentRow:
    """A quiz of ten items on domain 3, open now and due in a week, drawn for each person."""
    values: dict[str, object] = {
        "handle": f"quiz-{cohort.id}-{wanted.get('title', 'Law and ethics')}".replace(" ", "-"),
        "cohort_id": cohort.id,
        "title": "Law and ethics",
        "kind": "quiz",
        "selection": {
            "axis": "oshpd",
            "areas": ["3"],
            "levels": [],
            "competencies": [],
            "item_ids": [],
        },
        "items": 10,
        "timed": False,
        "feedback": "at_end",
        "language": "choice",
        "opens_at": NOON,
        "due_at": DUE,
        "attempts_allowed": 1,
        "shuffled": True,
        "form": None,
        "created_at": NOON,
        "created_by": None,
        "withdrawn_at": None,
        "reminded_at": None,
    }
    values.update(wanted)
    title = values["title"]
    values["title"] = title if isinstance(title, Bilingual) else Bilingual(str(title), str(title))
    row = AssignmentRow(**values)
    db.session.add(row)
    db.session.commit()
    return row


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked inside."""
    asked: list[str] = []

    def note(*call: object) -> None:
        asked.append(str(call[2]))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
