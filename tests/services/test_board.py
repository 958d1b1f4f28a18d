"""The board: counts and rows, of present members and what counts, in a fixed number of queries."""

from datetime import timedelta

import pytest

from app.domain.errors import NotFound
from app.domain.progress import Reason, State
from app.services.board import Counts, assignment_board, board_page, show_names
from app.services.cohorts import remove_member
from app.services.looks import looks_at_me
from app.storage.boards import members
from app.storage.cohorts import CohortRow
from app.storage.database import db
from tests.boards import add_members, fill_cohort, items_on, sit
from tests.cohorts import DUE, join, make_cohort, set_quiz, statements
from tests.world import NOON, Stage

DAY = timedelta(days=1)


@pytest.fixture
def cohort(stage: Stage) -> CohortRow:
    return make_cohort(stage)


def test_every_member_is_in_one_of_three_states(stage: Stage, cohort: CohortRow) -> None:
    one, two, three = add_members(cohort, "Zoe", "Abe", "Mia")
    quiz, items = set_quiz(cohort), items_on(3, 10)
    sit(quiz, one, items, 10)
    sit(quiz, two, items, 4, finished=False)
    board = assignment_board(stage.person("ben"), cohort.handle, quiz.handle, None, NOON)
    assert board.counts == Counts(not_started=1, started=1, done=1, hand=0)
    assert [(line.number, line.name) for line in board.lines] == [(n, None) for n in (1, 2, 3)]
    assert {line.person_id: line.progress.state for line in board.lines} == {
        one: State.DONE,
        two: State.STARTED,
        three: State.NOT_STARTED,
    }


def test_a_running_attempt_says_how_many_are_answered(stage: Stage, cohort: CohortRow) -> None:
    (one,) = add_members(cohort, "Zoe")
    quiz = set_quiz(cohort)
    sit(quiz, one, items_on(3, 10), [True] * 4 + [None] * 6, finished=False)
    now = NOON + 3 * DAY
    (line,) = assignment_board(stage.person("ben"), cohort.handle, quiz.handle, None, now).lines
    run, hand = line.progress.shown, line.progress.hand
    assert run is not None
    assert hand is not None
    assert (run.answered, run.total, hand.reason, hand.days) == (4, 10, Reason.STOPPED, 3)


def test_the_list_counts_what_the_assignments_own_board_counts(
    stage: Stage, cohort: CohortRow
) -> None:
    people = add_members(cohort, "Zoe", "Abe", "Mia")
    quizzes = [set_quiz(cohort, title=title) for title in ("One", "Two")]
    sit(quizzes[0], people[0], items_on(3, 10), 0)
    sit(quizzes[1], people[1], items_on(3, 10), 9, finished=False)
    ben, now = stage.person("ben"), DUE - DAY
    listed = {
        line.assignment.handle: line.counts for line in board_page(ben, cohort.handle, now).lines
    }
    assert listed == {
        quiz.handle: assignment_board(ben, cohort.handle, quiz.handle, None, now).counts
        for quiz in quizzes
    }
    assert listed[quizzes[0].handle] == Counts(not_started=2, started=0, done=1, hand=3)


def test_voided_attempts_and_those_of_former_members_count_nowhere(
    stage: Stage, cohort: CohortRow
) -> None:
    one, two = add_members(cohort, "Zoe", "Abe")
    quiz = set_quiz(cohort)
    voided = sit(quiz, one, items_on(3, 10), 10)
    voided.voided_at, voided.assignment_try = NOON, None
    sit(quiz, two, items_on(3, 10), 10)
    db.session.commit()
    remove_member(stage.person("ben"), cohort.handle, two)
    (line,) = board_page(stage.person("ben"), cohort.handle, NOON).lines
    assert line.counts == Counts(not_started=1, started=0, done=0, hand=0)


def test_practice_is_not_counted_even_where_it_is_shared(stage: Stage, cohort: CohortRow) -> None:
    join(stage, cohort, "ana", shares=True)
    set_quiz(cohort)
    stage.start("ana")
    (line,) = board_page(stage.person("ben"), cohort.handle, NOON).lines
    assert line.counts == Counts(not_started=1, started=0, done=0, hand=0)


