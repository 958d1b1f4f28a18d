"""A rule-based machine over the attempt: whatever a candidate does, the promises hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.domain import attempts as rules
from app.domain.assembly import ExamForm, FormEntry
from app.domain.attempts import Attempt, AttemptKind, AttemptStatus, Feedback, FinishReason
from app.domain.bilingual import Language
from app.domain.errors import (
    AttemptFinished,
    BreakNotOffered,
    BreakRunning,
    DomainError,
    NotOnForm,
    PartNotReached,
    TimeIsUp,
)
from app.domain.timing import TimeAdjustment, TimeAllowance

START = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
ITEMS, HALF, TOLERANCE, BREAK = 12, 6, 60, 600


def form() -> ExamForm:
    return ExamForm(
        tuple(
            FormEntry(n, f"item-{n}", n, ("a1a", "b2b", "c3c", "d4d"), 1 if n <= HALF else 2)
            for n in range(1, ITEMS + 1)
        )
    )


class AttemptMachine(RuleBasedStateMachine):
    """The model keeps its own, slower account of time and answers."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.attempt = Attempt(
            kind=AttemptKind.MOCK,
            feedback=Feedback.AT_END,
            language=Language.EN,
            language_fixed=True,
            form=form(),
            last_position=len(form().entries),
            allowance=TimeAllowance(1_500, 1.5, BREAK),
            adjustments=(),
            break_after=HALF,
            lock_first_part=False,
            started_at=START,
        )
        self.own = 2_250
        self.added = 0
        self.break_begun: datetime | None = None
        self.break_over: datetime | None = None
        self.skipped = False
        self.first_end: tuple[datetime, FinishReason] | None = None

    def credit(self) -> int:
        if self.break_begun is None:
            return 0
        until = self.break_over or self.now
        return min((until - self.break_begun) // timedelta(seconds=1), BREAK)

    def due(self) -> datetime:
        return START + timedelta(seconds=self.own + self.added + self.credit())

    @property
    def over(self) -> bool:
        return self.first_end is not None

    @property
    def on_break(self) -> bool:
        return self.break_begun is not None and self.break_over is None and not self.over

    def keep(self, after: Attempt) -> None:
        self.attempt = after
        if after.finished_at is not None and self.first_end is None:
            assert after.finish_reason is not None
            self.first_end = (after.finished_at, after.finish_reason)

    @rule(seconds=st.integers(0, 900))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(position=st.integers(-1, ITEMS + 2))
    def answer(self, position: int) -> None:
        reach = ITEMS if self.skipped or self.break_over else HALF
        expected: type[DomainError] | None = None
        if self.over:
            expected = AttemptFinished
        elif self.now > self.due() + timedelta(seconds=TOLERANCE):
            expected = TimeIsUp
        elif self.on_break:
            expected = BreakRunning
        elif not 1 <= position <= ITEMS:
            expected = NotOnForm
        elif position > reach:
            expected = PartNotReached
        if expected is None:
            rules.require_answerable(self.attempt, position, self.now, TOLERANCE)
        else:
            with pytest.raises(expected):
                rules.require_answerable(self.attempt, position, self.now, TOLERANCE)

    @rule()
    def begin_break(self) -> None:
        if self.over or self.break_begun or self.skipped:
            with pytest.raises(BreakNotOffered):
                rules.start_break(self.attempt, self.now)
            return
        self.keep(rules.start_break(self.attempt, self.now))
        self.break_begun = self.now

    @rule()
    def skip_break(self) -> None:
        if self.over or self.break_begun or self.skipped:
            with pytest.raises(BreakNotOffered):
                rules.skip_break(self.attempt)
            return
        self.keep(rules.skip_break(self.attempt))
        self.skipped = True

    @precondition(lambda self: self.on_break)
    @rule()
    def end_break(self) -> None:
        self.keep(rules.end_break(self.attempt, self.now))
        self.break_over = self.now

    @precondition(lambda self: not self.over)
    @rule(seconds=st.integers(1, 600))
    def add_time(self, seconds: int) -> None:
        extra = TimeAdjustment(seconds, "outage", self.now)
        self.attempt = replace(self.attempt, adjustments=(*self.attempt.adjustments, extra))
        self.added += seconds

    @rule()
    def submit(self) -> None:
        due = self.due()
        before = self.first_end
        self.keep(rules.submit(self.attempt, self.now))
        assert self.first_end is not None
        if before is None:
            late = self.now >= due
            reason = FinishReason.TIME_UP if late else FinishReason.SUBMITTED
            assert self.first_end == (min(self.now, due), reason)
            self.end_running_break()

    @rule()
    def somebody_looks(self) -> None:
        before = self.first_end
        after = rules.finish_if_due(self.attempt, self.now, TOLERANCE)
        if before is None and after.finished_at is not None:
            assert after.finish_reason is FinishReason.TIME_UP
            assert after.finished_at == self.due()
            assert self.now > self.due() + timedelta(seconds=TOLERANCE)
        self.keep(after)
        if self.over:
            self.end_running_break()

    def end_running_break(self) -> None:
        if self.break_begun and not self.break_over:
            self.break_over = self.attempt.taken_break.ended_at

    @invariant()
    def it_ends_once_and_stays_ended(self) -> None:
        if self.first_end is not None:
            assert (self.attempt.finished_at, self.attempt.finish_reason) == self.first_end
            assert self.attempt.status is AttemptStatus.FINISHED

    @invariant()
    def the_deadline_is_the_models(self) -> None:
        if not self.over:
            assert self.attempt.deadline(self.now) == self.due()

    @invariant()
    def the_form_never_changes(self) -> None:
        assert self.attempt.form == form()


AttemptMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestAttempt = AttemptMachine.TestCase
