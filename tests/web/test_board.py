"""The board's pages: who is where, what is hard, in both languages, and to nobody else."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.domain.items import Axis
from app.storage.assignments import AssignmentRow
from app.storage.boards import members
from app.storage.cohorts import CohortRow
from app.storage.database import db
from app.storage.looks import LookRow
from tests.boards import add_members, items_on, sit
from tests.cohorts import DUE, join, make_cohort, set_quiz
from tests.web.accounts_cast import contents
from tests.web.exam_cast import (
    LANGUAGES,
    asks_for_sign_in,
    heading,
    inside,
    said,
    speak,
    words,
)
from tests.web.test_history import counted
from tests.world import NOON, signed_in

pytestmark = pytest.mark.usefixtures("noon")
NAMES = ("Zoe", "Abe", "Mia", "Noa", "Kai", "Lea")
TITLE = "Law and ethics"
CELL = re.compile(r"<(t[hd])([^>]*)>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Hall:
    """Addresses of a cohort's boards. Six people: five are done, and Lea has begun."""

    cohort: str
    quiz: str
    item: str

    @property
    def board(self) -> str:
        return f"/cohorts/{self.cohort}/board"

    @property
    def assignment(self) -> str:
        return f"{self.board}/{self.quiz}"

    @property
    def items(self) -> str:
        return f"{self.assignment}/items"

    @property
    def who(self) -> str:
        return f"{self.items}/{self.item}/who"

    @property
    def heat_map(self) -> str:
        return f"{self.board}/heat-map"

    @property
    def pages(self) -> tuple[str, ...]:
        return (self.board, self.assignment, self.items, self.heat_map)

    @property
    def looks(self) -> tuple[str, ...]:
        return (f"{self.assignment}/names", self.who)


@pytest.fixture
def hall(app: Flask) -> Hall:
    """The cohort with its quiz: of ten items everybody misses the first eight."""
    with inside(app) as stage:
        cohort = make_cohort(stage)
        quiz, items = set_quiz(cohort), items_on(3, 10)
        people = add_members(cohort, *NAMES)
        for person_id in people[:5]:
            sit(quiz, person_id, items, [False] * 8 + [True] * 2, language="es")
        sit(quiz, people[5], items, [True] * 4 + [None] * 6, finished=False)
        return Hall(cohort.handle, quiz.handle, items[0].item_id)


def change(app: Flask, hall: Hall, what: Callable[[CohortRow], None]) -> None:
    with inside(app):
        what(db.session.scalars(sa.select(CohortRow).filter_by(handle=hall.cohort)).one())


def archive(row: CohortRow) -> None:
    row.archived_at = NOON


def add_gus(row: CohortRow) -> None:
    add_members(row, "Gus", joined=DUE)


def noted(app: Flask) -> list[str]:
    with inside(app):
        return [*db.session.scalars(sa.select(LookRow.at_what).order_by(LookRow.id))]


def row_of(app: Flask, hall: Hall, page: str, name: str) -> list[str]:
    """The row of somebody whose name is not shown."""
    with inside(app):
        cohort = db.session.scalars(sa.select(CohortRow).filter_by(handle=hall.cohort)).one()
        [number] = [m.number for m in members(cohort.id, hall.quiz) if m.name == name]
    return table_rows(page)[number - 1]


