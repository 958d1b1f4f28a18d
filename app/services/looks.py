"""Looks at people's records: each is noted before anything is shown, and people can read them."""

import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.access import Person
from app.storage import cohorts as cohort_storage
from app.storage import looks as storage
from app.storage.database import db
from app.storage.looks import LookRow

LASTS = timedelta(hours=1)
"""After that, what was asked for is hidden again."""
SHOWN = 200
HANDLE_BYTES = 12

log = logging.getLogger(__name__)


class LookAt(StrEnum):
    """What was looked at."""

    RECORD = "record"
    """One person's results and accommodations."""
    NAMES = "names"
    """The names on a cohort's board."""
    ANSWERS = "answers"
    """Who chose what on one item."""
    GRADEBOOK = "gradebook"
    """A file with everybody's results."""


@dataclass(frozen=True, slots=True)
class LookLine:
    """One look as its person reads it. None stands for an account or a cohort that is gone."""

    viewer: str | None
    cohort: str | None
    at_what: LookAt
    looked_at: datetime


def note_look(
    viewer: Person, cohort_id: int | None, person_ids: Iterable[int], at_what: LookAt, now: datetime
) -> str:
    """Note who looks at whom, and give the look's handle. The caller has checked the right."""
    handle = secrets.token_urlsafe(HANDLE_BYTES)
    db.session.add_all(
        LookRow(
            handle=handle,
            viewer_id=viewer.id,
            person_id=person_id,
            cohort_id=cohort_id,
            at_what=at_what.value,
            looked_at=now,
        )
        for person_id in person_ids
    )
    db.session.commit()
    log.info("person %d looked: %s", viewer.id, at_what.value)
    return handle


def open_look(
    viewer: Person, handle: str | None, cohort_id: int, at_what: LookAt, now: datetime
) -> frozenset[int]:
    """Whom the viewer may see by this look: nobody, where it is another's or too old."""
    rows = storage.looks_of(handle, viewer.id) if handle else ()
    return frozenset(
        row.person_id
        for row in rows
        if row.cohort_id == cohort_id
        and row.at_what == at_what.value
        and now < row.looked_at + LASTS
    )


def looks_at_me(person: Person, most: int = SHOWN) -> tuple[LookLine, ...]:
    """The newest looks at the person's record."""
    found = storage.looks_at(person.id, most)
    wanted = {row.cohort_id for row, _ in found if row.cohort_id is not None}
    names = {
        cohort_id: cohort.name
        for cohort_id in wanted
        if (cohort := cohort_storage.cohort_of(cohort_id)) is not None
    }
    return tuple(
        LookLine(
            viewer=viewer,
            cohort=names.get(row.cohort_id or 0),
            at_what=LookAt(row.at_what),
            looked_at=row.looked_at,
        )
        for row, viewer in found
    )
