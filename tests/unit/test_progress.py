"""Where a member is with an assignment, and who may want a hand."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.domain.progress import (
    Hand,
    Progress,
    Reason,
    Run,
    State,
    hand_before_start,
    progress,
)

NOON = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/Los_Angeles")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def done(right: int, total: int = 10, after: timedelta = HOUR) -> Run:
    return Run(NOON, NOON + after, right, total, 0.7, "en", answered=total)


def running(answered: int = 4, saved_at: datetime | None = NOON) -> Run:
    return Run(NOON, None, None, 10, 0.7, "es", answered, saved_at)


def test_without_an_attempt_one_has_not_started() -> None:
    hand = Hand(Reason.DUE_SOON, 2)
    assert progress([], hand, NOON) == Progress(State.NOT_STARTED, hand=hand)
    assert progress([], None, NOON) == Progress(State.NOT_STARTED)


@pytest.mark.parametrize(
    ("after", "hand"),
    [
        (timedelta(0), None),
        (6.9 * DAY / 2, None),
        (4 * DAY, None),
        (5 * DAY, Hand(Reason.DUE_SOON, 2)),
        (6 * DAY, Hand(Reason.DUE_SOON, 1)),
        (7 * DAY, Hand(Reason.DUE_SOON, 0)),
        (7 * DAY + timedelta(seconds=1), Hand(Reason.DUE_PASSED)),
    ],
)
def test_not_begun_is_worth_a_word_near_the_due_date(after: timedelta, hand: Hand | None) -> None:
    assert hand_before_start(NOON, NOON + 7 * DAY, NOON + after, ZONE) == hand


def test_days_are_those_of_the_cohorts_calendar() -> None:
    due = datetime(2026, 3, 10, 6, 59, tzinfo=UTC)  # 23:59 on the 9th in Los Angeles
    now = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    assert hand_before_start(NOON, due, now, ZONE) == Hand(Reason.DUE_SOON, 0)
    assert hand_before_start(NOON, due, now, ZoneInfo("UTC")) == Hand(Reason.DUE_SOON, 1)


def test_without_a_due_date_nothing_is_near() -> None:
    assert hand_before_start(NOON, None, NOON + 90 * DAY, ZONE) is None


def test_a_short_time_to_start_is_not_near_from_its_first_hour() -> None:
    due = NOON + DAY
    assert hand_before_start(NOON, due, NOON + HOUR, ZONE) is None
    assert hand_before_start(NOON, due, NOON + 13 * HOUR, ZONE) == Hand(Reason.DUE_SOON, 0)


@pytest.mark.parametrize(
    ("after", "hand"),
    [
        (2 * DAY - timedelta(seconds=1), None),
        (2 * DAY, Hand(Reason.STOPPED, 2)),
        (3.5 * DAY, Hand(Reason.STOPPED, 3)),
    ],
)
def test_two_days_without_an_answer_is_stopped(after: timedelta, hand: Hand | None) -> None:
    found = progress([running()], Hand(Reason.DUE_PASSED), NOON + after)
    assert (found.state, found.hand) == (State.STARTED, hand)


def test_stopped_before_the_first_answer_counts_from_the_start() -> None:
    found = progress([running(0, None)], None, NOON + 3 * DAY)
    assert found.hand == Hand(Reason.STOPPED, 3)


def test_of_several_attempts_the_best_is_shown_and_the_first_of_equals() -> None:
    first, best, same = done(5), done(8), done(8, after=2 * HOUR)
    found = progress([first, best, same], None, NOON)
    assert (found.state, found.shown, found.attempts) == (State.DONE, best, 3)
    assert found.shown is best


@pytest.mark.parametrize(
    ("right", "total", "hand"),
    [
        (0, 10, Hand(Reason.BELOW_TARGET)),
        (5, 10, None),  # half of ten may well be seventy in a hundred
        (50, 100, Hand(Reason.BELOW_TARGET)),
        (62, 100, None),
        (10, 10, None),
    ],
)
def test_below_the_target_is_said_only_where_the_range_is(
    right: int, total: int, hand: Hand | None
) -> None:
    assert progress([done(right, total)], None, NOON).hand == hand


@pytest.mark.parametrize(("answered", "wants"), [(7, False), (8, True)])
def test_a_result_wants_a_hand_only_from_eight_answers_on(*, answered: int, wants: bool) -> None:
    found = progress([done(0)._replace(answered=answered)], None, NOON)
    assert (found.hand is not None) == wants


def test_whoever_joined_after_the_due_date_is_not_waited_for() -> None:
    found = progress([], Hand(Reason.DUE_PASSED), NOON, joined_later=True)
    assert found == Progress(State.NOT_STARTED, joined_later=True)


def test_whoever_is_at_it_once_more_is_done_and_left_alone() -> None:
    found = progress([done(0), running()], None, NOON + 5 * DAY)
    assert (found.state, found.again, found.hand) == (State.DONE, True, None)


def test_an_attempt_that_was_never_scored_says_nothing_of_its_share() -> None:
    unscored = done(0)._replace(right=None)
    found = progress([unscored], None, NOON)
    assert (found.low, found.high, found.hand) == (0.0, 1.0, None)
