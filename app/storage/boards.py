"""What boards read of a cohort: columns of current members' attempts, never whole rows.

Only attempts on the cohort's own assignments that are not withdrawn, and none that was voided.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.domain.progress import Run
from app.storage.assignments import AssignmentRow
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.cohorts import CohortMemberRow
from app.storage.database import db
from app.storage.people import PersonRow


class Member(NamedTuple):
    """A member, with the number that stands for the name until it is asked for."""

    person_id: int
    number: int
    name: str
    joined_at: datetime


class FinishedFirst(NamedTuple):
    """A person's first finished attempt at an assignment."""

    person_id: int
    assignment_id: int
    language: str
    finished_at: datetime
    form: list[Any]
    chosen: list[str | None]


Runs = dict[tuple[int, int], list[Run]]
"""Attempts by assignment and person, oldest first."""


def members(cohort_id: int, page: str) -> tuple[Member, ...]:
    """The members, numbered in an order of this page's own, which no other page tells.

    Whoever has been named on one page is not known by the number on the next. The order hangs
    on a secret of each person, so that it cannot be worked out from outside.
    """
    rows = db.session.execute(
        sa.select(
            CohortMemberRow.person_id,
            PersonRow.display_name,
            PersonRow.fs_uniquifier,
            CohortMemberRow.joined_at,
        )
        .join(PersonRow, PersonRow.id == CohortMemberRow.person_id)
        .where(CohortMemberRow.cohort_id == cohort_id)
    )
    mixed = sorted(rows, key=lambda row: sha256(f"{page}:{row[2]}".encode()).digest())
    return tuple(
        Member(row[0], number, row[1], row[3]) for number, row in enumerate(mixed, start=1)
    )


def runs_on(cohort_id: int, assignment_id: int | None = None) -> Runs:
    """Every attempt that counts, on one assignment or on all, in two queries."""
    answered = _answered(cohort_id, assignment_id)
    rows = db.session.execute(
        sa.select(
            AttemptRow.id,
            AttemptRow.assignment_id,
            AttemptRow.person_id,
            AttemptRow.started_at,
            AttemptRow.finished_at,
            AttemptRow.right,
            sa.func.json_array_length(AttemptRow.form),
            AttemptRow.practice_target,
            AttemptRow.language,
            AttemptRow.chosen,
        )
        .where(*_counts(cohort_id, assignment_id))
        .order_by(AttemptRow.id)
    )
    runs: Runs = defaultdict(list)
    for attempt_id, on, person_id, start, end, right, total, target, language, chosen in rows:
        handed_in = sum(option is not None for option in chosen or ())
        saved = answered.get(attempt_id, (handed_in, None))
        runs[on, person_id].append(Run(start, end, right, total, target, language, *saved))
    return runs


def finished_first(cohort_id: int, assignment_id: int | None = None) -> Sequence[FinishedFirst]:
    """Each person's first finished attempt at one assignment or at each of all."""
    counts = _counts(cohort_id, assignment_id)
    first = (
        sa.select(sa.func.min(AttemptRow.id))
        .where(*counts, AttemptRow.finished_at.is_not(None), AttemptRow.chosen.is_not(sa.null()))
        .group_by(AttemptRow.assignment_id, AttemptRow.person_id)
    )
    rows = db.session.execute(
        sa.select(
            AttemptRow.person_id,
            AttemptRow.assignment_id,
            AttemptRow.language,
            AttemptRow.finished_at,
            AttemptRow.form,
            AttemptRow.chosen,
        )
        .where(AttemptRow.id.in_(first))
        .order_by(AttemptRow.id)
    )
    return [FinishedFirst(*row) for row in rows]


def _answered(cohort_id: int, assignment_id: int | None) -> dict[int, tuple[int, datetime | None]]:
    """How many items are answered in each running attempt, and when one was saved last."""
    rows = db.session.execute(
        sa.select(
            ResponseRow.attempt_id,
            sa.func.count(ResponseRow.option_id),
            sa.func.max(ResponseRow.saved_at),
        )
        .join(AttemptRow, AttemptRow.id == ResponseRow.attempt_id)
        .where(*_counts(cohort_id, assignment_id), AttemptRow.finished_at.is_(None))
        .group_by(ResponseRow.attempt_id)
    )
    return {attempt_id: (count, saved_at) for attempt_id, count, saved_at in rows}


def _counts(cohort_id: int, assignment_id: int | None) -> list[sa.ColumnElement[bool]]:
    on = sa.select(AssignmentRow.id).where(
        AssignmentRow.cohort_id == cohort_id, AssignmentRow.withdrawn_at.is_(None)
    )
    if assignment_id is not None:
        on = on.where(AssignmentRow.id == assignment_id)
    here = sa.select(CohortMemberRow.person_id).where(CohortMemberRow.cohort_id == cohort_id)
    return [
        AttemptRow.assignment_id.in_(on),
        AttemptRow.person_id.in_(here),
        AttemptRow.voided_at.is_(None),
    ]
