"""The settings with which "saved" is a promise, read back from a connection as the site uses it.

A start on a database that would not keep it is refused in a sentence.
"""

import sqlite3
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask

from app.cli import commands
from app.start_checks import CannotStart, require_promises
from app.storage.database import (
    BrokenPromise,
    broken_promises,
    db,
    engine_options,
    install_sqlite_settings,
    reading,
    wal_is_safe,
)
from tests.faults.test_starting_twice import free_port, running
from tests.stage_database import the_server
from tests.world import Stage

PATIENCE = 10
"""Seconds in which PostgreSQL takes a new setting up."""
PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
JOURNAL = "wal" if wal_is_safe(sqlite3.sqlite_version_info) else "truncate"


@pytest.fixture
def file_engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """An engine as the site makes it, on a file of its own."""
    url = f"sqlite:///{tmp_path / 'some.db'}"
    engine = sa.create_engine(url, **engine_options(url))
    install_sqlite_settings(engine)
    yield engine
    engine.dispose()


def also_set(engine: sa.Engine, pragma: str) -> None:
    """Let somebody set every connection otherwise after the site has set it."""

    def spoil(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    sa.event.listen(engine, "connect", spoil)


@pytest.mark.sqlite_only("pragmas and the journal")
def test_21_a_used_connection_still_has_every_setting(app: Flask) -> None:
    with app.app_context():
        db.session.execute(sa.text("update person set display_name = 'Ana' where id = 1"))
        db.session.commit()
        found = [db.session.execute(sa.text(f"PRAGMA {name}")).scalar() for name in PRAGMAS]
    assert found == [JOURNAL, 3, 1, 10_000]


@pytest.mark.sqlite_only("pragmas and the journal")
def test_21_a_connection_of_sqlite_keeps_every_promise(file_engine: sa.Engine) -> None:
    assert broken_promises(file_engine) == ()


@pytest.mark.sqlite_only("pragmas and the journal")
@pytest.mark.parametrize(
    ("pragma", "broken"),
    [
        ("synchronous=NORMAL", BrokenPromise("synchronous", "1", ("3",))),
        ("synchronous=FULL", BrokenPromise("synchronous", "2", ("3",))),
        ("synchronous=OFF", BrokenPromise("synchronous", "0", ("3",))),
        ("foreign_keys=OFF", BrokenPromise("foreign_keys", "0", ("1",))),
        ("busy_timeout=0", BrokenPromise("busy_timeout", "0", ("10000",))),
        ("journal_mode=MEMORY", BrokenPromise("journal_mode", "memory", (JOURNAL,))),
    ],
)
def test_21_a_setting_that_is_not_as_promised_is_found_and_the_start_refused(
    file_engine: sa.Engine,
    pragma: str,
    broken: BrokenPromise,
) -> None:
    also_set(file_engine, pragma)
    assert broken_promises(file_engine) == (broken,)
    with pytest.raises(CannotStart) as stopped:
        require_promises(file_engine)
    told = str(stopped.value)
    assert f"its setting {broken.setting} is {broken.found}, but must be {broken.wanted[0]}" in told


@pytest.fixture
def committing(file_engine: sa.Engine) -> Iterator[Callable[[], object]]:
    """To commit something at once or be told that the database is locked."""
    with file_engine.begin() as making:
        making.exec_driver_sql("create table t (n integer)")
        making.exec_driver_sql("insert into t values (0)")
    writer = sqlite3.connect(str(file_engine.url.database), timeout=0, isolation_level=None)
    yield lambda: writer.execute("update t set n = n + 1")
    writer.close()


@pytest.mark.sqlite_only("a write lock of the whole database")
def test_26_whoever_only_reads_keeps_nobody_from_committing(
    file_engine: sa.Engine, committing: Callable[[], object]
) -> None:
    """A trainer's report reads for a while; the candidates' saves go on meanwhile."""
    with reading(), file_engine.connect() as report:
        assert report.exec_driver_sql("select n from t").scalar() == 0
        committing()
        assert report.exec_driver_sql("select n from t").scalar() == 1


@pytest.mark.sqlite_only("a write lock of the whole database")
@pytest.mark.skipif(JOURNAL == "wal", reason="there the writer does not wait for readers")
def test_control_a_report_that_reads_in_a_transaction_is_caught(
    file_engine: sa.Engine, committing: Callable[[], object]
) -> None:
    with reading(), file_engine.connect() as report:
        report.exec_driver_sql("BEGIN")
        assert report.exec_driver_sql("select n from t").scalar() == 0
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            committing()


@pytest.mark.sqlite_only("a write lock of the whole database")
def test_of_two_transactions_that_may_write_the_second_waits_from_its_start(
    file_engine: sa.Engine,
) -> None:
    with file_engine.connect() as first:
        first.exec_driver_sql("create table t (n integer)")
        url = str(file_engine.url)
        second = sa.create_engine(url, connect_args={"isolation_level": None, "timeout": 0})
        with second.connect() as other, pytest.raises(sa.exc.OperationalError, match="locked"):
            other.exec_driver_sql("BEGIN IMMEDIATE")


@pytest.fixture
def flushing() -> Iterator[None]:
    """The tests' PostgreSQL as an operator's is: what is committed is on disk."""
    _flush("on")
    yield
    _flush("off")


def _flush(value: str) -> None:
    server = the_server()
    server.run(f"alter system set fsync = {value}")
    server.run("select pg_reload_conf()")
    until = time.monotonic() + PATIENCE
    while server.run("show fsync") != value:
        assert time.monotonic() < until, "the server does not take its setting"


@pytest.mark.postgres_only("the server's own settings")
@pytest.mark.usefixtures("flushing")
def test_21_a_connection_of_postgresql_keeps_every_promise(stage: Stage) -> None:
    assert broken_promises(db.engine) == ()
    names = ("synchronous_commit", "fsync", "transaction_isolation")
    found = [db.session.execute(sa.text(f"SHOW {name}")).scalar() for name in names]
    assert found == ["on", "on", "read committed"]
    assert stage.person("ana").display_name == "Ana"


@pytest.mark.postgres_only("the server's own settings")
def test_21_a_server_that_does_not_flush_is_found(stage: Stage) -> None:
    assert broken_promises(db.engine) == (BrokenPromise("fsync", "off", ("on",)),)
    assert stage.site.settings.database_url.startswith("postgresql+psycopg://")


@pytest.mark.postgres_only("the server's own settings")
@pytest.mark.usefixtures("flushing")
def test_the_code_s_isolation_holds_whatever_the_database_s_default(tmp_path: Path) -> None:
    name = the_server().new_database()
    the_server().run(f"alter database {name} set default_transaction_isolation = 'serializable'")
    started = load(tmp_path, name)
    assert (started.exit_code, started.exception) == (0, None)
    engine = sa.create_engine(the_server().address(name))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("show transaction_isolation").scalar() == "serializable"
        assert (connection.exec_driver_sql("select count(*) from item").scalar() or 0) > 0
    engine.dispose()


@pytest.mark.postgres_only("the server's own settings")
@pytest.mark.usefixtures("flushing")
def test_21_a_start_on_a_database_that_acknowledges_too_early_is_refused(tmp_path: Path) -> None:
    name = the_server().new_database()
    the_server().run(f"alter database {name} set synchronous_commit = off")
    refused = load(tmp_path, name)
    assert refused.exit_code == 1
    assert "its setting synchronous_commit is off, but must be on" in refused.output
    engine = sa.create_engine(the_server().address(name))
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.postgres_only("the server's own settings")
@pytest.mark.usefixtures("flushing")
def test_the_site_runs_on_postgresql(tmp_path: Path) -> None:
    port, name = free_port(), the_server().new_database()
    (tmp_path / "config.toml").write_text(f'database_url = "{the_server().address(name)}"')
    with (
        running(tmp_path, port),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=PATIENCE) as page,
    ):
        assert page.status == 200
    assert not (tmp_path / "peerprep.db").exists()


def load(instance: Path, name: str) -> Result:
    """Start as far as a loaded bank, on one of PostgreSQL's databases."""
    (instance / "config.toml").write_text(f'database_url = "{the_server().address(name)}"')
    return CliRunner().invoke(commands(), ["--instance", str(instance), "bank", "load"])
