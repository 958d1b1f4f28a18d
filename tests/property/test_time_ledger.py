"""Whatever trainers and candidates do in whatever order, promised time is kept to the second."""

import random
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.bilingual import Language
from app.domain.errors import AlreadyVoided, AttemptFinished, DomainError
from app.domain.timing import TimeAllowance
from app.services import accommodations, attempts
from app.services.accommodations import Standing
from app.services.assigned_starts import start_assigned
from app.storage.accommodations import accommodations_of
from app.storage.attempts import AttemptRow, adjustments_of, find_any_attempt
from app.storage.cohorts import CohortRow
from app.storage.database import db
from tests.cohorts import join, make_cohort, set_quiz
from tests.world import NOON, Stage

FACTORS = (1.0, 1.25, 1.5, 2.0, 3.0)
HALF = 5

standings = st.builds(
    lambda factor, pause: ("standing", factor, pause),
    st.sampled_from(FACTORS),
    st.none() | st.integers(0, 60),
)
steps = st.lists(
    standings
    | st.builds(lambda minutes: ("add", minutes), st.integers(-5, 125))
    | st.builds(lambda seconds: ("wait", seconds), st.integers(0, 900))
    | st.sampled_from([("void",), ("submit",), ("leave for the break",), ("come back",)]),
    max_size=12,
)


class Play:
    """One timed attempt of Ana's, with a slower account of its time beside it."""

    def __init__(self, stage: Stage, cohort: CohortRow, number: int, first: Standing) -> None:
        self.stage, self.cohort, self.now = stage, cohort, NOON
        self.ben, self.ana_id = stage.person("ben"), stage.person("ana").id
        quiz = set_quiz(cohort, timed=True, title=f"Quiz {number}", attempts_allowed=1)
        accommodations.set_standing(self.ben, cohort.handle, self.ana_id, first, NOON)
        ana = stage.person("ana")
        rng = random.Random(number)
        self.handle = start_assigned(ana, quiz.handle, Language.EN, stage.site, NOON, rng)
        row = self.row
        row.break_after = HALF  # a quiz has no break of its own
        db.session.commit()
        assert row.base_seconds is not None
        self.allowance = TimeAllowance(row.base_seconds, first.time_factor, row.break_seconds)
        self.added: list[int] = []
        self.gone: datetime | None = None
        self.back: datetime | None = None

    @property
    def row(self) -> AttemptRow:
        """The attempt as it is stored."""
        row = find_any_attempt(self.handle)
        assert row is not None
        return row

    def due(self) -> datetime:
        """The deadline by this account."""
        own = round(self.allowance.base_seconds * self.allowance.factor)
        rest = 0
        if self.gone is not None:
            away = ((self.back or self.now) - self.gone) // timedelta(seconds=1)
            rest = min(away, self.allowance.break_seconds)
        return NOON + timedelta(seconds=own + sum(self.added) + rest)

    def act(self, step: tuple[object, ...]) -> None:
        """Do one step; what the rules refuse changes nothing."""
        match step:
            case ("wait", int(seconds)):
                self.now += timedelta(seconds=seconds)
                return
            case _:
                pass
        try:
            self._try(step)
        except DomainError:
            db.session.rollback()

    def _try(self, step: tuple[object, ...]) -> None:
        ana, site = self.stage.person("ana"), self.stage.site
        match step:
            case ("standing", float(factor), pause):
                assert pause is None or isinstance(pause, int)
                wanted = Standing(factor, pause, "", "An approved request.")
                accommodations.set_standing(
                    self.ben, self.cohort.handle, self.ana_id, wanted, self.now
                )
            case ("add", int(minutes)):
                where = (self.ben, self.cohort.handle, self.ana_id, self.handle)
                accommodations.add_time(*where, minutes, "An outage.", self.now, site)
                self.added.append(minutes * 60)
            case ("void",):
                where = (self.ben, self.cohort.handle, self.ana_id, self.handle)
                accommodations.give_back(*where, "An outage.", self.now)
            case ("submit",):
                attempts.submit(ana, self.handle, self.now, site)
            case ("leave for the break",):
                attempts.start_break(ana, self.handle, self.now, site)
                self.gone = self.now
            case ("come back",):
                attempts.leave_break(ana, self.handle, self.now, site)
                self.back = self.now


@settings(max_examples=40)
@given(
    factor=st.sampled_from(FACTORS),
    pause=st.none() | st.integers(0, 60),
    script=steps,
    number=st.integers(0, 10**9),
)
def test_time_changes_only_through_the_ledger_and_the_record_only_grows(
    stage: Stage, factor: float, pause: int | None, script: list[tuple[object, ...]], number: int
) -> None:
    cohort = make_cohort(stage)
    join(stage, cohort, "ana")
    play = Play(stage, cohort, number, Standing(factor, pause, "", "An approved request."))
    try:
        given_before, added_before = record(play)
        for step in script:
            was_finished, was_voided = play.row.finished_at, play.row.voided_at
            play.act(step)
            db.session.expire_all()
            row = play.row
            allowance = TimeAllowance(row.base_seconds or 0, row.time_factor, row.break_seconds)
            assert allowance == play.allowance
            attempt = attempts.load(stage.person("ana"), play.handle, play.now, stage.site)[1]
            if attempt.finished_at is None:
                assert attempt.deadline(play.now) == play.due()
            else:
                assert attempt.finished_at <= play.due()
            assert was_finished in {None, row.finished_at}
            assert was_voided in {None, row.voided_at}
            given_now, added_now = record(play)
            assert given_now[: len(given_before)] == given_before
            assert added_now[: len(added_before)] == added_before
            assert [seconds for _, seconds in added_now] == play.added
            assert all(0 < seconds <= 120 * 60 for seconds in play.added)
            given_before, added_before = given_now, added_now
    finally:
        db.session.delete(db.session.get_one(CohortRow, cohort.id))
        db.session.delete(play.row)
        db.session.commit()


def record(play: Play) -> tuple[list[tuple[object, ...]], list[tuple[int, int]]]:
    """Both ledgers, oldest first."""
    rows = reversed(accommodations_of(play.ana_id))
    given_so_far: list[tuple[object, ...]] = [
        (r.id, r.time_factor, r.break_seconds, r.reason, r.made_at) for r in rows
    ]
    return given_so_far, [(a.id, a.seconds) for a in adjustments_of(play.row.id)]


def test_the_script_can_reach_every_refusal(stage: Stage) -> None:
    cohort = make_cohort(stage)
    join(stage, cohort, "ana")
    play = Play(stage, cohort, 1, Standing(1.5, 10, "", "An approved request."))
    play.act(("void",))
    play.act(("submit",))
    refused = []
    for step in (("void",), ("add", 5)):
        try:
            play._try(step)
        except (AlreadyVoided, AttemptFinished) as error:
            refused.append(type(error))
            db.session.rollback()
    assert refused == [AlreadyVoided, AttemptFinished]
