"""Late answers that wait for a trainer, and the record of those that were let count."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.bilingual import Bilingual
from app.storage.assignments import AssignmentRow
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.database import Base, db


class LateCountRow(Base):
    """Late answers of an attempt that were let count; append-only."""

    __tablename__ = "late_count"

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(
        sa.ForeignKey("attempt.id", ondelete="CASCADE"), index=True
    )
    answers: Mapped[int]
    """How many there were."""
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))


IS_WAITING = sa.and_(
    ResponseRow.late_option_id.is_not(None),
    ResponseRow.late_option_id.is_distinct_from(ResponseRow.option_id),
)
"""Of a response: a late answer to it does not count yet."""


def waiting_of_many(attempt_ids: Iterable[int]) -> dict[int, int]:
    """How many late answers do not count yet, for each attempt that has any."""
    query = (
        sa.select(ResponseRow.attempt_id, sa.func.count())
        .where(ResponseRow.attempt_id.in_(list(attempt_ids)), IS_WAITING)
        .group_by(ResponseRow.attempt_id)
    )
    return dict(iter(db.session.execute(query)))


def late_counts_of_many(attempt_ids: Iterable[int]) -> dict[int, list[LateCountRow]]:
    """Each attempt's record, in order, in one query."""
    wanted = list(attempt_ids)
    found: dict[int, list[LateCountRow]] = {attempt_id: [] for attempt_id in wanted}
    rows = db.session.scalars(
        sa.select(LateCountRow).where(LateCountRow.attempt_id.in_(wanted)).order_by(LateCountRow.id)
    )
    for row in rows:
        found[row.attempt_id].append(row)
    return found


def late_counts_to(person_id: int) -> Sequence[tuple[LateCountRow, AttemptRow, Bilingual | None]]:
    """The record of the person's attempts, each with its assignment's title, newest first."""
    query = (
        sa.select(LateCountRow, AttemptRow, AssignmentRow.title)
        .join(AttemptRow, AttemptRow.id == LateCountRow.attempt_id)
        .outerjoin(AssignmentRow, AssignmentRow.id == AttemptRow.assignment_id)
        .where(AttemptRow.person_id == person_id)
        .order_by(LateCountRow.id.desc())
    )
    return [(made, row, title) for made, row, title in db.session.execute(query)]
