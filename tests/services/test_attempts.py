"""Starting, answering and ending attempts, against a real database."""

import random
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app.domain.attempts import AttemptKind, FinishReason
from app.domain.bilingual import Language
from app.domain.errors import (
    AnswerShown,
    AttemptFinished,
    NotFound,
    NotOnForm,
    NoTryLeft,
    PartNotReached,
    TimeIsUp,
)
from app.domain.items import Axis
from app.domain.parallel_forms import draw_parallel_forms
from app.services import attempts, responses, results
from app.services.home import practice_page
from app.services.responses import Change
from app.storage import attempts as storage
from app.storage.attempts import AttemptRow, encode_form
from app.storage.bank import BankLoadRow, ItemRow, current_pool, item_of
from app.storage.database import db
from tests.world import NOON, Stage


def choose(option_id: str | None, **more: object) -> Change:
    return Change(reading=Language.EN, option_id=option_id, **more)  # type: ignore[arg-type]


def row_of(handle: str) -> AttemptRow:
    row = storage.find_any_attempt(handle)
    assert row is not None
    return row


def answer(
    stage: Stage,
    handle: str,
    position: int,
    place: int = 0,
    now: datetime = NOON + timedelta(minutes=1),
    **more: object,
) -> None:
    order = row_of(handle).form[position - 1][2].split()
    change = choose(order[place], **more)
    responses.save_response(
        stage.person("ana"),
        handle,
        position,
        change,
        now,
        stage.site,
    )


def test_a_mock_has_120_items_150_minutes_and_12_of_each_domain(stage: Stage) -> None:
    row = row_of(stage.start())
    items = [item_of(revision) for _, revision, _ in row.form]
    per_domain = {n: sum(item.oshpd == n for item in items) for n in range(1, 11)}
    assert per_domain == dict.fromkeys(range(1, 11), 12)
    assert (row.base_seconds, row.break_after, row.break_seconds) == (9000, 60, 600)


def test_the_three_mocks_of_one_candidate_share_no_item(stage: Stage) -> None:
    forms = []
    for n in range(3):
        now = NOON + timedelta(days=n)
        handle = stage.start(now=now, seed=n)
        forms.append({item_id for item_id, _, _ in row_of(handle).form})
        attempts.submit(stage.person("ana"), handle, now + timedelta(minutes=5), stage.site)
    assert len(forms[0] | forms[1] | forms[2]) == 360


def test_starting_twice_gives_the_running_attempt(stage: Stage) -> None:
    assert stage.start(seed=1) == stage.start(seed=2)


def test_the_same_seed_draws_the_same_form(stage: Stage) -> None:
    first = row_of(stage.start("ana", seed=5)).form
    db.session.rollback()
    # Eli has seen nothing either; Ana's form counts as exposure, so it is taken back first.
    db.session.execute(db.text("update item set exposure = 0"))
    db.session.commit()
    assert row_of(stage.start("eli", seed=5)).form == first


def test_the_clock_follows_the_persons_factor(stage: Stage) -> None:
    db.session.execute(db.text("update person set time_factor = 1.5 where username = 'ana'"))
    db.session.commit()
    handle = stage.start()
    _, attempt = attempts.load(stage.person("ana"), handle, NOON, stage.site)
    assert attempt.deadline(NOON) == NOON + timedelta(minutes=225)


def test_an_answer_within_the_tolerance_counts_and_one_later_does_not(stage: Stage) -> None:
    handle = stage.start()
    due = NOON + timedelta(minutes=150)
    answer(stage, handle, 1, now=due + timedelta(seconds=60))
    with pytest.raises(AttemptFinished):
        answer(stage, handle, 2, now=due + timedelta(seconds=61))
    page = results.result_page(stage.person("ana"), handle, due + timedelta(seconds=61), stage.site)
    assert page.score.answered == 1


def test_an_attempt_that_nobody_returns_to_ends_at_its_deadline(stage: Stage) -> None:
    handle = stage.start()
    answer(stage, handle, 1)
    days_later = NOON + timedelta(days=3)
    assert attempts.finish_due(days_later, stage.site) == 1
    db.session.commit()
    row = row_of(handle)
    assert row.finished_at == NOON + timedelta(minutes=150)
    assert row.finish_reason == FinishReason.TIME_UP.value


def test_a_result_needs_no_sweep(stage: Stage) -> None:
    handle = stage.start()
    answer(stage, handle, 1)
    page = results.result_page(stage.person("ana"), handle, NOON + timedelta(days=3), stage.site)
    assert (page.time_up, page.finished_at) == (True, NOON + timedelta(minutes=150))


def test_submitting_twice_ends_once(stage: Stage) -> None:
    handle = stage.start()
    for minutes in (5, 9):
        attempts.submit(stage.person("ana"), handle, NOON + timedelta(minutes=minutes), stage.site)
    assert row_of(handle).finished_at == NOON + timedelta(minutes=5)


