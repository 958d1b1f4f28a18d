from hypothesis import given
from hypothesis import strategies as st

from app.domain.items import Axis
from app.domain.scoring import MarkedItem, pace, score
from app.domain.weak_areas import MOST_NEEDED, estimate_areas, overall_interval, trend
from tests.pools import CATEGORIES, pool_item

responses = st.builds(
    MarkedItem,
    position=st.integers(1, 120),
    item=st.builds(
        pool_item,
        st.integers(0, 30).map(str),
        oshpd=st.integers(1, 10),
        samhsa=st.sampled_from(CATEGORIES).map(lambda code: f"{code}.1"),
        focus_area=st.integers(1, 8),
        competency=st.integers(1, 17),
    ),
    option_id=st.sampled_from([None, "a", "b", "c", "d"]),
    seconds=st.integers(0, 300),
)
attempts = st.lists(responses, max_size=30)
targets = st.floats(0.05, 0.95)


@given(marked=attempts)
def test_the_areas_of_every_axis_add_up_to_the_whole(marked: list[MarkedItem]) -> None:
    result = score(marked)
    whole = (result.correct, result.total)
    sums = {
        axis: (
            sum(area.correct for area in result.on(axis)),
            sum(area.total for area in result.on(axis)),
        )
        for axis in Axis
    }
    assert sums == dict.fromkeys(Axis, whole)


@given(marked=attempts)
def test_correct_is_never_more_than_answered_and_answered_never_more_than_all(
    marked: list[MarkedItem],
) -> None:
    result = score(marked)
    assert sorted((result.correct, result.answered, result.total)) == [
        result.correct,
        result.answered,
        result.total,
    ]


@given(marked=attempts, data=st.data())
def test_the_order_of_the_responses_does_not_matter(
    marked: list[MarkedItem], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations(marked))
    assert score(mixed) == score(marked)
    assert pace(mixed, 75.0) == pace(marked, 75.0)


@given(marked=attempts)
def test_the_seconds_of_all_domains_add_up(marked: list[MarkedItem]) -> None:
    found = pace(marked, 75.0)
    assert sum(area.seconds for area in found.areas) == found.seconds_total
    assert found.seconds_total == sum(item.seconds for item in marked)


@given(marked=attempts, target=targets)
def test_an_estimate_lies_inside_its_interval_and_judges_only_on_enough(
    marked: list[MarkedItem], target: float
) -> None:
    for found in estimate_areas(score(marked), target):
        assert 0 <= found.low < found.high <= 1
        assert found.verdict == "unsure" or found.enough
        assert (found.more_needed == 0) == (found.whole or found.verdict != "unsure")
        assert found.more_needed <= MOST_NEEDED


@given(counts=st.tuples(st.integers(0, 500), st.integers(1, 500)).filter(lambda n: n[0] <= n[1]))
def test_the_overall_interval_holds_the_share(counts: tuple[int, int]) -> None:
    correct, total = counts
    low, high = overall_interval(correct, total)
    assert 0 <= low <= correct / total + 1e-12
    assert correct / total - 1e-12 <= high <= 1


@given(rows=st.lists(attempts, max_size=4))
def test_the_trend_counts_every_item_once(rows: list[list[MarkedItem]]) -> None:
    points = trend(rows)
    assert [point.new_total + point.repeated_total for point in points] == [
        len(row) for row in rows
    ]
    assert [point.new_correct + point.repeated_correct for point in points] == [
        score(row).correct for row in rows
    ]
