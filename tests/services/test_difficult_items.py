"""Difficult items: first attempts, five people at least, the option that misleads most."""

from datetime import timedelta

import pytest

from app.domain.errors import NotFound
from app.domain.items import PoolItem
from app.services.difficult_items import ItemsPage, items_page, look_at_answers
from app.services.looks import LookAt, looks_at_me
from app.storage.assignments import AssignmentRow
from app.storage.bank import item_of
from app.storage.cohorts import CohortRow
from app.storage.database import db
from tests.boards import add_members, fill_cohort, items_on, sit
from tests.cohorts import join, make_cohort, set_quiz, statements
from tests.world import NOON, Stage

NAMES = ("Zoe", "Abe", "Mia", "Noa", "Kai")


@pytest.fixture
def cohort(stage: Stage) -> CohortRow:
    return make_cohort(stage)


def page(stage: Stage, quiz: AssignmentRow, cohort: CohortRow, **look: str) -> ItemsPage:
    return items_page(stage.person("ben"), cohort.handle, quiz.handle, stage.site, NOON, **look)


def all_sit(cohort: CohortRow, quiz: AssignmentRow, items: list[PoolItem]) -> list[int]:
    """Five people: the first item is missed by all, the second by two, the last left by one."""
    people = add_members(cohort, *NAMES)
    for count, person_id in enumerate(people):
        sit(quiz, person_id, items, [False, count > 1, True if count else None])
    return people


def test_the_lowest_share_comes_first_and_what_few_answered_is_counted(
    stage: Stage, cohort: CohortRow
) -> None:
    quiz, items = set_quiz(cohort), items_on(3, 3)
    all_sit(cohort, quiz, items)
    found = page(stage, quiz, cohort)
    shares = [(line.item_id, line.share.right, line.share.people) for line in found.lines]
    assert shares == [(items[0].item_id, 0, 5), (items[1].item_id, 3, 5)]
    assert (found.finished, found.few, found.more) == (5, 1, 0)


def test_the_wrong_option_chosen_most_comes_with_its_rationale_and_misconception(
    stage: Stage, cohort: CohortRow
) -> None:
    quiz, items = set_quiz(cohort), items_on(3, 3)
    all_sit(cohort, quiz, items)
    wrong = page(stage, quiz, cohort).lines[0].wrong
    whole = item_of(items[0].revision)
    option = next(option for option in whole.options if option.id != whole.key)
    assert wrong is not None
    assert (wrong.text, wrong.rationale, wrong.people) == (option.text, option.rationale, 5)
    assert wrong.misconception == stage.site.taxonomy.misconceptions[option.misconception or ""]


def test_wrong_options_chosen_equally_often_are_told(stage: Stage, cohort: CohortRow) -> None:
    quiz, [item] = set_quiz(cohort), items_on(3, 1)
    wrong = [option for option in item.option_ids if option != item.key]
    for number, person_id in enumerate(add_members(cohort, *"ABCDEF")):
        sit(quiz, person_id, [item], 0).chosen = [wrong[number % 2]]
    db.session.commit()
    page = items_page(stage.person("ben"), cohort.handle, quiz.handle, stage.site, NOON)
    found = page.lines[0].wrong
    assert found is not None
    assert (found.people, found.equals) == (3, 2)


