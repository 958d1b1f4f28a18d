"""People in a cohort and what they did with its assignments, put on the stage directly."""

import random
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.domain.items import PoolItem
from app.storage.assignments import AssignmentRow
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.bank import current_pool
from app.storage.cohorts import CohortMemberRow, CohortRow
from app.storage.database import db
from app.storage.people import PersonRow
from tests.world import NOON


def add_members(cohort: CohortRow, *names: str, joined: datetime = NOON) -> list[int]:
    """People with these names in the cohort, in the order of joining."""
    ids = []
    for count, name in enumerate(names):
        person = PersonRow(
            username=f"{name.casefold()}-{cohort.id}",
            display_name=name,
            fs_uniquifier=secrets.token_hex(16),
            created_at=NOON,
            preferences={},
        )
        db.session.add(person)
        db.session.flush()
        moment = joined + timedelta(minutes=count)
        db.session.add(CohortMemberRow(cohort_id=cohort.id, person_id=person.id, joined_at=moment))
        ids.append(person.id)
    db.session.commit()
    return ids


def items_on(domain: int, count: int) -> list[PoolItem]:
    """The first items of a domain in the bank."""
    return [item for item in current_pool() if item.oshpd == domain][:count]


def sit(
    quiz: AssignmentRow,
    person_id: int,
    items: Sequence[PoolItem],
    right: int | Sequence[bool | None],
    *,
    language: str = "en",
    now: datetime = NOON,
    finished: bool = True,
) -> AttemptRow:
    """An attempt: the first so many right and the rest wrong, or one by one with None blank."""
    marks = [n < right for n in range(len(items))] if isinstance(right, int) else right
    chosen = [option_for(item, mark) for item, mark in zip(items, marks, strict=True)]
    row = AttemptRow(
        handle=secrets.token_urlsafe(12),
        person_id=person_id,
        kind=quiz.kind,
        feedback=quiz.feedback,
        language=language,
        language_fixed=False,
        form=[[item.item_id, item.revision, " ".join(item.option_ids)] for item in items],
        practice_target=0.7,
        break_after=None,
        assignment_id=quiz.id,
        assignment_try=1 + tries(quiz, person_id),
        started_at=now - timedelta(minutes=20),
        finished_at=now if finished else None,
        chosen=chosen if finished else None,
        right=sum(mark is True for mark in marks) if finished else None,
    )
    db.session.add(row)
    db.session.flush()
    if not finished:
        _save(row, chosen, now)
    db.session.commit()
    return row


def option_for(item: PoolItem, mark: bool | None) -> str | None:  # noqa: FBT001 (one of three)
    """The key, the first distractor, or nothing."""
    if mark is None:
        return None
    return item.key if mark else next(option for option in item.option_ids if option != item.key)


def tries(quiz: AssignmentRow, person_id: int) -> int:
    """How many attempts the person has at the quiz."""
    query = sa.select(sa.func.count()).where(
        AttemptRow.assignment_id == quiz.id, AttemptRow.person_id == person_id
    )
    return db.session.scalar(query) or 0


def fill_cohort(cohort: CohortRow, quizzes: Sequence[AssignmentRow], people: int) -> list[int]:
    """So many people, each with a finished first half of every quiz's items."""
    ids = add_members(cohort, *(f"Member{n:02}" for n in range(people)))
    items = items_on(3, 10)
    rng = random.Random(3)
    for quiz in quizzes:
        for person_id in ids:
            sit(quiz, person_id, items, [rng.random() < 0.6 for _ in items])
    return ids


def _save(row: AttemptRow, chosen: Sequence[str | None], now: datetime) -> None:
    for position, option in enumerate(chosen, start=1):
        db.session.add(
            ResponseRow(
                attempt_id=row.id,
                position=position,
                option_id=option,
                language=row.language,
                saved_at=now,
            )
        )
