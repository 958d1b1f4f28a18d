"""Statements that go to the driver as they are written.

For the few that run with every answer of every candidate: to build, type and unpack one of them
by SQLAlchemy's expression language costs several times what the database needs to run it.
Places are written `:name`; both SQLite and PostgreSQL read the rest.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from app.storage.statements import counted

PLACE = re.compile(r":(\w+)")


class DriverStatement:
    """One statement for both databases; `hold` ends it where rows can be held one by one."""

    def __init__(self, sql: str, hold: str = "") -> None:
        """Nothing is sent."""
        self._sqlite = sql
        self._postgres = PLACE.sub(r"%(\1)s", sql + hold)

    def run(self, connection: sa.Connection, values: Mapping[str, object]) -> Any:  # noqa: ANN401
        """Send it within the connection's transaction; the driver's own cursor.

        Raises what the driver raises, as SQLAlchemy's DBAPIError.
        """
        sql = self._sqlite if connection.dialect.name == "sqlite" else self._postgres
        driver: Any = connection.connection.driver_connection
        dialect = connection.dialect.loaded_dbapi
        try:
            with counted():
                return driver.execute(sql, values)
        except dialect.Error as error:
            raise sa.exc.DBAPIError.instance(
                sql, None, error, dialect.Error, dialect=connection.dialect
            ) from error


def stored_moment(moment: datetime, connection: sa.Connection) -> object:
    """A moment as the driver stores it: UTC without a zone, as text on SQLite."""
    naive = moment.astimezone(UTC).replace(tzinfo=None)
    if connection.dialect.name == "sqlite":
        return naive.isoformat(" ", "microseconds")  # as SQLAlchemy writes it
    return naive


def read_moment(value: Any) -> datetime | None:  # noqa: ANN401 (what the driver gives)
    """The moment in what the driver gives."""
    if value is None:
        return None
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC)


def read_json(value: Any) -> Any:  # noqa: ANN401 (whatever was stored)
    """The JSON value in what the driver gives."""
    return json.loads(value) if isinstance(value, str) else value