def test_where_all_are_right_no_option_misleads(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    for person_id in add_members(cohort, *NAMES):
        sit(quiz, person_id, items_on(3, 1), 1)
    found = page(stage, quiz, cohort)
    assert ([line.wrong for line in found.lines], found.drill) == ([None], ())


def test_four_people_show_nothing(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    for person_id in add_members(cohort, *NAMES[:4]):
        sit(quiz, person_id, items_on(3, 3), 0)
    found = page(stage, quiz, cohort)
    assert (found.lines, found.few) == ((), 3)


def test_the_first_attempt_counts(stage: Stage, cohort: CohortRow) -> None:
    quiz, items = set_quiz(cohort, attempts_allowed=2), items_on(3, 1)
    for person_id in add_members(cohort, *NAMES):
        sit(quiz, person_id, items, 0)
        sit(quiz, person_id, items, 1, now=NOON + timedelta(days=1))
    (line,) = page(stage, quiz, cohort).lines
    assert (line.share.right, line.share.people) == (0, 5)


def test_after_a_void_the_next_attempt_is_the_first(stage: Stage, cohort: CohortRow) -> None:
    quiz, items = set_quiz(cohort, attempts_allowed=2), items_on(3, 1)
    for person_id in add_members(cohort, *NAMES):
        sit(quiz, person_id, items, 0).voided_at = NOON
        sit(quiz, person_id, items, 1)
    (line,) = page(stage, quiz, cohort).lines
    assert (line.share.right, line.share.people) == (5, 5)


def test_running_attempts_say_nothing(stage: Stage, cohort: CohortRow) -> None:
    quiz = set_quiz(cohort)
    for person_id in add_members(cohort, *NAMES):
        sit(quiz, person_id, items_on(3, 3), 0, finished=False)
    found = page(stage, quiz, cohort)
    assert (found.lines, found.few, found.finished) == ((), 0, 0)


def test_the_drill_takes_the_items_below_eighty_percent(stage: Stage, cohort: CohortRow) -> None:
    quiz, items = set_quiz(cohort), items_on(3, 2)
    for count, person_id in enumerate(add_members(cohort, *NAMES)):
        sit(quiz, person_id, items, [count > 0, count > 1])
    assert page(stage, quiz, cohort).drill == (items[1].item_id,)


def test_who_chose_what_is_shown_by_a_look_that_each_can_read(
    stage: Stage, cohort: CohortRow
) -> None:
    quiz, items, ben = set_quiz(cohort), items_on(3, 3), stage.person("ben")
    all_sit(cohort, quiz, items)
    join(stage, cohort, "ana", "eli")
    sit(quiz, stage.person("ana").id, items, [None, True, True])
    item_id = items[0].item_id
    look = look_at_answers(ben, cohort.handle, quiz.handle, item_id, NOON)
    answers = page(stage, quiz, cohort, look=look, item_id=item_id).answers
    assert answers is not None
    assert [(o.is_key, o.names) for o in answers.options] == [
        (False, ("Abe", "Kai", "Mia", "Noa", "Zoe")),
        (False, ("Ana",)),
    ]
    assert answers.options[1].text is None
    noted = [[line.at_what for line in looks_at_me(stage.person(who))] for who in ("ana", "eli")]
    assert noted == [[LookAt.ANSWERS], []]


@pytest.mark.parametrize("case", ["no look", "another item", "a look at names", "too old"])
def test_without_an_open_look_nobody_is_named(stage: Stage, cohort: CohortRow, case: str) -> None:
    quiz, items, ben = set_quiz(cohort), items_on(3, 3), stage.person("ben")
    all_sit(cohort, quiz, items)
    item_id = items[0].item_id
    now = NOON - timedelta(hours=1) if case == "too old" else NOON
    look = look_at_answers(ben, cohort.handle, quiz.handle, item_id, now)
    if case == "a look at names":
        db.session.execute(db.text("update look set at_what = 'names'"))
    asked = {
        "no look": {"item_id": item_id},
        "another item": {"look": look, "item_id": items[2].item_id},
    }.get(case, {"look": look, "item_id": item_id})
    assert page(stage, quiz, cohort, **asked).answers is None


def test_what_few_answered_cannot_be_looked_at(stage: Stage, cohort: CohortRow) -> None:
    quiz, items = set_quiz(cohort), items_on(3, 3)
    all_sit(cohort, quiz, items)
    for item_id in (items[2].item_id, "x"):
        with pytest.raises(NotFound):
            look_at_answers(stage.person("ben"), cohort.handle, quiz.handle, item_id, NOON)
    assert db.session.scalar(db.text("select count(*) from look")) == 0


@pytest.mark.parametrize("who", ["caro", "ana", "a member"])
def test_whoever_does_not_teach_it_or_sits_in_it_finds_nothing(
    stage: Stage, cohort: CohortRow, who: str
) -> None:
    quiz, items = set_quiz(cohort), items_on(3, 3)
    all_sit(cohort, quiz, items)
    if who == "a member":
        join(stage, cohort, "ben")
    person = stage.person("ben" if who == "a member" else who)
    with pytest.raises(NotFound):
        items_page(person, cohort.handle, quiz.handle, stage.site, NOON)
    with pytest.raises(NotFound):
        look_at_answers(person, cohort.handle, quiz.handle, items[0].item_id, NOON)


def test_questions_do_not_grow_with_people(stage: Stage) -> None:
    asked = []
    for size in (5, 7):
        cohort = make_cohort(stage, f"Group of {size}")
        quiz = set_quiz(cohort, title=f"Quiz {size}")
        fill_cohort(cohort, [quiz], size)
        page(stage, quiz, cohort)  # what is kept in memory is read
        with statements() as said:
            page(stage, quiz, cohort)
        asked.append(len(said))
    assert asked[0] == asked[1] < 12
