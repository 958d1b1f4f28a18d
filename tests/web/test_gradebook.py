"""The gradebook on the screen, as files and for print: the same numbers everywhere."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from html.parser import HTMLParser

import openpyxl
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.bilingual import Language
from app.storage.cohorts import CohortRow, find_cohort
from app.storage.database import db
from app.storage.looks import LookRow
from app.storage.people import PersonRow, find_by_username
from tests.cohorts import join, make_cohort, set_quiz
from tests.gradebook_cast import begun, newcomer, sat
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
from tests.web.records_cast import look_in
from tests.web.test_history import counted
from tests.world import NOON, Stage, signed_in

pytestmark = pytest.mark.usefixtures("noon")

SEVEN = 7
"""Columns of a file for each assignment."""
NAMES = ("bea", "cai", "dan", "eva")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Room:
    """Ben's cohort and the addresses of its gradebook."""

    app: Flask
    cohort: str

    @property
    def page(self) -> str:
        """The gradebook."""
        return f"/cohorts/{self.cohort}/gradebook"

    @property
    def report(self) -> str:
        """The report."""
        return f"{self.page}/report"

    def named(self, client: FlaskClient) -> TestResponse:
        """The page after its names were asked for."""
        look = look_in(client.post(f"{self.page}/names").location)
        return client.get(f"{self.page}?{look}")

    def file(self, client: FlaskClient, kind: str) -> TestResponse:
        """The file of this kind."""
        return client.post(f"{self.page}/file", data={"format": kind})


class Cells(HTMLParser):
    """The words in each cell of the page's tables, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[list[str]]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append([])
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self.inside and data.strip():
            self.rows[-1][-1].append(" ".join(data.split()))


@pytest.fixture
def room(app: Flask) -> Room:
    """Ana has seven of ten right in one quiz, Eli has not begun, and another quiz runs."""
    with inside(app) as stage:
        cohort = make_cohort(stage)
        join(stage, cohort, "ana", "eli")
        quiz = set_quiz(cohort, timed=True, attempts_allowed=2)
        sat(stage, quiz, right=3)
        sat(stage, quiz, right=7, wrong=1, now=NOON + DAY, language=Language.ES)
        begun(stage, set_quiz(cohort, title="Crisis", opens_at=NOON - DAY), "eli")
        return Room(app, cohort.handle)


@pytest.fixture
def full(room: Room) -> Room:
    """Six people, of whom five have done the quiz: enough for a mean."""
    with inside(room.app) as stage:
        cohort = cohort_in(room)
        quiz = set_quiz(cohort, title="=Ethics", opens_at=NOON - 2 * DAY)
        for number, username in enumerate(NAMES):
            newcomer(stage, cohort, username)
            sat(stage, quiz, username, right=2 * number, wrong=1)
        sat(stage, quiz, "ana", right=5)
    return room


def cohort_in(room: Room) -> CohortRow:
    cohort = find_cohort(room.cohort)
    assert cohort is not None
    return cohort


def rename(app: Flask, username: str, name: str) -> None:
    with inside(app):
        row = find_by_username(username)
        assert row is not None
        row.display_name = name


def looks(app: Flask) -> list[tuple[str, str]]:
    """What was looked at, and whose it is."""
    with inside(app):
        rows = db.session.execute(
            sa.select(LookRow.at_what, PersonRow.display_name)
            .join(PersonRow, PersonRow.id == LookRow.person_id)
            .order_by(PersonRow.display_name)
        )
        return [(at_what, name) for at_what, name in rows]


def csv_rows(answer: TestResponse) -> list[list[str]]:
    return [*csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline=""))]


def xlsx_rows(answer: TestResponse) -> list[list[str]]:
    [sheet] = openpyxl.load_workbook(io.BytesIO(answer.get_data())).worksheets
    rows = sheet.iter_rows(values_only=True)
    return [["" if value is None else str(value) for value in row] for row in rows]


def screen_rows(page: TestResponse) -> list[list[str]]:
    """The page's table, spread out as the files are."""
    cells = Cells()
    cells.feed(page.get_data(as_text=True))
    _headings, *rows = cells.rows
    people, [done, mean] = rows[:-2], rows[-2:]
    return [
        *([row[0][0], *(v for cell in row[1:] for v in as_in_files(cell))] for row in people),
        [done[0][0], *(v for cell in done[1:] for v in padded(cell[0]))],
        *below(mean[1:]),
    ]


