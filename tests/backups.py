"""What the tests of backups share: an SQLite site with a row in every table, and looks at it."""

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app.bank.files import BankFiles
from app.config import Settings, load_settings
from app.services.backup import make_backup
from app.storage.copying import Fingerprint, fingerprint, lines, tables
from app.storage.database import db, engine_options, set_reading
from tests.stage_database import the_server
from tests.web.filled import fill
from tests.world import NOON, Stage, build_app, furnish


def quiet(rows: int) -> None:
    """Nobody watches the progress."""
    del rows


def sqlite_settings(instance: Path) -> Settings:
    """Settings of a site on a file of SQLite, whatever the tests run on."""
    return load_settings(instance, database_url=f"sqlite:///{instance / 'peerprep.db'}")


def postgres_settings(instance: Path) -> Settings:
    """Settings of a site on a new, empty database of a real PostgreSQL."""
    server = the_server()
    return load_settings(instance, database_url=server.address(server.new_database()))


def site_on(settings: Settings, bank: BankFiles) -> Flask:
    """The app of these settings."""
    return build_app(settings.instance, bank, database_url=settings.database_url)


def filled_site(instance: Path, bank: BankFiles) -> Settings:
    """A site with a row in every table, and with the values that copying could change."""
    settings = sqlite_settings(instance)
    app = site_on(settings, bank)
    furnish(app, bank)
    set_reading(only=False)
    with app.app_context():
        fill(Stage(app))
        db.session.execute(sa.text("update attempt set time_factor = 1.1, chosen = 'null'"))
        db.session.execute(
            sa.text("update person set display_name = :name, preferences = :chosen"),
            {"name": "Ñandú «😀»\n\u2028'\\\"", "chosen": '{"z": 1, "a": [null, 1.50, "é"]}'},
        )
        db.session.execute(sa.text("update passkey set credential_id = x'00ff0a'"))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return settings


def backup_of(settings: Settings, name: str = "backup.zip") -> Path:
    """A backup of the site, beside its database."""
    out = settings.instance / name
    make_backup(settings, out, NOON, quiet)
    return out


def fingerprints(address: str) -> dict[str, Fingerprint]:
    """Every table of the database, counted and hashed."""
    engine = sa.create_engine(address, **engine_options(address))
    with engine.connect() as connection:
        found = {t.name: fingerprint(t, lines(connection, t)) for t in tables(connection)}
    engine.dispose()
    return found


def digest(path: Path) -> str:
    """The file, byte for byte."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def values(
    database: Path, statement: str, given: Iterable[object] = ()
) -> list[tuple[object, ...]]:
    """What SQLite answers; a change is kept."""
    with closing(sqlite3.connect(database)) as connection, connection:
        return connection.execute(statement, tuple(given)).fetchall()
