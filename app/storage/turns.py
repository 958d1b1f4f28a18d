"""Whose turn it is to write: threads of one process queue for SQLite's one write lock.

SQLite itself makes those who wait ask again after pauses, and under many writers some never find
it free. Other processes still go by its own lock and its timeout.
"""

import threading
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import PoolProxiedConnection


class Turns:
    """One writer at a time. Who waits longer than `most` seconds leaves it to SQLite's own lock."""

    def __init__(self, most: float) -> None:
        """Nobody writes."""
        self._most, self._lock = most, threading.Lock()
        self._writer: DBAPIConnection | None = None

    def take(self, connection: DBAPIConnection | None) -> None:
        """Wait for the turn, unless this connection has it."""
        if self._writer is not connection and self._lock.acquire(timeout=self._most):
            self._writer = connection

    def give(self, connection: DBAPIConnection | None) -> None:
        """Give the turn back, where this connection has it."""
        if connection is not None and self._writer is connection:
            self._writer = None
            self._lock.release()


def install_turns(engine: sa.Engine, most: float) -> Turns:
    """Turns that end when the engine's connections have committed, rolled back or closed."""
    turns, dialect = Turns(most), engine.dialect

    def ending(name: str) -> None:
        end = getattr(dialect, name)

        def end_and_give(connection: PoolProxiedConnection | Any) -> None:  # noqa: ANN401
            try:
                end(connection)
            finally:
                turns.give(getattr(connection, "dbapi_connection", connection))

        setattr(dialect, name, end_and_give)

    # A commit that failed is still a transaction: what follows it, a rollback, ends the turn.
    for name in ("do_rollback", "do_close", "do_terminate"):
        ending(name)
    commit = dialect.do_commit

    def commit_and_give(connection: PoolProxiedConnection) -> None:
        commit(connection)
        turns.give(connection.dbapi_connection)

    dialect.do_commit = commit_and_give  # type: ignore[method-assign, assignment]
    return turns
