import pytest

from app.domain.items import Axis
from app.domain.scoring import AreaPace, AreaScore, MarkedItem, Pace, Score, pace, score
from tests.pools import FULL, marked, pool_item


def test_a_score_counts_the_keys_chosen() -> None:
    result = score([marked(pool_item("one")), marked(pool_item("two"), correct=False)])
    assert (result.correct, result.total, result.answered) == (1, 2, 2)


def test_a_blank_is_neither_answered_nor_correct() -> None:
    result = score([marked(pool_item("one")), marked(pool_item("two"), correct=None)])
    assert (result.correct, result.total, result.answered) == (1, 2, 1)


def test_a_wrong_option_costs_no_more_than_a_blank() -> None:
    item = pool_item("one")
    assert (
        score([marked(item, correct=False)]).correct == score([marked(item, correct=None)]).correct
    )


def test_an_option_of_another_item_is_not_correct() -> None:
    assert score([MarkedItem(1, pool_item("one"), "elsewhere", 5)]).correct == 0


def test_the_same_item_is_read_on_every_axis() -> None:
    item = pool_item("one", oshpd=3, samhsa="IX.6", focus_area=8, competency=16)
    assert score([marked(item)]).areas == (
        AreaScore(Axis.OSHPD, "3", 1, 1),
        AreaScore(Axis.SAMHSA, "IX", 1, 1),
        AreaScore(Axis.FOCUS_AREA, "8", 1, 1),
        AreaScore(Axis.COMPETENCY, "16", 1, 1),
    )


def test_numbered_areas_come_in_number_order() -> None:
    items = [marked(pool_item(str(domain), oshpd=domain)) for domain in (10, 2, 9, 1)]
    assert [area.area for area in score(items).on(Axis.OSHPD)] == ["1", "2", "9", "10"]


def test_categories_come_in_the_order_of_their_roman_numbers() -> None:
    order = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
    items = [marked(pool_item(code, samhsa=f"{code}.1")) for code in sorted(order, reverse=True)]
    assert [area.area for area in score(items).on(Axis.SAMHSA)] == order


def test_an_area_without_items_is_left_out() -> None:
    assert [area.area for area in score([marked(pool_item("one"))]).on(Axis.OSHPD)] == ["1"]


def test_no_items_make_an_empty_score() -> None:
    assert score([]) == Score(correct=0, total=0, answered=0, areas=())
    assert score([]).share == 0.0


def test_the_share_is_of_all_items() -> None:
    items = [marked(pool_item(str(n)), correct=(True, False, None, True)[n]) for n in range(4)]
    assert score(items).share == 0.5


def test_pace_names_the_domain_that_took_longest_per_item() -> None:
    items = [
        marked(pool_item("one", oshpd=1), seconds=50),
        marked(pool_item("two", oshpd=1), seconds=70),
        marked(pool_item("three", oshpd=10), seconds=90),
    ]
    assert pace(items, FULL.seconds_per_item) == Pace(
        seconds_total=210,
        mean_seconds=70.0,
        allowed_seconds=75.0,
        areas=(AreaPace("1", 2, 120, 60.0), AreaPace("10", 1, 90, 90.0)),
        slowest_area="10",
    )


@pytest.mark.parametrize(("seconds", "mean"), [(0, 60.0), (20, 40.0)])
def test_an_item_never_opened_does_not_speed_up_the_pace(seconds: int, mean: float) -> None:
    items = [
        marked(pool_item("one"), seconds=60),
        marked(pool_item("two"), correct=None, seconds=seconds),
    ]
    assert pace(items, 75.0).mean_seconds == mean


def test_the_first_of_equally_slow_domains_is_named() -> None:
    items = [marked(pool_item(str(domain), oshpd=domain)) for domain in (10, 2)]
    assert pace(items, 75.0).slowest_area == "2"


def test_nothing_opened_has_no_pace() -> None:
    assert pace([marked(pool_item("one"), correct=None, seconds=0)], 75.0) == Pace(
        seconds_total=0, mean_seconds=0.0, allowed_seconds=75.0, areas=(), slowest_area=None
    )
