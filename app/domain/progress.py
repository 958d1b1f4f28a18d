"""Where a member is with an assignment, and who may want a hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from app.domain.weak_areas import overall_interval

NEAR_DAYS = 2
"""Calendar days before the due date from which not having begun is worth a word."""
ENOUGH_ANSWERED = 8
"""From so many answers on a result may say that somebody wants a hand."""
STOPPED_AFTER = timedelta(days=2)
"""Without a saved answer for so long, an attempt counts as stopped."""


class State(StrEnum):
    """Where a member is."""

    NOT_STARTED = "not_started"
    STARTED = "started"
    DONE = "done"


class Reason(StrEnum):
    """Why somebody may want a hand."""

    DUE_SOON = "due_soon"
    DUE_PASSED = "due_passed"
    STOPPED = "stopped"
    BELOW_TARGET = "below_target"


@dataclass(frozen=True, slots=True)
class Hand:
    """That somebody may want a hand; `days` to the due date, or since the last answer."""

    reason: Reason
    days: int = 0


class Run(NamedTuple):
    """One attempt on the assignment; `saved_at` only while it runs."""

    started_at: datetime
    finished_at: datetime | None
    right: int | None
    total: int
    practice_target: float
    language: str
    answered: int = 0
    saved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where one member is. `shown` is the running attempt, else the best of the finished."""

    state: State
    shown: Run | None = None
    attempts: int = 0
    again: bool = False
    """Done, and another attempt runs."""
    low: float = 0.0
    high: float = 1.0
    hand: Hand | None = None
    joined_later: bool = False
    """Not started, and in the cohort only since the due date had passed."""


def hand_before_start(
    opens_at: datetime, due_at: datetime | None, now: datetime, zone: tzinfo
) -> Hand | None:
    """Whether who has not begun may want a hand: near the due date, or after it.

    Not while the first half of the time to start it still runs: short ones are always near.
    """
    if due_at is None or now < opens_at + (due_at - opens_at) / 2:
        return None
    if now > due_at:
        return Hand(Reason.DUE_PASSED)
    days = (due_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    return Hand(Reason.DUE_SOON, days) if days <= NEAR_DAYS else None


def progress(
    runs: Sequence[Run], not_begun: Hand | None, now: datetime, *, joined_later: bool = False
) -> Progress:
    """Where somebody with these attempts is, oldest first; `not_begun` holds for who has none.

    `joined_later` says that the due date had passed when the person came.
    """
    if not runs:
        hand = None if joined_later else not_begun
        return Progress(State.NOT_STARTED, hand=hand, joined_later=joined_later)
    running = next((run for run in runs if run.finished_at is None), None)
    finished = [run for run in runs if run.finished_at is not None]
    if not finished and running is not None:
        return Progress(State.STARTED, running, len(runs), hand=_stopped(running, now))
    best = max(finished, key=lambda run: run.right or 0)  # the earliest of equals
    low, high = (0.0, 1.0) if best.right is None else overall_interval(best.right, best.total)
    enough = running is None and best.answered >= ENOUGH_ANSWERED
    below = enough and high < best.practice_target
    return Progress(
        state=State.DONE,
        shown=best,
        attempts=len(runs),
        again=running is not None,
        low=low,
        high=high,
        hand=Hand(Reason.BELOW_TARGET) if below else None,
    )


def _stopped(run: Run, now: datetime) -> Hand | None:
    still = now - (run.saved_at or run.started_at)
    return Hand(Reason.STOPPED, still.days) if still >= STOPPED_AFTER else None
