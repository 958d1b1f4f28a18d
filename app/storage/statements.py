"""How many statements a piece of work sends to the database, and how long they take."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter

import sqlalchemy as sa

from app.storage.database import db


@dataclass(slots=True)
class Tally:
    """What was sent so far; commits take time and are no statements."""

    statements: int = 0
    seconds: float = 0.0
    since: float = 0.0
    """When what runs now was sent; 0 while nothing runs."""


_tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


def count_statements() -> Tally:
    """A tally of what this context sends from now on."""
    tally = Tally()
    _tally.set(tally)
    return tally


def install_counting(engine: sa.Engine) -> None:
    """Count what goes through the engine."""
    sa.event.listen(engine, "before_cursor_execute", _sent)
    sa.event.listen(engine, "after_cursor_execute", _ended)
    sa.event.listen(engine, "handle_error", _ended)
    sa.event.listen(engine, "commit", _committing)


@contextmanager
def counted() -> Iterator[None]:
    """Count a statement that goes to the driver past the engine."""
    _sent()
    try:
        yield
    finally:
        _ended()


def _sent(*_event: object) -> None:
    tally = _tally.get()
    if tally is not None:
        tally.statements += 1
        tally.since = perf_counter()


def _committing(_connection: sa.Connection) -> None:
    tally = _tally.get()
    if tally is not None:
        tally.since = perf_counter()


def _ended(*_event: object) -> None:
    tally = _tally.get()
    if tally is not None and tally.since:
        tally.seconds += perf_counter() - tally.since
        tally.since = 0.0


# The engine tells when a commit begins, the session when it is on disk.
sa.event.listen(db.session, "after_commit", _ended)
