"""The two ledgers: mock tries, which the site counts, and real sittings, which people record."""

import logging
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.access import Person, may_administer, may_void
from app.domain.eligibility import (
    ApprovalPeriod,
    SittingResult,
    SittingState,
    TryStanding,
    standing,
    valid_through,
)
from app.domain.errors import AlreadyVoided, NotFound
from app.services.site import Site
from app.storage import attempts as attempt_storage
from app.storage import tries as storage
from app.storage.attempts import AttemptRow
from app.storage.database import db
from app.storage.people import find_person
from app.storage.records import is_seen_by
from app.storage.tries import ApprovalPeriodRow, SittingRow

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SittingLine:
    """One real try as the page shows it."""

    id: int
    state: SittingState
    on: date
    result: SittingResult | None
    counts: bool
    in_period: bool


@dataclass(frozen=True, slots=True)
class MockLine:
    """One mock try as the page shows it."""

    handle: str
    on: date
    running: bool
    voided: bool
    void_reason: str | None
    in_period: bool


@dataclass(frozen=True, slots=True)
class TriesPage:
    """Both ledgers, side by side and never mixed."""

    today: date
    period_id: int | None
    period_computed: bool
    earlier_periods: tuple[ApprovalPeriod, ...]
    mocks: TryStanding
    sittings: TryStanding
    mock_lines: tuple[MockLine, ...]
    sitting_lines: tuple[SittingLine, ...]


@dataclass(frozen=True, slots=True)
class OneTry:
    """The try that is to be given back, and whose it is."""

    display_name: str
    started_at: datetime


def mock_standing(person: Person, site: Site, now: datetime) -> TryStanding:
    """Where the person's mock tries stand."""
    return standing(
        storage.period_for(person.id),
        attempt_storage.try_days(person.id),
        site.day(now),
        site.rules.tries_per_period,
    )


def sitting_standing(person: Person, site: Site, now: datetime) -> TryStanding:
    """Where the person's real tries stand, going by what they recorded."""
    days = [row.on for row in storage.sittings_of(person.id) if row.counts]
    return standing(storage.period_for(person.id), days, site.day(now), site.rules.tries_per_period)


def has_passed(person: Person) -> bool:
    """Whether the person has recorded a passed exam."""
    return any(row.result == SittingResult.PASSED.value for row in storage.sittings_of(person.id))


def tries_page(person: Person, site: Site, now: datetime) -> TriesPage:
    """Everything that the page of tries shows."""
    periods = storage.periods_of(person.id)
    mocks = mock_standing(person, site, now)
    sittings = sitting_standing(person, site, now)
    return TriesPage(
        today=site.day(now),
        period_id=periods[0].id if periods else None,
        period_computed=bool(periods) and periods[0].computed,
        earlier_periods=tuple(
            ApprovalPeriod(row.approved_on, row.valid_through) for row in periods[1:]
        ),
        mocks=mocks,
        sittings=sittings,
        mock_lines=_mock_lines(person, mocks.period),
        sitting_lines=_sitting_lines(person, sittings.period),
    )


def record_period(
    person: Person,
    approved_on: date,
    last_day: date | None,
    now: datetime,
    period_id: int | None = None,
) -> str | None:
    """Record a new approval period, or correct one; a stable code says what is wrong, or None.

    Without a last day the site proposes it and marks it as computed.
    """
    last = last_day or valid_through(approved_on)
    if last < approved_on:
        return "ends_before_start"
    others = [row for row in storage.periods_of(person.id) if row.id != period_id]
    if any(row.approved_on <= last and approved_on <= row.valid_through for row in others):
        return "overlaps"
    row = _period_row(person, period_id, now)
    row.approved_on, row.valid_through, row.computed = approved_on, last, last_day is None
    db.session.commit()
    return None


