"""Whether the site can serve, part by part; for the machines that watch over it."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from app.services.mail import MOST_TRIES
from app.storage import health as storage
from app.storage.database import db, reading

PARTS: dict[str, Callable[[], bool]] = {
    "migrations": storage.is_migrated,
    "bank": storage.has_items,
}
DATABASE = "database"


@dataclass(frozen=True, slots=True)
class UnderWay:
    """How much is going on."""

    running_attempts: int
    outbox_letters: int


def parts_not_ready() -> tuple[str, ...]:
    """One word for each part that is not ready; without a database nothing more is known."""
    if not _holds(storage.answers):
        return (DATABASE,)
    return tuple(name for name, check in PARTS.items() if not _holds(check))


def is_of_this_version() -> bool:
    """Whether the schema is the one that this version works with, as far as can be told now."""
    db.session.rollback()
    return _holds(storage.is_migrated)


def under_way() -> UnderWay | None:
    """What is going on now; None where the database does not answer."""
    try:
        with reading():
            return UnderWay(*storage.under_way(MOST_TRIES))
    except SQLAlchemyError:
        return None
    finally:
        db.session.rollback()


def _holds(check: Callable[[], bool]) -> bool:
    try:
        with reading():
            return check()
    except SQLAlchemyError:
        return False
    finally:
        db.session.rollback()
