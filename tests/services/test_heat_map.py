"""What a cohort finds hard by subject: on every axis, by assignment, language and week."""

from datetime import date, timedelta

import pytest

from app.domain.errors import NotFound
from app.domain.items import Axis
from app.services.heat_map import Areas, cohort_areas, heat_map_page
from app.storage.cohorts import CohortRow
from tests.boards import add_members, fill_cohort, items_on, sit
from tests.cohorts import make_cohort, set_quiz, statements
from tests.world import NOON, Stage

NAMES = ("Zoe", "Abe", "Mia", "Noa", "Kai")
MORE = ("Lea", "Ian", "Ada", "Gus", "Eva")


@pytest.fixture
def cohort(stage: Stage) -> CohortRow:
    return make_cohort(stage)


def areas_of(stage: Stage, cohort: CohortRow, axis: Axis = Axis.OSHPD) -> Areas:
    return cohort_areas(cohort, axis, stage.site)


def test_a_subject_has_its_share_with_people_answers_and_questions(
    stage: Stage, cohort: CohortRow
) -> None:
    quiz = set_quiz(cohort)
    for person_id in add_members(cohort, *NAMES):
        sit(quiz, person_id, [*items_on(3, 4), *items_on(5, 2)], [True] * 3 + [None] + [False] * 2)
    found = areas_of(stage, cohort)
    wholes = {row.area: row.whole for row in found.rows}
    assert {
        area: (share.right, share.answers, share.people, share.items)
        for area, share in wholes.items()
        if share is not None
    } == {"3": (15, 15, 5, 3), "5": (0, 10, 5, 2)}
    assert (found.people, found.blanks) == (5, 5)
    assert found.whole is not None
    assert (found.whole.right, found.whole.answers) == (15, 25)


def test_an_assignment_without_the_subject_is_told_from_one_with_few_answers(
    stage: Stage, cohort: CohortRow
) -> None:
    people = add_members(cohort, *(f"Member{n}" for n in range(5)))
    first, second = set_quiz(cohort, title="One"), set_quiz(cohort, title="Two")
    for person_id in people:
        sit(first, person_id, items_on(3, 10), 5)
    for person_id in people[:4]:
        sit(second, person_id, items_on(4, 10), 5)
    areas = cohort_areas(cohort, Axis.OSHPD, stage.site)
    at = [column.title.en for column in areas.columns].index("One")
    found = {row.area: (row.asked[at], row.asked[1 - at]) for row in areas.rows}
    assert found == {"3": (True, False), "4": (False, True)}
    shares = [areas.by_assignment[at], areas.by_assignment[1 - at]]
    assert [share and share.people for share in shares] == [5, None]


def test_a_columns_whole_holds_no_area_that_few_answered(stage: Stage, cohort: CohortRow) -> None:
    quiz, items = set_quiz(cohort), [*items_on(3, 5), *items_on(4, 5)]
    for number, person_id in enumerate(add_members(cohort, "A", "B", "C", "D", "E")):
        blanks: list[bool | None] = [None] * 5
        sit(quiz, person_id, items, [True] * 5 + (blanks if number == 0 else [False] * 5))
    [share] = cohort_areas(cohort, Axis.OSHPD, stage.site).by_assignment
    assert share is not None
    assert (share.answers, share.right) == (25, 25)


@pytest.mark.parametrize("axis", [*Axis])
def test_every_axis_counts_the_same_answers(stage: Stage, cohort: CohortRow, axis: Axis) -> None:
    fill_cohort(cohort, [set_quiz(cohort)], 5)
    found = areas_of(stage, cohort, axis)
    shares = [row.whole for row in found.rows if row.whole is not None]
    assert len(shares) == len(found.rows)
    assert sum(share.answers for share in shares) == 50
    assert {row.area for row in found.rows} <= set(stage.site.taxonomy.areas(axis))


def test_four_people_show_no_share(stage: Stage, cohort: CohortRow) -> None:
    fill_cohort(cohort, [set_quiz(cohort)], 4)
    found = areas_of(stage, cohort)
    assert [(row.whole, row.by_assignment) for row in found.rows] == [(None, (None,))]
    assert (found.whole, found.weeks, found.weak) == (None, (), ())


