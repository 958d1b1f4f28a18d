"""What the watching machines ask of the database, each in one cheap query."""

from functools import cache

import sqlalchemy as sa

from app.domain.items import ItemStatus
from app.storage.attempts import AttemptRow
from app.storage.bank import ItemRow
from app.storage.database import db
from app.storage.mail import OutboxRow
from app.storage.revisions import newest_revision, revision_of


def answers() -> bool:
    """Whether the database answers at all."""
    return db.session.scalar(sa.select(1)) == 1


def is_migrated() -> bool:
    """Whether the schema is the one that this version works with."""
    return revision_of(db.session.connection()) == _newest()


def has_items() -> bool:
    """Whether the bank is loaded: there is something to draw."""
    reviewed = sa.select(ItemRow.id).where(ItemRow.status == ItemStatus.REVIEWED.value)
    return db.session.scalar(reviewed.limit(1)) is not None


def under_way(most_tries: int) -> tuple[int, int]:
    """How many attempts run, and how many letters wait in the outbox."""
    running = sa.select(sa.func.count()).where(AttemptRow.finished_at.is_(None))
    letters = sa.select(sa.func.count()).where(
        OutboxRow.sent_at.is_(None), OutboxRow.tries < most_tries
    )
    row = db.session.execute(sa.select(running.scalar_subquery(), letters.scalar_subquery())).one()
    return row[0], row[1]


@cache
def _newest() -> str:
    return newest_revision()
