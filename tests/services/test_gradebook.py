"""The gradebook against a real database: the best attempt counts, and a void counts nowhere."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.domain.bilingual import Language
from app.domain.cohort_statistics import effective_answers, likely_range
from app.domain.errors import NotFound
from app.services import accommodations
from app.services.cohorts import remove_member
from app.services.gradebook import (
    PAGE,
    Cell,
    CellState,
    Gradebook,
    MeanShare,
    gradebook,
    gradebook_with_names,
    show_names,
)
from app.storage.assignments import AssignmentRow
from app.storage.boards import members
from app.storage.cohorts import CohortRow
from app.storage.database import db
from app.storage.looks import LookRow
from app.storage.people import find_by_username
from tests.cohorts import join, make_cohort, set_quiz, statements
from tests.gradebook_cast import TWENTY_MINUTES, begun, newcomer, sat
from tests.world import NOON, Stage

HOUR = timedelta(hours=1)


@pytest.fixture
def cohort(stage: Stage) -> CohortRow:
    """Ben's cohort with Ana."""
    made = make_cohort(stage)
    join(stage, made, "ana")
    return made


@pytest.fixture
def quiz(cohort: CohortRow) -> AssignmentRow:
    """A quiz of ten items that may be tried three times."""
    return set_quiz(cohort, attempts_allowed=3)


def book(stage: Stage, cohort: CohortRow, who: str = "ben", look: str | None = None) -> Gradebook:
    return gradebook(stage.person(who), cohort.handle, stage.site, NOON + HOUR, look)


def cell(stage: Stage, cohort: CohortRow) -> Cell:
    """Ana's, who is alone, on the only assignment."""
    [row] = book(stage, cohort).rows
    [only] = row.cells
    return only


