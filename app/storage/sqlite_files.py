"""SQLite's files as files: copied while others write, put in another's place, kept."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import sqlalchemy as sa

PAGES_AT_ONCE = 256
MOST_RESTARTS = 3
PATIENCE_SECONDS = 30.0
WHOLE = -1
PRIVATE = 0o600
SIDE_FILES = ("-wal", "-journal", "-shm")


class _Disturbed(Exception):
    """Others write so often that the copy begins again and again."""


def file_of(address: str) -> Path | None:
    """The file of an SQLite database; None for an address of another kind."""
    url = sa.make_url(address)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def copy_while_in_use(source: Path, target: Path) -> None:
    """A consistent copy of a database that others may be writing to, by the backup API.

    It goes in steps, so that writers wait for none of it. Each write by others makes it begin
    anew; after some of that it takes one step for the whole, for which writers wait a moment.
    Raises sqlite3.Error.
    """
    with closing(_opened(source)) as reading, closing(sqlite3.connect(target)) as writing:
        try:
            reading.backup(writing, pages=PAGES_AT_ONCE, progress=_Patience(), sleep=0.01)
        except _Disturbed:
            reading.backup(writing, pages=WHOLE, sleep=0.01)


def faults_of(path: Path) -> tuple[str, ...]:
    """What SQLite itself finds wrong in the file: nothing where all is well."""
    with closing(_opened(path)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    return (*(text for text in found if text != "ok"), *(f"{row[0]}: {row[2]}" for row in orphans))


def new_private_file(path: Path) -> None:
    """Make an empty database that nobody else can read."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))


def put_in_place(new: Path, database: Path, kept: Path) -> None:
    """Make `new` the database in one step; the one before stays whole under the name `kept`.

    Nobody else may have either open. Stopped at any point, the old or the new is in place.
    """
    _settle(new)
    sync_file(new)
    if database.exists():
        # What an old log still holds goes into the old file: left lying, it would be taken for
        # the new file's own. A file too broken for that keeps its log beside it.
        with suppress(sqlite3.Error):
            _settle(database)
        os.link(database, kept)
        for ending in SIDE_FILES:
            with suppress(FileNotFoundError):
                _beside(database, ending).rename(_beside(kept, ending))
    new.replace(database)
    sync_folder(database.parent)


def remove_database(path: Path) -> None:
    """Remove the file and what SQLite keeps beside it, where they are there."""
    for ending in ("", *SIDE_FILES):
        _beside(path, ending).unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Wait until the file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the folder's names are on the disk, where the system can do that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _settle(path: Path) -> None:
    """Bring everything that lies in a log into the file itself."""
    with closing(_opened(path)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


class _Patience:
    """Counts how often the copy had to begin anew."""

    def __init__(self) -> None:
        self._left: int | None = None
        self._restarts = 0

    def __call__(self, status: int, left: int, total: int) -> None:
        del status, total
        self._restarts += self._left is not None and left >= self._left
        self._left = left
        if self._restarts > MOST_RESTARTS:
            raise _Disturbed


def _opened(path: Path) -> sqlite3.Connection:
    """A connection to a file that is there: `mode=rw` makes none."""
    address = f"{path.resolve().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=PATIENCE_SECONDS, isolation_level=None)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
