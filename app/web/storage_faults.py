"""What the database says in trouble, told as a status, words and when to come again.

Nothing here is the person's fault and nothing that was acknowledged is lost: the page says so.
"""

import errno
import sqlite3
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError

from app.services.health import is_of_this_version
from app.web.error_words import Words

NO_SUCH_TABLE_OR_COLUMN = ("42P01", "42703")
"""PostgreSQL's codes for what SQLite calls an operational error: the schema is another's."""
FULL_FILES = (errno.ENOSPC, errno.EDQUOT)
FULL_DATABASE = ("53100",)
"""PostgreSQL's code for a full disk."""
SOON, LATER = 5, 30
"""Seconds after which a busy site is asked again, and one that people must mend."""


@dataclass(frozen=True, slots=True)
class StorageFault:
    """What is answered."""

    words: Words
    retry_after: int


def storage_fault(error: Exception) -> StorageFault | None:
    """What to answer where the database or the disk is in trouble; None where it is our fault."""
    if isinstance(error, OSError):
        return _full() if error.errno in FULL_FILES else None
    if isinstance(error, sa.exc.DBAPIError) and _is_full(error.orig):
        return _full()
    if isinstance(error, ProgrammingError):
        return busy() if _code(error.orig) in NO_SUCH_TABLE_OR_COLUMN else None
    if isinstance(error, IntegrityError | DataError):
        # A row that this version may not write: no fault of its own where the schema is newer.
        return None if is_of_this_version() else busy()
    return busy() if isinstance(error, SQLAlchemyError) and _is_trouble(error) else None


def _is_trouble(error: SQLAlchemyError) -> bool:
    """Whether the database, not the statement, is to blame; a full pool is trouble too."""
    return isinstance(error, sa.exc.DBAPIError | sa.exc.TimeoutError | sa.exc.PendingRollbackError)


def _is_full(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return _code(error) in FULL_DATABASE


def _code(error: BaseException | None) -> str | None:
    return getattr(error, "sqlstate", None)


def busy() -> StorageFault:
    """More than can be done at the moment."""
    return StorageFault(
        Words(
            503,
            _l("The site is busy"),
            _l("Nothing is lost. Please wait a few seconds and try again."),
        ),
        SOON,
    )


def _full() -> StorageFault:
    return StorageFault(
        Words(
            507,
            _l("The site has no room to save"),
            _l(
                "What was saved before is safe; this last change was not saved. Please keep the "
                "page open, tell the people who run this site, and try again in a minute."
            ),
        ),
        LATER,
    )