def table_rows(page: str) -> list[list[str]]:
    """What the table's rows say, cell by cell."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [" ".join(re.sub(r"<[^>]+>", " ", cell[2]).split()) for cell in CELL.findall(row)]
        for row in body.split("<tr")[1:]
    ]


@pytest.mark.parametrize("who", ["ana", "eli", "caro"])
def test_whoever_does_not_run_the_cohort_finds_nothing(app: Flask, hall: Hall, who: str) -> None:
    client, before = signed_in(app, who), contents(app)
    answers = [client.get(path) for path in hall.pages] + [client.post(p) for p in hall.looks]
    assert {answer.status_code for answer in answers} == {404}
    after = contents(app)
    assert after["look"] == before["look"]


def test_a_stranger_is_asked_to_sign_in(stranger: FlaskClient, hall: Hall) -> None:
    answers = [stranger.get(p) for p in hall.pages] + [stranger.post(p) for p in hall.looks]
    assert all(asks_for_sign_in(answer) for answer in answers)


@pytest.mark.parametrize("who", ["ben", "dev"])
def test_trainers_of_the_cohort_and_administrators_see_it(app: Flask, hall: Hall, who: str) -> None:
    client = signed_in(app, who)
    assert {client.get(path).status_code for path in hall.pages} == {200}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_both_languages(
    app: Flask, ben: FlaskClient, hall: Hall, language: str
) -> None:
    speak(ben, language)
    titles = (
        said(app, language, "Board of %(cohort)s", cohort="Morning group"),
        said(app, language, "Board: %(title)s", title=TITLE),
        said(app, language, "Difficult questions: %(title)s", title=TITLE),
        said(app, language, "What %(cohort)s finds hard", cohort="Morning group"),
    )
    assert [heading(ben.get(path)) for path in hall.pages] == [(language, t) for t in titles]


def test_looking_writes_nothing(app: Flask, ben: FlaskClient, hall: Hall) -> None:
    before = contents(app)
    for path in (*hall.pages, f"{hall.heat_map}?axis=samhsa", f"{hall.items}?item={hall.item}"):
        ben.get(path)
    assert contents(app) == before


def test_the_list_has_the_counts_and_leads_on(ben: FlaskClient, hall: Hall) -> None:
    page = words(ben.get(hall.board))
    (row,) = table_rows(page)
    assert row[1:5] == ["0", "1", "5", "5"]  # twenty percent right is clearly below the target
    assert all(f'href="{path}"' in page for path in (hall.assignment, hall.items, hall.heat_map))


def test_an_empty_cohort_says_what_comes(app: Flask, ben: FlaskClient) -> None:
    with inside(app) as stage:
        empty = make_cohort(stage).handle
    board, heat_map = (words(ben.get(f"/cohorts/{empty}/board{end}")) for end in ("", "/heat-map"))
    assert "This cohort has no assignments yet" in board
    assert f'href="/cohorts/{empty}/assignments/new"' in board
    assert "Shares are shown once at least 5 people have finished" in heat_map


def test_rows_say_where_everybody_is_without_names(
    app: Flask, ben: FlaskClient, hall: Hall
) -> None:
    page = words(ben.get(hall.assignment))
    rows = table_rows(page)
    assert [row[0] for row in rows] == [f"Person {n}" for n in range(1, 7)]
    assert row_of(app, hall, page, "Zoe")[1:] == [
        "● done may want a hand clearly below the practice target of 70%",
        "2 of 10 likely 6% to 51%",
        "March 2, 2026, 11:40 AM March 2, 2026, 12:00 PM",
        "Spanish",
    ]
    assert row_of(app, hall, page, "Lea")[1:3] == ["◐ started, 4 of 10 answered", "–"]
    assert not any(name in page for name in NAMES)


@pytest.mark.parametrize(
    ("after", "said_of_lea"),
    [
        (timedelta(days=3), "paused for 3 days, at 4 of 10"),
        (timedelta(days=1), None),
    ],
)
def test_who_stopped_may_want_a_hand(
    app: Flask,
    ben: FlaskClient,
    hall: Hall,
    noon: time_machine.Traveller,
    after: timedelta,
    said_of_lea: str | None,
) -> None:
    noon.move_to(NOON + after)
    state = row_of(app, hall, words(ben.get(hall.assignment)), "Lea")[1]
    expected = "◐ started, 4 of 10 answered"
    assert state == (f"{expected} may want a hand {said_of_lea}" if said_of_lea else expected)


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (timedelta(days=2), "not started, due in 2 days"),
        (timedelta(days=1), "not started, due tomorrow"),
        (timedelta(0), "not started, due today"),
        (-timedelta(seconds=1), "not started; the due date has passed"),
    ],
)
def test_who_has_not_begun_near_the_due_date_may_want_a_hand(
    app: Flask,
    ben: FlaskClient,
    hall: Hall,
    noon: time_machine.Traveller,
    before: timedelta,
    why: str,
) -> None:
    change(app, hall, add_gus)
    noon.move_to(DUE - before)
    state = row_of(app, hall, words(ben.get(hall.assignment)), "Gus")[1]
    assert state == f"○ not started may want a hand {why}"


def test_whoever_joined_after_the_due_date_joined_later(
    app: Flask, ben: FlaskClient, hall: Hall, noon: time_machine.Traveller
) -> None:
    def add_late(row: CohortRow) -> None:
        add_members(row, "Gus", joined=DUE + timedelta(days=1))

    change(app, hall, add_late)
    noon.move_to(DUE + timedelta(days=2))
    assert row_of(app, hall, words(ben.get(hall.assignment)), "Gus")[1] == "○ joined later"


def test_names_are_noted_first_and_then_shown(app: Flask, ben: FlaskClient, hall: Hall) -> None:
    answer = ben.post(f"{hall.assignment}/names")
    assert (answer.status_code, noted(app)) == (303, ["names"] * 6)
    rows = table_rows(words(ben.get(answer.location)))
    assert [row[0] for row in rows] == sorted(NAMES)


def test_a_look_of_somebody_else_shows_no_names(
    ben: FlaskClient, dev: FlaskClient, hall: Hall
) -> None:
    shown = ben.post(f"{hall.assignment}/names").location
    assert table_rows(words(dev.get(shown)))[0][0] == "Person 1"


def test_an_old_look_shows_no_names(
    ben: FlaskClient, hall: Hall, noon: time_machine.Traveller
) -> None:
    shown = ben.post(f"{hall.assignment}/names").location
    noon.move_to(NOON + timedelta(hours=1))
    assert table_rows(words(ben.get(shown)))[0][0] == "Person 1"


def test_the_script_gets_the_changing_part_alone(ben: FlaskClient, hall: Hall) -> None:
    whole = words(ben.get(hall.assignment))
    part = words(ben.get(hall.assignment, headers={"X-Fragment": "1", "Accept": "text/html"}))
    assert ("<html" in whole, "<html" in part) == (True, False)
    assert table_rows(part) == table_rows(whole)
    assert 'data-count="done"' in part
    assert "csrf" not in part


def test_the_hardest_question_stands_first_with_what_misleads(
    app: Flask, ben: FlaskClient, hall: Hall
) -> None:
    page = words(ben.get(hall.items))
    rows = table_rows(page)
    with inside(app):
        names = [item.item_id for item in items_on(3, 10)]
    assert [next(n for n in names if n in row[0]) for row in rows] == [
        *sorted(names[:8]),
        *sorted(names[8:]),
    ]
    assert rows[0][1] == "0% likely 0% to 25% 5 people answered"
    assert "(5 people)" in rows[0][2]
    assert page.count('<details class="peek">') == len(rows)
    drill = re.search(r'href="(/cohorts/[^"]+/assignments/new\?[^"]+)"', page)
    assert drill is not None
    assert re.findall(r"item=([\w-]+)", drill.group(1)) == sorted(names[:8])
    assert ben.get(drill.group(1)).status_code == 200


def test_a_language_goes_by_its_name_in_the_page_s_language(ben: FlaskClient, hall: Hall) -> None:
    speak(ben, "es")
    rows = table_rows(words(ben.get(hall.assignment)))
    assert {row[4] for row in rows} == {"español", "inglés"}


def test_only_the_ten_hardest_questions_stand_open(
    app: Flask, ben: FlaskClient, hall: Hall
) -> None:
    def fill(cohort: CohortRow) -> None:
        quiz = db.session.scalars(sa.select(AssignmentRow).filter_by(handle=hall.quiz)).one()
        for person_id in add_members(cohort, "Ian", "Ada", "Gus", "Eva", "Max"):
            sit(quiz, person_id, items_on(4, 2), 2)

    change(app, hall, fill)
    first, _, rest = words(ben.get(hall.items)).partition('<details class="more">')
    assert [part.count('<details class="peek">') for part in (first, rest)] == [10, 2]
    assert "Show 2 more questions" in rest


def test_no_more_questions_are_spoken_of_where_none_is_shown(app: Flask, ben: FlaskClient) -> None:
    with inside(app) as stage:
        cohort = make_cohort(stage)
        quiz = set_quiz(cohort)
        sit(quiz, add_members(cohort, "Ian")[0], items_on(3, 10), 5)
        where = f"/cohorts/{cohort.handle}/board/{quiz.handle}/items"
    assert "10 questions have fewer answers so far." in words(ben.get(where))


def test_who_chose_what_is_noted_first_and_then_shown(
    app: Flask, ben: FlaskClient, hall: Hall
) -> None:
    answer = ben.post(hall.who)
    assert (answer.status_code, noted(app)) == (303, ["answers"] * 5)
    shown = words(ben.get(answer.location)).partition('id="who"')[2].partition("</section>")[0]
    assert [name in shown for name in NAMES] == [True] * 5 + [False]


def test_a_look_at_one_question_opens_no_other(app: Flask, ben: FlaskClient, hall: Hall) -> None:
    with inside(app):
        other = items_on(3, 2)[1].item_id
    shown = ben.post(hall.who).location or ""
    turned = shown.replace(f"item={hall.item}", f"item={other}")
    assert turned != shown
    assert [('id="who"' in words(ben.get(path))) for path in (shown, turned)] == [True, False]


@pytest.mark.parametrize("case", ["unknown", "few"])
def test_what_few_answered_cannot_be_looked_at(
    app: Flask, ben: FlaskClient, hall: Hall, case: str
) -> None:
    with inside(app):
        row = db.session.execute(
            db.text("select max(id) from attempt where finished_at is not null")
        )
        voided = row.scalar()
        if case == "few":
            db.session.execute(
                db.text("update attempt set voided_at = finished_at where id = :id"), {"id": voided}
            )
    path = hall.who if case == "few" else hall.who.replace(hall.item, "x")
    assert (ben.post(path).status_code, noted(app)) == (404, [])
    if case == "few":
        page = words(ben.get(hall.items))
        assert "10 questions have fewer answers so far." in page
        assert "<tbody>" not in page


def test_a_trainer_who_sits_in_the_cohort_sees_the_board_and_no_question(
    app: Flask, ben: FlaskClient, hall: Hall
) -> None:
    with inside(app) as stage:
        row = db.session.scalars(sa.select(CohortRow).filter_by(handle=hall.cohort)).one()
        join(stage, row, "ben")
    assert [ben.get(path).status_code for path in hall.pages] == [200, 200, 404, 200]
    assert ben.post(hall.who).status_code == 404
    assert hall.items not in words(ben.get(hall.board)) + words(ben.get(hall.assignment))


def test_the_heat_map_has_number_range_people_and_questions(ben: FlaskClient, hall: Hall) -> None:
    page = words(ben.get(hall.heat_map))
    rows = table_rows(page)
    cell = "20% likely 13% to 30% 5 people, 50 answers, 10 questions"
    assert [row[1:] for row in rows] == [[cell, cell], [cell, cell]]
    assert 'class="heat heat--1"' in page


def test_a_weak_subject_can_be_assigned_as_a_drill(ben: FlaskClient, hall: Hall) -> None:
    page = words(ben.get(hall.heat_map))
    drill = f"/cohorts/{hall.cohort}/assignments/new?axis=oshpd&area=3"
    assert f'href="{drill}"' in page.partition("</ul>")[0]
    assert ben.get(drill).status_code == 200


@pytest.mark.parametrize("axis", [*Axis])
def test_the_other_axes_are_a_link_away(ben: FlaskClient, hall: Hall, axis: Axis) -> None:
    page = words(ben.get(f"{hall.heat_map}?axis={axis}")).partition('class="filters"')[2]
    current = re.search(r'href="([^"]+)" aria-current="page"', page)
    assert current is not None
    assert current.group(1) == f"{hall.heat_map}?axis={axis}"


@pytest.mark.parametrize("axis", ["", "x", "OSHPD", "\0", "9" * 400])
def test_an_unknown_axis_is_passed_over(ben: FlaskClient, hall: Hall, axis: str) -> None:
    page = words(ben.get(hall.heat_map, query_string={"axis": axis}))
    assert 'axis=oshpd" aria-current="page"' in page


def test_an_archived_cohort_can_be_read_and_offers_no_drill(
    app: Flask, ben: FlaskClient, hall: Hall
) -> None:
    change(app, hall, archive)
    pages = [ben.get(path) for path in hall.pages]
    assert {page.status_code for page in pages} == {200}
    assert not any("assignments/new" in words(page) for page in pages)
    assert ben.post(f"{hall.assignment}/names").status_code == 303


def test_languages_and_weeks_stand_there_when_there_are_enough(
    app: Flask, ben: FlaskClient, hall: Hall
) -> None:
    few = words(ben.get(hall.heat_map))
    assert "once at least 5 people have answered in each" in few

    def fill(cohort: CohortRow) -> None:
        quiz = set_quiz(cohort, title="Again")
        for person_id in add_members(cohort, "Ian", "Ada", "Gus", "Eva", "Max"):
            sit(quiz, person_id, items_on(3, 10), 9, now=NOON + timedelta(weeks=1))

    change(app, hall, fill)
    page = words(ben.get(hall.heat_map))
    languages = table_rows(page.partition('id="language-heading"')[2])
    weeks = table_rows(page.partition('id="weeks-heading"')[2])
    assert [row[1][:3] + row[2][:3] for row in languages] == ["90%20%"]
    assert [row[0] for row in weeks] == [
        "March 2, 2026 to March 8, 2026",
        "March 9, 2026 to March 15, 2026",
    ]


def test_no_page_asks_the_database_thirty_times(app: Flask, ben: FlaskClient, hall: Hall) -> None:
    for path in hall.pages:
        ben.get(path)
        with counted(app) as asked:
            ben.get(path)
        assert len(asked) < 30
