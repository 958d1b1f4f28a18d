"""The attempts that a cohort's results are made of: its members', on what is set for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from app.storage.assignments import AssignmentRow
from app.storage.attempts import AdjustmentRow, AttemptRow, ResponseRow
from app.storage.cohorts import CohortMemberRow
from app.storage.database import db
from app.storage.late import IS_WAITING


class AttemptLine(NamedTuple):
    """What the gradebook needs of one attempt. `right` is None while it runs."""

    person_id: int
    assignment_id: int
    language: str
    time_factor: float
    base_seconds: int | None
    finished_at: datetime | None
    right: int | None
    total: int
    added_seconds: int
    late_waiting: int
    """Late answers that do not count yet."""


def attempt_lines(cohort_id: int) -> Sequence[AttemptLine]:
    """Every attempt that counts, oldest first, in one query and without its form.

    Those of present members on assignments that are not withdrawn, but the ones given back.
    """
    added = (
        sa.select(sa.func.sum(AdjustmentRow.seconds))
        .where(AdjustmentRow.attempt_id == AttemptRow.id)
        .scalar_subquery()
    )
    late = (
        sa.select(sa.func.count())
        .where(ResponseRow.attempt_id == AttemptRow.id, IS_WAITING)
        .scalar_subquery()
    )
    query = (
        sa.select(
            AttemptRow.person_id,
            AttemptRow.assignment_id,
            AttemptRow.language,
            AttemptRow.time_factor,
            AttemptRow.base_seconds,
            AttemptRow.finished_at,
            AttemptRow.right,
            sa.func.json_array_length(AttemptRow.form),
            sa.func.coalesce(added, 0),
            late,
        )
        .join(AssignmentRow, AssignmentRow.id == AttemptRow.assignment_id)
        .join(
            CohortMemberRow,
            sa.and_(
                CohortMemberRow.cohort_id == AssignmentRow.cohort_id,
                CohortMemberRow.person_id == AttemptRow.person_id,
            ),
        )
        .where(
            AssignmentRow.cohort_id == cohort_id,
            AssignmentRow.withdrawn_at.is_(None),
            AttemptRow.voided_at.is_(None),
        )
        .order_by(AttemptRow.id)
    )
    return [AttemptLine(*row) for row in db.session.execute(query)]