def test_after_the_end_nothing_is_saved(stage: Stage) -> None:
    handle = stage.start()
    attempts.submit(stage.person("ana"), handle, NOON + timedelta(minutes=5), stage.site)
    with pytest.raises(AttemptFinished):
        answer(stage, handle, 1, now=NOON + timedelta(minutes=6))


def test_an_option_of_another_item_is_refused_and_nothing_is_stored(stage: Stage) -> None:
    handle = stage.start()
    foreign = "zzz"
    with pytest.raises(NotOnForm):
        responses.save_response(stage.person("ana"), handle, 2, choose(foreign), NOON, stage.site)
    db.session.rollback()
    assert storage.response_at(row_of(handle).id, 2) is None


def test_items_behind_the_break_open_after_it(stage: Stage) -> None:
    handle = stage.start()
    with pytest.raises(PartNotReached):
        answer(stage, handle, 61)
    db.session.rollback()
    position = attempts.leave_break(
        stage.person("ana"), handle, NOON + timedelta(minutes=2), stage.site
    )
    assert position == 61
    answer(stage, handle, 61, now=NOON + timedelta(minutes=3))


def test_the_break_stops_the_clock_for_ten_minutes_at_most(stage: Stage) -> None:
    handle, ana = stage.start(), stage.person("ana")
    attempts.start_break(ana, handle, NOON + timedelta(minutes=70), stage.site)
    attempts.leave_break(ana, handle, NOON + timedelta(minutes=85), stage.site)
    later = NOON + timedelta(minutes=90)
    _, attempt = attempts.load(ana, handle, later, stage.site)
    assert attempt.deadline(later) == NOON + timedelta(minutes=160)


def test_somebody_elses_attempt_is_not_there(stage: Stage) -> None:
    handle = stage.start()
    with pytest.raises(NotFound):
        attempts.load(stage.person("eli"), handle, NOON, stage.site)


def test_a_shown_answer_stands(stage: Stage) -> None:
    from app.domain.attempts import Feedback  # noqa: PLC0415

    handle = stage.start(kind=AttemptKind.PRACTICE, feedback=Feedback.EACH_ITEM)
    answer(stage, handle, 1, place=0, reveal=True)
    with pytest.raises(AnswerShown):
        answer(stage, handle, 1, place=1)


def test_a_fourth_mock_is_refused_with_its_reason(stage: Stage) -> None:
    for n in range(3):
        now = NOON + timedelta(days=n)
        handle = stage.start(now=now, seed=n)
        attempts.submit(stage.person("ana"), handle, now + timedelta(minutes=1), stage.site)
    with pytest.raises(NoTryLeft) as refused:
        stage.start(now=NOON + timedelta(days=5))
    assert (refused.value.used, refused.value.limit) == (3, 3)
    assert refused.value.next_on is not None


def shrink_to_two_mocks(stage: Stage) -> None:
    """Leave the items of two mocks that share none, none of them anybody's enemy."""
    friendly = [item for item in current_pool() if not item.enemies]
    forms = draw_parallel_forms(friendly, stage.site.blueprint, 2, rng=random.Random(2))
    kept = {entry.item_id for form in forms for entry in form.entries}
    retired = sa.update(ItemRow).where(ItemRow.id.not_in(kept)).values(status="retired")
    db.session.execute(retired)
    db.session.add(BankLoadRow(loaded_at=NOON, fingerprint="small", problems=[]))
    db.session.commit()


def test_a_small_bank_takes_no_try_away_and_says_what_comes_again(stage: Stage) -> None:
    shrink_to_two_mocks(stage)
    ana = stage.person("ana")
    for n, repeats in enumerate((0, 0, 120)):
        now = NOON + timedelta(days=n)
        assert practice_page(ana, stage.site, now).repeats == repeats
        handle = stage.start(now=now, seed=n)
        attempts.submit(ana, handle, now + timedelta(minutes=1), stage.site)
    assert len(storage.try_days(ana.id)) == 3


def test_a_quiz_holds_its_area_alone(stage: Stage) -> None:
    handle = stage.start(kind=AttemptKind.QUIZ, axis=Axis.FOCUS_AREA, areas=("8",), items=10)
    items = [item_of(revision) for _, revision, _ in row_of(handle).form]
    assert {item.focus_area for item in items} == {8}
    assert len(items) == 10


def test_the_clock_is_the_servers_whatever_comes_in(stage: Stage) -> None:
    handle = stage.start()
    late = NOON + timedelta(hours=9)
    with pytest.raises((TimeIsUp, AttemptFinished)):
        answer(stage, handle, 1, now=late)


def test_a_form_survives_its_storage(stage: Stage) -> None:
    row = row_of(stage.start())
    assert encode_form(storage.decode_form(row.form, row.break_after)) == row.form
