"""One run of a form: what it is, what may be done with it at `now`."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from app.domain.assembly import ExamForm
from app.domain.bilingual import Language
from app.domain.errors import (
    AttemptFinished,
    BreakNotOffered,
    BreakRunning,
    NotOnForm,
    PartLocked,
    PartNotReached,
    TimeIsUp,
)
from app.domain.timing import (
    Break,
    TimeAdjustment,
    TimeAllowance,
    deadline,
    final_deadline,
)

NO_BREAK_YET = Break()
LONGEST_OUTAGE = timedelta(hours=48)
"""How long after the deadline late choices are taken (assumed)."""


class AttemptKind(StrEnum):
    """What an attempt is for."""

    MOCK = "mock"
    PRACTICE = "practice"
    QUIZ = "quiz"


class Feedback(StrEnum):
    """When key and rationales are shown."""

    AT_END = "at_end"
    EACH_ITEM = "each_item"
    AFTER_DUE = "after_due"
    """Not before an assignment's due date, so that nobody can tell the others."""


class AttemptStatus(StrEnum):
    """Where an attempt is."""

    RUNNING = "running"
    ON_BREAK = "on_break"
    FINISHED = "finished"


class FinishReason(StrEnum):
    """How an attempt ended."""

    SUBMITTED = "submitted"
    TIME_UP = "time_up"


