"""How far assignments have been used: counts over their attempts, no attempt itself."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.storage.assignments import AssignmentRow
from app.storage.attempts import AttemptRow
from app.storage.cohorts import CohortMemberRow
from app.storage.database import db


def people_started(assignment_ids: Sequence[int]) -> dict[int, int]:
    """How many people have started each assignment; voided attempts are starts too."""
    query = (
        sa.select(AttemptRow.assignment_id, sa.func.count(AttemptRow.person_id.distinct()))
        .where(AttemptRow.assignment_id.in_(assignment_ids))
        .group_by(AttemptRow.assignment_id)
    )
    return {found: people for found, people in db.session.execute(query) if found is not None}


def members_started(assignment_ids: Sequence[int]) -> dict[int, int]:
    """How many of those who are in its cohort now have started each; voided attempts count not."""
    query = (
        sa.select(AttemptRow.assignment_id, sa.func.count(AttemptRow.person_id.distinct()))
        .join(AssignmentRow, AssignmentRow.id == AttemptRow.assignment_id)
        .join(
            CohortMemberRow,
            sa.and_(
                CohortMemberRow.cohort_id == AssignmentRow.cohort_id,
                CohortMemberRow.person_id == AttemptRow.person_id,
            ),
        )
        .where(AttemptRow.assignment_id.in_(assignment_ids), AttemptRow.voided_at.is_(None))
        .group_by(AttemptRow.assignment_id)
    )
    return {found: people for found, people in db.session.execute(query) if found is not None}


def most_attempts_used(assignment_id: int) -> int:
    """The most attempts that one person has used; a void frees its attempt."""
    used = (
        sa.select(sa.func.count().label("used"))
        .where(AttemptRow.assignment_id == assignment_id, AttemptRow.assignment_try.is_not(None))
        .group_by(AttemptRow.person_id)
        .subquery()
    )
    return db.session.scalar(sa.select(sa.func.max(used.c.used))) or 0


def move_closed_results(assignment_id: int, opens_at: datetime, now: datetime) -> None:
    """Let results that are still closed at `now` open at another moment."""
    db.session.execute(
        sa.update(AttemptRow)
        .where(AttemptRow.assignment_id == assignment_id, AttemptRow.feedback_from > now)
        .values(feedback_from=opens_at)
    )
