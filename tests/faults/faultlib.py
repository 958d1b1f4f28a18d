"""Faults on demand: kills, refused statements, small disks; and, from its neighbours, the oracle.

A fault is put into a process of the tests or of a real server from outside: by a signal, by the
events of SQLAlchemy, by the disk or the network. The app has no switch for any of it.
"""

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg
import sqlalchemy as sa
from flask import Flask

from app.storage.database import db
from tests.faults.clients import PATIENCE, Client, Reply, TestClient, accepted, save
from tests.faults.oracle import Ack, AckLog, Exam, Savers, Scene, running, scene, stored
from tests.stage_database import let_go

__all__ = [
    "Ack",
    "AckLog",
    "Client",
    "Exam",
    "Reply",
    "Savers",
    "Scene",
    "TestClient",
    "accepted",
    "running",
    "save",
    "scene",
    "stored",
]

ARMED = ("-c", "from tests.faults.faultlib import run_armed; run_armed()")
"""The site as a program that a file in its folder can tell where to kill itself."""
FOLDER = "--instance"
COMMIT = "COMMIT"


def children(pid: int) -> set[int]:
    """The processes that it has started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return {int(word) for word in listed.read_text().split()} if listed.exists() else set()


def wait_until(come: Callable[[], bool], what: str = "it") -> None:
    """Wait until it has come."""
    until, wait = time.monotonic() + PATIENCE, threading.Event()
    while not come():
        assert time.monotonic() < until, f"{what} does not come"
        wait.wait(0.01)


@contextmanager
def kill_at(instance: Path, point: str, nth: int = 1) -> Iterator[Path]:
    """Let the armed site's process kill itself once: at its n-th statement, or at a commit.

    The points: statement, before_commit, after_commit. The file is gone once it has struck.
    """
    file = instance / "kill_at"
    making = file.with_suffix(".new")
    making.write_text(f"{point} {nth}", encoding="ascii")
    making.rename(file)
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def run_armed() -> None:
    """Run the site, which looks at each statement and commit whether it is to die there."""
    from app.cli import main  # noqa: PLC0415 (the site's own process)

    folder = Path(sys.argv[sys.argv.index(FOLDER) + 1])
    seen = {"statement": 0, "before_commit": 0, "after_commit": 0}
    committed = threading.local()

    def pass_by(point: str) -> None:
        try:
            armed, nth = (folder / "kill_at").read_text(encoding="ascii").split()
        except FileNotFoundError:
            seen[point] = 0
            return
        seen[point] += 1
        if point == armed and seen[point] == int(nth):
            (folder / "kill_at").unlink()
            os.kill(os.getpid(), signal.SIGKILL)

    def commit(_connection: object) -> None:
        pass_by("before_commit")
        committed.now = True

    def back_in_pool(*_event: object) -> None:
        if getattr(committed, "now", False):
            committed.now = False
            pass_by("after_commit")

    watch(sa.Engine, lambda _sql: pass_by("statement"))
    sa.event.listen(sa.Engine, "commit", commit)
    sa.event.listen(sa.pool.Pool, "reset", back_in_pool)
    main()


def watch(engine: sa.Engine | type[sa.Engine], see: Callable[[str], None]) -> None:
    """Let somebody see every statement that new connections are about to send to the driver.

    At the driver itself: not everything that the site sends goes through SQLAlchemy's events.
    """

    class LiteCursor(sqlite3.Cursor):
        def execute(self, sql: str, *rest: Any) -> Self:  # noqa: ANN401 (as the driver's own)
            see(sql)
            return super().execute(sql, *rest)

        def executemany(self, sql: str, *rest: Any) -> Self:  # noqa: ANN401
            see(sql)
            return super().executemany(sql, *rest)

    class LiteConnection(sqlite3.Connection):
        def cursor(self, factory: Any = LiteCursor) -> Any:  # noqa: ANN401
            return super().cursor(factory)

    class PostgresCursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *rest: Any, **named: Any) -> Self:  # noqa: ANN401
            see(str(query))
            return super().execute(query, *rest, **named)

        def executemany(self, query: Any, *rest: Any, **named: Any) -> None:  # noqa: ANN401
            see(str(query))
            super().executemany(query, *rest, **named)

    def connecting(dialect: sa.Dialect, _record: object, _args: object, named: Any) -> None:  # noqa: ANN401
        if dialect.name == "sqlite":
            named["factory"] = LiteConnection

    def connected(connection: Any, _record: object) -> None:  # noqa: ANN401
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory = PostgresCursor

    sa.event.listen(engine, "do_connect", connecting)
    sa.event.listen(engine, "connect", connected)


@contextmanager
def watching(app: Flask, see: Callable[[str], None]) -> Iterator[None]:
    """Let somebody see every statement and commit inside."""
    seeing = [see]
    let_go(app)
    with app.app_context():
        engine = db.engine

    def pass_on(sql: str) -> None:
        for one in seeing:
            one(sql)

    def committing(_connection: sa.Connection) -> None:
        pass_on(COMMIT)

    watch(engine, pass_on)
    sa.event.listen(engine, "commit", committing)
    try:
        yield
    finally:
        seeing.clear()
        sa.event.remove(engine, "commit", committing)
        let_go(app)


def killed_at_statement(app: Flask, act: Callable[[], object], nth: int) -> bool:
    """Do it in a process that is killed at its n-th statement or commit; whether it came so far."""
    let_go(app)
    pid = os.fork()
    if pid == 0:  # the child: it must never return into the tests
        count = itertools.count(1)

        def die(_sql: str) -> None:
            if next(count) == nth:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            with watching(app, die):
                act()
        except BaseException as error:  # noqa: BLE001 (told by the exit code and its words)
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    assert status in {0, signal.SIGKILL}, f"the act itself fails: {status}"
    return status == signal.SIGKILL


@contextmanager
def fail_nth_statement(
    app: Flask, nth: int, message: str = "disk I/O error"
) -> Iterator[list[str]]:
    """Let the driver refuse the n-th statement or commit; the list holds it once it has."""
    struck: list[str] = []
    count = itertools.count(1)
    with app.app_context():
        error = db.engine.dialect.loaded_dbapi.OperationalError

    def refuse(sql: str) -> None:
        if next(count) == nth:
            struck.append(sql)
            if sql == COMMIT:  # told by SQLAlchemy's event, so told as SQLAlchemy tells it
                raise sa.exc.OperationalError(sql, None, error(message))
            raise error(message)

    with watching(app, refuse):
        yield struck


# A small disk


@contextmanager
def disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system of so many bytes on the folder. Raises PermissionError where none may be."""
    folder.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        raise PermissionError(mounted.stderr)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def may_mount(tmp_path: Path) -> bool:
    """Whether this account may mount a file system."""
    try:
        with disk(tmp_path / "may", 65536):
            return True
    except (PermissionError, FileNotFoundError):
        return False
