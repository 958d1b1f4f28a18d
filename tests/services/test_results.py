"""Results against a real database: the numbers add up, and nothing shows before the end."""

import random
from datetime import timedelta

import pytest

from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.domain.errors import NotFound, NotOnForm, ResultNotReady
from app.domain.items import Axis
from app.services import attempts, history, responses, results
from app.services.responses import Change
from app.services.tries import void_try
from app.storage.attempts import find_any_attempt
from app.storage.bank import item_of
from tests.world import NOON, Stage


def key_at(handle: str, position: int) -> str:
    row = find_any_attempt(handle)
    assert row is not None
    return item_of(row.form[position - 1][1]).key


def answer(stage: Stage, handle: str, position: int, *, right: bool, minute: int = 1) -> None:
    row = find_any_attempt(handle)
    assert row is not None
    key = key_at(handle, position)
    wrong = [option for option in row.form[position - 1][2].split() if option != key]
    chosen = key if right else random.Random(position).choice(wrong)
    responses.save_response(
        stage.person("ana"),
        handle,
        position,
        Change(reading=Language.EN, option_id=chosen),
        row.started_at + timedelta(minutes=minute),
        stage.site,
    )


def sit(stage: Stage, right: int, wrong: int, **wanted: object) -> str:
    """A finished attempt of Ana's: so many right, so many wrong, the rest blank."""
    handle = stage.start(**wanted)  # type: ignore[arg-type]
    row = find_any_attempt(handle)
    assert row is not None
    for position in range(1, right + wrong + 1):
        answer(stage, handle, position, right=position <= right)
    end = row.started_at + timedelta(minutes=20)
    attempts.submit(stage.person("ana"), handle, end, stage.site)
    return handle


def page_of(stage: Stage, handle: str) -> results.ResultPage:
    return results.result_page(stage.person("ana"), handle, NOON + timedelta(hours=5), stage.site)


@pytest.mark.parametrize(("right", "wrong"), [(0, 0), (17, 9), (60, 0), (0, 60)])
def test_every_axis_adds_up_to_the_whole(stage: Stage, right: int, wrong: int) -> None:
    page = page_of(stage, sit(stage, right, wrong))
    whole = (page.score.correct, page.score.total, page.score.answered)
    assert whole == (right, 120, right + wrong)
    for axis in Axis:
        areas = [line.estimate for line in page.axes[axis]]
        assert (sum(a.correct for a in areas), sum(a.total for a in areas)) == (right, 120)
        assert [a.low <= a.mean <= a.high for a in areas] == [True] * len(areas)


def test_the_items_say_the_same_as_the_sum(stage: Stage) -> None:
    page = page_of(stage, sit(stage, 17, 9))
    assert [item.position for item in page.items] == list(range(1, 121))
    assert sum(item.correct for item in page.items) == 17
    assert sum(item.answered for item in page.items) == 26
    assert page.low < page.score.share < page.high


def test_each_item_is_reviewed_with_four_reasons_and_one_key(stage: Stage) -> None:
    handle = sit(stage, 2, 2, kind=AttemptKind.QUIZ)
    ana, later = stage.person("ana"), NOON + timedelta(hours=5)
    page, items = results.review_all(ana, handle, later, stage.site)
    assert len(items) == page.score.total == 10
    for item in items:
        assert [option.is_key for option in item.options].count(True) == 1
        assert len({option.rationale for option in item.options}) == 4
        assert [o.misconception is None for o in item.options] == [o.is_key for o in item.options]


def test_missed_items_alone_lead_from_one_to_the_next(stage: Stage) -> None:
    handle = sit(stage, 3, 2, kind=AttemptKind.QUIZ)
    ana, later = stage.person("ana"), NOON + timedelta(hours=5)
    page = results.review_page(ana, handle, 5, later, stage.site, missed_only=True)
    assert (page.previous, page.next) == (4, 6)
    page = results.review_page(ana, handle, 4, later, stage.site, missed_only=True)
    assert (page.previous, page.next) == (None, 5)


