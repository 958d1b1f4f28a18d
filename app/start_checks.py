"""What stands in the way of a start: found before anything is changed, told in a sentence."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from gettext import gettext as _
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from app.config import Settings
from app.storage.database import broken_promises, db
from app.storage.revisions import is_known, revision_of

STARTS = 7_305_112
"""The number by which starts on one PostgreSQL wait for one another; any, but always this one."""


class CannotStart(Exception):
    """Why, in a sentence for the operator."""


def require_writable(settings: Settings) -> None:
    """Raise CannotStart where this account may not write the folder or the database's file."""
    try:
        settings.instance.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.instance):
            pass
    except OSError as error:
        raise CannotStart(folder_text(settings.instance, error)) from error
    for file in _files(settings):
        if file.exists() and not os.access(file, os.W_OK):
            raise CannotStart(_file_text(file))


def require_known_schema() -> None:
    """Raise CannotStart where a newer version of PeerPrep has changed the database."""
    with db.engine.connect() as connection:
        revision = revision_of(connection)
    if revision is not None and not is_known(revision):
        raise CannotStart(
            _(
                "This database was last used by a newer PeerPrep (revision %(revision)s). "
                "Start that version, or restore a backup of this one. Nothing was changed."
            )
            % {"revision": revision}
        )


@contextmanager
def alone() -> Iterator[None]:
    """Let no other start on the same PostgreSQL change the schema or load the bank inside.

    Starts on one SQLite file hold its instance folder already.
    """
    if db.engine.dialect.name == "sqlite":
        yield
        return
    with db.engine.connect() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(STARTS)))
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(STARTS)))


def require_promises(engine: sa.Engine) -> None:
    """Raise CannotStart where the database might forget what it has acknowledged."""
    for broken in broken_promises(engine)[:1]:
        raise CannotStart(
            _(
                "The database would not keep every saved answer: its setting %(setting)s is "
                "%(found)s, but must be %(wanted)s. PeerPrep does not start until that is mended."
            )
            % {"setting": broken.setting, "found": broken.found, "wanted": broken.wanted[0]}
        )


def database_text(error: sa.exc.OperationalError) -> str:
    """The database cannot be reached or used: what it says, in a sentence."""
    told = " ".join(str(error.orig).split())
    return _("The database cannot be used: %(why)s. Nothing was changed.") % {
        "why": told.rstrip(".")
    }


def _files(settings: Settings) -> list[Path]:
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or not url.database:
        return []
    return [Path(url.database)]


def folder_text(folder: Path, error: OSError) -> str:
    """The folder cannot be written to, in a sentence."""
    return _(
        "PeerPrep cannot write to the folder %(folder)s: %(why)s. Give the folder to the account "
        "that runs it, or choose another with --instance."
    ) % {"folder": folder, "why": error.strerror or error}


def _file_text(file: Path) -> str:
    return _(
        "PeerPrep may not write to the database %(file)s. Give the file to the account that runs "
        "it, and try again."
    ) % {"file": file}
