"""The tries rule over every start date from 2023 to 2033, against the rule said another way."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.eligibility import ApprovalPeriod, TryReason, standing, valid_through

FIRST, LAST = date(2023, 1, 1), date(2033, 12, 31)
DAYS = st.dates(FIRST, LAST)
EVERY_DAY = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def test_on_every_start_date_a_first_mock_opens_its_own_period() -> None:
    for start in EVERY_DAY:
        full = [start] * 3
        refused = standing(None, full, start, 3)
        assert refused.next_on is not None
        assert not standing(None, full, refused.next_on - timedelta(days=1), 3).allowed
        assert standing(None, full, refused.next_on, 3).number == 1


@given(start=DAYS, tries=st.lists(DAYS, max_size=8), today=DAYS, limit=st.integers(1, 5))
def test_a_recorded_period_counts_its_own_days_only(
    start: date, tries: list[date], today: date, limit: int
) -> None:
    period = ApprovalPeriod(start, valid_through(start))
    found = standing(period, tries, today, limit)
    inside = [day for day in tries if start <= day <= period.valid_through]
    assert found.used == len(inside)
    assert found.left == max(0, limit - len(inside))
    assert found.allowed == (start <= today <= period.valid_through and len(inside) < limit)


@given(gaps=st.lists(st.integers(0, 500), min_size=1, max_size=12), first=DAYS)
def test_nobody_who_follows_the_rule_has_more_than_three_tries_in_a_period(
    gaps: list[int], first: date
) -> None:
    taken: list[date] = []
    today = first
    for gap in gaps:
        today += timedelta(days=gap)
        found = standing(None, taken, today, 3)
        if found.allowed:
            taken.append(today)
        else:
            assert found.reason is TryReason.LIMIT_REACHED
            assert found.next_on is not None
            assert found.next_on > today
    while taken:
        period = ApprovalPeriod(taken[0], valid_through(taken[0]))
        assert sum(period.holds(day) for day in taken) <= 3
        taken = [day for day in taken if not period.holds(day)]


@given(tries=st.lists(DAYS, max_size=6), today=DAYS)
def test_giving_a_try_back_never_makes_things_worse(tries: list[date], today: date) -> None:
    period = ApprovalPeriod(FIRST, valid_through(FIRST))
    before = standing(period, tries, today, 3)
    for place in range(len(tries)):
        after = standing(period, tries[:place] + tries[place + 1 :], today, 3)
        assert after.left >= before.left
        assert after.allowed or not before.allowed