def test_names_are_shown_by_a_look_that_each_person_can_read(
    stage: Stage, cohort: CohortRow
) -> None:
    join(stage, cohort, "eli", "ana")
    quiz, ben = set_quiz(cohort), stage.person("ben")
    look = show_names(ben, cohort.handle, quiz.handle, NOON)
    board = assignment_board(ben, cohort.handle, quiz.handle, look, NOON)
    assert [line.name for line in board.lines] == ["Ana", "Eli"]
    assert [look.at_what for look in looks_at_me(stage.person("ana"))] == ["names"]


@pytest.mark.parametrize("case", ["another's", "too old", "made up"])
def test_without_an_open_look_of_ones_own_names_stay_hidden(
    stage: Stage, cohort: CohortRow, case: str
) -> None:
    join(stage, cohort, "ana")
    quiz, ben = set_quiz(cohort), stage.person("ben")
    who = stage.person("dev") if case == "another's" else ben
    look = show_names(who, cohort.handle, quiz.handle, NOON)
    now = NOON + timedelta(hours=1) if case == "too old" else NOON
    shown = "x" if case == "made up" else look
    board = assignment_board(ben, cohort.handle, quiz.handle, shown, now)
    assert ([line.name for line in board.lines], board.names_shown) == ([None], False)


def test_who_joins_after_the_look_stays_a_number(stage: Stage, cohort: CohortRow) -> None:
    join(stage, cohort, "ana")
    quiz, ben = set_quiz(cohort), stage.person("ben")
    look = show_names(ben, cohort.handle, quiz.handle, NOON)
    join(stage, cohort, "eli", now=NOON + DAY)
    board = assignment_board(ben, cohort.handle, quiz.handle, look, NOON)
    assert [line.name for line in board.lines] == ["Ana", None]


def test_in_an_archived_cohort_nobody_wants_a_hand_to_begin(
    stage: Stage, cohort: CohortRow
) -> None:
    join(stage, cohort, "ana")
    set_quiz(cohort)
    cohort.archived_at = NOON
    db.session.commit()
    (line,) = board_page(stage.person("ben"), cohort.handle, DUE - DAY).lines
    assert line.counts == Counts(not_started=1, started=0, done=0, hand=0)


@pytest.mark.parametrize("who", ["caro", "ana", "eli"])
def test_whoever_does_not_run_the_cohort_finds_nothing(
    stage: Stage, cohort: CohortRow, who: str
) -> None:
    join(stage, cohort, "ana")
    quiz, person = set_quiz(cohort), stage.person(who)
    with pytest.raises(NotFound):
        board_page(person, cohort.handle, NOON)
    with pytest.raises(NotFound):
        assignment_board(person, cohort.handle, quiz.handle, None, NOON)
    with pytest.raises(NotFound):
        show_names(person, cohort.handle, quiz.handle, NOON)


def test_an_assignment_is_found_in_its_own_cohort_alone(stage: Stage, cohort: CohortRow) -> None:
    other = set_quiz(make_cohort(stage, "Evening group"))
    withdrawn = set_quiz(cohort, title="Gone", withdrawn_at=NOON)
    for handle in (other.handle, withdrawn.handle, "x"):
        with pytest.raises(NotFound):
            assignment_board(stage.person("ben"), cohort.handle, handle, None, NOON)


def test_questions_do_not_grow_with_people_and_assignments(stage: Stage) -> None:
    ben, asked = stage.person("ben"), []
    for size in (1, 3):
        cohort = make_cohort(stage, f"Group of {size}")
        quizzes = [set_quiz(cohort, title=f"Quiz {size} {n}") for n in range(size)]
        fill_cohort(cohort, quizzes, size)
        names = (cohort.handle, quizzes[0].handle)
        with statements() as board:
            board_page(ben, names[0], NOON)
        with statements() as assignment:
            assignment_board(ben, *names, None, NOON)
        asked.append((len(board), len(assignment)))
    assert asked[0] == asked[1]
    assert max(asked[0]) < 12


def test_the_numbers_that_stand_for_names_differ_from_page_to_page(stage: Stage) -> None:
    cohort = make_cohort(stage)
    add_members(cohort, *(f"Member {number}" for number in range(12)))
    orders = [
        [member.person_id for member in members(cohort.id, page)]
        for page in ("one", "other", "gradebook")
    ]
    assert len({tuple(order) for order in orders}) == 3
    assert len({tuple(sorted(order)) for order in orders}) == 1
    assert [m.person_id for m in members(cohort.id, "one")] == orders[0]