def test_an_assignment_of_few_is_hidden_and_does_not_follow_from_the_sum(
    stage: Stage, cohort: CohortRow
) -> None:
    older, newer = set_quiz(cohort), set_quiz(cohort, title="Again")
    people = add_members(cohort, *NAMES)
    for person_id in people:
        sit(older, person_id, items_on(3, 2), 1)
    sit(newer, people[0], items_on(3, 2), 2)
    (row,) = areas_of(stage, cohort).rows
    assert [share and share.answers for share in (row.whole, *row.by_assignment)] == [10, None, 10]


def test_weak_subjects_are_named_with_the_lowest_first(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    items = [item for domain in (2, 3, 5) for item in items_on(domain, 8)]
    for person_id in add_members(cohort, *NAMES, *MORE):
        sit(quiz, person_id, items, [n in range(4) or n > 15 for n in range(24)])
    assert [row.area for row in areas_of(stage, cohort).weak] == ["3", "2"]


def test_few_questions_make_no_weak_subject(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    for person_id in add_members(cohort, *NAMES, *MORE):
        sit(quiz, person_id, items_on(3, 7), 0)
    assert areas_of(stage, cohort).weak == ()


@pytest.mark.parametrize(("spanish", "shown"), [(5, True), (4, False)])
def test_languages_stand_side_by_side_where_each_has_five_people(
    stage: Stage, cohort: CohortRow, spanish: int, *, shown: bool
) -> None:
    quiz = set_quiz(cohort)
    for count, person_id in enumerate(add_members(cohort, *NAMES, *MORE[:spanish])):
        language, right = ("en", 2) if count < 5 else ("es", 1)
        sit(quiz, person_id, items_on(3, 2), right, language=language)
    (row,) = areas_of(stage, cohort).rows
    both = row.languages and (row.languages.english.right, row.languages.spanish.right)
    assert both == ((10, 5) if shown else None)


def test_weeks_are_those_of_the_cohorts_calendar(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    sunday_night = NOON - timedelta(hours=13)  # 23:00 on Sunday there, Monday in UTC
    for person_id in add_members(cohort, *NAMES):
        sit(quiz, person_id, items_on(3, 2), 1, now=sunday_night)
    (week,) = areas_of(stage, cohort).weeks
    assert (week.first_day, week.last_day, week.share.answers) == (
        date(2026, 2, 23),
        date(2026, 3, 1),
        10,
    )


def test_of_several_attempts_the_first_counts(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort, attempts_allowed=2)
    for person_id in add_members(cohort, *NAMES):
        sit(quiz, person_id, items_on(3, 2), 0)
        sit(quiz, person_id, items_on(3, 2), 2)
    (row,) = areas_of(stage, cohort).rows
    assert row.whole is not None
    assert (row.whole.right, row.whole.answers) == (0, 10)


def test_other_cohorts_and_withdrawn_assignments_are_not_counted(
    stage: Stage, cohort: CohortRow
) -> None:
    fill_cohort(make_cohort(stage, "Evening group"), [set_quiz(cohort, title="Else")], 5)
    fill_cohort(cohort, [set_quiz(cohort, withdrawn_at=NOON)], 5)
    found = areas_of(stage, cohort)
    assert (found.people, found.columns, found.rows) == (0, (), ())


@pytest.mark.parametrize("who", ["caro", "ana"])
def test_whoever_does_not_run_the_cohort_finds_nothing(
    stage: Stage, cohort: CohortRow, who: str
) -> None:
    with pytest.raises(NotFound):
        heat_map_page(stage.person(who), cohort.handle, Axis.OSHPD, stage.site, NOON)


def test_questions_do_not_grow_with_people_and_assignments(stage: Stage) -> None:
    ben, asked = stage.person("ben"), []
    for size in (1, 3):
        cohort = make_cohort(stage, f"Group of {size}")
        fill_cohort(cohort, [set_quiz(cohort, title=f"{size} {n}") for n in range(size)], size)
        cohort_areas(cohort, Axis.OSHPD, stage.site)  # what is kept in memory is read
        with statements() as said:
            heat_map_page(ben, cohort.handle, Axis.OSHPD, stage.site, NOON)
        asked.append(len(said))
    assert asked[0] == asked[1] < 12
