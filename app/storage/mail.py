"""Letters that wait to be sent."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.database import Base, db


class OutboxRow(Base):
    """One letter. It goes with the person, and its text goes when it is sent."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    recipient: Mapped[str] = mapped_column(sa.String(255))
    subject: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str] = mapped_column(sa.Text)
    language: Mapped[str] = mapped_column(sa.String(2))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)


def waiting(most_tries: int) -> Sequence[OutboxRow]:
    """Letters not yet sent and not given up, oldest first."""
    return db.session.scalars(
        sa.select(OutboxRow)
        .where(OutboxRow.sent_at.is_(None), OutboxRow.tries < most_tries)
        .order_by(OutboxRow.id)
    ).all()


def claim(row: OutboxRow) -> bool:
    """Count one more try; False where another process was first."""
    claimed = db.session.execute(
        sa.update(OutboxRow)
        .where(OutboxRow.id == row.id, OutboxRow.tries == row.tries)
        .values(tries=row.tries + 1)
    )
    return claimed.rowcount == 1  # type: ignore[attr-defined, no-any-return]


def mark_sent(letter_id: int, now: datetime) -> None:
    """Note when it went, and forget what it said."""
    db.session.execute(
        sa.update(OutboxRow).where(OutboxRow.id == letter_id).values(sent_at=now, body="")
    )


def delete_before(moment: datetime) -> None:
    """Forget letters made before."""
    db.session.execute(sa.delete(OutboxRow).where(OutboxRow.created_at < moment))
