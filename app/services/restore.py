"""Restoring a backup, and moving to PostgreSQL: built apart, compared, and only then used.

The site does not run meanwhile: the caller holds the instance.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from app.config import Settings
from app.services.backup import STAMP, BackupRefused, Progress, make_backup, told
from app.storage.backup_files import BackupFile, Manifest, NoBackup, Why, open_backup
from app.storage.copying import (
    Fingerprint,
    column_names,
    fingerprint,
    insert,
    is_empty,
    lines,
    number_on,
    tables,
)
from app.storage.database import engine_options, install_sqlite_settings
from app.storage.revisions import is_known, migrate
from app.storage.sqlite_files import (
    faults_of,
    file_of,
    new_private_file,
    put_in_place,
    remove_database,
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and where the database before it is kept; None where there was none."""

    manifest: Manifest
    kept: Path | None


def restore(settings: Settings, file: Path, now: datetime, progress: Progress) -> Restored:
    """Put the backup in the database's place.

    On SQLite the database before it is kept under another name; on PostgreSQL the database must
    be empty. Raises BackupRefused: no_file, foreign, altered, oversized, newer_format,
    newer_schema, not_empty, unequal, cannot_load, unreachable, cannot_write. The database stays
    as it was.
    """
    with _refusals(file), open_backup(file) as backup:
        if not is_known(backup.manifest.revision):
            raise BackupRefused(Why.NEWER_SCHEMA, file=file)
        database = file_of(settings.database)
        if database is None:
            _fill_database(settings.database, backup, progress)
            return Restored(backup.manifest, None)
        return Restored(backup.manifest, _replace(database, backup, now, progress))


def move(settings: Settings, target: str, now: datetime, progress: Progress) -> Manifest:
    """Copy an SQLite database into an empty PostgreSQL database and leave the first as it is.

    Raises BackupRefused: as `make_backup` and `restore` do, and not_sqlite.
    """
    if file_of(settings.database) is None:
        raise BackupRefused(Why.NOT_SQLITE)
    address = target.replace("postgresql://", "postgresql+psycopg://", 1)
    with tempfile.TemporaryDirectory(prefix=".move-", dir=settings.instance) as folder:
        file = Path(folder) / "move.zip"
        make_backup(settings, file, now, progress)
        with _refusals(file), open_backup(file) as backup:
            _fill_database(address, backup, progress)
            return backup.manifest


def _replace(database: Path, backup: BackupFile, now: datetime, progress: Progress) -> Path | None:
    making = database.with_name(f"{database.name}.restoring")
    remove_database(making)  # of a restore that was killed
    try:
        new_private_file(making)
        _fill_database(f"sqlite:///{making}", backup, progress)
        if faults := faults_of(making):
            raise BackupRefused(Why.CANNOT_LOAD, reason=faults[0])
        had_one = database.exists()
        kept = database.with_name(
            f"{database.name}.before-restore-{now.astimezone(UTC).strftime(STAMP)}"
        )
        put_in_place(making, database, kept)
    finally:
        remove_database(making)
    return kept if had_one else None


def _fill_database(address: str, backup: BackupFile, progress: Progress) -> None:
    """Fill an empty database in one transaction."""
    engine = sa.create_engine(address, **engine_options(address))
    if engine.dialect.name == "sqlite":
        install_sqlite_settings(engine)
    try:
        with engine.begin() as connection:
            if not is_empty(connection):
                raise BackupRefused(Why.NOT_EMPTY)
            _fill(connection, backup, progress)
    finally:
        engine.dispose()


def _fill(connection: sa.Connection, backup: BackupFile, progress: Progress) -> None:
    """The schema as the backup had it, its rows, the comparison, then the newest schema."""
    migrate(connection, backup.manifest.revision)
    wanted = {table.name: table for table in backup.manifest.tables}
    made = tables(connection)
    if {(table.name, column_names(table)) for table in made} != {
        (table.name, table.columns) for table in wanted.values()
    }:
        raise BackupRefused(Why.UNEQUAL)
    for table in reversed(made):
        connection.execute(sa.delete(table))  # what a migration may have put there
    for table in made:
        insert(connection, table, told(backup.lines(table.name), progress))
        _require_equal(fingerprint(table, lines(connection, table)), wanted[table.name])
        number_on(connection, table)
    migrate(connection)


def _require_equal(have: Fingerprint, wanted: Fingerprint) -> None:
    if have != wanted:
        raise BackupRefused(Why.UNEQUAL)


@contextmanager
def _refusals(file: Path) -> Iterator[None]:
    """What can go wrong below, as one refusal."""
    try:
        yield
    except NoBackup as error:
        raise BackupRefused(error.why, file=file) from error
    except FileNotFoundError as error:
        raise BackupRefused(Why.NO_FILE, file=error.filename) from error
    except OSError as error:
        raise BackupRefused(Why.CANNOT_WRITE, file=file, reason=error.strerror) from error
    except sa.exc.OperationalError as error:
        raise BackupRefused(Why.UNREACHABLE, reason=error.orig) from error
    except (sa.exc.SQLAlchemyError, sqlite3.Error, KeyError, ValueError) as error:
        raise BackupRefused(Why.CANNOT_LOAD, reason=getattr(error, "orig", error)) from error