def test_whoever_has_not_begun_has_an_empty_cell(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    assert quiz.title == book(stage, cohort).columns[0].title
    assert cell(stage, cohort) == Cell(CellState.NOT_STARTED)


def test_an_attempt_that_runs_tells_nothing_of_its_answers(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    begun(stage, quiz, language=Language.ES)
    assert cell(stage, cohort) == Cell(
        CellState.RUNNING, attempts=1, total=10, language=Language.ES
    )


def test_a_finished_attempt_says_how_it_went(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    sat(stage, quiz, right=7, wrong=2)
    assert cell(stage, cohort) == Cell(
        CellState.DONE,
        attempts=1,
        right=7,
        total=10,
        finished_at=NOON + TWENTY_MINUTES,
        language=Language.EN,
    )


@pytest.mark.parametrize(
    ("results", "best"), [([4, 8, 6], 1), ([8, 4, 6], 0), ([4, 7, 7], 1), ([0, 0, 0], 0)]
)
def test_the_best_attempt_counts_and_the_earliest_of_equals(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow, results: list[int], best: int
) -> None:
    for number, right in enumerate(results):
        sat(stage, quiz, right=right, now=NOON + number * HOUR)
    found = cell(stage, cohort)
    wanted = (results[best], 3, NOON + best * HOUR + TWENTY_MINUTES)
    assert (found.right, found.attempts, found.finished_at) == wanted


def test_whoever_is_done_stays_done_while_another_attempt_runs(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    sat(stage, quiz, right=3)
    begun(stage, quiz, now=NOON + HOUR)
    found = cell(stage, cohort)
    assert (found.state, found.right, found.attempts) == (CellState.DONE, 3, 2)


def test_an_attempt_given_back_counts_nowhere(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    handle = sat(stage, quiz, right=9).handle
    ben, ana = stage.person("ben"), stage.person("ana").id
    accommodations.give_back(ben, cohort.handle, ana, handle, "The power was out.", NOON)
    page = book(stage, cohort)
    assert (page.rows[0].cells, page.columns[0].done) == ((Cell(CellState.NOT_STARTED),), 0)
    sat(stage, quiz, right=2, now=NOON + HOUR)
    assert (cell(stage, cohort).right, cell(stage, cohort).attempts) == (2, 1)


@pytest.mark.parametrize(("timed", "factor"), [(True, 1.5), (False, None)])
def test_the_cell_tells_the_time_factor_of_that_attempt(
    stage: Stage, cohort: CohortRow, *, timed: bool, factor: float | None
) -> None:
    row = find_by_username("ana")
    assert row is not None
    row.time_factor = 1.5
    sat(stage, set_quiz(cohort, timed=timed))
    row.time_factor = 2.0
    assert cell(stage, cohort).time_factor == factor


def test_the_cell_tells_the_minutes_that_were_added(stage: Stage, cohort: CohortRow) -> None:
    row = begun(stage, set_quiz(cohort, timed=True))
    ben, ana = stage.person("ben"), stage.person("ana").id
    accommodations.add_time(
        ben, cohort.handle, ana, row.handle, 10, "The power was out.", NOON, stage.site
    )
    assert cell(stage, cohort).added_minutes == 10


def test_own_practice_is_not_in_it(stage: Stage, cohort: CohortRow, quiz: AssignmentRow) -> None:
    assert quiz.cohort_id == cohort.id
    stage.start("ana")
    assert cell(stage, cohort) == Cell(CellState.NOT_STARTED)


def test_withdrawn_assignments_and_people_who_left_are_not_in_it(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    join(stage, cohort, "eli")
    sat(stage, quiz, "eli", right=5)
    withdrawn = set_quiz(cohort, title="Old", withdrawn_at=NOON)
    remove_member(stage.person("ben"), cohort.handle, stage.person("eli").id)
    page = book(stage, cohort)
    assert withdrawn.title not in [column.title for column in page.columns]
    assert [(len(page.rows), column.done) for column in page.columns] == [(1, 0)]


def test_columns_stand_in_the_order_in_which_they_opened(stage: Stage, cohort: CohortRow) -> None:
    for days, title in ((2, "Second"), (3, "Third"), (1, "First")):
        set_quiz(cohort, title=title, opens_at=NOON - timedelta(days=9 - days))
    assert [c.title.en for c in book(stage, cohort).columns] == ["First", "Second", "Third"]


def test_the_mean_is_told_from_five_people_on(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    people = ["ana", *(newcomer(stage, cohort, name) for name in ("bea", "cai", "dan", "eva"))]
    for number, username in enumerate(people, start=1):
        sat(stage, quiz, username, right=2 * number - 1)
        [column] = book(stage, cohort).columns
        assert (column.done, column.mean is None) == (number, number < 5)
    low, high = likely_range(25, 50, effective_answers([5] * 10))
    assert column.mean == MeanShare(people=5, share=0.5, low=low, high=high)


def test_names_are_shown_to_whoever_has_asked_and_for_an_hour(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    assert quiz.cohort_id == cohort.id
    look = show_names(stage.person("ben"), cohort.handle, NOON + HOUR / 2)
    assert [row.name for row in book(stage, cohort, look=look).rows] == ["Ana"]
    assert [row.name for row in book(stage, cohort, "dev", look).rows] == [None]
    late = gradebook(stage.person("ben"), cohort.handle, stage.site, NOON + 2 * HOUR, look)
    assert [row.name for row in late.rows] == [None]


def test_people_keep_their_numbers_and_are_sorted_by_name_once_shown(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    assert quiz.cohort_id == cohort.id
    newcomer(stage, cohort, "zoe", "zoe", NOON - HOUR)
    newcomer(stage, cohort, "abe", "Abe", NOON + HOUR)
    unnamed = book(stage, cohort).rows
    assert [(row.number, row.name) for row in unnamed] == [(1, None), (2, None), (3, None)]
    look = show_names(stage.person("ben"), cohort.handle, NOON)
    named = gradebook(stage.person("ben"), cohort.handle, stage.site, NOON, look).rows
    assert [row.name for row in named] == ["Abe", "Ana", "zoe"]
    hidden = {member.name: member.number for member in members(cohort.id, PAGE)}
    assert {row.name: row.number for row in named} == hidden


def test_the_file_notes_every_member_before_it_names_them(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    join(stage, cohort, "eli")
    sat(stage, quiz, right=4)
    made = gradebook_with_names(stage.person("ben"), cohort.handle, stage.site, NOON + HOUR)
    assert [row.name for row in made.rows] == ["Ana", "Eli"]
    noted = db.session.execute(sa.select(LookRow.at_what, LookRow.person_id, LookRow.viewer_id))
    ben = stage.person("ben").id
    wanted = {("gradebook", stage.person(name).id, ben) for name in ("ana", "eli")}
    assert {tuple(row) for row in noted} == wanted


def test_a_look_at_names_does_not_open_the_file_nor_the_other_way_round(
    stage: Stage, cohort: CohortRow, quiz: AssignmentRow
) -> None:
    assert quiz.cohort_id == cohort.id
    gradebook_with_names(stage.person("ben"), cohort.handle, stage.site, NOON + HOUR)
    look = db.session.scalars(sa.select(LookRow.handle)).one()
    assert [row.name for row in book(stage, cohort, look=look).rows] == [None]


@pytest.mark.parametrize("who", ["ana", "eli", "caro"])
def test_whoever_does_not_run_the_cohort_finds_nothing(
    stage: Stage, cohort: CohortRow, who: str
) -> None:
    person = stage.person(who)
    with pytest.raises(NotFound):
        gradebook(person, cohort.handle, stage.site, NOON)
    with pytest.raises(NotFound):
        show_names(person, cohort.handle, NOON)
    with pytest.raises(NotFound):
        gradebook_with_names(person, cohort.handle, stage.site, NOON)
    assert db.session.scalars(sa.select(LookRow)).all() == []


def test_three_people_and_assignments_cost_no_more_questions_than_one(
    stage: Stage, cohort: CohortRow
) -> None:
    sat(stage, set_quiz(cohort), right=1)
    costs = [questions(stage, cohort)]
    people = ["ana", newcomer(stage, cohort, "bea"), newcomer(stage, cohort, "cai")]
    for title in ("Second", "Third"):
        row = set_quiz(cohort, title=title)
        for username in people:
            sat(stage, row, username, right=2)
    costs.append(questions(stage, cohort))
    assert costs == [costs[0]] * 2


def questions(stage: Stage, cohort: CohortRow) -> int:
    ben, handle = stage.person("ben"), cohort.handle
    db.session.expire_all()
    with statements() as asked:
        gradebook(ben, handle, stage.site, NOON)
    return len(asked)
