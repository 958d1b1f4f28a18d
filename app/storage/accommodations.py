"""The record of standing accommodations: append-only; the person's row holds what is in force."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.database import Base, db


class AccommodationRow(Base):
    """One change of a person's standing accommodations, with who made it and why."""

    __tablename__ = "accommodation"
    __table_args__ = (
        sa.CheckConstraint("time_factor between 1.0 and 3.0", name="time_factor"),
        sa.CheckConstraint(
            "break_seconds is null or break_seconds between 0 and 3600", name="break"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    time_factor: Mapped[float]
    break_seconds: Mapped[int | None]
    """None where the test's own break holds."""
    tools: Mapped[str] = mapped_column(sa.String(200), default="")
    """Aids that the person uses (scratch paper, reader ...), in words."""
    reason: Mapped[str] = mapped_column(sa.String(500))
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))


def accommodations_of(person_id: int) -> Sequence[AccommodationRow]:
    """The person's record, newest first."""
    return db.session.scalars(
        sa.select(AccommodationRow)
        .where(AccommodationRow.person_id == person_id)
        .order_by(AccommodationRow.id.desc())
    ).all()
