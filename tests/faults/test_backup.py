"""Backups under load, restores of files that are broken, and kills in the middle."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Self

import pytest
from flask import Flask

from app.bank.files import BankFiles
from app.config import ROOT, Settings
from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.services.backup import BackupRefused, make_backup
from app.services.people import Registration, add_person
from app.services.responses import Change, save_response
from app.services.restore import move, restore
from app.storage.attempts import AttemptRow
from app.storage.backup_files import Why
from app.storage.bank import item_of
from app.storage.database import db, set_reading
from app.storage.sqlite_files import copy_while_in_use, faults_of
from tests.backups import (
    backup_of,
    digest,
    filled_site,
    fingerprints,
    postgres_settings,
    quiet,
    site_on,
    sqlite_settings,
    values,
)
from tests.world import NOON, Stage

TEN = 10
PLACES = 20
COPIES = 12
PATIENCE = 120
LATER = NOON + timedelta(hours=1)
KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from app.config import load_settings
from app.services.restore import restore

instance, file, row, event, place = sys.argv[1:]
seen = {"rows": 0, "events": 0}

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def progress(rows):
    seen["rows"] += rows
    if seen["rows"] == int(row):
        die()

def watch(name, arguments):
    if name == event:
        seen["events"] += 1
        if seen["events"] == int(place):
            die()

settings = load_settings(Path(instance))
sys.addaudithook(watch)
restore(settings, Path(file), datetime.now(UTC), progress)
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, bank: BankFiles) -> Settings:
    """A filled site that no test changes."""
    settings = filled_site(tmp_path_factory.mktemp("filled"), bank)
    backup_of(settings)
    return settings


@pytest.fixture
def old(filled: Settings, tmp_path: Path) -> Settings:
    """A copy of it that has gone on since the backup was made."""
    settings = sqlite_settings(tmp_path / "old")
    shutil.copy(filled.instance / "peerprep.db", settings.instance / "peerprep.db")
    values(settings.instance / "peerprep.db", "update person set display_name = 'since then'")
    return settings


@pytest.fixture
def file(filled: Settings) -> Path:
    return filled.instance / "backup.zip"


def why_refused(settings: Settings, file: Path) -> Why:
    with pytest.raises(BackupRefused) as refused:
        restore(settings, file, NOON, quiet)
    return refused.value.why


def files_of(settings: Settings) -> set[str]:
    return {path.name for path in settings.instance.iterdir()}


class Writers:
    """Ten people who save answers as fast as they can, and note what was acknowledged."""

    def __init__(self, app: Flask) -> None:
        self.acknowledged: dict[tuple[str, int], int] = {}
        self.failed: list[BaseException] = []
        self._app, self._stop = app, threading.Event()
        set_reading(only=False)
        self._threads = [threading.Thread(target=self._save, args=(n,)) for n in range(TEN)]

    def __enter__(self) -> Self:
        with self._app.app_context():
            for n in range(TEN):
                add_person(Registration(f"w{n}", f"w{n}", "x", Language.EN), NOON)
                Stage(self._app).start(f"w{n}", AttemptKind.MOCK, seed=n)
            db.session.remove()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, count: int) -> dict[tuple[str, int], int]:
        """What was acknowledged, once it is so much."""
        while len(self.acknowledged) < count and not self.failed:
            self._stop.wait(0.01)
        return dict(self.acknowledged)

    def _save(self, number: int) -> None:
        try:
            with self._app.app_context():
                self._save_all(Stage(self._app), f"w{number}")
        except BaseException as error:  # noqa: BLE001 (told by the test)
            self.failed.append(error)

    def _save_all(self, stage: Stage, username: str) -> None:
        person, site = stage.person(username), stage.site
        row = db.session.query(AttemptRow).filter_by(person_id=person.id).one()
        handle, form = row.handle, row.form
        db.session.rollback()
        for seq in range(1, 100_000):
            if self._stop.is_set():
                return
            position = seq % 20 + 1
            option = item_of(form[position - 1][1]).key
            change = Change(Language.EN, option_id=option)
            save_response(person, handle, position, change, NOON + timedelta(minutes=1), site)
            self.acknowledged[handle, position] = seq  # each save has the next number


@pytest.fixture(params=["sqlite", "postgresql"])
def busy(
    request: pytest.FixtureRequest, filled: Settings, bank: BankFiles, tmp_path: Path
) -> Iterator[tuple[Settings, Flask]]:
    """A site on either database, for writers."""
    instance = tmp_path / "busy"
    make = sqlite_settings if request.param == "sqlite" else postgres_settings
    settings = make(instance)
    restore(settings, filled.instance / "backup.zip", NOON, quiet)
    app = site_on(settings, bank)
    yield settings, app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("backups", [2, pytest.param(60, marks=pytest.mark.long)])
def test_97_a_backup_amid_ten_writers_holds_every_answer_acknowledged_before_it(
    busy: tuple[Settings, Flask], tmp_path: Path, backups: int
) -> None:
    settings, app = busy
    promised: dict[str, dict[tuple[str, int], int]] = {}
    with Writers(app) as writers:
        writers.wait_for(5 * TEN)
        for number in range(backups):
            promised[f"backup{number}"] = writers.wait_for(0)
            make_backup(settings, tmp_path / f"backup{number}.zip", NOON, quiet)
    assert writers.failed == []
    for name, acknowledged in promised.items():
        copy = sqlite_settings(tmp_path / name)
        restore(copy, tmp_path / f"{name}.zip", NOON, quiet)
        database = copy.instance / "peerprep.db"
        assert faults_of(database) == ()
        found = values(
            database,
            "select handle, r.position, seq from response r join attempt a on a.id = attempt_id",
        )
        saved = {(str(handle), place): int(str(seq)) for handle, place, seq in found}
        lost = {at: seq for at, seq in acknowledged.items() if saved.get(at, 0) < seq}
        assert lost == {}
        assert len(acknowledged) >= 5 * TEN


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_97_of_copies_amid_large_writes_none_is_torn_and_plain_ones_are(
    tmp_path: Path, journal: str
) -> None:
    source, copy, plain = (tmp_path / name for name in ("source.db", "copy.db", "plain.db"))
    told = [str(source), journal]
    with subprocess.Popen(
        [sys.executable, "-c", WRITES_MUCH, *told], stdout=subprocess.PIPE, text=True
    ) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "begun\n"
            good, torn = [], []
            for _ in range(COPIES):
                copy.unlink(missing_ok=True)
                copy_while_in_use(source, copy)
                good.append(whole(copy))
                for _again in range(TEN):
                    shutil.copy(source, plain)
                    torn.append(not whole(plain))
        finally:
            writer.kill()
    assert good == [True] * COPIES
    assert any(torn) or journal == "WAL"  # what lies in its log only makes the plain copy old


def whole(database: Path) -> bool:
    """Whether every page is of one write."""
    try:
        return values(database, "select count(distinct n) from pages") == [(1,)]
    except sqlite3.DatabaseError:
        return False


WRITES_MUCH = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("PRAGMA journal_mode=" + sys.argv[2])
connection.execute("create table pages (n integer, filling blob)")
connection.execute("begin")
for _ in range(800):
    connection.execute("insert into pages values (0, zeroblob(3500))")
connection.execute("commit")
print("begun", flush=True)
while True:
    connection.execute("update pages set n = n + 1")
    time.sleep(0.005)
"""


