import pytest

from app.domain.items import Axis
from app.domain.scoring import AreaScore, Score
from app.domain.weak_areas import (
    MOST_NEEDED,
    AreaEstimate,
    TrendPoint,
    estimate_areas,
    overall_interval,
    trend,
)
from tests.pools import marked, pool_item


def estimate(
    correct: int, total: int, *, target: float = 0.75, overall: tuple[int, int] = (84, 120)
) -> AreaEstimate:
    """The estimate of one area beside an overall score of 70 %."""
    area = AreaScore(Axis.OSHPD, "1", correct, total)
    (found,) = estimate_areas(Score(*overall, overall[1], (area,)), target)
    return found


@pytest.mark.parametrize(
    ("correct", "total", "low", "mean", "high"),
    [(9, 15, 55, 66, 76), (15, 15, 74, 83, 90), (2, 3, 57, 70, 81)],
)
def test_an_area_is_drawn_towards_the_overall_share(
    correct: int, total: int, low: int, mean: int, high: int
) -> None:
    found = estimate(correct, total)
    assert [round(100 * value) for value in (found.low, found.mean, found.high)] == [
        low,
        mean,
        high,
    ]


@pytest.mark.parametrize(
    ("correct", "total", "verdict"),
    [(9, 15, "weak"), (15, 15, "strong"), (12, 15, "unsure"), (0, 8, "weak"), (0, 7, "unsure")],
)
def test_a_verdict_needs_four_chances_in_five_and_eight_items(
    correct: int, total: int, verdict: str
) -> None:
    assert estimate(correct, total).verdict == verdict


@pytest.mark.parametrize(("total", "enough"), [(7, False), (8, True)])
def test_eight_items_are_enough_for_a_verdict(total: int, enough: bool) -> None:  # noqa: FBT001
    assert estimate(0, total).enough is enough


def test_a_verdict_asks_for_no_more_items() -> None:
    assert (estimate(9, 15).more_needed, estimate(15, 15).more_needed) == (0, 0)


def test_a_clear_area_with_few_items_asks_for_the_rest_of_eight() -> None:
    assert estimate(0, 7, overall=(60, 120)).more_needed == 1


def test_an_area_near_the_target_asks_for_many_more() -> None:
    found = estimate(12, 15)
    assert (found.verdict, found.more_needed) == ("unsure", MOST_NEEDED)


def test_an_area_a_hair_from_a_verdict_asks_for_one_more() -> None:
    assert estimate(2, 8, target=0.65).more_needed == 1  # the chance of below is 0.798


def test_more_needed_follows_its_stated_rule() -> None:
    # z^2 m (1 - m) / (m - t)^2 - (k + n + 1) with m = 25/35: 113.3 - 36 = 77.3
    assert estimate(11, 15).more_needed == 78


def test_an_area_exactly_at_the_target_never_comes_to_an_end() -> None:
    assert estimate(14, 20, target=0.7).more_needed == MOST_NEEDED


@pytest.mark.parametrize("overall", [(0, 120), (120, 120)])
def test_a_perfect_or_empty_score_can_still_be_moved(overall: tuple[int, int]) -> None:
    found = estimate(6, 12, overall=overall)
    assert 0 < found.low < found.mean < found.high < 1


def test_a_stronger_prior_draws_harder() -> None:
    score = Score(84, 120, 120, (AreaScore(Axis.OSHPD, "1", 0, 10),))
    means = [estimate_areas(score, 0.75, strength)[0].mean for strength in (10.0, 20.0, 70.0)]
    assert means == pytest.approx([0.35, 14 / 30, 0.6125])


def test_estimates_keep_the_order_of_the_score() -> None:
    areas = tuple(AreaScore(Axis.SAMHSA, code, 5, 10) for code in ("II", "IX", "XII"))
    found = estimate_areas(Score(15, 30, 30, areas), 0.75)
    assert [estimate.area for estimate in found] == ["II", "IX", "XII"]


def test_an_area_that_is_the_whole_score_has_the_scores_range_and_no_verdict() -> None:
    found = estimate(2, 20, overall=(2, 20))
    assert (found.whole, found.verdict, found.enough) == (True, "unsure", False)
    assert (found.low, found.high) == overall_interval(2, 20)
    assert not estimate(2, 20, overall=(3, 21)).whole


@pytest.mark.parametrize(
    ("correct", "total", "low", "high"),
    [(7, 10, 0.40, 0.89), (21, 30, 0.52, 0.83), (70, 100, 0.60, 0.78), (350, 500, 0.66, 0.74)],
)
def test_the_overall_interval_is_wilsons(correct: int, total: int, low: float, high: float) -> None:
    found = overall_interval(correct, total)
    assert (round(found[0], 2), round(found[1], 2)) == (low, high)


def test_no_items_leave_the_overall_share_open() -> None:
    assert overall_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("correct", "end"), [(0, 0), (10, 1)])
def test_the_overall_interval_stays_between_none_and_all(correct: int, end: int) -> None:
    assert overall_interval(correct, 10)[end] == pytest.approx(end)


def test_the_trend_tells_new_items_from_items_seen_before() -> None:
    one, two, three = (pool_item(name) for name in ("one", "two", "three"))
    first = [marked(one, correct=False), marked(two)]
    second = [marked(one), marked(two, correct=False), marked(three)]
    assert trend([first, second]) == (
        TrendPoint(0, new_correct=1, new_total=2, repeated_correct=0, repeated_total=0),
        TrendPoint(1, new_correct=1, new_total=1, repeated_correct=1, repeated_total=2),
    )


def test_a_new_revision_is_still_the_item_seen_before() -> None:
    attempts = [[marked(pool_item("one", revision=revision))] for revision in (1, 2)]
    assert trend(attempts)[1] == TrendPoint(1, 0, 0, 1, 1)


def test_an_item_never_opened_is_new_again_the_next_time() -> None:
    item = pool_item("one")
    attempts = [[marked(item, correct=None, seconds=0)], [marked(item)]]
    assert trend(attempts)[1] == TrendPoint(1, 1, 1, 0, 0)


def test_no_attempts_have_no_trend() -> None:
    assert trend([]) == ()
