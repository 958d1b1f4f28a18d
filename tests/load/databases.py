"""The database that a benchmark runs on: a file, or a PostgreSQL started for it, set in earnest."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from tests.load.server_cost import megabytes, parent_of, server_seconds
from tests.stage_database import KINDS, PostgresServer

SETTINGS = (
    "fsync = on",
    "full_page_writes = on",
    "synchronous_commit = on",
    "autovacuum = on",
    "timezone = 'UTC'",
)
RELOAD = "select pg_reload_conf()"
WORKERS = {"sqlite": 1, "postgresql": 2}
"""As the README advises."""
KB = 1024


@dataclass(frozen=True, slots=True)
class Database:
    """Where it is; `server` is None for a file."""

    kind: str
    url: str | None
    server: PostgresServer | None
    pid: int | None
    """PostgreSQL's first process."""

    @property
    def settings(self) -> dict[str, object]:
        """What the site is told."""
        chosen: dict[str, object] = {"workers": WORKERS[self.kind]}
        return chosen | ({"database_url": self.url} if self.url else {})

    def seconds(self) -> float:
        """CPU of PostgreSQL's own processes."""
        return 0.0 if self.pid is None else server_seconds(self.pid)

    def megabytes(self) -> float:
        """Their memory."""
        return 0.0 if self.pid is None else megabytes(self.pid)


@contextmanager
def database(kind: str) -> Iterator[Database]:
    """A database of this kind until the end of the block."""
    if kind == "sqlite":
        yield Database(kind, None, None, None)
        return
    server = PostgresServer()
    try:
        for setting in SETTINGS:
            server.run(f"alter system set {setting}")
        server.run(RELOAD)
        url = server.address(server.new_database())
        session = int(str(server.run("select pg_backend_pid()")))
        yield Database(kind, url, server, parent_of(session))
    finally:
        server.stop()


def add_database_option(wanted: argparse.ArgumentParser) -> None:
    """`--database sqlite` or `--database postgresql`."""
    wanted.add_argument("--database", choices=KINDS, default=KINDS[0])


def size_kb(connection: sa.Connection) -> float:
    """How large the database is, without what could be used again."""
    if connection.dialect.name == "sqlite":
        pages, free, size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0
            for name in ("page_count", "freelist_count", "page_size")
        )
        return float((pages - free) * size / KB)
    size = connection.exec_driver_sql("select pg_database_size(current_database())").scalar()
    return float(size or 0) / KB
