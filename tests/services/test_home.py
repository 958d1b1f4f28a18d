"""Where a person stands: what runs, what can start, how much of the bank is new."""

from datetime import timedelta

import pytest

from app.domain.attempts import AttemptKind
from app.domain.eligibility import SittingResult, SittingState
from app.services.home import home_page, practice_page, running_attempts, stock
from app.services.people import set_accommodation
from app.services.tries import record_period, record_sitting
from app.storage.attempts import find_any_attempt
from app.storage.bank import current_pool
from app.storage.database import db
from tests.world import NOON, Stage


def test_at_first_nothing_runs_and_three_tries_are_left(stage: Stage) -> None:
    page = home_page(stage.person("ana"), stage.site, NOON)
    assert (page.running, page.passed) == ((), False)
    assert (page.mocks.left, page.mocks.number, page.sittings.recorded) == (3, 1, False)


@pytest.mark.parametrize("kind", list(AttemptKind))
def test_what_runs_is_named_with_its_place_and_end(stage: Stage, kind: AttemptKind) -> None:
    handle = stage.start(kind=kind)
    (running,) = home_page(stage.person("ana"), stage.site, NOON).running
    assert (running.handle, running.kind, running.position) == (handle, kind, 1)
    due = NOON + timedelta(minutes=150) if kind is AttemptKind.MOCK else None
    assert running.deadline == due


def test_one_of_each_kind_can_run(stage: Stage) -> None:
    handles = {stage.start(kind=kind) for kind in AttemptKind}
    running = running_attempts(stage.person("ana"), stage.site, NOON)
    assert {attempt.handle for attempt in running} == handles


def test_what_has_run_out_runs_no_more(stage: Stage) -> None:
    stage.start()
    days_later = NOON + timedelta(days=2)
    assert running_attempts(stage.person("ana"), stage.site, days_later) == ()


def test_nobody_sees_what_somebody_else_runs(stage: Stage) -> None:
    stage.start("ana")
    page = home_page(stage.person("eli"), stage.site, NOON)
    assert (page.running, page.passed, page.mocks.used) == ((), False, 0)


def test_the_person_s_own_time_is_said(stage: Stage) -> None:
    set_accommodation(stage.person("ana").id, 1.5)
    page = practice_page(stage.person("ana"), stage.site, NOON)
    assert (page.own_minutes, page.base_minutes, page.break_minutes) == (225, 150, 10)


def test_a_person_s_own_break_is_said(stage: Stage) -> None:
    db.session.execute(db.text("update person set break_seconds = 1200 where username = 'ana'"))
    db.session.commit()
    assert practice_page(stage.person("ana"), stage.site, NOON).break_minutes == 20


def test_the_stock_is_what_can_be_drawn(stage: Stage) -> None:
    page = practice_page(stage.person("ana"), stage.site, NOON)
    assert page.in_bank == stock()
    assert page.items == 120


def test_where_everything_was_met_a_mock_has_nothing_new(stage: Stage) -> None:
    ana = stage.person("ana")
    assert practice_page(ana, stage.site, NOON).repeats == 0
    row = find_any_attempt(stage.start(kind=AttemptKind.QUIZ))
    assert row is not None
    row.form = [[item.item_id, item.revision, ""] for item in current_pool()]
    db.session.commit()
    assert practice_page(ana, stage.site, NOON).repeats == 120


def test_home_knows_the_recorded_period(stage: Stage) -> None:
    ana = stage.person("ana")
    record_period(ana, NOON.date() - timedelta(days=10), None, NOON)
    page = home_page(ana, stage.site, NOON)
    assert (page.sittings.recorded, page.mocks.recorded) == (True, True)
    assert page.mocks.period == page.sittings.period


def test_a_recorded_pass_is_known_at_home(stage: Stage) -> None:
    ana = stage.person("ana")
    day = stage.site.day(NOON)
    record_sitting(ana, SittingState.SAT, day, SittingResult.PASSED, NOON, counts=True)
    assert home_page(ana, stage.site, NOON).passed
    assert not home_page(stage.person("eli"), stage.site, NOON).passed
