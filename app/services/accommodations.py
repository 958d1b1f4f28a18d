"""Standing accommodations, time added to an attempt, attempts given back, late answers."""

import logging
from dataclasses import dataclass
from datetime import datetime

from app.domain.access import Person, may_administer
from app.domain.attempts import finish_if_due
from app.domain.errors import AlreadyVoided, AttemptFinished, NotFound
from app.services.cohorts import managed_open_cohort
from app.services.editions import edition_of, require_same
from app.services.late import count_late
from app.services.site import Site
from app.services.tries import mark_voided
from app.storage import attempts as attempt_storage
from app.storage import cohorts as cohort_storage
from app.storage import records as storage
from app.storage.accommodations import AccommodationRow
from app.storage.attempts import AdjustmentRow, AttemptRow
from app.storage.database import db
from app.storage.late import LateCountRow
from app.storage.people import PersonRow, find_person, lock_person

MINUTE = 60
MOST_FACTOR = 3.0
MOST_BREAK_MINUTES = 60
MOST_ADDED_MINUTES = 120
LONGEST_REASON = 500
LONGEST_TOOLS = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person practises with from now on. `break_minutes` is None for the test's own."""

    time_factor: float
    break_minutes: int | None
    tools: str
    reason: str


@dataclass(frozen=True, slots=True)
class OwnTime:
    """The person's time as a trainer has set it."""

    time_factor: float
    set_at: datetime


def may_change(actor: Person, person_id: int) -> bool:
    """Whether it takes nobody else: nobody gives to themselves but who runs the site."""
    return actor.id != person_id or may_administer(actor)


def standing_edition(person_id: int) -> str:
    """The member's accommodations in short, for the form that changes them. Raises NotFound."""
    return edition_of(*_in_force(find_person(person_id)))


def set_standing(
    actor: Person,
    cohort_handle: str,
    person_id: int,
    standing: Standing,
    now: datetime,
    shown: str | None = None,
) -> None:
    """Set a member's accommodations for every attempt that they start from now on.

    Attempts that run keep the time they were started with; `shown` is the edition that the form
    was opened with. Raises NotFound, CohortArchived or ChangedMeanwhile.
    """
    _member(actor, cohort_handle, person_id)
    lock_person(person_id)
    person = find_person(person_id)
    if person is None:
        raise NotFound
    db.session.refresh(person)
    require_same(shown, *_in_force(person))
    pause = None if standing.break_minutes is None else standing.break_minutes * MINUTE
    person.time_factor, person.break_seconds = standing.time_factor, pause
    row = AccommodationRow(
        person_id=person_id,
        time_factor=standing.time_factor,
        break_seconds=pause,
        tools=standing.tools.strip(),
        reason=standing.reason.strip(),
        made_at=now,
        made_by=actor.id,
    )
    db.session.add(row)
    db.session.commit()
    log.info("person %d set the standing time of person %d", actor.id, person_id)


def add_time(
    actor: Person,
    cohort_handle: str,
    person_id: int,
    attempt_handle: str,
    minutes: int,
    reason: str,
    now: datetime,
    site: Site,
) -> None:
    """Add time to a member's running attempt: its deadline moves at once.

    Raises NotFound (also where no clock runs), CohortArchived or AttemptFinished.
    """
    row = _attempt(actor, cohort_handle, person_id, attempt_handle)
    if row.base_seconds is None or minutes not in range(1, MOST_ADDED_MINUTES + 1):
        raise NotFound
    attempt = attempt_storage.to_attempt(row, attempt_storage.adjustments_of(row.id))
    if finish_if_due(attempt, now, site.rules.tolerance_seconds).finished_at is not None:
        raise AttemptFinished
    added = AdjustmentRow(
        attempt_id=row.id,
        seconds=minutes * MINUTE,
        reason=reason.strip(),
        made_at=now,
        made_by=actor.id,
    )
    db.session.add(added)
    db.session.commit()
    log.info("person %d added %d minutes for person %d", actor.id, minutes, person_id)


def give_back(
    actor: Person,
    cohort_handle: str,
    person_id: int,
    attempt_handle: str,
    reason: str,
    now: datetime,
) -> None:
    """Let a member's attempt count no more; one that runs can still be finished.

    Raises NotFound, CohortArchived or AlreadyVoided.
    """
    mark_voided(_attempt(actor, cohort_handle, person_id, attempt_handle), actor, reason, now)
    db.session.commit()


def count_late_answers(
    actor: Person, cohort_handle: str, person_id: int, attempt_handle: str, now: datetime
) -> int:
    """Let the late answers of a member's attempt count; how many did not before.

    Raises NotFound, CohortArchived or AlreadyVoided.
    """
    row = _attempt(actor, cohort_handle, person_id, attempt_handle)
    if row.voided_at is not None:
        raise AlreadyVoided
    attempt = attempt_storage.to_attempt(row, attempt_storage.adjustments_of(row.id))
    answers = count_late(row, attempt)
    if answers:
        made = LateCountRow(attempt_id=row.id, answers=answers, made_at=now, made_by=actor.id)
        db.session.add(made)
    db.session.commit()
    log.info("person %d let %d late answers of person %d count", actor.id, answers, person_id)
    return answers


def time_set_by_trainer(person_id: int, *, hold: bool = False) -> OwnTime | None:
    """The person's time, where a trainer has set it; None where it is their own choice.

    It is their own choice in no open cohort: nobody could be asked to change it. What they chose
    then stays theirs. `hold` keeps it as it is to the end of the transaction.
    """
    if hold:
        lock_person(person_id)
    row = storage.standing_of(person_id)
    if row is None or not cohort_storage.is_in_open_cohort(person_id):
        return None
    person = find_person(person_id)
    chosen_since = person is None or person.time_factor != row.time_factor
    return None if chosen_since else OwnTime(row.time_factor, row.made_at)


def _in_force(person: PersonRow | None) -> tuple[object, ...]:
    if person is None:
        raise NotFound
    newest = storage.standing_of(person.id)
    pause = "" if person.break_seconds is None else person.break_seconds
    return person.time_factor, pause, newest.id if newest else 0


def _member(
    actor: Person, cohort_handle: str, person_id: int
) -> tuple[int, cohort_storage.CohortMemberRow]:
    cohort = managed_open_cohort(actor, cohort_handle)
    member = cohort_storage.membership(person_id, cohort.id)
    if member is None or not may_change(actor, person_id):
        raise NotFound
    return cohort.id, member


def _attempt(actor: Person, cohort_handle: str, person_id: int, attempt_handle: str) -> AttemptRow:
    cohort_id, member = _member(actor, cohort_handle, person_id)
    found = storage.seen_attempt(
        attempt_handle, person_id, cohort_id, shares_practice=member.shares_practice, lock=True
    )
    if found is None:
        raise NotFound
    return found.row