@pytest.mark.parametrize("position", [0, -1, 11, 10**9])
def test_there_is_no_item_off_the_form(stage: Stage, position: int) -> None:
    handle = sit(stage, 1, 0, kind=AttemptKind.QUIZ)
    ana, later = stage.person("ana"), NOON + timedelta(hours=5)
    with pytest.raises(NotOnForm):
        results.review_page(ana, handle, position, later, stage.site, missed_only=False)


def test_before_the_end_there_is_no_result(stage: Stage) -> None:
    handle = stage.start(kind=AttemptKind.QUIZ)
    ana = stage.person("ana")
    with pytest.raises(ResultNotReady) as refused:
        results.result_page(ana, handle, NOON, stage.site)
    assert refused.value.position == 1
    with pytest.raises(ResultNotReady):
        results.review_page(ana, handle, 1, NOON, stage.site, missed_only=False)
    with pytest.raises(ResultNotReady):
        results.review_all(ana, handle, NOON, stage.site)


@pytest.mark.parametrize("who", ["eli", "ben", "dev"])
def test_a_result_is_its_candidate_s_alone(stage: Stage, who: str) -> None:
    handle = sit(stage, 1, 0, kind=AttemptKind.QUIZ)
    with pytest.raises(NotFound):
        results.result_page(stage.person(who), handle, NOON, stage.site)
    assert history.history_page(stage.person(who), NOON, stage.site).lines == ()


def test_a_changed_answer_is_told(stage: Stage) -> None:
    handle = stage.start(kind=AttemptKind.QUIZ)
    for position, order in ((1, (True, False)), (2, (False, True)), (3, (True, True))):
        for right in order:
            answer(stage, handle, position, right=right)
    attempts.submit(stage.person("ana"), handle, NOON + timedelta(minutes=9), stage.site)
    page = page_of(stage, handle)
    assert (page.right_to_wrong, page.wrong_to_right) == (1, 1)
    assert [item.changed for item in page.items[:4]] == [True, True, False, False]


def test_the_time_on_each_item_is_the_time_it_was_open(stage: Stage) -> None:
    handle, ana = stage.start(kind=AttemptKind.QUIZ), stage.person("ana")
    for position, seconds in ((2, 40), (3, 100), (1, 130)):
        moment = NOON + timedelta(seconds=seconds)
        responses.open_position(ana, handle, position, moment, stage.site)
    attempts.submit(ana, handle, NOON + timedelta(seconds=135), stage.site)
    page = page_of(stage, handle)
    assert [item.seconds for item in page.items[:4]] == [45, 60, 30, 0]
    assert page.pace.mean_seconds == 45


def test_the_trend_tells_new_items_from_repeated_ones(stage: Stage) -> None:
    for n, right in enumerate((4, 6)):
        sit(stage, right, 10 - right, kind=AttemptKind.QUIZ, now=NOON + timedelta(days=n), seed=n)
    found = history.history_page(stage.person("ana"), NOON + timedelta(days=3), stage.site)
    points = [point for _moment, point in found.trend]
    assert [(p.new_total, p.repeated_total) for p in points] == [(10, 0), (10, 0)]
    assert [p.new_correct for p in points] == [4, 6]
    assert [line.correct for line in found.lines] == [6, 4]


def test_an_item_met_again_is_a_repeated_one(stage: Stage) -> None:
    for n in range(3):
        now = NOON + timedelta(days=n)
        sit(stage, 20, 0, kind=AttemptKind.QUIZ, items=30, now=now, seed=n)
    found = history.history_page(stage.person("ana"), NOON + timedelta(days=4), stage.site)
    totals = [point.new_total + point.repeated_total for _moment, point in found.trend]
    assert totals == [line.total for line in reversed(found.lines)]
    assert found.trend[-1][1].repeated_total > 0


def test_a_try_given_back_is_listed_but_not_in_the_trend(stage: Stage) -> None:
    handle = sit(stage, 5, 5)
    void_try(stage.person("dev"), handle, "An outage.", NOON)
    found = history.history_page(stage.person("ana"), NOON + timedelta(days=1), stage.site)
    assert [line.voided for line in found.lines] == [True]
    assert found.trend == ()
    assert page_of(stage, handle).void_reason == "An outage."
