"""Letters about assignments: to whom, in which language, and once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.services import assignment_letters as services
from app.services.attempts import submit
from app.services.cohorts import archive_cohort
from app.storage.assignments import AssignmentRow
from app.storage.cohorts import CohortRow
from app.storage.database import db
from app.storage.mail import OutboxRow
from app.storage.people import find_by_username
from tests.cohorts import DUE, join, make_cohort, set_quiz
from tests.services.test_assigned_starts import begin
from tests.world import NOON, Stage

SOON = DUE - timedelta(hours=24)


@pytest.fixture
def cohort(stage: Stage) -> CohortRow:
    made = make_cohort(stage)
    join(stage, made, "ana", "eli")
    give_address("ana", "eli")
    return made


def give_address(*usernames: str) -> None:
    for username in usernames:
        row = find_by_username(username)
        assert row is not None
        row.email, row.confirmed_at = f"{username}@example.org", NOON
    db.session.commit()


def letters() -> list[OutboxRow]:
    db.session.expire_all()
    return [*db.session.scalars(sa.select(OutboxRow).order_by(OutboxRow.id))]


def recipients() -> list[tuple[str, str]]:
    return [(row.recipient, row.language) for row in letters()]


def reminded(quiz: AssignmentRow) -> bool:
    db.session.refresh(quiz)
    return quiz.reminded_at is not None


def test_every_member_is_told_in_their_language(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    services.queue_new_assignment(quiz, NOON)
    db.session.commit()
    assert recipients() == [("ana@example.org", "es"), ("eli@example.org", "en")]
    assert [row.person_id for row in letters()] == [stage.person(n).id for n in ("ana", "eli")]
    english = letters()[1]
    assert english.subject == "PeerPrep: something new is assigned to you"
    assert english.body.startswith(
        "Hello Eli,\n\n“Law and ethics” is assigned to you in your cohort Morning group.\n\n"
        "You can start it until March 9, 2026, 1:00 PM (Pacific Time)."
    )
    assert f"{stage.site.settings.address}/assigned/{quiz.handle}\n" in english.body


def test_the_caller_commits(cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    services.queue_new_assignment(quiz, NOON)
    db.session.rollback()
    assert letters() == []


def test_due_dates_are_told_in_the_cohort_s_zone(cohort: CohortRow) -> None:
    cohort.time_zone = "America/New_York"
    services.queue_new_assignment(set_quiz(cohort), NOON)
    assert "March 9, 2026, 4:00 PM (Eastern Time)" in letters()[1].body
    assert "9 de marzo de 2026, 4:00 p.m." in letters()[0].body


def test_what_has_no_due_date_tells_of_none(cohort: CohortRow) -> None:
    services.queue_new_assignment(set_quiz(cohort, due_at=None), NOON)
    assert "It has no due date" in letters()[1].body


@pytest.mark.parametrize("lacks", ["email", "confirmed_at", "active"])
def test_nobody_is_written_to_without_a_confirmed_address(cohort: CohortRow, lacks: str) -> None:
    eli = find_by_username("eli")
    assert eli is not None
    setattr(eli, lacks, False if lacks == "active" else None)
    services.queue_new_assignment(set_quiz(cohort), NOON)
    assert recipients() == [("ana@example.org", "es")]


def test_people_outside_of_the_cohort_are_not_written_to(stage: Stage, cohort: CohortRow) -> None:
    other = make_cohort(stage, "Evening group", "caro")
    give_address("dev")
    join(stage, other, "dev")
    services.queue_new_assignment(set_quiz(cohort), NOON)
    assert recipients() == [("ana@example.org", "es"), ("eli@example.org", "en")]


def test_the_subjects_give_nothing_away(cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    services.queue_new_assignment(quiz, NOON)
    services.queue_due_soon(SOON)
    for letter in letters():
        assert letter.subject.startswith("PeerPrep: ")
        assert cohort.name not in letter.subject
        assert quiz.title.en not in letter.subject


def test_a_day_before_the_due_date_each_member_is_reminded_once(cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    assert services.queue_due_soon(SOON - timedelta(seconds=1)) == 0
    assert not reminded(quiz)
    assert services.queue_due_soon(SOON) == 2
    assert reminded(quiz)
    assert services.queue_due_soon(SOON + timedelta(minutes=1)) == 0
    assert recipients() == [("ana@example.org", "es"), ("eli@example.org", "en")]
    assert "can be started until March 9, 2026, 1:00 PM" in letters()[1].body


def test_who_has_finished_is_left_in_peace(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    submit(stage.person("ana"), begin(stage, quiz), NOON, stage.site)
    begin(stage, quiz, "eli")
    assert services.queue_due_soon(SOON) == 1
    assert recipients() == [("eli@example.org", "en")]


@pytest.mark.parametrize(
    "wanted",
    [
        {"due_at": None},
        {"withdrawn_at": NOON},
        {"opens_at": SOON + timedelta(seconds=1)},
        {"reminded_at": NOON},
        {"due_at": SOON},
    ],
)
def test_nobody_is_reminded_of_what_cannot_be_started(
    cohort: CohortRow, wanted: dict[str, object]
) -> None:
    set_quiz(cohort, **wanted)
    assert services.queue_due_soon(SOON) == 0
    assert letters() == []


def test_an_archived_cohort_reminds_nobody(stage: Stage, cohort: CohortRow) -> None:
    set_quiz(cohort)
    archive_cohort(stage.person("ben"), cohort.handle, NOON)
    assert services.queue_due_soon(SOON) == 0


def test_what_is_due_within_a_day_is_told_once(cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    services.queue_new_assignment(quiz, SOON)
    db.session.commit()
    assert services.queue_due_soon(SOON) == 0
    assert len(letters()) == 2


def test_reminding_asks_no_more_of_the_database_for_more_assignments(cohort: CohortRow) -> None:
    counts = []
    for wanted in (1, 4):
        for number in range(wanted):
            set_quiz(cohort, title=f"Quiz {wanted} {number}")
        asked: list[str] = []

        def note(*call: object, asked: list[str] = asked) -> None:
            asked.append(str(call[2]))

        event.listen(db.engine, "before_cursor_execute", note)
        services.queue_due_soon(SOON)
        event.remove(db.engine, "before_cursor_execute", note)
        counts.append(sum(statement.startswith("SELECT") for statement in asked))
    assert counts[0] == counts[1]
