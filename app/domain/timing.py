"""The exam's clock: allowance, adjustments, the break, the deadline.

All moments are aware datetimes in UTC; all lengths are whole seconds. The break stops the
clock for at most its own length: coming back late is paid with test time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WARNING_SHARES = (0.20, 0.05)
"""Warn when this share of the person's own time is left (assumed)."""
LAST_WARNING_SECONDS = 300
"""Always warn at five minutes, and show a hidden clock again."""


@dataclass(frozen=True, slots=True)
class TimeAllowance:
    """The time that one attempt was started with; never changed afterwards."""

    base_seconds: int
    factor: float
    break_seconds: int

    @property
    def own_seconds(self) -> int:
        """The person's own time: base times accommodation factor."""
        return round(self.base_seconds * self.factor)


@dataclass(frozen=True, slots=True)
class TimeAdjustment:
    """Seconds added to one running attempt, with the reason; append-only."""

    seconds: int
    reason: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Break:
    """The scheduled break: not yet decided, running, over, or skipped."""

    started_at: datetime | None = None
    ended_at: datetime | None = None
    skipped: bool = False

    @property
    def running(self) -> bool:
        """Whether the person is on the break."""
        return self.started_at is not None and self.ended_at is None

    @property
    def decided(self) -> bool:
        """Whether the break lies behind: taken and over, or skipped."""
        return self.skipped or self.ended_at is not None


def break_credit(taken: Break, allowance: TimeAllowance, now: datetime) -> int:
    """Seconds for which the break has stopped the clock until `now`."""
    if taken.started_at is None:
        return 0
    length = ((taken.ended_at or now) - taken.started_at) // timedelta(seconds=1)
    return max(0, min(length, allowance.break_seconds))


def deadline(
    started_at: datetime,
    allowance: TimeAllowance,
    adjustments: Sequence[TimeAdjustment],
    taken: Break,
    now: datetime,
) -> datetime:
    """When the time is up, as it stands at `now`."""
    added = sum(adjustment.seconds for adjustment in adjustments)
    seconds = allowance.own_seconds + added + break_credit(taken, allowance, now)
    return started_at + timedelta(seconds=seconds)


def final_deadline(
    started_at: datetime,
    allowance: TimeAllowance,
    adjustments: Sequence[TimeAdjustment],
    taken: Break,
) -> datetime:
    """The deadline of a person who does not come back: a running break is used up whole."""
    far = taken.started_at + timedelta(days=1) if taken.started_at else started_at
    return deadline(started_at, allowance, adjustments, taken, far)


def seconds_left(until: datetime, now: datetime) -> int:
    """Whole seconds from `now` to `until`, never below zero."""
    return max(0, (until - now) // timedelta(seconds=1))


def warning_marks(allowance: TimeAllowance) -> tuple[int, ...]:
    """Seconds left at which the page warns, most first, scaled to the person's own time."""
    own = allowance.own_seconds
    marks = {round(own * share) for share in WARNING_SHARES}
    if own > LAST_WARNING_SECONDS:
        marks.add(LAST_WARNING_SECONDS)
    return tuple(sorted(marks, reverse=True))
