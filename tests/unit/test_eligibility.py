"""Three tries in twelve months, by example."""

from datetime import date

from app.domain.eligibility import ApprovalPeriod, TryReason, standing, valid_through

PERIOD = ApprovalPeriod(date(2026, 3, 1), date(2027, 3, 1))


def test_the_last_day_is_the_same_day_twelve_months_on() -> None:
    assert valid_through(date(2026, 3, 1)) == date(2027, 3, 1)


def test_a_leap_day_leads_to_the_28th() -> None:
    assert valid_through(date(2024, 2, 29)) == date(2025, 2, 28)


def test_the_first_try_is_try_1_of_3() -> None:
    found = standing(PERIOD, [], date(2026, 5, 1), 3)
    assert (found.allowed, found.number, found.left) == (True, 1, 3)


def test_the_third_try_on_the_last_day_is_allowed() -> None:
    found = standing(PERIOD, [date(2026, 4, 1), date(2026, 6, 1)], date(2027, 3, 1), 3)
    assert (found.allowed, found.number) == (True, 3)


def test_a_fourth_try_waits_for_a_new_recorded_period() -> None:
    tries = [date(2026, 4, 1), date(2026, 6, 1), date(2026, 8, 1)]
    found = standing(PERIOD, tries, date(2026, 9, 1), 3)
    assert (found.reason, found.next_on) == (TryReason.LIMIT_REACHED, None)


def test_without_a_recorded_period_the_next_try_comes_after_twelve_months() -> None:
    tries = [date(2026, 4, 1), date(2026, 6, 1), date(2026, 8, 1)]
    found = standing(None, tries, date(2026, 9, 1), 3)
    assert (found.reason, found.next_on) == (TryReason.LIMIT_REACHED, date(2027, 4, 2))


def test_the_day_after_the_period_nothing_is_possible_until_a_new_one() -> None:
    found = standing(PERIOD, [], date(2027, 3, 2), 3)
    assert (found.reason, found.next_on) == (TryReason.PERIOD_ENDED, None)


def test_before_the_period_the_next_try_is_its_first_day() -> None:
    found = standing(PERIOD, [], date(2026, 2, 28), 3)
    assert (found.reason, found.next_on) == (TryReason.PERIOD_NOT_STARTED, date(2026, 3, 1))


def test_tries_of_an_earlier_period_do_not_count_in_a_new_one() -> None:
    earlier = [date(2025, 4, 1), date(2025, 5, 1), date(2025, 6, 1)]
    assert standing(PERIOD, earlier, date(2026, 5, 1), 3).used == 0
