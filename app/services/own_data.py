"""The download of a person's own data."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from app.storage.own_data import rows_of

CLOSED = ("chosen", "right_answers")
"""What would tell a result, side by side with the form."""


def own_data(person_id: int, now: datetime) -> dict[str, list[dict[str, object]]]:
    """Every row tied to the person, by table, ready for JSON.

    Of an attempt whose result is still closed, what would open it stays away until then.
    """
    return {
        table: [{name: _plain(value) for name, value in _open(row, now)} for row in rows]
        for table, rows in rows_of(person_id)
        if rows
    }


def _open(row: Mapping[str, Any], now: datetime) -> Iterator[tuple[str, object]]:
    opens_at = row.get("feedback_from")
    closed = CLOSED if opens_at is not None and now < opens_at else ()
    return ((name, value) for name, value in row.items() if name not in closed)


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
