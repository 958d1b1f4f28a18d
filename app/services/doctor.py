"""What is wrong with an installation. It only looks: nothing is made and nothing is changed."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa

from app.bank.problems import BankUnreadable
from app.bank.reader import read_bank
from app.config import Settings
from app.services.maintenance import maintenance_of
from app.storage.database import (
    broken_promises,
    engine_options,
    install_sqlite_settings,
    reading,
    wal_is_safe,
)
from app.storage.revisions import is_known, newest_revision, revision_of
from app.storage.sqlite_files import SIDE_FILES, faults_of, file_of
from app.storage.stamps import newest_stamp

OTHERS = 0o077
SHORTEST_SECRET = 32
LEAST_DISK = 500 * 1024 * 1024
CLOCK_TOLERANCE = timedelta(minutes=5)


class Ill(StrEnum):
    """What can be wrong."""

    BANK_FAULTS = "bank_faults"
    BANK_UNREADABLE = "bank_unreadable"
    BEHIND = "behind"
    CLOCK = "clock"
    DAMAGED = "damaged"
    DISK = "disk"
    ENVIRONMENT = "environment"
    INSECURE = "insecure"
    MAIL = "mail"
    MAINTENANCE = "maintenance"
    NO_ADDRESS = "no_address"
    NO_DATABASE = "no_database"
    PROMISE = "promise"
    READABLE = "readable"
    SECRET_MISSING = "secret_missing"  # noqa: S105 (the name of a state)
    SECRET_SHORT = "secret_short"  # noqa: S105
    TOO_NEW = "too_new"
    UNREACHABLE = "unreachable"
    WAL_RACE = "wal_race"


NOTES = {Ill.INSECURE, Ill.MAINTENANCE, Ill.WAL_RACE}
"""Worth knowing, and as somebody chose it or harmless as things are."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with what there is to say of it."""

    ill: Ill
    detail: dict[str, object] = field(default_factory=dict)

    @property
    def needs_mending(self) -> bool:
        """Whether it is more than a note."""
        return self.ill not in NOTES


def examine(settings: Settings, now: datetime, *, environment_current: bool) -> list[Finding]:
    """Everything that is wrong with the installation, the database last."""
    found = [
        *private_files(settings),
        *secret(settings),
        *mail(settings),
        *addresses(settings),
        *disk(settings.instance, shutil.disk_usage(settings.instance).free),
        *bank(settings),
        *database(settings, now),
    ]
    if maintenance_of(settings.instance) is not None:
        found.append(Finding(Ill.MAINTENANCE))
    if not environment_current:
        found.append(Finding(Ill.ENVIRONMENT))
    return found


def private_files(settings: Settings) -> Iterator[Finding]:
    """The files with secrets or people in them that others on the machine can read."""
    if os.name == "nt":
        return
    database = file_of(settings.database)
    kept = (
        [database.with_name(database.name + end) for end in ("", *SIDE_FILES)] if database else []
    )
    for path in (settings.instance / "config.toml", settings.instance / "secret_key", *kept):
        if path.exists() and path.stat().st_mode & OTHERS:
            yield Finding(Ill.READABLE, {"file": path})


def secret(settings: Settings) -> Iterator[Finding]:
    """The secret key, where it is missing beside a database or easy to guess."""
    path = settings.instance / "secret_key"
    database = file_of(settings.database)
    if not path.exists():
        if database is None or database.exists():
            yield Finding(Ill.SECRET_MISSING, {"file": path})
    elif path.stat().st_size < SHORTEST_SECRET:
        yield Finding(Ill.SECRET_SHORT, {"file": path})


def mail(settings: Settings) -> Iterator[Finding]:
    """The settings for e-mail, where one is set and the other that it needs is not."""
    pairs = (
        ("mail_server", "mail_sender"),
        ("mail_sender", "mail_server"),
        ("mail_username", "mail_password"),
        ("mail_password", "mail_username"),
    )
    for has, lacks in pairs:
        if getattr(settings, has) and not getattr(settings, lacks):
            yield Finding(Ill.MAIL, {"has": has, "lacks": lacks})


def addresses(settings: Settings) -> Iterator[Finding]:
    """How people reach the site, where that is not said or not safe."""
    if (settings.insecure_lan or settings.proxies) and not settings.public_url:
        name = "insecure_lan" if settings.insecure_lan else "proxies"
        yield Finding(Ill.NO_ADDRESS, {"setting": name})
    if settings.insecure_lan:
        yield Finding(Ill.INSECURE)


def disk(folder: Path, free: int) -> Iterator[Finding]:
    """The disk of the folder, where so many free bytes are too few."""
    if free < LEAST_DISK:
        yield Finding(Ill.DISK, {"folder": folder, "megabytes": free // 1024**2})


def bank(settings: Settings) -> Iterator[Finding]:
    """The question bank's faults."""
    try:
        faults = len(read_bank(settings.bank).problems)
    except BankUnreadable as error:
        problem = error.problem
        yield Finding(Ill.BANK_UNREADABLE, {"file": problem.path, "line": problem.line})
        return
    if faults:
        yield Finding(Ill.BANK_FAULTS, {"count": faults})


def database(settings: Settings, now: datetime) -> Iterator[Finding]:
    """The database: whether it answers, is whole and current, and keeps what it acknowledges."""
    path = file_of(settings.database)
    if path is not None and not path.exists():
        yield Finding(Ill.NO_DATABASE, {"file": path})
        return
    engine = sa.create_engine(settings.database, **engine_options(settings.database))
    if path is not None:
        yield from journal(sqlite3.sqlite_version_info)
        install_sqlite_settings(engine)
    try:
        with reading():
            if path is not None and (faults := faults_of(path)):
                yield Finding(Ill.DAMAGED, {"reason": faults[0]})
            yield from promises(engine)
            with engine.connect() as connection:
                yield from revision(connection)
                yield from clock(newest_stamp(connection), now)
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        reason = getattr(error, "orig", error)
        broken = isinstance(reason, sqlite3.DatabaseError) and not isinstance(
            reason, sqlite3.OperationalError
        )
        yield Finding(Ill.DAMAGED if broken else Ill.UNREACHABLE, {"reason": reason})
    finally:
        engine.dispose()


def journal(version: tuple[int, ...]) -> Iterator[Finding]:
    """The SQLite version, where its write-ahead log cannot be used."""
    if not wal_is_safe(version):
        yield Finding(Ill.WAL_RACE, {"version": ".".join(map(str, version))})


def promises(engine: sa.Engine) -> Iterator[Finding]:
    """What a connection does not do as a saved answer needs it."""
    for broken in broken_promises(engine):
        wanted = " / ".join(broken.wanted)
        yield Finding(
            Ill.PROMISE,
            {"setting": broken.setting, "found": broken.found, "wanted": wanted},
        )


def revision(connection: sa.Connection) -> Iterator[Finding]:
    """The schema, where it is not this version's."""
    have = revision_of(connection)
    if have is not None and not is_known(have):
        yield Finding(Ill.TOO_NEW, {"revision": have})
    elif have != newest_revision():
        yield Finding(Ill.BEHIND, {"revision": have or "-", "newest": newest_revision()})


def clock(newest: datetime | None, now: datetime) -> Iterator[Finding]:
    """The machine's clock, where the database knows of later moments."""
    if newest is not None and newest - now > CLOCK_TOLERANCE:
        minutes = round((newest - now).total_seconds() / 60)
        yield Finding(Ill.CLOCK, {"minutes": minutes})
