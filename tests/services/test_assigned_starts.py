"""Starting what a trainer has set: once, in time, as often as allowed, and never cut short."""

import random
from datetime import timedelta

import pytest

from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.domain.errors import (
    CohortArchived,
    FeedbackLater,
    NoAttemptLeft,
    NotFound,
    NotOpenYet,
    PastDue,
)
from app.services import attempts
from app.services.assigned_starts import start_assigned
from app.services.responses import Change, save_response
from app.services.results import result_page
from app.storage.assignments import AssignmentRow
from app.storage.attempts import AttemptRow, find_any_attempt
from app.storage.bank import current_pool
from app.storage.cohorts import CohortRow
from app.storage.database import db
from tests.cohorts import DUE, join, make_cohort, set_quiz
from tests.world import NOON, Stage


@pytest.fixture
def cohort(stage: Stage) -> CohortRow:
    made = make_cohort(stage)
    join(stage, made, "ana", "eli")
    return made


def begin(stage: Stage, quiz: AssignmentRow, username: str = "ana", **wanted: object) -> str:
    values: dict[str, object] = {"now": NOON, "seed": 5, "language": Language.EN, **wanted}
    return start_assigned(
        stage.person(username),
        quiz.handle,
        values["language"],  # type: ignore[arg-type]
        stage.site,
        values["now"],  # type: ignore[arg-type]
        random.Random(values["seed"]),  # type: ignore[arg-type]
    )


def row_of(handle: str) -> AttemptRow:
    row = find_any_attempt(handle)
    assert row is not None
    return row


def end(stage: Stage, handle: str, username: str = "ana", **after: int) -> None:
    attempts.submit(stage.person(username), handle, NOON + timedelta(**after), stage.site)


def test_it_holds_the_assignments_items_alone(stage: Stage, cohort: CohortRow) -> None:
    row = row_of(begin(stage, set_quiz(cohort)))
    assert len(row.form) == 10
    assert {item_id[:7] for item_id, _, _ in row.form} == {"oshpd03"}


