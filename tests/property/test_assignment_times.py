"""Due dates for every zone, clock change and moment: they limit starting, and nothing else."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assignments import Assignment, Selection, WindowState, require_start
from app.domain.attempts import AttemptKind, Feedback
from app.domain.errors import CohortArchived, NoAttemptLeft, NotOpenYet, PastDue
from app.domain.timing import Break, TimeAllowance, final_deadline
from app.domain.wall_clock import (
    end_of_day_in_a_week,
    kept_or_read,
    moment_at,
    wall_at,
    year_is_likely,
)

PACIFIC = "America/Los_Angeles"
FIRST, LAST = datetime.fromisoformat("2022-01-01"), datetime.fromisoformat("2029-12-31")
ZONES = st.sampled_from(
    [
        PACIFIC,
        "America/New_York",
        "America/Phoenix",
        "Pacific/Honolulu",
        "Europe/Berlin",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "UTC",
    ]
)
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
WALLS = st.datetimes(FIRST, LAST).map(lambda wall: wall.replace(second=0, microsecond=0))
OPENING = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
LENGTHS = st.integers(1, 60 * 24 * 30).map(lambda minutes: timedelta(minutes=minutes))
FROM_OPENING = st.integers(-3_000_000, 6_000_000).map(lambda seconds: timedelta(seconds=seconds))


def set_for(length: timedelta | None, allowed: int = 1, *, archived: bool = False) -> Assignment:
    return Assignment(
        kind=AttemptKind.QUIZ,
        selection=Selection(),
        items=10,
        timed=True,
        feedback=Feedback.AT_END,
        language=None,
        opens_at=OPENING,
        due_at=None if length is None else OPENING + length,
        attempts_allowed=allowed,
        shuffled=True,
        archived=archived,
    )


def refusal(assignment: Assignment, used: int, now: datetime) -> type[Exception] | None:
    try:
        require_start(assignment, used, now)
    except (CohortArchived, NotOpenYet, PastDue, NoAttemptLeft) as refused:
        return type(refused)
    return None


@given(length=st.none() | LENGTHS, since=FROM_OPENING, used=st.integers(0, 4))
def test_a_start_is_never_before_the_opening_nor_after_the_due_moment(
    length: timedelta | None, since: timedelta, used: int
) -> None:
    assignment, now = set_for(length, allowed=3), OPENING + since
    in_time = now >= OPENING and (length is None or now <= OPENING + length)
    assert (refusal(assignment, used, now) is None) == (in_time and used < 3)


@given(length=LENGTHS)
def test_the_due_moment_is_the_last_one(length: timedelta) -> None:
    assignment, due = set_for(length), OPENING + length
    assert refusal(assignment, 0, due) is None
    assert refusal(assignment, 0, due + timedelta(microseconds=1)) is PastDue
    assert refusal(assignment, 0, OPENING - timedelta(microseconds=1)) is NotOpenYet


@given(length=st.none() | LENGTHS, since=FROM_OPENING)
def test_an_archived_cohort_starts_nothing_at_any_time(
    length: timedelta | None, since: timedelta
) -> None:
    assert refusal(set_for(length, archived=True), 0, OPENING + since) is CohortArchived


@given(
    length=LENGTHS,
    into=st.floats(0, 1),
    base=st.integers(60, 9000),
    factor=st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0]),
)
def test_whoever_starts_in_time_keeps_the_whole_time(
    length: timedelta, into: float, base: int, factor: float
) -> None:
    started = OPENING + length * into
    assert refusal(set_for(length), 0, started) is None
    due = final_deadline(started, TimeAllowance(base, factor, 0), (), Break())
    assert due - started == timedelta(seconds=round(base * factor))


@given(wall=WALLS, zone=ZONES)
def test_what_is_typed_is_what_is_shown_unless_no_clock_shows_it(wall: datetime, zone: str) -> None:
    shown = wall_at(moment_at(wall, zone), zone)
    left_out = ZoneInfo(zone).utcoffset(wall) != ZoneInfo(zone).utcoffset(wall.replace(fold=1))
    assert shown == wall or (left_out and shown > wall)


@given(moment=MOMENTS, zone=ZONES)
def test_a_date_that_comes_back_as_it_was_shown_is_not_moved(moment: datetime, zone: str) -> None:
    assert kept_or_read(wall_at(moment, zone), moment, zone) == moment


@given(wall=WALLS, kept=MOMENTS, zone=ZONES)
def test_a_date_that_was_changed_is_read_anew(wall: datetime, kept: datetime, zone: str) -> None:
    read = kept_or_read(wall, kept, zone)
    assert read == (kept if wall == wall_at(kept, zone) else moment_at(wall, zone))


@given(now=MOMENTS, zone=ZONES)
def test_the_proposed_due_date_is_the_same_weekday_s_last_minute_next_week(
    now: datetime, zone: str
) -> None:
    proposed, today = end_of_day_in_a_week(now, zone), wall_at(now, zone)
    assert (proposed.date() - today.date(), proposed.hour, proposed.minute) == (
        timedelta(days=7),
        23,
        59,
    )
    assert moment_at(proposed, zone) > now + timedelta(days=6)


@pytest.mark.parametrize(
    ("wall", "moment"),
    [
        # 2026-03-08 02:00 does not exist: the offset before it counts.
        ("2026-03-08T01:59", "2026-03-08T09:59"),
        ("2026-03-08T02:00", "2026-03-08T10:00"),
        ("2026-03-08T02:30", "2026-03-08T10:30"),
        ("2026-03-08T03:00", "2026-03-08T10:00"),
        # 2026-11-01 01:00 to 02:00 occurs twice: the first is taken.
        ("2026-11-01T00:59", "2026-11-01T07:59"),
        ("2026-11-01T01:00", "2026-11-01T08:00"),
        ("2026-11-01T01:59", "2026-11-01T08:59"),
        ("2026-11-01T02:00", "2026-11-01T10:00"),
        # Days apart from any change.
        ("2026-07-01T23:59", "2026-07-02T06:59"),
        ("2026-12-31T23:59", "2027-01-01T07:59"),
    ],
)
def test_at_a_clock_change_the_first_offset_is_taken(wall: str, moment: str) -> None:
    expected = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert moment_at(datetime.fromisoformat(wall), PACIFIC) == expected


def test_a_time_that_occurs_twice_is_not_moved_by_showing_it() -> None:
    second = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)  # 1:30 for the second time
    shown = datetime.fromisoformat("2026-11-01T01:30")
    assert wall_at(second, PACIFIC) == shown
    assert kept_or_read(shown, second, PACIFIC) == second


@given(length=LENGTHS, since=FROM_OPENING)
def test_the_window_has_one_state_at_each_moment(length: timedelta, since: timedelta) -> None:
    now = OPENING + since
    wanted = (
        WindowState.UPCOMING
        if now < OPENING
        else WindowState.CLOSED
        if now > OPENING + length
        else WindowState.OPEN
    )
    assert set_for(length).window(now) is wanted


@pytest.mark.parametrize(
    ("year", "likely"), [(2021, False), (2022, True), (2029, True), (2030, False), (9999, False)]
)
def test_a_year_that_nobody_means_is_told(year: int, likely: bool) -> None:  # noqa: FBT001
    assert year_is_likely(datetime.fromisoformat(f"{year}-06-01"), OPENING) is likely