class ItemState(StrEnum):
    """What the map says of an item."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptState:
    """Where an attempt stands, as its clock and its moves see it; the form need not be read.

    `allowance` is None where no clock runs.
    """

    last_position: int
    """The position of the last item."""
    allowance: TimeAllowance | None
    adjustments: tuple[TimeAdjustment, ...]
    break_after: int | None
    lock_first_part: bool
    started_at: datetime
    taken_break: Break = NO_BREAK_YET
    finished_at: datetime | None = None
    finish_reason: FinishReason | None = None
    heard_at: datetime | None = None
    """The newest moment at which something was saved, where that was asked for."""

    def at(self, now: datetime) -> datetime:
        """`now` by the attempt's own clock, which never goes back, whatever the machine's does."""
        taken = self.taken_break
        known = (self.started_at, self.heard_at, taken.started_at, taken.ended_at)
        return max(now, *(moment for moment in known if moment is not None))

    @property
    def status(self) -> AttemptStatus:
        """Where it is, going by what is recorded."""
        if self.finished_at is not None:
            return AttemptStatus.FINISHED
        return AttemptStatus.ON_BREAK if self.taken_break.running else AttemptStatus.RUNNING

    @property
    def reach(self) -> int:
        """The last position that may be opened now: the break opens the second part."""
        if self.break_after is None or self.taken_break.decided:
            return self.last_position
        return self.break_after

    def deadline(self, now: datetime) -> datetime | None:
        """When the time is up, as it stands at `now`; None where no clock runs."""
        if self.allowance is None:
            return None
        moment = self.at(now)
        return deadline(self.started_at, self.allowance, self.adjustments, self.taken_break, moment)

    def final_deadline(self) -> datetime | None:
        """The deadline if nothing more happens; None where no clock runs."""
        if self.allowance is None:
            return None
        return final_deadline(self.started_at, self.allowance, self.adjustments, self.taken_break)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(AttemptState):
    """One attempt as its rules see it."""

    kind: AttemptKind
    feedback: Feedback
    language: Language
    language_fixed: bool
    form: ExamForm
    voided: bool = False
    feedback_from: datetime | None = None
    """Key and rationales stay closed until then; None where they open with the end."""


State = TypeVar("State", bound=AttemptState)


def result_is_open(attempt: Attempt, now: datetime) -> bool:
    """Whether key, rationales and counts of the finished attempt may be read at `now`."""
    return attempt.feedback_from is None or now >= attempt.feedback_from


def finish_if_due(attempt: State, now: datetime, tolerance: int) -> State:
    """The attempt, finished by its clock where deadline and tolerance lie behind.

    Its end is the deadline, not the moment at which somebody noticed.
    """
    due = attempt.final_deadline()
    if attempt.finished_at is not None or due is None:
        return attempt
    if attempt.at(now) <= due + timedelta(seconds=tolerance):
        return attempt
    return _finished(attempt, due, FinishReason.TIME_UP)


def submit(attempt: State, now: datetime) -> State:
    """The attempt, finished by its candidate or, past the deadline, by the clock.

    Submitting twice changes nothing.
    """
    if attempt.finished_at is not None:
        return attempt
    due, moment = attempt.deadline(now), attempt.at(now)
    if due is not None and moment >= due:
        return _finished(attempt, due, FinishReason.TIME_UP)
    return _finished(attempt, moment, FinishReason.SUBMITTED)


def require_answerable(attempt: AttemptState, position: int, now: datetime, tolerance: int) -> None:
    """Whether a response to `position`, received at `now`, counts.

    Raises AttemptFinished, TimeIsUp, BreakRunning, NotOnForm, PartNotReached or PartLocked.
    """
    require_running(attempt, now, tolerance)
    require_open(attempt, position)


def require_running(attempt: AttemptState, now: datetime, tolerance: int) -> None:
    """Whether the attempt still takes responses at `now`.

    Raises AttemptFinished, BreakRunning or TimeIsUp.
    """
    if attempt.finished_at is not None:
        raise AttemptFinished
    due = attempt.deadline(now)
    if due is not None and attempt.at(now) > due + timedelta(seconds=tolerance):
        raise TimeIsUp
    if attempt.taken_break.running:
        raise BreakRunning


def require_open(attempt: AttemptState, position: int) -> None:
    """Whether `position` may be opened.

    Raises NotOnForm, PartNotReached or PartLocked.
    """
    if not 1 <= position <= attempt.last_position:
        raise NotOnForm
    if position > attempt.reach:
        raise PartNotReached
    locked = attempt.lock_first_part and attempt.taken_break.decided
    if locked and attempt.break_after is not None and position <= attempt.break_after:
        raise PartLocked


def may_count_late(
    ended: AttemptState, made_at: datetime, heard_at: datetime, now: datetime
) -> bool:
    """Whether a choice received at `now`, after the end, may have been made in time.

    It fell into a silence (nothing was heard of the attempt since `heard_at`) that began before
    the deadline, and the outage was no longer than `LONGEST_OUTAGE`.
    """
    due = ended.final_deadline()
    return due is not None and heard_at <= made_at <= due and now <= due + LONGEST_OUTAGE


def start_break(attempt: State, now: datetime) -> State:
    """The attempt on its break. Raises BreakNotOffered where there is none to take."""
    _require_break_open(attempt)
    return replace(attempt, taken_break=Break(started_at=attempt.at(now)))


def skip_break(attempt: State) -> State:
    """The attempt with its break skipped. Raises BreakNotOffered."""
    _require_break_open(attempt)
    return replace(attempt, taken_break=Break(skipped=True))


def end_break(attempt: State, now: datetime) -> State:
    """The attempt after its break; nothing changes where no break runs."""
    if not attempt.taken_break.running:
        return attempt
    over = replace(attempt.taken_break, ended_at=attempt.at(now))
    return replace(attempt, taken_break=over)


def item_state(*, seen: bool, chosen: bool) -> ItemState:
    """The one of three states that the map shows."""
    if chosen:
        return ItemState.COMPLETE
    return ItemState.INCOMPLETE if seen else ItemState.UNSEEN


def _require_break_open(attempt: AttemptState) -> None:
    offered = attempt.break_after is not None and attempt.finished_at is None
    if not offered or attempt.taken_break != NO_BREAK_YET:
        raise BreakNotOffered


def _finished(attempt: State, at: datetime, reason: FinishReason) -> State:
    taken = attempt.taken_break
    if taken.running:
        taken = replace(taken, ended_at=at)
    return replace(attempt, finished_at=at, finish_reason=reason, taken_break=taken)