def record_sitting(
    person: Person,
    state: SittingState,
    on: date,
    result: SittingResult | None,
    now: datetime,
    *,
    counts: bool,
    sitting_id: int | None = None,
) -> None:
    """Record a real try or change one. Raises NotFound.

    One that was sat has used a try; one asked for or booked has not; for a missed one the
    candidate says (`counts`), since that rule is not public.
    """
    row = _sitting_row(person, sitting_id, now)
    row.state, row.on = state.value, on
    row.result = result.value if result is not None and state is SittingState.SAT else None
    row.counts = state is SittingState.SAT or (state is SittingState.MISSED and counts)
    db.session.commit()


def remove_sitting(person: Person, sitting_id: int) -> None:
    """Take an entry out of the person's own record. Raises NotFound."""
    row = storage.find_sitting(sitting_id, person.id)
    if row is None:
        raise NotFound
    db.session.delete(row)
    db.session.commit()


def try_to_void(actor: Person, handle: str) -> OneTry:
    """What the page before a void says. Raises NotFound, also for those who may not."""
    row = _voidable(actor, handle)
    owner = find_person(row.person_id)
    return OneTry(owner.display_name if owner else "", row.started_at)


def void_try(actor: Person, handle: str, reason: str, now: datetime) -> None:
    """Give a mock try back, with a reason that stays on record.

    Raises NotFound (also for those who may not) or AlreadyVoided.
    """
    mark_voided(_voidable(actor, handle), actor, reason, now)
    db.session.commit()


def mark_voided(row: AttemptRow, actor: Person, reason: str, now: datetime) -> None:
    """Let the attempt count no more, and free its place; the caller commits.

    Raises AlreadyVoided.
    """
    if row.voided_at is not None:
        raise AlreadyVoided
    row.voided_at, row.void_reason, row.voided_by = now, reason.strip(), actor.id
    row.try_slot = row.assignment_try = None
    log.info("person %d gave an attempt of person %d back", actor.id, row.person_id)


def _voidable(actor: Person, handle: str) -> AttemptRow:
    """Give a try that is this actor's to give back.

    Administrators reach every try; trainers those that a cohort of theirs shows them, and never
    their own.
    """
    row = attempt_storage.find_any_attempt(handle) if may_void(actor) else None
    if row is None or row.try_on is None:
        raise NotFound
    reaches = row.person_id != actor.id and is_seen_by(actor.id, row)
    if not (may_administer(actor) or reaches):
        raise NotFound
    return row


def _period_row(person: Person, period_id: int | None, now: datetime) -> ApprovalPeriodRow:
    if period_id is not None:
        row = storage.find_period(period_id, person.id)
        if row is None:
            raise NotFound
        return row
    row = ApprovalPeriodRow(person_id=person.id, created_at=now)
    db.session.add(row)
    return row


def _sitting_row(person: Person, sitting_id: int | None, now: datetime) -> SittingRow:
    if sitting_id is not None:
        row = storage.find_sitting(sitting_id, person.id)
        if row is None:
            raise NotFound
        return row
    row = SittingRow(person_id=person.id, created_at=now)
    db.session.add(row)
    return row


def _mock_lines(person: Person, period: ApprovalPeriod) -> tuple[MockLine, ...]:
    tries = (row for row in attempt_storage.attempts_of(person.id) if row.try_on is not None)
    return tuple(_mock_line(row, period) for row in tries)


def _mock_line(row: AttemptRow, period: ApprovalPeriod) -> MockLine:
    on = row.try_on or row.started_at.date()
    return MockLine(
        handle=row.handle,
        on=on,
        running=row.finished_at is None,
        voided=row.voided_at is not None,
        void_reason=row.void_reason,
        in_period=period.holds(on),
    )


def _sitting_lines(person: Person, period: ApprovalPeriod) -> tuple[SittingLine, ...]:
    return tuple(
        SittingLine(
            id=row.id,
            state=SittingState(row.state),
            on=row.on,
            result=SittingResult(row.result) if row.result else None,
            counts=row.counts,
            in_period=period.holds(row.on),
        )
        for row in storage.sittings_of(person.id)
    )
