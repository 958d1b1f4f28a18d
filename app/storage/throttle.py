"""Counting failed tries so that none is lost, however many come at once."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.storage.database import db
from app.storage.people import ThrottleRow


def count_try(key: str, now: datetime, window_ends_at: datetime) -> int:
    """Add one to the key's running window, or open a new one; the count after that."""
    dialect = db.session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    over = ThrottleRow.window_ends_at <= now
    statement = (
        insert(ThrottleRow)
        .values(key=key, failures=1, window_ends_at=window_ends_at)
        .on_conflict_do_update(
            index_elements=[ThrottleRow.key],
            set_={
                "failures": sa.case((over, 1), else_=ThrottleRow.failures + 1),
                "window_ends_at": sa.case((over, window_ends_at), else_=ThrottleRow.window_ends_at),
            },
        )
        .returning(ThrottleRow.failures)
    )
    count: int = db.session.execute(statement).scalar_one()
    return count


def take_back(key: str) -> None:
    """One try less: it did not fail."""
    db.session.execute(
        sa.update(ThrottleRow)
        .where(ThrottleRow.key == key, ThrottleRow.failures > 0)
        .values(failures=ThrottleRow.failures - 1)
    )


def forget(key: str) -> None:
    """Start the key's count anew."""
    db.session.execute(sa.delete(ThrottleRow).where(ThrottleRow.key == key))


def forget_over(now: datetime) -> None:
    """Drop every window that has ended."""
    db.session.execute(sa.delete(ThrottleRow).where(ThrottleRow.window_ends_at <= now))