def test_starting_twice_starts_once(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    assert begin(stage, quiz) == begin(stage, quiz)


def test_a_quiz_of_ones_own_may_run_beside_it(stage: Stage, cohort: CohortRow) -> None:
    own = stage.start("ana", kind=AttemptKind.QUIZ)
    assert begin(stage, set_quiz(cohort)) != own


def test_two_assignments_may_run_side_by_side(stage: Stage, cohort: CohortRow) -> None:
    one, other = set_quiz(cohort), set_quiz(cohort, title="Again")
    assert begin(stage, one) != begin(stage, other)


def test_every_attempt_used_means_no_more(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort, attempts_allowed=2)
    for seed in (1, 2):
        end(stage, begin(stage, quiz, seed=seed), minutes=5)
    with pytest.raises(NoAttemptLeft):
        begin(stage, quiz)


def test_before_it_opens_it_cannot_be_started(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    with pytest.raises(NotOpenYet):
        begin(stage, quiz, now=NOON - timedelta(seconds=1))


def test_at_the_due_moment_it_can_still_be_started_and_later_not(
    stage: Stage, cohort: CohortRow
) -> None:
    quiz = set_quiz(cohort)
    assert begin(stage, quiz, now=DUE)
    with pytest.raises(PastDue):
        begin(stage, quiz, username="eli", now=DUE + timedelta(seconds=1))


def test_the_due_date_never_cuts_promised_time(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort, timed=True)
    handle = begin(stage, quiz, now=DUE - timedelta(minutes=1))
    attempt = attempts.load(stage.person("ana"), handle, DUE, stage.site)[1]
    assert attempt.allowance is not None
    assert attempt.deadline(DUE) == DUE - timedelta(minutes=1) + timedelta(
        seconds=attempt.allowance.own_seconds
    )


def test_an_archived_cohort_starts_nothing(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    cohort.archived_at = NOON
    db.session.commit()
    with pytest.raises(CohortArchived):
        begin(stage, quiz)


def test_a_withdrawn_assignment_is_gone_but_a_running_attempt_goes_on(
    stage: Stage, cohort: CohortRow
) -> None:
    quiz = set_quiz(cohort)
    handle = begin(stage, quiz)
    quiz.withdrawn_at = NOON
    db.session.commit()
    with pytest.raises(NotFound):
        begin(stage, quiz, username="eli")
    end(stage, handle, minutes=3)
    page = result_page(stage.person("ana"), handle, NOON + timedelta(minutes=4), stage.site)
    assert page.score.total == 10


def test_whoever_is_not_in_the_cohort_finds_nothing(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    with pytest.raises(NotFound):
        begin(stage, quiz, username="caro")


def test_a_set_language_stays_and_a_free_one_is_the_candidates(
    stage: Stage, cohort: CohortRow
) -> None:
    fixed = row_of(begin(stage, set_quiz(cohort, language="es")))
    free = row_of(begin(stage, set_quiz(cohort, title="Free")))
    assert (fixed.language, fixed.language_fixed) == ("es", True)
    assert (free.language, free.language_fixed) == ("en", False)


def test_the_same_items_for_all_come_mixed_or_in_order(stage: Stage, cohort: CohortRow) -> None:
    drawn = row_of(begin(stage, set_quiz(cohort))).form
    mixed = row_of(begin(stage, set_quiz(cohort, title="Mixed", form=drawn), seed=9)).form
    ordered = row_of(
        begin(stage, set_quiz(cohort, title="In order", form=drawn, shuffled=False))
    ).form
    assert ordered == drawn
    assert mixed != drawn
    assert sorted(entry[0] for entry in mixed) == sorted(entry[0] for entry in drawn)


def test_an_assigned_mock_uses_a_mock_try(stage: Stage, cohort: CohortRow) -> None:
    mock = set_quiz(
        cohort,
        kind="mock",
        items=120,
        selection={"axis": "oshpd", "areas": [], "levels": [], "competencies": [], "item_ids": []},
    )
    row = row_of(begin(stage, mock))
    assert (row.try_on, row.try_slot is not None) == (stage.site.day(NOON), True)
    assert (row.base_seconds, row.break_after) == (9000, 60)


def test_results_after_the_due_date_open_then_and_not_before(
    stage: Stage, cohort: CohortRow
) -> None:
    quiz = set_quiz(cohort, feedback="after_due")
    handle = begin(stage, quiz)
    end(stage, handle, minutes=5)
    ana = stage.person("ana")
    with pytest.raises(FeedbackLater):
        result_page(ana, handle, DUE - timedelta(seconds=1), stage.site)
    assert result_page(ana, handle, DUE, stage.site).score.total == 10


@pytest.mark.parametrize(
    ("wanted", "waits"),
    [({}, 0), ({"timed": True}, 26), ({"kind": "mock", "items": 120}, 2 * 150 + 60)],
)
def test_results_wait_until_nobody_can_be_at_work_on_the_same_questions(
    stage: Stage, cohort: CohortRow, wanted: dict[str, object], waits: int
) -> None:
    whole = {"axis": "oshpd", "areas": [], "levels": [], "competencies": [], "item_ids": []}
    quiz = set_quiz(cohort, feedback="after_due", selection=whole, **wanted)
    assert row_of(begin(stage, quiz)).feedback_from == DUE + timedelta(minutes=waits)


def test_the_end_keeps_the_choices_and_how_many_were_right(stage: Stage, cohort: CohortRow) -> None:
    handle = begin(stage, set_quiz(cohort))
    row = row_of(handle)
    keys = {item.item_id: item.key for item in current_pool()}
    position = 2
    change = Change(reading=Language.EN, option_id=keys[row.form[position - 1][0]])
    save_response(stage.person("ana"), handle, position, change, NOON, stage.site)
    end(stage, handle, minutes=1)
    db.session.expire_all()
    ended = row_of(handle)
    assert ended.chosen == [None, keys[row.form[1][0]], *[None] * 8]
    assert ended.right == 1