def as_in_files(cell: list[str]) -> list[str]:
    """The seven columns of what one cell of the page says."""
    first, facts = cell[0], cell[1:]
    attempts = facts[0].split()[0] if facts else "0"
    result = re.fullmatch(r"(\d+) of (\d+)", first)
    if result is None:
        return [first, "", "", attempts, *(facts[1:] or ["", ""]), ""]
    ended = datetime.strptime(facts[3], "%B %d, %Y, %I:%M %p")  # noqa: DTZ007 (as it is shown)
    return ["done", *result.groups(), attempts, facts[1], facts[2], f"{ended:%Y-%m-%d %H:%M}"]


def below(cells: list[list[str]]) -> Iterator[list[str]]:
    """The three rows of files that hold the mean with its range."""
    labels = ("Average right answers", "Likely range: low end", "Likely range: high end")
    found = [re.findall(r"(\d+)%", " ".join(cell)) or ["", "", ""] for cell in cells]
    for place, label in enumerate(labels):
        numbers = [value for numbers in found for value in padded(numbers[place])]
        yield [f"{label}, in percent", *numbers]


def padded(value: str) -> list[str]:
    return [value, *[""] * (SEVEN - 1)]


def unescaped(rows: list[list[str]]) -> list[list[str]]:
    return [[value.removeprefix("'") for value in row] for row in rows]


def test_screen_csv_and_xlsx_say_the_same_in_every_cell(full: Room, ben: FlaskClient) -> None:
    rename(full.app, "eli", "=1+1")
    rename(full.app, "bea", "Ñandú, Zoë")
    screen = screen_rows(full.named(ben))
    plain, book = full.file(ben, "csv"), full.file(ben, "xlsx")
    assert xlsx_rows(book)[1:] == screen
    assert unescaped(csv_rows(plain))[1:] == screen
    assert unescaped(csv_rows(plain))[0] == xlsx_rows(book)[0]
    ana = next(row for row in screen if row[0] == "Ana")
    assert ana[1 : 1 + SEVEN] == [
        *("done", "5", "10", "1", "English", "No clock", "2026-03-02 12:20")
    ]
    assert ana[1 + 2 * SEVEN :] == [
        *("done", "7", "10", "2", "Spanish", "Standard time", "2026-03-03 12:13")
    ]
    assert [row[1] for row in screen[-4:]] == ["5", "34", "25", "45"]


