"""Databases and folders in trouble: a defined answer with a time to come again, never a trace.

Numbers in the tests' names are those of the fault catalogue.
"""

import ctypes
import re
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.config import ROOT
from app.storage.database import (
    POOL_WAIT_SECONDS,
    broken_promises,
    db,
    engine_options,
    install_sqlite_settings,
    wal_is_safe,
)
from tests.backups import digest
from tests.faults.faultlib import TestClient, accepted, save, watching
from tests.faults.test_starting_twice import PATIENCE, command, environment, free_port, start_here
from tests.stage_database import let_go
from tests.web.exam_cast import begin, options, response

PLACE = re.compile(r"<[^>]*>")
SAFE = {"GET", "HEAD", "OPTIONS"}
DROP_FROM_BOUNDS, OVERRIDE = 24, 1
"""prctl's, and the capability by which root writes where nobody may."""
NEWER = "9999"


def saved_once(client: TestClient, app: Flask, handle: str) -> bool:
    """Save an answer that was never given before; whether it was acknowledged."""
    option = options(app, handle, 2)[0]
    before = response(app, handle, 2)
    seq = (before.seq if before else 0) + 1
    return accepted(save(client, handle, 2, seq, option), 2) == seq


# 22: a version of SQLite whose log is not safe


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ((3, 7, 0), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_22_only_a_sqlite_without_the_race_uses_its_write_ahead_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], *, is_safe: bool
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    url = f"sqlite:///{tmp_path / 'some.db'}"
    engine = sa.create_engine(url, **engine_options(url))
    install_sqlite_settings(engine)
    assert wal_is_safe(version) is is_safe
    assert broken_promises(engine) == ()
    with engine.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    engine.dispose()
    assert (mode == "wal") is is_safe


# 24: what the driver receives


@pytest.mark.sqlite_only("a write lock of the whole database")
def test_24_every_request_that_may_write_opens_with_the_write_lock_and_no_other_takes_it(
    app: Flask, dev: FlaskClient
) -> None:
    begin(app, "dev")
    wrong: list[str] = []
    for rule in sorted(app.url_map.iter_rules(), key=str):
        for verb in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            seen: list[str] = []
            with watching(app, seen.append):
                dev.open(PLACE.sub("1", rule.rule), method=verb)
            if verb in SAFE and "BEGIN IMMEDIATE" in seen:
                wrong.append(f"{verb} {rule}: takes the lock")
            if verb not in SAFE and not _locks_first(seen):
                wrong.append(f"{verb} {rule}: {seen[:3]}")
    assert wrong == []


def _locks_first(seen: list[str]) -> bool:
    """Whether everything is asked inside a transaction that holds the lock from its start."""
    told = [sql for sql in seen if not sql.startswith("PRAGMA")]
    locked = False
    for sql in told:
        if sql == "COMMIT" or sql.startswith("BEGIN"):
            locked = sql == "BEGIN IMMEDIATE"
        elif not locked and not sql.lstrip().upper().startswith("SELECT"):
            return False
    return True


# 25: no connection left


def test_25_a_full_pool_is_a_busy_page_within_five_seconds_and_recovers(
    app: Flask, ana: FlaskClient
) -> None:
    handle, client = begin(app), TestClient(ana)
    assert saved_once(client, app, handle)
    option = options(app, handle, 3)[0]
    with app.app_context():
        engine = db.engine
    with ExitStack() as taken:
        for _n in range(engine.pool.size() + engine.pool._max_overflow):  # type: ignore[attr-defined]
            taken.enter_context(engine.connect())
        began = time.monotonic()
        refused = save(client, handle, 3, 9, option)
        page = ana.get("/home")
        took = (time.monotonic() - began) / 2
    assert [refused.status, page.status_code] == [503, 503]
    assert [refused.headers["Retry-After"], page.headers["Retry-After"]] == ["5", "5"]
    assert POOL_WAIT_SECONDS <= took < 5
    assert accepted(save(client, handle, 3, 9, option), 3) == 9


# 29: folders and files that may not be written


def without_override() -> None:
    """Let root be like anybody: what its files' modes forbid is forbidden."""
    ctypes.CDLL(None).prctl(DROP_FROM_BOUNDS, OVERRIDE, 0, 0, 0)


def start_as_anybody(instance: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(instance, *words),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=without_override,
    )


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    before = stat.S_IMODE(path.stat().st_mode)
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


