"""Backups: everything in the database in one file, made while the site runs."""

import sqlite3
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from app.config import PRIVATE_FOLDER, ROOT, Settings
from app.storage.backup_files import FORMAT, BackupWriter, Manifest, Why, is_backup, new_backup
from app.storage.copying import Fingerprint, fingerprint, lines, tables
from app.storage.database import engine_options
from app.storage.revisions import revision_of
from app.storage.sqlite_files import copy_while_in_use, faults_of, file_of

Progress = Callable[[int], object]
"""Told of so many rows more."""
WITHOUT_KEY = "not in this file: keep instance/secret_key apart from it"
STAMP = "%Y%m%d-%H%M%SZ"


class BackupRefused(Exception):
    """It was not done and nothing was changed; `detail` is what there is to say of it."""

    def __init__(self, why: Why, **detail: object) -> None:
        """Keep the parts."""
        super().__init__(why)
        self.why, self.detail = why, detail


def default_backup(settings: Settings, now: datetime) -> Path:
    """Where a backup goes when nobody says."""
    folder = settings.instance / "backups"
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return folder / f"peerprep-{now.astimezone(UTC).strftime(STAMP)}.zip"


def make_backup(settings: Settings, out: Path, now: datetime, progress: Progress) -> Manifest:
    """Write everything that was saved before the start to `out`.

    Raises BackupRefused: no_database, damaged, unreachable, not_ours (another file has the
    name), cannot_write.
    """
    try:
        if out.exists() and not is_backup(out):
            raise BackupRefused(Why.NOT_OURS, file=out)
        with still_database(settings, out.parent) as connection, new_backup(out) as writer:
            return _write(connection, writer, now, progress)
    except sa.exc.OperationalError as error:
        raise BackupRefused(Why.UNREACHABLE, reason=error.orig) from error
    except sqlite3.Error as error:
        raise BackupRefused(Why.UNREACHABLE, reason=error) from error
    except OSError as error:
        raise BackupRefused(Why.CANNOT_WRITE, file=out, reason=error.strerror) from error


@contextmanager
def still_database(settings: Settings, folder: Path) -> Iterator[sa.Connection]:
    """The database as it stands at this moment, whatever others write meanwhile.

    PostgreSQL keeps it still in one transaction; of SQLite it is a copy, for a while in `folder`.
    """
    source = file_of(settings.database)
    if source is None:
        engine = sa.create_engine(settings.database, **engine_options(settings.database))
        with engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        ) as connection:
            yield connection
        engine.dispose()
        return
    if not source.exists():
        raise BackupRefused(Why.NO_DATABASE, file=source)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=folder) as private:
        copy = Path(private) / "copy.db"
        copy_while_in_use(source, copy)
        if faults := faults_of(copy):
            raise BackupRefused(Why.DAMAGED, reason=faults[0])
        engine = sa.create_engine(f"sqlite:///{copy}")
        with engine.connect() as connection:
            yield connection
        engine.dispose()


def told(found: Iterable[bytes], progress: Progress) -> Iterator[bytes]:
    """The lines, telling of each."""
    for line in found:
        yield line
        progress(1)


def _write(
    connection: sa.Connection, writer: BackupWriter, now: datetime, progress: Progress
) -> Manifest:
    revision = revision_of(connection)
    if revision is None:
        raise BackupRefused(Why.NO_DATABASE, file=connection.engine.url.database)
    manifest = Manifest(
        format=FORMAT,
        revision=revision,
        app_version=app_version(),
        created_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        database=connection.dialect.name,
        secret_key=WITHOUT_KEY,
        tables=tuple(_copied(connection, writer, table, progress) for table in tables(connection)),
    )
    writer.add_manifest(manifest)
    return manifest


def _copied(
    connection: sa.Connection, writer: BackupWriter, table: sa.Table, progress: Progress
) -> Fingerprint:
    found = told(lines(connection, table), progress)
    return fingerprint(table, writer.add_table(table.name, found))


def app_version() -> str:
    """Which PeerPrep this is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])
