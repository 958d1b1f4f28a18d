"""A cohort's members, and the record of one of them, shown only to whoever has asked for it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from app.domain.access import Person, may_see_practice
from app.domain.errors import LookOver, NotFound
from app.services.accommodations import may_change, standing_edition
from app.services.cohorts import managed_cohort
from app.services.looks import LookAt, note_look, open_look
from app.services.record_lines import (
    RecordLine,
    StandingLine,
    minutes_of,
    record_lines,
    standing_lines,
)
from app.services.site import Site
from app.storage import assignments as assignment_storage
from app.storage import boards as board_storage
from app.storage import cohorts as cohort_storage
from app.storage import records as storage
from app.storage.attempts import find_any_attempt
from app.storage.cohorts import CohortMemberRow, CohortRow
from app.storage.people import find_person

PAGE = "people"
"""Whose order the numbers follow that stand for names."""


@dataclass(frozen=True, slots=True)
class CohortFacts:
    """The cohort as the head of its pages names it. Times are shown in its zone."""

    handle: str
    name: str
    time_zone: str
    archived: bool


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One member; without a name unless names were asked for."""

    person_id: int
    number: int
    name: str | None
    joined_on: date


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """The members of a cohort."""

    cohort: CohortFacts
    lines: tuple[MemberLine, ...]
    names_shown: bool


@dataclass(frozen=True, slots=True)
class RecordPage:
    """What the trainers of a cohort may know of one member."""

    cohort: CohortFacts
    person_id: int
    name: str
    joined_on: date
    look: str
    shares_practice: bool
    time_factor: float
    break_minutes: int | None
    changeable: bool
    edition: str
    """The accommodations in short, for the form that changes them."""
    standing: tuple[StandingLine, ...]
    assigned: tuple[RecordLine, ...]
    own: tuple[RecordLine, ...]


def people_page(person: Person, cohort_handle: str, look: str | None, now: datetime) -> PeoplePage:
    """The members, with names for whoever has asked for them. Raises NotFound."""
    cohort = managed_cohort(person, cohort_handle)
    named = open_look(person, look, cohort.id, LookAt.NAMES, now)
    members = cohort_storage.members_of(cohort.id)
    numbers = {m.person_id: m.number for m in board_storage.members(cohort.id, PAGE)}
    lines = [
        MemberLine(
            person_id=row.id,
            number=numbers[row.id],
            name=row.display_name if row.id in named else None,
            joined_on=_day(member.joined_at, cohort),
        )
        for member, row in members
    ]
    if not named:
        lines.sort(key=lambda line: line.number)
    return PeoplePage(_facts(cohort), tuple(lines), bool(named))


def show_names(person: Person, cohort_handle: str, now: datetime) -> str:
    """Note that the names are looked at, and give the look. Raises NotFound."""
    cohort = managed_cohort(person, cohort_handle)
    people = [row.id for _, row in cohort_storage.members_of(cohort.id)]
    return note_look(person, cohort.id, people, LookAt.NAMES, now)


def look_at_record(person: Person, cohort_handle: str, person_id: int, now: datetime) -> str:
    """Note that a member's record is looked at, and give the look. Raises NotFound."""
    cohort, _member = _member_of(person, cohort_handle, person_id)
    return note_look(person, cohort.id, [person_id], LookAt.RECORD, now)


def kept_look(
    person: Person, cohort_handle: str, person_id: int, look: str | None, now: datetime
) -> str:
    """The look while it is open; else a new one is noted, so that nothing typed is lost.

    Raises NotFound.
    """
    cohort, _member = _member_of(person, cohort_handle, person_id)
    if look and person_id in open_look(person, look, cohort.id, LookAt.RECORD, now):
        return look
    return note_look(person, cohort.id, [person_id], LookAt.RECORD, now)


def name_shown(
    person: Person, cohort_handle: str, person_id: int, look: str | None, now: datetime
) -> tuple[CohortFacts, str]:
    """A member's name, by a look at names or at the record. Raises NotFound or LookOver."""
    cohort, _member = _member_of(person, cohort_handle, person_id)
    seen = (open_look(person, look, cohort.id, at, now) for at in (LookAt.NAMES, LookAt.RECORD))
    if not any(person_id in people for people in seen):
        raise LookOver
    return _facts(cohort), storage.names_of([person_id])[person_id]


def record_page(
    person: Person, cohort_handle: str, person_id: int, look: str | None, now: datetime, site: Site
) -> RecordPage:
    """The member's record. Raises NotFound, or LookOver without an open look."""
    cohort, member = _member_of(person, cohort_handle, person_id)
    if not look or person_id not in open_look(person, look, cohort.id, LookAt.RECORD, now):
        raise LookOver
    row = find_person(person_id)
    if row is None:
        raise NotFound
    shares = may_see_practice(manages=True, shares_practice=member.shares_practice)
    titled = storage.seen_attempts(person_id, cohort.id, shares_practice=shares)
    lines = record_lines(titled, now, site)
    return RecordPage(
        cohort=_facts(cohort),
        person_id=person_id,
        name=row.display_name,
        joined_on=_day(member.joined_at, cohort),
        look=look,
        shares_practice=shares,
        time_factor=row.time_factor,
        break_minutes=minutes_of(row.break_seconds),
        changeable=may_change(person, person_id) and cohort.archived_at is None,
        edition=standing_edition(person_id),
        standing=standing_lines(person_id),
        assigned=tuple(line for line in lines if line.title is not None),
        own=tuple(line for line in lines if line.title is None),
    )


def attempt_line(page: RecordPage, attempt_handle: str) -> RecordLine:
    """One attempt of the record. Raises NotFound."""
    found = (line for line in (*page.assigned, *page.own) if line.handle == attempt_handle)
    line = next(found, None)
    if line is None:
        raise NotFound
    return line


class Again(Enum):
    """Whether an attempt can be started once more after it is given back."""

    YES = "yes"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    USED_UP = "used_up"


def again_after(person_id: int, attempt_handle: str, now: datetime) -> Again:
    """What giving this attempt back leaves the person. The caller has checked the right."""
    row = find_any_attempt(attempt_handle)
    found = None if row is None or row.assignment_id is None else row.assignment_id
    assignment = None if found is None else assignment_storage.assignment_of(found)
    if row is None or assignment is None:
        return Again.YES
    if assignment.withdrawn_at is not None:
        return Again.WITHDRAWN
    if assignment.due_at is not None and now > assignment.due_at:
        return Again.CLOSED
    others = assignment_storage.attempts_of_person_on(person_id, [assignment.id])
    used = sum(other.voided_at is None and other.id != row.id for other in others)
    return Again.USED_UP if used >= assignment.attempts_allowed else Again.YES


def _member_of(
    person: Person, cohort_handle: str, person_id: int
) -> tuple[CohortRow, CohortMemberRow]:
    cohort = managed_cohort(person, cohort_handle)
    member = cohort_storage.membership(person_id, cohort.id)
    if member is None:
        raise NotFound
    return cohort, member


def _facts(cohort: CohortRow) -> CohortFacts:
    return CohortFacts(
        cohort.handle, cohort.name, cohort.time_zone, archived=cohort.archived_at is not None
    )


def _day(moment: datetime, cohort: CohortRow) -> date:
    return moment.astimezone(ZoneInfo(cohort.time_zone)).date()
