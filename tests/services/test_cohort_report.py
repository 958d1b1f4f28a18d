"""The report on a cohort: shares with ranges where there are enough people, and never a name."""

from dataclasses import asdict

import pytest

from app.domain.errors import NotFound
from app.services.cohort_report import CohortReport, cohort_report
from app.storage.assignments import AssignmentRow
from app.storage.cohorts import CohortRow
from app.storage.database import db
from tests.cohorts import join, make_cohort, set_quiz, statements
from tests.gradebook_cast import newcomer, sat
from tests.world import NOON, Stage

FIVE = ("ana", "bea", "cai", "dan", "eva")


@pytest.fixture
def cohort(stage: Stage) -> CohortRow:
    """Ben's cohort with Ana."""
    made = make_cohort(stage)
    join(stage, made, "ana")
    return made


def on(area: str) -> dict[str, object]:
    empty: dict[str, object] = {"levels": [], "competencies": [], "item_ids": []}
    return {"axis": "oshpd", "areas": [area], **empty}


def fill(stage: Stage, cohort: CohortRow, *names: str) -> None:
    for name in names:
        newcomer(stage, cohort, name)


def all_sit(stage: Stage, quiz: AssignmentRow, right: int, people: tuple[str, ...] = FIVE) -> None:
    for username in people:
        sat(stage, quiz, username, right=right, wrong=quiz.items - right)


def report(stage: Stage, cohort: CohortRow) -> CohortReport:
    return cohort_report(stage.person("ben"), cohort.handle, stage.site, NOON)


def test_four_people_get_counts_and_no_share(stage: Stage, cohort: CohortRow) -> None:
    fill(stage, cohort, *FIVE[1:4])
    all_sit(stage, set_quiz(cohort), 5, FIVE[:4])
    page = report(stage, cohort)
    assert (page.people, page.enough_people) == (4, False)
    assert [(column.done, column.mean) for column in page.assignments] == [(4, None)]
    assert [row.whole for row in page.domains.rows] == [None]
    assert (page.weakest, page.lowest) == ((), None)


def test_five_people_get_shares_with_ranges(stage: Stage, cohort: CohortRow) -> None:
    fill(stage, cohort, *FIVE[1:])
    all_sit(stage, set_quiz(cohort), 6)
    page = report(stage, cohort)
    [row], [column] = page.domains.rows, page.assignments
    assert row.whole is not None
    assert column.mean is not None
    shares = (row.area, row.whole.mean, row.whole.people, row.whole.answers, column.mean.share)
    assert shares == ("3", 0.6, 5, 50, 0.6)
    assert row.whole.low < 0.6 < row.whole.high
    assert column.mean.low < 0.6 < column.mean.high


def test_the_best_attempt_counts_for_the_assignment_and_the_first_for_the_domain(
    stage: Stage, cohort: CohortRow
) -> None:
    fill(stage, cohort, *FIVE[1:])
    quiz = set_quiz(cohort, attempts_allowed=2)
    all_sit(stage, quiz, 3)
    all_sit(stage, quiz, 9)
    page = report(stage, cohort)
    [row], [column] = page.domains.rows, page.assignments
    assert row.whole is not None
    assert column.mean is not None
    assert (row.whole.mean, column.mean.share) == (0.3, 0.9)


def test_the_weakest_domains_stand_first_and_only_where_it_is_clear(
    stage: Stage, cohort: CohortRow
) -> None:
    fill(stage, cohort, *FIVE[1:])
    for area, right in (("1", 10), ("2", 2), ("3", 1)):
        all_sit(stage, set_quiz(cohort, title=f"On {area}", selection=on(area)), right)
    page = report(stage, cohort)
    assert [row.area for row in page.domains.rows] == ["1", "2", "3"]
    assert ([row.area for row in page.weakest], page.lowest) == (["3", "2"], None)


def test_where_no_domain_is_clearly_weak_the_lowest_is_named(
    stage: Stage, cohort: CohortRow
) -> None:
    fill(stage, cohort, *FIVE[1:])
    for area, right in (("1", 10), ("2", 9)):
        all_sit(stage, set_quiz(cohort, title=f"On {area}", selection=on(area)), right)
    page = report(stage, cohort)
    assert page.lowest is not None
    assert (page.weakest, page.lowest.area) == ((), "2")


def test_there_is_no_name_in_it(stage: Stage, cohort: CohortRow) -> None:
    fill(stage, cohort, *FIVE[1:])
    all_sit(stage, set_quiz(cohort), 6)
    page = report(stage, cohort)
    told = repr((page.assignments, [asdict(row) for row in page.domains.rows], page.weakest))
    assert [name for name in FIVE if name.title() in told] == []


def test_a_cohort_without_anything_has_a_report_too(stage: Stage, cohort: CohortRow) -> None:
    page = report(stage, cohort)
    assert (page.assignments, page.domains.rows, page.lowest) == ((), (), None)


@pytest.mark.parametrize("who", ["ana", "eli", "caro"])
def test_whoever_does_not_run_the_cohort_finds_nothing(
    stage: Stage, cohort: CohortRow, who: str
) -> None:
    with pytest.raises(NotFound):
        cohort_report(stage.person(who), cohort.handle, stage.site, NOON)


def test_three_people_and_assignments_cost_no_more_questions_than_one(
    stage: Stage, cohort: CohortRow
) -> None:
    sat(stage, set_quiz(cohort), right=1)
    costs = [questions(stage, cohort)]
    fill(stage, cohort, "bea", "cai")
    for title in ("Second", "Third"):
        all_sit(stage, set_quiz(cohort, title=title), 2, FIVE[:3])
    costs.append(questions(stage, cohort))
    assert costs == [costs[0]] * 2


def questions(stage: Stage, cohort: CohortRow) -> int:
    report(stage, cohort)  # each item's text is read once per process
    ben, handle = stage.person("ben"), cohort.handle
    db.session.expire_all()
    with statements() as asked:
        cohort_report(ben, handle, stage.site, NOON)
    return len(asked)
