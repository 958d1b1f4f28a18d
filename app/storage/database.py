"""The connection: one `db`, and the settings that make a saved answer a promise.

SQLite runs with synchronous=EXTRA, foreign keys on, and every transaction that may write
opens with BEGIN IMMEDIATE, so that a limit checked inside it holds; what only reads opens none.
The write-ahead log is used only by versions without the WAL-reset race (3.51.3, or 3.50.7 of 3.50,
or 3.44.6 of 3.44).
Elsewhere a rollback journal is used, and a commit is its truncation, which is flushed before the
commit returns. (Its deletion, SQLite's own default, costs three times the CPU, and FULL does not
wait until the folder has forgotten the file: after a power cut it could bring the older answer
back. Hence EXTRA, which waits for that too.)

PostgreSQL runs at READ COMMITTED: what must not be counted twice is held first (`held`), and read
after that. Its `synchronous_commit` and `fsync` are the server's own and must be on.
`broken_promises` reads all of this back from a connection as the site uses it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.pool import ConnectionPoolEntry

from app.domain.bilingual import Bilingual
from app.storage.turns import install_turns

BUSY_TIMEOUT_MS = 10_000
POOL_WAIT_SECONDS = 3
"""How long a request waits for a connection before it is told to come again."""
BESIDES = 2
"""Threads beside a worker's requests that need a connection: the sweeper and the postman."""
OVERFLOW = 10
POSTGRES_PATIENCE: dict[str, int] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How long a server of which nothing is heard is waited for, in libpq's names: seconds, a number of
questions, and at last milliseconds. Otherwise a request would wait for minutes or hours, and hold
a thread. What the address itself says goes before."""
ISOLATION = "READ COMMITTED"
SYNCHRONOUS_EXTRA = "3"
FLUSHED = ("on", "local", "remote_write", "remote_apply")
"""The values of `synchronous_commit` with which a commit is on disk before it is acknowledged."""

Query = TypeVar("Query", bound=sa.Select[*tuple[Any, ...]])

_reading: ContextVar[bool] = ContextVar("reading", default=False)


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware datetime, kept in UTC on databases with and without zones."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware in, naive UTC stored. Raises ValueError on a naive value."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment without a zone cannot be stored"
            raise ValueError(message)
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Naive UTC stored, aware out."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


class Handle(sa.TypeDecorator[str]):
    """A short name that people send back to us; one with a NUL in it names nothing.

    PostgreSQL refuses a NUL in any text, even in a question; SQLite would find nothing.
    """

    impl = sa.String
    cache_ok = True

    @property
    def python_type(self) -> type[str]:
        """What a row holds."""
        return str

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The name, or None, which no row's name equals."""
        del dialect
        return None if value is None or "\0" in value else value


class BilingualText(sa.TypeDecorator[Bilingual]):
    """A short text in both languages, as one JSON value."""

    impl = sa.JSON
    cache_ok = True

    def process_bind_param(
        self, value: Bilingual | None, dialect: Dialect
    ) -> dict[str, str] | None:
        """Both languages in."""
        del dialect
        return None if value is None else {"en": value.en, "es": value.es}

    def process_result_value(self, value: Any, dialect: Dialect) -> Bilingual | None:  # noqa: ANN401
        """Both languages out."""
        del dialect
        return None if value is None else Bilingual(value["en"], value["es"])


class Base(DeclarativeBase):
    """Every table's base, with names for all constraints so that migrations can find them."""

    registry = registry(
        metadata=sa.MetaData(
            naming_convention={
                "ix": "ix_%(column_0_label)s",
                "uq": "uq_%(table_name)s_%(column_0_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: UtcDateTime(),
            Bilingual: BilingualText(),
            dict[str, Any]: sa.JSON(),
            list[Any]: sa.JSON(),
        },
    )


db = SQLAlchemy(model_class=Base)


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite may use its write-ahead log with several connections."""
    if version[:2] == (3, 44):
        return version >= (3, 44, 6)
    if version[:2] == (3, 50):
        return version >= (3, 50, 7)
    return version >= (3, 51, 3)


def engine_options(url: str, threads: int = 8) -> dict[str, Any]:
    """What `create_engine` is told for `url`: a connection for each thread, and a few more."""
    pool: dict[str, Any] = {
        "pool_size": threads + BESIDES,
        "max_overflow": OVERFLOW,
        "pool_timeout": POOL_WAIT_SECONDS,
    }
    if not url.startswith("sqlite"):
        told = sa.make_url(url).query
        patience = {name: wait for name, wait in POSTGRES_PATIENCE.items() if name not in told}
        return {**pool, "isolation_level": ISOLATION, "connect_args": patience}
    waiting = {"isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000}
    return {**pool, "connect_args": waiting}


def install_sqlite_settings(engine: sa.Engine) -> None:
    """Set every new connection up and open every transaction as the docstring above says."""
    turns = install_turns(engine, BUSY_TIMEOUT_MS / 1000)

    def begin(connection: sa.Connection) -> None:
        # Whoever only reads sees each query by itself, as on PostgreSQL at READ COMMITTED. A
        # transaction would hold the shared lock until the last byte of a page is made, and with
        # a rollback journal nobody can commit meanwhile: a report would stop every save.
        if not _reading.get():
            turns.take(connection.connection.dbapi_connection)
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    sa.event.listen(engine, "connect", _set_pragmas)
    sa.event.listen(engine, "begin", begin)


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """A setting of the connection with which a saved answer might be lost."""

    setting: str
    found: str
    wanted: tuple[str, ...]


def broken_promises(engine: sa.Engine) -> tuple[BrokenPromise, ...]:
    """What a pooled connection, used before and given back, does not do as it must."""
    if engine.dialect.name == "sqlite":
        ask, wanted = "PRAGMA", _sqlite_promises()
    else:
        ask, wanted = "SHOW", _POSTGRES_PROMISES
    with engine.connect() as connection:
        connection.scalar(sa.select(1))
    with engine.connect() as connection:
        found = {name: str(connection.exec_driver_sql(f"{ask} {name}").scalar()) for name in wanted}
    return tuple(
        BrokenPromise(name, found[name], good)
        for name, good in wanted.items()
        if found[name] not in good
    )


def held(query: Query, of: type[DeclarativeBase], *, skip_locked: bool = False) -> Query:
    """The query, holding its rows of one table to the transaction's end, read as they are then.

    Without the latter a row that this session has met before would keep its older values.
    SQLite needs no hold: its write transactions run one at a time.
    """
    holding = query.with_for_update(of=of, skip_locked=skip_locked)
    return holding.execution_options(populate_existing=True)


@contextmanager
def reading() -> Iterator[None]:
    """Transactions opened inside only read: they need no write lock."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def set_reading(*, only: bool) -> None:
    """Whether what follows in this context only reads (a GET) or may write."""
    _reading.set(only)


_POSTGRES_PROMISES: dict[str, tuple[str, ...]] = {
    "synchronous_commit": FLUSHED,
    "fsync": ("on",),
    "transaction_isolation": (ISOLATION.lower(),),
}


def _sqlite_promises() -> dict[str, tuple[str, ...]]:
    return {
        "journal_mode": (_journal(),),
        "synchronous": (SYNCHRONOUS_EXTRA,),
        "foreign_keys": ("1",),
        "busy_timeout": (str(BUSY_TIMEOUT_MS),),
    }


def _journal() -> str:
    return "wal" if wal_is_safe(sqlite3.sqlite_version_info) else "truncate"


def _set_pragmas(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    del record
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        f"journal_mode={_journal()}",
        "synchronous=EXTRA",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is gone from the file too
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