@pytest.mark.skipif(sys.platform != "linux", reason="takes root's rights away as Linux does")
@pytest.mark.parametrize("what", ["folder", "parent", "database"])
def test_29_a_start_that_may_not_write_says_where_in_one_sentence(
    tmp_path: Path, what: str
) -> None:
    instance = tmp_path / "parent" / "instance"
    instance.mkdir(parents=True)
    sqlite3.connect(instance / "peerprep.db").close()
    (instance / "peerprep.db").touch()
    place = {
        "folder": instance,
        "parent": instance.parent,
        "database": instance / "peerprep.db",
    }[what]
    target = instance.parent / "other" if what == "parent" else instance
    with mode(place, 0o444 if what == "database" else 0o555):
        refused = start_as_anybody(target, "--port", str(free_port()))
    assert refused.returncode == 1, refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert str(target if what == "parent" else place) in refused.stderr
    assert "write to" in refused.stderr


def test_29_a_start_without_its_database_server_says_so_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        f'database_url = "postgresql://nobody@127.0.0.1:{free_port()}/peerprep"'
    )
    refused = start_here(tmp_path, "--port", str(free_port()))
    assert refused.exit_code == 1
    assert refused.output.strip().splitlines()[-1].startswith("The database cannot be used: ")


# 35: a worker of this version on a newer schema


ADDED = ("alter table response add column mood text",)
RENAMED = ("alter table response rename column note to remark",)
STRICTER = {
    "sqlite": (
        """create trigger stricter before insert on response
        begin select raise(abort, 'mood is required'); end""",
    ),
    "postgresql": (
        "alter table response add column mood text",
        "update response set mood = ''",
        "alter table response alter column mood set not null",
    ),
}


def migrate_onwards(app: Flask, *statements: str) -> None:
    """Do to the database what a newer version's start does."""
    let_go(app)
    with app.app_context(), db.engine.begin() as connection:
        for statement in (*statements, f"update alembic_version set version_num = '{NEWER}'"):  # noqa: S608
            connection.exec_driver_sql(statement)
    let_go(app)


def rows(app: Flask) -> int:
    with app.app_context(), db.engine.connect() as connection:
        return int(connection.exec_driver_sql("select count(*) from response").scalar() or 0)


def test_35_an_old_worker_works_on_a_schema_with_more_in_it_and_says_that_it_is_not_ready(
    app: Flask, ana: FlaskClient
) -> None:
    handle = begin(app)
    migrate_onwards(app, *ADDED)
    assert saved_once(TestClient(ana), app, handle)
    ready = ana.get("/ready")
    assert (ready.status_code, ready.get_data(as_text=True)) == (503, "migrations\n")


@pytest.mark.parametrize("change", ["renamed", "stricter"])
def test_35_an_old_worker_refuses_what_a_changed_schema_does_not_take(
    app: Flask, ana: FlaskClient, change: str
) -> None:
    handle, client = begin(app), TestClient(ana)
    assert saved_once(client, app, handle)
    before, option = rows(app), options(app, handle, 5)[0]
    with app.app_context():
        kind = db.engine.dialect.name
    migrate_onwards(app, *(RENAMED if change == "renamed" else STRICTER[kind]))
    refused = save(client, handle, 5, 9, option)
    form = ana.post(f"/attempts/{handle}/items/6", data={"option": options(app, handle, 6)[0]})
    assert [refused.status, form.status_code] == [503, 503]
    assert refused.headers["Retry-After"] == "5"
    assert rows(app) == before


@pytest.mark.sqlite_only("a file to look at")
@pytest.mark.parametrize("words", [(), ("bank", "load")])
def test_96_a_start_of_an_older_version_is_refused_and_changes_nothing(
    app: Flask, tmp_path: Path, words: tuple[str, ...]
) -> None:
    migrate_onwards(app)
    database = tmp_path / "peerprep.db"
    database.write_bytes(Path(str(let_go(app).database)).read_bytes())
    before = digest(database)
    port = () if words else ("--port", str(free_port()))
    refused = start_here(tmp_path, *port, *words)
    assert refused.exit_code == 1
    last = refused.output.strip().splitlines()[-1]
    assert last.startswith("This database was last used by a newer PeerPrep (revision 9999).")
    assert digest(database) == before
