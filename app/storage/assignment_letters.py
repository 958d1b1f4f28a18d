"""Whom the letters about assignments are for, and which of them are still to be written."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.storage.assignments import AssignmentRow
from app.storage.attempts import AttemptRow
from app.storage.cohorts import CohortMemberRow, CohortRow
from app.storage.database import db, held
from app.storage.people import PersonRow


def readers_of(cohort_ids: Sequence[int]) -> dict[int, list[PersonRow]]:
    """Each cohort's members who can be written to: open account, confirmed address."""
    query = (
        sa.select(CohortMemberRow.cohort_id, PersonRow)
        .join(PersonRow, PersonRow.id == CohortMemberRow.person_id)
        .where(
            CohortMemberRow.cohort_id.in_(cohort_ids),
            PersonRow.active,
            PersonRow.email.is_not(None),
            PersonRow.confirmed_at.is_not(None),
        )
        .order_by(CohortMemberRow.cohort_id, PersonRow.id)
    )
    found: dict[int, list[PersonRow]] = {cohort_id: [] for cohort_id in cohort_ids}
    for cohort_id, person in db.session.execute(query):
        found[cohort_id].append(person)
    return found


def due_between(
    now: datetime, until: datetime, *, hold: bool = False
) -> Sequence[tuple[AssignmentRow, CohortRow]]:
    """What is open, falls due in that time and was not reminded of, oldest first.

    `hold` keeps the rows for this transaction; what another one holds is left to it.
    """
    query = (
        sa.select(AssignmentRow, CohortRow)
        .join(CohortRow, CohortRow.id == AssignmentRow.cohort_id)
        .where(
            AssignmentRow.reminded_at.is_(None),
            AssignmentRow.withdrawn_at.is_(None),
            AssignmentRow.opens_at <= now,
            AssignmentRow.due_at > now,
            AssignmentRow.due_at <= until,
            CohortRow.archived_at.is_(None),
        )
        .order_by(AssignmentRow.id)
    )
    if hold:
        query = held(query, AssignmentRow, skip_locked=True)
    return [(row, cohort) for row, cohort in db.session.execute(query)]


def finished_on(assignment_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Assignment and person of every finished attempt that was not voided."""
    query = sa.select(AttemptRow.assignment_id, AttemptRow.person_id).where(
        AttemptRow.assignment_id.in_(assignment_ids),
        AttemptRow.finished_at.is_not(None),
        AttemptRow.voided_at.is_(None),
    )
    return {(on, by) for on, by in db.session.execute(query) if on is not None}
