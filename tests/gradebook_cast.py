"""Results of a cohort: people who join it, and attempts that went as a test needs them."""

import random
from datetime import datetime, timedelta

from app.domain.bilingual import Language
from app.services import attempts as attempt_services
from app.services.assigned_starts import start_assigned
from app.services.people import Registration, add_person
from app.storage.assignments import AssignmentRow
from app.storage.attempts import AttemptRow, find_any_attempt
from app.storage.bank import item_of
from app.storage.cohorts import CohortRow
from tests.cohorts import join
from tests.world import NOON, Stage

TWENTY_MINUTES = timedelta(minutes=20)


def newcomer(
    stage: Stage, cohort: CohortRow, username: str, name: str | None = None, now: datetime = NOON
) -> str:
    """One more member; the sign-in name is given back."""
    add_person(Registration(username, name or username.title(), "-", Language.EN), now)
    join(stage, cohort, username, now=now)
    return username


def begun(
    stage: Stage,
    quiz: AssignmentRow,
    username: str = "ana",
    now: datetime = NOON,
    language: Language = Language.EN,
) -> AttemptRow:
    """An attempt that runs."""
    person = stage.person(username)
    chance = random.Random(f"{username} {quiz.id} {now}")
    handle = start_assigned(person, quiz.handle, language, stage.site, now, chance)
    row = find_any_attempt(handle)
    assert row is not None
    return row


def sat(
    stage: Stage,
    quiz: AssignmentRow,
    username: str = "ana",
    right: int = 0,
    wrong: int = 0,
    now: datetime = NOON,
    language: Language = Language.EN,
) -> AttemptRow:
    """An attempt handed in after twenty minutes: so many right, so many wrong, the rest blank."""
    row = begun(stage, quiz, username, now, language)
    for position, (_item_id, revision, order) in enumerate(row.form[: right + wrong], start=1):
        key = item_of(revision).key
        other = next(option for option in order.split() if option != key)
        response = attempt_services.response_row(row, position, now)
        response.option_id = key if position <= right else other
    attempt_services.submit(stage.person(username), row.handle, now + TWENTY_MINUTES, stage.site)
    return row