def test_a_name_that_looks_like_a_formula_stays_text(room: Room, ben: FlaskClient) -> None:
    rename(room.app, "eli", "=1+1")
    assert [row[0] for row in csv_rows(room.file(ben, "csv"))[1:3]] == ["'=1+1", "Ana"]
    book = openpyxl.load_workbook(io.BytesIO(room.file(ben, "xlsx").get_data()))
    cell = book.worksheets[0]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_a_title_that_looks_like_a_formula_stays_text(full: Room, ben: FlaskClient) -> None:
    assert csv_rows(full.file(ben, "csv"))[0][1] == "'=Ethics: state"


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("csv", "text/csv; charset=utf-8"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_a_file_comes_with_its_kind_and_a_plain_name(
    room: Room, ben: FlaskClient, kind: str, content_type: str
) -> None:
    with inside(room.app):
        cohort_in(room).name = "Grupo de la mañana"
    answer = room.file(ben, kind)
    wanted = f'attachment; filename="grupo-de-la-manana-2026-03-02.{kind}"'
    assert (answer.status_code, answer.content_type) == (200, content_type)
    assert answer.headers["Content-Disposition"] == wanted


def test_the_day_in_the_file_s_name_is_the_cohort_s(
    room: Room, ben: FlaskClient, noon: time_machine.Traveller
) -> None:
    with inside(room.app):
        cohort_in(room).time_zone = "Pacific/Auckland"
    noon.shift(timedelta(hours=1))
    assert "2026-03-03" in room.file(ben, "csv").headers["Content-Disposition"]


def test_a_file_is_noted_for_every_member_and_a_page_for_nobody(
    room: Room, ben: FlaskClient
) -> None:
    before = contents(room.app)
    ben.get(room.page)
    ben.get(room.report)
    assert contents(room.app) == before
    room.file(ben, "csv")
    assert looks(room.app) == [("gradebook", "Ana"), ("gradebook", "Eli")]


def test_names_stay_hidden_until_they_are_asked_for(room: Room, ben: FlaskClient) -> None:
    page = words(ben.get(room.page))
    assert (said(room.app, "en", "Person %(number)s", number=2) in page, "Ana" in page) == (
        True,
        False,
    )
    named = words(room.named(ben))
    assert ("Ana" in named, "Eli" in named, "Person 1" in named) == (True, True, False)
    assert looks(room.app) == [("names", "Ana"), ("names", "Eli")]


def test_another_s_look_and_an_old_one_show_no_name(
    room: Room, ben: FlaskClient, dev: FlaskClient, noon: time_machine.Traveller
) -> None:
    look = look_in(ben.post(f"{room.page}/names").location)
    assert "Ana" not in words(dev.get(f"{room.page}?{look}"))
    noon.shift(timedelta(hours=2))
    for query in (look, "look=made-up", "look="):
        assert "Ana" not in words(ben.get(f"{room.page}?{query}"))


@pytest.mark.parametrize("data", [{}, {"format": "pdf"}, {"format": ""}])
def test_a_kind_of_file_that_there_is_not_is_told_and_nothing_is_noted(
    room: Room, ben: FlaskClient, data: dict[str, str]
) -> None:
    look = look_in(ben.post(f"{room.page}/names").location)
    before = contents(room.app)
    for language in LANGUAGES:
        speak(ben, language)
        before["person"] = contents(room.app)["person"]
        answer = ben.post(f"{room.page}/file?{look}", data=data)
        assert answer.status_code == 422
        text = words(answer)
        assert said(room.app, language, "Please choose one.") in text
        assert ("Ana" in text, contents(room.app) == before) == (True, True)


@pytest.mark.parametrize("who", ["ana", "eli", "caro"])
def test_whoever_does_not_run_the_cohort_finds_nothing(room: Room, who: str) -> None:
    client = signed_in(room.app, who)
    before = contents(room.app)
    answers = [client.get(room.page), client.get(room.report)]
    answers += [client.post(f"{room.page}/names"), room.file(client, "csv")]
    answers += [room.file(client, "xlsx"), room.file(client, "pdf")]
    assert [answer.status_code for answer in answers] == [404] * 6
    assert contents(room.app) == before


def test_a_stranger_is_asked_to_sign_in(room: Room, stranger: FlaskClient) -> None:
    answers = [stranger.get(room.page), stranger.get(room.report)]
    answers += [stranger.post(f"{room.page}/names"), room.file(stranger, "csv")]
    assert [asks_for_sign_in(answer) for answer in answers] == [True] * 4


@pytest.mark.parametrize("who", ["ben", "dev"])
def test_an_archived_cohort_can_be_read(room: Room, who: str) -> None:
    with inside(room.app):
        cohort_in(room).archived_at = NOON
    client = signed_in(room.app, who)
    assert "Ana" in words(room.named(client))
    answers = [client.get(room.report), room.file(client, "csv")]
    assert [answer.status_code for answer in answers] == [200, 200]


def test_a_trainer_who_is_a_candidate_again_loses_it(room: Room, ben: FlaskClient) -> None:
    with inside(room.app):
        row = find_by_username("ben")
        assert row is not None
        row.role = "candidate"
    answers = [ben.get(room.page), ben.get(room.report), room.file(ben, "csv")]
    assert [answer.status_code for answer in answers] == [404] * 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_speaks_both_languages(full: Room, ben: FlaskClient, language: str) -> None:
    speak(ben, language)
    title = said(full.app, language, "Gradebook")
    report = said(full.app, language, "Report on %(cohort)s", cohort="Morning group")
    assert heading(ben.get(full.page)) == (language, title)
    assert heading(ben.get(full.report)) == (language, report)
    done = said(full.app, language, "%(right)s of %(total)s", right=7, total=10)
    assert f'<b class="number">{done}</b>' in words(ben.get(full.page))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_speaks_the_page_s_language(full: Room, ben: FlaskClient, language: str) -> None:
    speak(ben, language)
    first, *_rest = rows = csv_rows(full.file(ben, "csv"))
    facts = (
        *("state", "right answers", "questions", "attempts used"),
        *("language at the start", "this person's time", "finished on"),
    )
    wanted = [f"'=Ethics: {said(full.app, language, fact)}" for fact in facts]
    assert first[: 1 + SEVEN] == [said(full.app, language, "Person"), *wanted]
    assert rows[1][1] == said(full.app, language, "done")
    assert rows[-4][0] == said(full.app, language, "People who are done")


def test_a_cohort_without_people_or_assignments_says_so(app: Flask, ben: FlaskClient) -> None:
    with inside(app) as stage:
        cohort = make_cohort(stage)
        empty = Room(app, cohort.handle)
    alone = said(app, "en", "Nobody has joined yet. People join with the cohort's code.")
    assert alone in words(ben.get(empty.page))
    assert f'href="/cohorts/{empty.cohort}#codes-heading"' in words(ben.get(empty.page))
    with inside(app) as stage:
        join(stage, cohort_in(empty), "ana")
    nothing = said(app, "en", "No assignments yet. Once there is one, its results appear here.")
    assert nothing in words(ben.get(empty.page))
    assert f'href="/cohorts/{empty.cohort}/assignments/new"' in words(ben.get(empty.page))
    assert csv_rows(empty.file(ben, "csv"))[:2] == [["Person"], ["Ana"]]
    assert xlsx_rows(empty.file(ben, "xlsx"))[:2] == [["Person"], ["Ana"]]
    assert ben.get(empty.report).status_code == 200


def test_the_report_holds_no_name_and_no_number_of_a_person(full: Room, ben: FlaskClient) -> None:
    page = words(ben.get(full.report))
    found = [name.title() for name in ("ana", "eli", *NAMES) if name.title() in page]
    assert (found, "Person " in page) == ([], False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_of_a_small_group_gives_counts_and_says_why(
    room: Room, ben: FlaskClient, language: str
) -> None:
    speak(ben, language)
    page = words(ben.get(room.report))
    why = (
        "This report shows only counts. With fewer than five people, a percentage would tell you "
        "about each person, not about the group."
    )
    assert said(room.app, language, why) in page
    main = page[page.index("<main") : page.index("</main>")]
    assert re.findall(r"\d+\s?%", main) == []
    assert said(room.app, language, "%(done)s of %(people)s", done=1, people=2) in main


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_says_what_it_assumes(full: Room, ben: FlaskClient, language: str) -> None:
    speak(ben, language)
    page = words(ben.get(full.report))
    target = (
        "The practice target is this site's own assumption. The real exam's pass mark is not "
        "public, and PeerPrep does not know it."
    )
    assert said(full.app, language, target) in page
    for share, low, high in ((34, 25, 45),):
        mean = said(
            full.app, language, "likely %(low)s to %(high)s", low=f"{low}%", high=f"{high}%"
        )
        assert f"{share}%" in page
        assert mean in page


def test_the_report_names_the_weakest_domain_and_leads_to_a_drill(
    full: Room, ben: FlaskClient
) -> None:
    with inside(full.app) as stage:
        quiz = set_quiz(cohort_in(full), title="Hard", opens_at=NOON - 3 * DAY, items=30)
        for username in ("ana", *NAMES):
            sat(stage, quiz, username, wrong=30)
    page = words(ben.get(full.report))
    assert said(full.app, "en", "What could help:") in page
    assert f'href="/cohorts/{full.cohort}/assignments/new?axis=oshpd&area=3"' in page


def test_a_put_away_cohort_offers_no_drill(full: Room, ben: FlaskClient) -> None:
    with inside(full.app):
        cohort_in(full).archived_at = NOON
    assert "assignments/new" not in words(ben.get(full.report))


def test_three_people_and_assignments_cost_no_more_questions_than_one(
    app: Flask, ben: FlaskClient
) -> None:
    with inside(app) as stage:
        cohort = make_cohort(stage)
        join(stage, cohort, "ana")
        sat(stage, set_quiz(cohort), right=1)
        room = Room(app, cohort.handle)
    costs = [cost(room, ben)]
    with inside(app) as stage:
        more(stage, room)
    costs.append(cost(room, ben))
    assert costs == [costs[0]] * 2


def more(stage: Stage, room: Room) -> None:
    """Two more people, and two more assignments that all three have done."""
    cohort = cohort_in(room)
    people = ["ana", newcomer(stage, cohort, "bea"), newcomer(stage, cohort, "cai")]
    for title in ("Second", "Third"):
        quiz = set_quiz(cohort, title=title)
        for username in people:
            sat(stage, quiz, username, right=2)


def cost(room: Room, client: FlaskClient) -> list[int]:
    """Questions for each page; each item's text is read once per process."""
    found = []
    for address in (room.page, room.report):
        client.get(address)
        with counted(room.app) as asked:
            client.get(address)
        found.append(len(asked))
    return found
