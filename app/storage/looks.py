"""Who looked at whose record: append-only, and the person can read it."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.database import Base, Handle, db
from app.storage.people import PersonRow


class LookRow(Base):
    """One look at a person's record, or at the names of a cohort's board."""

    __tablename__ = "look"
    __table_args__ = (
        sa.CheckConstraint(
            "at_what in ('record', 'names', 'answers', 'gradebook')", name="at_what"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(Handle(32), index=True)
    """The same for all the people whom one look met, and the address of what was asked for."""
    viewer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    cohort_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cohort.id", ondelete="SET NULL"))
    at_what: Mapped[str] = mapped_column(sa.String(16))
    looked_at: Mapped[datetime]


def looks_at(person_id: int, most: int) -> Sequence[tuple[LookRow, str | None]]:
    """The newest looks at the person's record, each with the viewer's name as it is now."""
    query = (
        sa.select(LookRow, PersonRow.display_name)
        .outerjoin(PersonRow, PersonRow.id == LookRow.viewer_id)
        .where(LookRow.person_id == person_id)
        .order_by(LookRow.id.desc())
        .limit(most)
    )
    return [(look, name) for look, name in db.session.execute(query)]


def looks_of(handle: str, viewer_id: int) -> Sequence[LookRow]:
    """The rows of one look, if it is this viewer's."""
    return db.session.scalars(
        sa.select(LookRow).where(LookRow.handle == handle, LookRow.viewer_id == viewer_id)
    ).all()
