"""Three tries in twelve months: one pure rule for real sittings and for mocks.

Source: the certification's pages (up to three times in the 12-month approval period; the
period is fixed by the approval and does not roll). Dates are calendar dates in
America/Los_Angeles. The two ledgers use the same rule and never mix.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class SittingState(StrEnum):
    """How far a real try has come."""

    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    SAT = "sat"
    MISSED = "missed"
    """Not sat on the day; whether it used a try is not public, so the candidate decides."""


class SittingResult(StrEnum):
    """What the real exam's screen said."""

    PASSED = "passed"
    NOT_PASSED = "not_passed"


class TryReason(StrEnum):
    """Why a try is possible or not."""

    ALLOWED = "allowed"
    LIMIT_REACHED = "limit_reached"
    PERIOD_ENDED = "period_ended"
    PERIOD_NOT_STARTED = "period_not_started"


@dataclass(frozen=True, slots=True)
class ApprovalPeriod:
    """The 12 months in which an approved candidate may sit; both days included."""

    approved_on: date
    valid_through: date

    def holds(self, day: date) -> bool:
        """Whether `day` lies in the period."""
        return self.approved_on <= day <= self.valid_through


@dataclass(frozen=True, slots=True)
class TryStanding:
    """Where a ledger stands today. `next_on` is None where only a new period helps."""

    allowed: bool
    used: int
    limit: int
    reason: TryReason
    next_on: date | None
    period: ApprovalPeriod
    recorded: bool
    """False where the period was made from the first mock try."""

    @property
    def left(self) -> int:
        """Tries left in the period."""
        return max(0, self.limit - self.used)

    @property
    def number(self) -> int:
        """The number that the next try has, as in "try 2 of 3"."""
        return min(self.used + 1, self.limit)


def valid_through(approved_on: date) -> date:
    """The proposed last day: the same day 12 months on; from 29 February to 28 February."""
    year = approved_on.year + 1
    day = min(approved_on.day, monthrange(year, approved_on.month)[1])
    return date(year, approved_on.month, day)


def implied_period(tries: Sequence[date], today: date) -> ApprovalPeriod:
    """The period of a candidate who has recorded none: it starts with the first try.

    A try after its end starts the next one.
    """
    current: ApprovalPeriod | None = None
    for day in sorted(tries):
        if current is None or day > current.valid_through:
            current = ApprovalPeriod(day, valid_through(day))
    if current is None or today > current.valid_through:
        return ApprovalPeriod(today, valid_through(today))
    return current


def standing(
    recorded: ApprovalPeriod | None, tries: Sequence[date], today: date, limit: int
) -> TryStanding:
    """Where the ledger stands: `tries` are the days of all tries that count, ever."""
    period = recorded or implied_period(tries, today)
    used = sum(period.holds(day) for day in tries)
    reason, next_on = _verdict(period, used, today, limit, recorded=recorded is not None)
    return TryStanding(
        allowed=reason is TryReason.ALLOWED,
        used=used,
        limit=limit,
        reason=reason,
        next_on=next_on,
        period=period,
        recorded=recorded is not None,
    )


def _verdict(
    period: ApprovalPeriod, used: int, today: date, limit: int, *, recorded: bool
) -> tuple[TryReason, date | None]:
    if today < period.approved_on:
        return TryReason.PERIOD_NOT_STARTED, period.approved_on
    if today > period.valid_through:
        return TryReason.PERIOD_ENDED, None
    if used >= limit:
        next_on = None if recorded else period.valid_through + timedelta(days=1)
        return TryReason.LIMIT_REACHED, next_on
    return TryReason.ALLOWED, today
