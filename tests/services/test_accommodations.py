"""What trainers give: standing time, minutes on a running clock, attempts that count no more."""

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.domain.errors import (
    AlreadyVoided,
    AttemptFinished,
    CohortArchived,
    DomainError,
    NoAttemptLeft,
    NotFound,
)
from app.services import accommodations, attempts
from app.services.accommodations import Standing
from app.services.assigned_starts import start_assigned
from app.services.cohorts import remove_member
from app.storage.accommodations import AccommodationRow, accommodations_of
from app.storage.assignments import AssignmentRow
from app.storage.attempts import AdjustmentRow, AttemptRow, adjustments_of, find_any_attempt
from app.storage.cohorts import CohortRow
from app.storage.database import db
from tests.cohorts import join, make_cohort, set_quiz
from tests.world import NOON, Stage

MORE = Standing(2.0, 20, "scratch paper", "An approved request.")


@pytest.fixture
def cohort(stage: Stage) -> CohortRow:
    made = make_cohort(stage)
    join(stage, made, "ana")
    return made


@pytest.fixture
def quiz(cohort: CohortRow) -> AssignmentRow:
    return set_quiz(cohort, timed=True)


def begin(stage: Stage, quiz: AssignmentRow, username: str = "ana") -> str:
    person = stage.person(username)
    return start_assigned(person, quiz.handle, Language.EN, stage.site, NOON, random.Random(5))


def row_of(handle: str) -> AttemptRow:
    row = find_any_attempt(handle)
    assert row is not None
    return row


def standing(
    stage: Stage, cohort: CohortRow, wanted: Standing = MORE, actor: str = "ben", to: str = "ana"
) -> None:
    accommodations.set_standing(
        stage.person(actor), cohort.handle, stage.person(to).id, wanted, NOON
    )


def add(
    stage: Stage, cohort: CohortRow, handle: str, minutes: int = 10, actor: str = "ben", **on: int
) -> None:
    accommodations.add_time(
        stage.person(actor),
        cohort.handle,
        stage.person("ana").id,
        handle,
        minutes,
        "The power was out.",
        NOON + timedelta(**on),
        stage.site,
    )


def give_back(stage: Stage, cohort: CohortRow, handle: str, actor: str = "ben") -> None:
    accommodations.give_back(
        stage.person(actor),
        cohort.handle,
        stage.person("ana").id,
        handle,
        "The power was out.",
        NOON,
    )


def deadline(stage: Stage, handle: str, **on: int) -> timedelta:
    now = NOON + timedelta(**on)
    due = attempts.load(stage.person("ana"), handle, now, stage.site)[1].deadline(now)
    assert due is not None
    return due - NOON


def test_what_is_set_is_in_force_and_on_record(stage: Stage, cohort: CohortRow) -> None:
    standing(stage, cohort)
    ana = stage.person("ana")
    assert (ana.time_factor, ana.break_seconds) == (2.0, 1200)
    (row,) = accommodations_of(ana.id)
    assert (row.time_factor, row.break_seconds, row.tools) == (2.0, 1200, "scratch paper")
    assert (row.reason, row.made_by) == ("An approved request.", stage.person("ben").id)


def test_the_record_only_grows(stage: Stage, cohort: CohortRow) -> None:
    standing(stage, cohort)
    standing(stage, cohort, Standing(1.0, None, "", "No longer wanted."), actor="dev")
    ana = stage.person("ana")
    assert [row.reason for row in accommodations_of(ana.id)] == [
        "No longer wanted.",
        "An approved request.",
    ]
    assert (ana.time_factor, ana.break_seconds) == (1.0, None)


@pytest.mark.parametrize("kind", list(AttemptKind))
def test_it_holds_by_itself_for_whatever_is_started(
    stage: Stage, cohort: CohortRow, kind: AttemptKind
) -> None:
    standing(stage, cohort)
    row = row_of(stage.start("ana", kind, timed=True))
    assert (row.time_factor, row.break_seconds) == (2.0, 1200)


