"""The clock of a running attempt as its pages show it."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.attempts import Attempt
from app.domain.timing import seconds_left, warning_marks

MINUTE = 60


@dataclass(frozen=True, slots=True)
class AddedTime:
    """Time that was added; `id` counts within the attempt, from 1."""

    id: int
    minutes: int
    reason: str


@dataclass(frozen=True, slots=True)
class ClockFace:
    """The clock as the page shows it. None of it where no clock runs."""

    seconds_left: int
    own_minutes: int
    base_minutes: int
    added_minutes: int
    added: tuple[AddedTime, ...]
    warnings: tuple[int, ...]


def clock_face(attempt: Attempt, now: datetime) -> ClockFace | None:
    """The clock at `now`."""
    due = attempt.deadline(now)
    if due is None or attempt.allowance is None:
        return None
    return ClockFace(
        seconds_left=seconds_left(due, attempt.at(now)),
        own_minutes=round(attempt.allowance.own_seconds / MINUTE),
        base_minutes=attempt.allowance.base_seconds // MINUTE,
        added_minutes=sum(made.seconds for made in attempt.adjustments) // MINUTE,
        added=added_time(attempt),
        warnings=warning_marks(attempt.allowance),
    )


def added_time(attempt: Attempt) -> tuple[AddedTime, ...]:
    """Everything that was added to the attempt's time, in order."""
    return tuple(
        AddedTime(number, made.seconds // MINUTE, made.reason)
        for number, made in enumerate(attempt.adjustments, start=1)
    )
