"""The download of a person's own data."""

from datetime import date, datetime

from app.storage.own_data import rows_of


def own_data(person_id: int) -> dict[str, list[dict[str, object]]]:
    """Every row tied to the person, by table, ready for JSON."""
    return {
        table: [{name: _plain(value) for name, value in row.items()} for row in rows]
        for table, rows in rows_of(person_id)
        if rows
    }


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
