"""Approval periods and real sittings: the candidate's own record of the real exam."""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.eligibility import ApprovalPeriod
from app.storage.database import Base, db


class ApprovalPeriodRow(Base):
    """The 12 months in which the candidate may sit."""

    __tablename__ = "approval_period"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "approved_on"),
        sa.CheckConstraint("approved_on <= valid_through", name="order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    approved_on: Mapped[date]
    valid_through: Mapped[date]
    computed: Mapped[bool]
    """Whether the last day is the site's proposal rather than the profile's."""
    created_at: Mapped[datetime]


class SittingRow(Base):
    """A real try at the exam, as the candidate records it."""

    __tablename__ = "sitting"
    __table_args__ = (
        sa.CheckConstraint("state in ('requested', 'scheduled', 'sat', 'missed')", name="state"),
        sa.CheckConstraint("result in ('passed', 'not_passed')", name="result"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[str] = mapped_column(sa.String(16))
    on: Mapped[date] = mapped_column("on_day")
    """The day it was asked for, is booked for, or was sat."""
    result: Mapped[str | None] = mapped_column(sa.String(16))
    counts: Mapped[bool]
    """Whether it has used a try; for a missed one the candidate decides."""
    created_at: Mapped[datetime]


def periods_of(person_id: int) -> Sequence[ApprovalPeriodRow]:
    """The person's periods, newest first."""
    return db.session.scalars(
        sa.select(ApprovalPeriodRow)
        .where(ApprovalPeriodRow.person_id == person_id)
        .order_by(ApprovalPeriodRow.approved_on.desc())
    ).all()


def period_for(person_id: int) -> ApprovalPeriod | None:
    """The newest recorded period."""
    rows = periods_of(person_id)
    return ApprovalPeriod(rows[0].approved_on, rows[0].valid_through) if rows else None


def sittings_of(person_id: int) -> Sequence[SittingRow]:
    """The person's sittings, by day."""
    return db.session.scalars(
        sa.select(SittingRow)
        .where(SittingRow.person_id == person_id)
        .order_by(SittingRow.on, SittingRow.id)
    ).all()


def find_sitting(sitting_id: int, person_id: int) -> SittingRow | None:
    """This person's sitting with this id."""
    return db.session.scalar(
        sa.select(SittingRow).where(SittingRow.id == sitting_id, SittingRow.person_id == person_id)
    )


def find_period(period_id: int, person_id: int) -> ApprovalPeriodRow | None:
    """This person's period with this id."""
    return db.session.scalar(
        sa.select(ApprovalPeriodRow).where(
            ApprovalPeriodRow.id == period_id, ApprovalPeriodRow.person_id == person_id
        )
    )