def test_a_restored_site_is_the_one_that_was_backed_up(old: Settings, file: Path) -> None:
    was = fingerprints(old.database)
    done = restore(old, file, NOON, quiet)
    assert fingerprints(old.database) == {table.name: table for table in done.manifest.tables}
    assert done.kept is not None
    assert fingerprints(f"sqlite:///{done.kept}") == was
    assert faults_of(old.instance / "peerprep.db") == ()


def test_file_and_database_round_and_round_stay_equal(
    filled: Settings, file: Path, tmp_path: Path
) -> None:
    other = sqlite_settings(tmp_path / "other")
    restore(other, file, NOON, quiet)
    again = sqlite_settings(tmp_path / "again")
    restore(again, backup_of(other), LATER, quiet)
    assert fingerprints(again.database) == fingerprints(filled.database)


@pytest.mark.parametrize("twentieth", range(PLACES))
def test_99_a_truncated_backup_is_refused_and_the_old_database_stays(
    old: Settings, file: Path, tmp_path: Path, twentieth: int
) -> None:
    whole = file.read_bytes()
    short = tmp_path / "short.zip"
    short.write_bytes(whole[: (len(whole) - 1) * (twentieth + 1) // PLACES])
    before, names = digest(old.instance / "peerprep.db"), files_of(old)
    assert why_refused(old, short) is Why.FOREIGN
    assert (digest(old.instance / "peerprep.db"), files_of(old)) == (before, names)


@pytest.mark.parametrize("seed", range(PLACES))
def test_99_a_backup_with_one_bit_flipped_is_refused_and_the_old_database_stays(
    old: Settings, file: Path, tmp_path: Path, seed: int
) -> None:
    content = bytearray(file.read_bytes())
    place = len(content) - 1 - seed * 7 if seed < 5 else random.Random(seed).randrange(len(content))
    content[place] ^= 1 << seed % 8
    flipped = tmp_path / "flipped.zip"
    flipped.write_bytes(content)
    before, names = digest(old.instance / "peerprep.db"), files_of(old)
    assert why_refused(old, flipped) in {Why.ALTERED, Why.FOREIGN}
    assert (digest(old.instance / "peerprep.db"), files_of(old)) == (before, names)


def test_99_a_foreign_zip_and_other_files_are_refused(old: Settings, tmp_path: Path) -> None:
    foreign, text, empty = (tmp_path / name for name in ("foreign.zip", "text", "empty"))
    with zipfile.ZipFile(foreign, "w") as packed:
        packed.writestr("manifest.json", "{}")
    text.write_text("not a backup at all, however long it may be. " * 20)
    empty.touch()
    before = digest(old.instance / "peerprep.db")
    refused = [why_refused(old, one) for one in (foreign, text, empty, tmp_path / "not there")]
    assert refused == [Why.FOREIGN, Why.FOREIGN, Why.FOREIGN, Why.NO_FILE]
    assert digest(old.instance / "peerprep.db") == before


@pytest.mark.parametrize(
    ("row", "event", "place"),
    [
        (1, "", 0),
        (500, "", 0),
        (1200, "", 0),
        (0, "os.link", 1),  # the new one is whole, the old one not yet kept
        (0, "os.rename", 4),  # kept: the three logs have been looked for, the switch is next
    ],
)
def test_99_a_restore_that_is_killed_leaves_the_old_database_usable(
    old: Settings, file: Path, row: int, event: str, place: int
) -> None:
    was = fingerprints(old.database)
    told = [str(old.instance), str(file), str(row), event, str(place)]
    here = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *told],
        cwd=ROOT,
        env=here,
        timeout=PATIENCE,
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert faults_of(old.instance / "peerprep.db") == ()
    assert fingerprints(old.database) == was
    done = restore(old, file, LATER, quiet)
    assert fingerprints(old.database) == {table.name: table for table in done.manifest.tables}
    assert not (old.instance / "peerprep.db.restoring").exists()


def test_a_log_that_was_left_lying_goes_with_the_old_database(old: Settings, file: Path) -> None:
    database = old.instance / "peerprep.db"
    writer = subprocess.run(
        [sys.executable, "-c", LEAVES_A_LOG, str(database)], timeout=PATIENCE, check=False
    )
    assert writer.returncode == -signal.SIGKILL
    assert (old.instance / "peerprep.db-wal").stat().st_size > 0
    done = restore(old, file, NOON, quiet)
    assert done.kept is not None
    assert values(done.kept, "select distinct display_name from person") == [("in the log",)]
    assert fingerprints(old.database) == {table.name: table for table in done.manifest.tables}
    assert not (old.instance / "peerprep.db-wal").exists()


LEAVES_A_LOG = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=WAL")
connection.execute("update person set display_name = 'in the log'")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_100_a_move_to_postgresql_keeps_every_row_and_the_source(
    old: Settings, bank: BankFiles, tmp_path: Path
) -> None:
    before = digest(old.instance / "peerprep.db")
    target = postgres_settings(tmp_path / "target")
    manifest = move(old, target.database_url, NOON, quiet)
    assert fingerprints(target.database) == fingerprints(old.database)
    assert {t.name: t for t in manifest.tables} == fingerprints(old.database)
    assert digest(old.instance / "peerprep.db") == before
    app = site_on(target, bank)
    with app.app_context():  # new rows get numbers of their own
        add_person(Registration("fay", "Fay", "x", Language.EN), NOON)
        Stage(app).start("fay", AttemptKind.QUIZ)
        db.session.remove()
        db.engine.dispose()


def test_100_a_move_to_a_database_that_is_not_empty_is_refused(
    old: Settings, file: Path, tmp_path: Path
) -> None:
    target = postgres_settings(tmp_path / "target")
    restore(target, file, NOON, quiet)
    was = fingerprints(target.database)
    with pytest.raises(BackupRefused) as refused:
        move(old, target.database_url, NOON, quiet)
    assert refused.value.why is Why.NOT_EMPTY
    assert fingerprints(target.database) == was


def test_100_a_backup_of_postgresql_restores_to_sqlite_and_back(
    filled: Settings, file: Path, tmp_path: Path
) -> None:
    first, third = postgres_settings(tmp_path / "1"), postgres_settings(tmp_path / "3")
    second = sqlite_settings(tmp_path / "2")
    restore(first, file, NOON, quiet)
    restore(second, backup_of(first), NOON, quiet)
    restore(third, backup_of(second), NOON, quiet)
    assert fingerprints(third.database) == fingerprints(filled.database)
