"""What a trainer sets for a cohort."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.bilingual import Bilingual
from app.storage.attempts import AttemptRow
from app.storage.cohorts import CohortMemberRow, CohortRow
from app.storage.database import Base, Handle, db, held


class AssignmentRow(Base):
    """A quiz or a full mock that a cohort is asked to do.

    A withdrawn one is gone for everybody but those who have begun: their attempts go on, and
    they keep them.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        sa.CheckConstraint("kind in ('mock', 'quiz')", name="kind"),
        sa.CheckConstraint("feedback in ('each_item', 'at_end', 'after_due')", name="feedback"),
        sa.CheckConstraint("language in ('choice', 'en', 'es')", name="language"),
        sa.CheckConstraint("items between 1 and 240", name="items"),
        sa.CheckConstraint("attempts_allowed between 1 and 10", name="attempts_allowed"),
        sa.CheckConstraint("due_at is null or due_at > opens_at", name="window"),
        sa.CheckConstraint("feedback <> 'after_due' or due_at is not null", name="after_due"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(Handle(32), unique=True)
    cohort_id: Mapped[int] = mapped_column(
        sa.ForeignKey("cohort.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[Bilingual]
    """In both languages where the site named it; a trainer's own words are the same in both."""
    kind: Mapped[str] = mapped_column(sa.String(16))
    selection: Mapped[dict[str, Any]]
    """What the items are drawn from: axis, areas, levels, or the hand-picked item ids."""
    items: Mapped[int]
    timed: Mapped[bool]
    feedback: Mapped[str] = mapped_column(sa.String(16))
    language: Mapped[str] = mapped_column(sa.String(8))
    opens_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """Until when it can be started; whoever has started keeps the whole time."""
    attempts_allowed: Mapped[int]
    shuffled: Mapped[bool]
    form: Mapped[list[Any] | None]
    """[[item id, revision, "option ids in order"], ...]: the same for all; None draws for each."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    withdrawn_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    """When "due soon" was queued, so that it is queued once."""


def find_assignment(handle: str) -> AssignmentRow | None:
    """The assignment with this handle, withdrawn or not, whoever's it is."""
    return db.session.scalar(sa.select(AssignmentRow).where(AssignmentRow.handle == handle))


def hold(row: AssignmentRow) -> None:
    """Hold the row to the end of the transaction, and read it as it stands then."""
    found = sa.select(AssignmentRow).where(AssignmentRow.id == row.id)
    db.session.scalars(held(found, AssignmentRow)).all()  # unfetched, it is not read into the row


def titles_of(assignment_ids: Iterable[int | None]) -> dict[int | None, Bilingual]:
    """The titles of these assignments, withdrawn ones too, in one query; None has no title."""
    wanted = {found for found in assignment_ids if found is not None}
    if not wanted:
        return {}
    query = sa.select(AssignmentRow.id, AssignmentRow.title).where(AssignmentRow.id.in_(wanted))
    return {row.id: row.title for row in db.session.execute(query)}


def assignment_of(assignment_id: int) -> AssignmentRow | None:
    """The assignment with this id, withdrawn or not."""
    return db.session.get(AssignmentRow, assignment_id)


def time_zone_of(assignment_id: int | None) -> str | None:
    """The time zone of the assignment's cohort; None where there is no assignment."""
    query = (
        sa.select(CohortRow.time_zone)
        .join(AssignmentRow, AssignmentRow.cohort_id == CohortRow.id)
        .where(AssignmentRow.id == assignment_id)
    )
    return db.session.scalar(query)


def fixes_language(assignment_id: int | None) -> bool:
    """Whether the assignment, if there is one, says in which language it is done."""
    row = None if assignment_id is None else db.session.get(AssignmentRow, assignment_id)
    return row is not None and row.language != "choice"


def assignments_of(cohort_id: int) -> Sequence[AssignmentRow]:
    """The cohort's assignments that are not withdrawn, newest first."""
    return db.session.scalars(
        sa.select(AssignmentRow)
        .where(AssignmentRow.cohort_id == cohort_id, AssignmentRow.withdrawn_at.is_(None))
        .order_by(AssignmentRow.opens_at.desc(), AssignmentRow.id.desc())
    ).all()


def assigned_to(person_id: int, now: datetime) -> Sequence[AssignmentRow]:
    """What is set for the person in their cohorts and has opened, soonest due first."""
    return db.session.scalars(
        sa.select(AssignmentRow)
        .join(CohortMemberRow, CohortMemberRow.cohort_id == AssignmentRow.cohort_id)
        .where(
            CohortMemberRow.person_id == person_id,
            AssignmentRow.withdrawn_at.is_(None),
            AssignmentRow.opens_at <= now,
        )
        .order_by(AssignmentRow.due_at.is_(None), AssignmentRow.due_at, AssignmentRow.id)
    ).all()


def attempts_on(assignment_ids: Sequence[int]) -> Sequence[AttemptRow]:
    """Every attempt on these assignments that was not voided, oldest first, whoever's."""
    return db.session.scalars(
        sa.select(AttemptRow)
        .where(AttemptRow.assignment_id.in_(assignment_ids), AttemptRow.voided_at.is_(None))
        .order_by(AttemptRow.id)
    ).all()


def attempts_of_person_on(person_id: int, assignment_ids: Sequence[int]) -> Sequence[AttemptRow]:
    """The person's attempts on these assignments, voided ones too, oldest first."""
    return db.session.scalars(
        sa.select(AttemptRow)
        .where(AttemptRow.person_id == person_id, AttemptRow.assignment_id.in_(assignment_ids))
        .order_by(AttemptRow.id)
    ).all()
