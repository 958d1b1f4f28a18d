"""Cohorts: making and keeping them, joining and leaving."""

import secrets
from datetime import datetime

from app.domain.access import Person, may_administer, may_manage_cohort, may_teach
from app.domain.errors import CohortArchived, NotFound
from app.storage import cohorts as storage
from app.storage.cohorts import CohortRow, CohortTrainerRow
from app.storage.database import db

HANDLE_BYTES = 12


def managed_cohort(person: Person, handle: str) -> CohortRow:
    """The cohort, for those who run it. Raises NotFound, also where it is another's."""
    row = storage.find_cohort(handle)
    teaches = row is not None and storage.teaches(person.id, row.id)
    if row is None or not may_manage_cohort(person, teaches=teaches):
        raise NotFound
    return row


def managed_open_cohort(person: Person, handle: str) -> CohortRow:
    """The same, where something is to be changed in it. Raises NotFound or CohortArchived."""
    row = managed_cohort(person, handle)
    if row.archived_at is not None:
        raise CohortArchived
    return row


def create_cohort(person: Person, name: str, time_zone: str, now: datetime) -> str:
    """Make a cohort with the person as its trainer and give its handle. Raises NotFound."""
    if not may_teach(person):
        raise NotFound
    row = CohortRow(
        handle=secrets.token_urlsafe(HANDLE_BYTES),
        name=name.strip(),
        time_zone=time_zone,
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    db.session.add(CohortTrainerRow(cohort_id=row.id, person_id=person.id, since=now))
    db.session.commit()
    return row.handle


def cohorts_of(person: Person) -> list[tuple[CohortRow, int]]:
    """The cohorts that the person runs, with their number of members, by name."""
    return [*storage.cohorts_taught_by(None if may_administer(person) else person.id)]