def test_it_holds_for_what_is_assigned(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    standing(stage, cohort)
    assert row_of(begin(stage, quiz)).time_factor == 2.0


def test_a_running_attempt_keeps_the_time_it_was_started_with(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    handle = begin(stage, quiz)
    before = deadline(stage, handle)
    standing(stage, cohort)
    assert deadline(stage, handle) == before


def test_added_time_moves_the_deadline_at_once(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    handle = begin(stage, quiz)
    before = deadline(stage, handle)
    add(stage, cohort, handle, 10)
    add(stage, cohort, handle, 5, actor="dev")
    assert deadline(stage, handle) == before + timedelta(minutes=15)
    made = [(a.seconds, a.reason, a.made_by) for a in adjustments_of(row_of(handle).id)]
    people = [stage.person(name).id for name in ("ben", "dev")]
    assert made == [
        (600, "The power was out.", people[0]),
        (300, "The power was out.", people[1]),
    ]


def test_time_added_within_the_tolerance_still_helps(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    handle = begin(stage, quiz)
    due = int(deadline(stage, handle).total_seconds())
    add(stage, cohort, handle, seconds=due + 60)
    assert deadline(stage, handle, seconds=due + 61) == timedelta(seconds=due + 600)


@pytest.mark.parametrize("how", ["submitted", "out of time"])
def test_an_attempt_that_has_ended_takes_no_time(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow, how: str
) -> None:
    handle = begin(stage, quiz)
    late = int(deadline(stage, handle).total_seconds()) + 61
    if how == "submitted":
        attempts.submit(stage.person("ana"), handle, NOON, stage.site)
    with pytest.raises(AttemptFinished):
        add(stage, cohort, handle, seconds=1 if how == "submitted" else late)
    db.session.rollback()
    assert [*adjustments_of(row_of(handle).id)] == []


@pytest.mark.parametrize("minutes", [0, -1, -10, 121, 10_000])
def test_time_is_never_taken_away_and_never_without_end(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow, minutes: int
) -> None:
    handle = begin(stage, quiz)
    with pytest.raises(NotFound):
        add(stage, cohort, handle, minutes)


def test_without_a_clock_there_is_nothing_to_add(stage: Stage, cohort: CohortRow) -> None:
    handle = begin(stage, set_quiz(cohort))
    with pytest.raises(NotFound):
        add(stage, cohort, handle)


def test_an_attempt_given_back_frees_its_place(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    first = begin(stage, quiz)
    attempts.submit(stage.person("ana"), first, NOON, stage.site)
    with pytest.raises(NoAttemptLeft):
        begin(stage, quiz)
    db.session.rollback()
    give_back(stage, cohort, first)
    row = row_of(first)
    assert (row.voided_at, row.void_reason) == (NOON, "The power was out.")
    assert (row.voided_by, row.assignment_try) == (stage.person("ben").id, None)
    again = row_of(begin(stage, quiz))
    assert (again.handle != first, again.assignment_try) == (True, 1)


def test_an_attempt_given_back_while_it_runs_goes_on(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    first = begin(stage, quiz)
    give_back(stage, cohort, first)
    assert begin(stage, quiz) == first
    attempts.submit(stage.person("ana"), first, NOON, stage.site)
    assert row_of(begin(stage, quiz)).assignment_try == 1


def test_an_assigned_mock_gives_both_its_places_back(stage: Stage, cohort: CohortRow) -> None:
    whole = {"axis": "oshpd", "areas": [], "levels": [], "competencies": [], "item_ids": []}
    handle = begin(stage, set_quiz(cohort, kind="mock", items=120, selection=whole))
    give_back(stage, cohort, handle)
    row = row_of(handle)
    assert (row.try_slot, row.assignment_try) == (None, None)


def test_what_was_given_back_is_not_given_back_again(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    handle = begin(stage, quiz)
    give_back(stage, cohort, handle)
    with pytest.raises(AlreadyVoided):
        give_back(stage, cohort, handle, actor="dev")


@pytest.mark.parametrize("shares", [True, False])
def test_own_practice_is_reached_only_where_it_is_shared(stage: Stage, *, shares: bool) -> None:
    cohort = make_cohort(stage)
    join(stage, cohort, "ana", shares=shares)
    handle = stage.start("ana", AttemptKind.PRACTICE, timed=True)
    for act in (add, give_back):
        if shares:
            act(stage, cohort, handle)
            continue
        with pytest.raises(NotFound):
            act(stage, cohort, handle)
        db.session.rollback()
    assert (row_of(handle).voided_at is not None) == shares


def test_another_cohort_s_attempts_are_never_reached(stage: Stage, quiz: AssignmentRow) -> None:
    handle = begin(stage, quiz)
    other = make_cohort(stage, "Evening group", "caro")
    join(stage, other, "ana", shares=True)
    for act in (add, give_back):
        with pytest.raises(NotFound):
            act(stage, other, handle, actor="caro")
        db.session.rollback()


def test_whoever_may_not_changes_nothing(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    handle = begin(stage, quiz)
    before = ledger()
    for actor in ("ana", "eli", "caro"):
        for refused in (
            lambda a: standing(stage, cohort, actor=a),
            lambda a: add(stage, cohort, handle, actor=a),
            lambda a: give_back(stage, cohort, handle, actor=a),
        ):
            with pytest.raises(NotFound):
                refused(actor)
            db.session.rollback()
    assert ledger() == before


def test_somebody_who_is_no_member_is_not_reached(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    handle = begin(stage, quiz)
    remove_member(stage.person("ben"), cohort.handle, stage.person("ana").id)
    before = ledger()
    for act in (add, give_back):
        with pytest.raises(NotFound):
            act(stage, cohort, handle)
        db.session.rollback()
    for who in ("ana", "eli"):
        with pytest.raises(NotFound):
            standing(stage, cohort, to=who)
        db.session.rollback()
    assert ledger() == before


def test_nobody_gives_to_themselves_but_who_runs_the_site(stage: Stage, cohort: CohortRow) -> None:
    join(stage, cohort, "ben", "dev")
    with pytest.raises(NotFound):
        standing(stage, cohort, to="ben")
    db.session.rollback()
    standing(stage, cohort, actor="dev", to="dev")
    assert (stage.person("ben").time_factor, stage.person("dev").time_factor) == (1.0, 2.0)


def test_an_archived_cohort_changes_nothing(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    handle = begin(stage, quiz)
    cohort.archived_at = NOON
    db.session.commit()
    before = ledger()
    refused: tuple[type[DomainError], ...] = (CohortArchived,)
    with pytest.raises(refused):
        standing(stage, cohort)
    for act in (add, give_back):
        with pytest.raises(refused):
            act(stage, cohort, handle)
        db.session.rollback()
    assert ledger() == before


def ledger() -> list[object]:
    """Everything that this module's services may change."""
    db.session.expire_all()
    attempts_now = db.session.execute(
        sa.select(AttemptRow.id, AttemptRow.voided_at, AttemptRow.assignment_try)
    )
    counts = [
        db.session.scalar(sa.select(sa.func.count()).select_from(table))
        for table in (AccommodationRow, AdjustmentRow)
    ]
    return [*map(tuple, attempts_now), *counts]
