"""One member's record: what was given, added and given back, and who reaches it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from app.domain.bilingual import Bilingual
from app.storage.accommodations import AccommodationRow
from app.storage.assignments import AssignmentRow
from app.storage.attempts import AdjustmentRow, AttemptRow, ResponseRow
from app.storage.cohorts import CohortMemberRow, CohortRow, CohortTrainerRow
from app.storage.database import db, held
from app.storage.people import PersonRow


class Titled(NamedTuple):
    """An attempt with its assignment's title; None where it is the person's own."""

    row: AttemptRow
    title: Bilingual | None


def _seen(cohort_id: int, *, shares_practice: bool) -> sa.ColumnElement[bool]:
    """Which attempts a cohort's trainers see: its assignments', and practice that is shared."""
    assigned = AssignmentRow.cohort_id == cohort_id
    return sa.or_(assigned, AttemptRow.assignment_id.is_(None)) if shares_practice else assigned


def seen_attempts(person_id: int, cohort_id: int, *, shares_practice: bool) -> Sequence[Titled]:
    """What the cohort's trainers see of the person's attempts, newest first."""
    query = (
        sa.select(AttemptRow, AssignmentRow.title)
        .outerjoin(AssignmentRow, AssignmentRow.id == AttemptRow.assignment_id)
        .where(AttemptRow.person_id == person_id, _seen(cohort_id, shares_practice=shares_practice))
        .order_by(AttemptRow.id.desc())
    )
    return [Titled(row, title) for row, title in db.session.execute(query)]


def seen_attempt(
    handle: str, person_id: int, cohort_id: int, *, shares_practice: bool, lock: bool = False
) -> Titled | None:
    """One of them; `lock` holds it to the end of the transaction."""
    query = (
        sa.select(AttemptRow, AssignmentRow.title)
        .outerjoin(AssignmentRow, AssignmentRow.id == AttemptRow.assignment_id)
        .where(
            AttemptRow.handle == handle,
            AttemptRow.person_id == person_id,
            _seen(cohort_id, shares_practice=shares_practice),
        )
    )
    if lock:
        query = held(query, AttemptRow)
    found = db.session.execute(query).first()
    return None if found is None else Titled(found[0], found[1])


def is_seen_by(trainer_id: int, attempt: AttemptRow) -> bool:
    """Whether the attempt is seen in an open cohort that this trainer teaches."""
    query = (
        sa.select(CohortRow.id)
        .join(CohortTrainerRow, CohortTrainerRow.cohort_id == CohortRow.id)
        .join(CohortMemberRow, CohortMemberRow.cohort_id == CohortRow.id)
        .outerjoin(AssignmentRow, AssignmentRow.id == attempt.assignment_id)
        .where(
            CohortTrainerRow.person_id == trainer_id,
            CohortMemberRow.person_id == attempt.person_id,
            CohortRow.archived_at.is_(None),
            CohortMemberRow.shares_practice
            if attempt.assignment_id is None
            else AssignmentRow.cohort_id == CohortRow.id,
        )
    )
    return db.session.scalar(query.limit(1)) is not None


def seconds_on_items(attempt_ids: Iterable[int]) -> dict[int, int]:
    """Seconds with an item of the attempt open, for each attempt that has any."""
    query = (
        sa.select(ResponseRow.attempt_id, sa.func.sum(ResponseRow.seconds))
        .where(ResponseRow.attempt_id.in_(list(attempt_ids)))
        .group_by(ResponseRow.attempt_id)
    )
    return {attempt_id: int(seconds or 0) for attempt_id, seconds in db.session.execute(query)}


def adjustments_to(person_id: int) -> Sequence[tuple[AdjustmentRow, AttemptRow, Bilingual | None]]:
    """Time added to the person's attempts, each with its assignment's title, newest first."""
    query = (
        sa.select(AdjustmentRow, AttemptRow, AssignmentRow.title)
        .join(AttemptRow, AttemptRow.id == AdjustmentRow.attempt_id)
        .outerjoin(AssignmentRow, AssignmentRow.id == AttemptRow.assignment_id)
        .where(AttemptRow.person_id == person_id)
        .order_by(AdjustmentRow.id.desc())
    )
    return [(made, row, title) for made, row, title in db.session.execute(query)]


def voided_of(person_id: int) -> Sequence[Titled]:
    """The person's attempts that were given back, newest first."""
    query = (
        sa.select(AttemptRow, AssignmentRow.title)
        .outerjoin(AssignmentRow, AssignmentRow.id == AttemptRow.assignment_id)
        .where(AttemptRow.person_id == person_id, AttemptRow.voided_at.is_not(None))
        .order_by(AttemptRow.voided_at.desc(), AttemptRow.id.desc())
    )
    return [Titled(row, title) for row, title in db.session.execute(query)]


def standing_of(person_id: int) -> AccommodationRow | None:
    """The person's accommodations as they were set last; None where nobody has."""
    return db.session.scalar(
        sa.select(AccommodationRow)
        .where(AccommodationRow.person_id == person_id)
        .order_by(AccommodationRow.id.desc())
        .limit(1)
    )


def names_of(person_ids: Iterable[int | None]) -> dict[int, str]:
    """The display names of these people, where their accounts still are."""
    wanted = {person_id for person_id in person_ids if person_id is not None}
    query = sa.select(PersonRow.id, PersonRow.display_name).where(PersonRow.id.in_(wanted))
    return {row.id: row.display_name for row in db.session.execute(query)}
