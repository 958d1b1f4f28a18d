"""Times as a clock on the wall shows them in a cohort's zone, and the moments they stand for.

A wall time is a naive datetime; a moment is aware and in UTC.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EARLIEST_YEAR = 2022
LATEST_YEARS_AHEAD = 3
WEEK = timedelta(days=7)


def moment_at(wall: datetime, zone: str) -> datetime:
    """The moment at which the clock in `zone` shows `wall`.

    At a clock change the offset before it counts: of a time that occurs twice the first is
    taken, and one that does not exist lies as far after the change as it would without it.
    """
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def wall_at(moment: datetime, zone: str) -> datetime:
    """What the clock in `zone` shows at the moment, to the minute."""
    shown = moment.astimezone(ZoneInfo(zone))
    return shown.replace(second=0, microsecond=0, tzinfo=None, fold=0)


def end_of_day_in_a_week(now: datetime, zone: str) -> datetime:
    """The last minute of the same weekday next week, on the wall."""
    return (wall_at(now, zone) + WEEK).replace(hour=23, minute=59)


def kept_or_read(wall: datetime, kept: datetime, zone: str) -> datetime:
    """The moment for a wall time that a form sends back: what it showed is not moved.

    A form shows minutes, and of an hour that occurs twice it cannot say which.
    """
    return kept if wall == wall_at(kept, zone) else moment_at(wall, zone)


def year_is_likely(wall: datetime, now: datetime) -> bool:
    """Whether somebody can have meant the year."""
    return EARLIEST_YEAR <= wall.year <= now.year + LATEST_YEARS_AHEAD
