"""The clock's rules for every allowance, break and adjustment."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.timing import (
    Break,
    TimeAdjustment,
    TimeAllowance,
    break_credit,
    deadline,
    final_deadline,
    seconds_left,
    warning_marks,
)

START = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
ALLOWANCES = st.builds(
    TimeAllowance,
    base_seconds=st.integers(60, 12_000),
    factor=st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0]),
    break_seconds=st.integers(0, 3_600),
)
SECONDS = st.integers(0, 20_000)
ADJUSTMENTS = st.lists(
    st.builds(TimeAdjustment, st.integers(1, 3_600), st.just("outage"), st.just(START)), max_size=4
)


def later(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


@given(allowance=ALLOWANCES, adjustments=ADJUSTMENTS, now=SECONDS)
def test_without_a_break_the_deadline_is_own_time_plus_what_was_added(
    allowance: TimeAllowance, adjustments: list[TimeAdjustment], now: int
) -> None:
    added = sum(adjustment.seconds for adjustment in adjustments)
    due = deadline(START, allowance, adjustments, Break(), later(now))
    assert due == later(round(allowance.base_seconds * allowance.factor) + added)


@given(allowance=ALLOWANCES, begun=SECONDS, length=SECONDS)
def test_a_break_stops_the_clock_for_at_most_its_own_length(
    allowance: TimeAllowance, begun: int, length: int
) -> None:
    taken = Break(later(begun), later(begun + length))
    credit = break_credit(taken, allowance, later(begun + length))
    assert credit == min(length, allowance.break_seconds)


@given(allowance=ALLOWANCES, begun=SECONDS, first=SECONDS, second=SECONDS)
def test_while_the_break_runs_no_test_time_passes_until_it_is_used_up(
    allowance: TimeAllowance, begun: int, first: int, second: int
) -> None:
    taken = Break(started_at=later(begun))
    earlier, after = sorted((begun + first, begun + second))
    left_then = deadline(START, allowance, (), taken, later(earlier)) - later(earlier)
    left_now = deadline(START, allowance, (), taken, later(after)) - later(after)
    lost = (left_then - left_now) // timedelta(seconds=1)
    late = max(0, after - begun - allowance.break_seconds)
    late_then = max(0, earlier - begun - allowance.break_seconds)
    assert lost == late - late_then


@given(allowance=ALLOWANCES, adjustments=ADJUSTMENTS, begun=SECONDS, now=SECONDS)
def test_no_deadline_ever_passes_the_final_one(
    allowance: TimeAllowance, adjustments: list[TimeAdjustment], begun: int, now: int
) -> None:
    for taken in (Break(), Break(started_at=later(begun))):
        final = final_deadline(START, allowance, adjustments, taken)
        assert deadline(START, allowance, adjustments, taken, later(begun + now)) <= final


@given(allowance=ALLOWANCES)
def test_warnings_come_in_order_inside_the_persons_own_time(allowance: TimeAllowance) -> None:
    marks = warning_marks(allowance)
    assert list(marks) == sorted(set(marks), reverse=True)
    assert all(0 < mark < allowance.own_seconds for mark in marks)


@given(due=SECONDS, now=SECONDS)
def test_time_left_is_never_below_zero(due: int, now: int) -> None:
    assert seconds_left(later(due), later(now)) == max(0, due - now)
