"""A trainer's assignments: who may see them, the list, the page, changing and withdrawing."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.storage.cohorts import find_cohort
from tests.cohorts import DUE, join, make_cohort
from tests.web.accounts_cast import contents
from tests.web.assignments_cast import (
    EDITED,
    FILLED,
    at,
    errors,
    moment,
    quiz_of,
    rows,
    set_by,
    started,
)
from tests.web.exam_cast import (
    LANGUAGES,
    asks_for_sign_in,
    attempts,
    checked,
    heading,
    inside,
    said,
    speak,
    words,
)
from tests.world import NOON, signed_in

pytestmark = pytest.mark.usefixtures("noon")
HEADINGS = {
    "": "Assignments",
    "/new": "Set an assignment",
    "/{one}": "Law and ethics",
    "/{one}/form": "Questions and answers",
    "/{one}/preview": "Question 1 of 10",
    "/{one}/edit": "Change an assignment",
    "/{one}/withdraw": "Withdraw this assignment?",
}
POSTS = ("/new", "/{one}/form/1/swap", "/{one}/edit", "/{one}/withdraw")


@pytest.fixture
def cohort(app: Flask) -> str:
    """Ben's cohort with Ana and Eli in it."""
    with inside(app) as stage:
        made = make_cohort(stage)
        join(stage, made, "ana", "eli")
        return made.handle


@pytest.fixture
def caro(app: Flask) -> FlaskClient:
    return signed_in(app, "caro")


# Who may


def test_a_stranger_is_asked_to_sign_in(app: Flask, stranger: FlaskClient, cohort: str) -> None:
    one = quiz_of(app, cohort)
    before = contents(app)
    for rest in HEADINGS:
        assert asks_for_sign_in(stranger.get(at(cohort, rest, one)))
    for rest in POSTS:
        assert asks_for_sign_in(stranger.post(at(cohort, rest, one), data={**FILLED, **EDITED}))
    assert contents(app) == before


def test_no_candidate_and_no_other_trainer_finds_a_page(
    app: Flask, ana: FlaskClient, caro: FlaskClient, ben: FlaskClient, cohort: str
) -> None:
    one = set_by(ben, cohort)
    before = contents(app)
    for client in (ana, caro):
        for rest in HEADINGS:
            assert (rest, client.get(at(cohort, rest, one)).status_code) == (rest, 404)
        for rest in POSTS:
            answer = client.post(at(cohort, rest, one), data={**FILLED, **EDITED})
            assert (rest, answer.status_code) == (rest, 404)
    assert contents(app) == before


def test_an_assignment_is_not_found_under_another_cohort(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    with inside(app) as stage:
        other = make_cohort(stage, "Evening group").handle
    one = set_by(ben, cohort)
    before = contents(app)
    for rest in [rest for rest in HEADINGS if "{one}" in rest]:
        assert (rest, ben.get(at(other, rest, one)).status_code) == (rest, 404)
    for rest in [rest for rest in POSTS if "{one}" in rest]:
        assert (rest, ben.post(at(other, rest, one), data=EDITED).status_code) == (rest, 404)
    assert contents(app) == before


@pytest.mark.parametrize("who", ["ben", "dev"])
def test_its_trainer_and_an_administrator_find_every_page(
    request: pytest.FixtureRequest, ben: FlaskClient, cohort: str, who: str
) -> None:
    one = set_by(ben, cohort)
    client: FlaskClient = request.getfixturevalue(who)
    found = {rest: client.get(at(cohort, rest, one)).status_code for rest in HEADINGS}
    assert found == dict.fromkeys(HEADINGS, 200)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rest", HEADINGS)
def test_the_pages_speak_both_languages(
    app: Flask, ben: FlaskClient, cohort: str, rest: str, language: str
) -> None:
    one = set_by(ben, cohort, title="Law and ethics")
    speak(ben, language)
    wanted = (
        said(app, language, "Question %(position)s of %(total)s", position=1, total=10)
        if rest.endswith("preview")
        else said(app, language, HEADINGS[rest])
    )
    assert heading(ben.get(at(cohort, rest, one))) == (language, wanted)


def test_looking_writes_nothing(app: Flask, ben: FlaskClient, cohort: str) -> None:
    one = set_by(ben, cohort)
    before = contents(app)
    for rest in HEADINGS:
        ben.get(at(cohort, rest, one))
    assert contents(app) == before


def test_an_archived_cohort_takes_no_change_but_can_be_read(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    one = set_by(ben, cohort)
    with inside(app):
        row = find_cohort(cohort)
        assert row is not None
        row.archived_at = NOON
    before = contents(app)
    for rest in POSTS:
        answer = ben.post(at(cohort, rest, one), data={**FILLED, **EDITED})
        assert (rest, answer.status_code) == (rest, 409)
    found = {rest: ben.get(at(cohort, rest, one)).status_code for rest in HEADINGS}
    closed = ("/new", "/{one}/edit", "/{one}/withdraw")
    assert found == {rest: 409 if rest in closed else 200 for rest in HEADINGS}
    assert contents(app) == before


# The list and the page


def test_the_list_says_what_is_open_what_opens_later_and_what_is_closed(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    week = timedelta(days=7)
    quiz_of(app, cohort, title="Now")
    quiz_of(app, cohort, title="Later", opens_at=NOON + week, due_at=NOON + 2 * week)
    quiz_of(app, cohort, title="Over", opens_at=NOON - 2 * week, due_at=NOON - week)
    quiz_of(app, cohort, title="Gone", withdrawn_at=NOON)
    page = words(ben.get(at(cohort)))
    lines = [line.split("</tr>")[0] for line in page.split('<th scope="row">')[1:]]
    tags = [line.split('class="tag')[1].split(">")[1].split("<")[0] for line in lines]
    titles = [line.split('dir="auto">')[1].split("<")[0] for line in lines]
    assert list(zip(titles, tags, strict=True)) == [
        ("Later", "opens later"),
        ("Now", "open now"),
        ("Over", "no longer open"),
    ]
    assert page.count("Pacific Time") == 1


def test_an_empty_list_says_so(app: Flask, ben: FlaskClient, cohort: str) -> None:
    wanted = said(app, "en", "No assignments yet. A quiz takes about two minutes to assign.")
    assert wanted in words(ben.get(at(cohort)))


def test_times_are_the_cohort_s(app: Flask, ben: FlaskClient, cohort: str) -> None:
    with inside(app):
        row = find_cohort(cohort)
        assert row is not None
        row.time_zone = "America/New_York"
    one = set_by(ben, cohort, due="2026-03-09T23:59")
    assert rows(app)[0].due_at == datetime(2026, 3, 9, 23, 59, tzinfo=ZoneInfo("America/New_York"))
    page = words(ben.get(at(cohort, "/{one}", one)))
    assert "March 9, 2026, 11:59 PM" in page
    assert page.count("Eastern Time") == 1


# Changing, copying, withdrawing


def test_title_dates_and_attempts_can_be_changed(app: Flask, ben: FlaskClient, cohort: str) -> None:
    one = quiz_of(app, cohort, reminded_at=NOON)
    answer = ben.post(at(cohort, "/{one}/edit", one), data=EDITED)
    assert answer.location == at(cohort, "/{one}", one)
    (row,) = rows(app)
    assert (row.title.en, row.attempts_allowed, row.opens_at) == ("Law", 2, NOON)
    assert (row.due_at, row.reminded_at) == (moment("2026-03-12T18:00"), None)


def test_a_date_that_is_sent_back_as_it_was_is_not_moved(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    second = timedelta(seconds=41)
    one = quiz_of(app, cohort, opens_at=NOON + second, due_at=DUE + second, reminded_at=NOON)
    page = words(ben.get(at(cohort, "/{one}/edit", one)))
    assert 'value="2026-03-02T12:00"' in page
    sent = {**EDITED, "due": "2026-03-09T13:00"}
    assert 'value="2026-03-09T13:00"' in page  # the clock has changed in between
    ben.post(at(cohort, "/{one}/edit", one), data=sent)
    (row,) = rows(app)
    assert (row.opens_at, row.due_at) == (NOON + second, DUE + second)
    assert row.reminded_at == NOON


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": " "},
        {"title": "x" * 121},
        {"opens": ""},
        {"opens": "x"},
        {"due": "x"},
        {"due": "2026-03-02T12:00"},
        {"attempts": "0"},
        {"attempts": "11"},
    ],
)
def test_a_change_that_cannot_be_is_refused_and_kept(
    app: Flask, ben: FlaskClient, cohort: str, wrong: dict[str, str]
) -> None:
    one = quiz_of(app, cohort)
    before = contents(app)
    page = ben.post(at(cohort, "/{one}/edit", one), data={**EDITED, **wrong})
    assert page.status_code == 422
    assert len(errors(words(page))) >= 1
    kept = next(name for name in ("opens", "title") if name not in wrong)
    assert f'value="{EDITED[kept]}"' in words(page)
    assert contents(app) == before


def test_no_fewer_attempts_than_somebody_has_used(
    app: Flask, ben: FlaskClient, ana: FlaskClient, cohort: str
) -> None:
    one = quiz_of(app, cohort, attempts_allowed=3)
    for _ in range(2):
        where = ana.post(f"/assigned/{one}/start", data={"language": "en"}).location
        ana.post(f"{where}/submit")
    page = ben.post(at(cohort, "/{one}/edit", one), data={**EDITED, "attempts": "1"})
    assert (page.status_code, errors(words(page))) == (
        422,
        ["Somebody has used 2 attempts already."],
    )
    assert ben.post(at(cohort, "/{one}/edit", one), data=EDITED).status_code == 303


def test_results_that_wait_for_the_due_date_move_with_it(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    one = quiz_of(app, cohort, feedback="after_due")
    started(app, one)
    page = ben.post(at(cohort, "/{one}/edit", one), data={**EDITED, "due": ""})
    assert (page.status_code, len(errors(words(page)))) == (422, 1)
    ben.post(at(cohort, "/{one}/edit", one), data=EDITED)
    assert attempts(app)[0].feedback_from == moment("2026-03-12T18:00")


def test_a_copy_brings_everything_but_the_dates(
    app: Flask, ben: FlaskClient, caro: FlaskClient, cohort: str
) -> None:
    choices = {"timed": "timed", "attempts": "4", "test_language": "es", "order": "fixed"}
    one = set_by(ben, cohort, axis="samhsa", areas=["IX"], length="0", other_length="7", **choices)
    page = ben.get(at(cohort, f"/new?copy={one}"))
    wanted = {("areas", "IX"), ("length", "0"), ("timed", "timed"), ("test_language", "es")}
    assert wanted <= checked(page)
    text = words(page)
    assert 'name="axis" value="samhsa"' in text
    assert 'name="other_length"' in text
    assert '<option selected value="4">' in text
    assert 'value="2026-03-09T23:59"' in text
    with inside(app) as stage:
        other = make_cohort(stage, "Caro's", trainer="caro").handle
    assert caro.get(at(other, f"/new?copy={one}")).status_code == 404
    assert ben.get(at(cohort, "/new?copy=nonsense")).status_code == 404


def test_withdrawing_is_asked_first_and_then_takes_it_off_the_list(
    app: Flask, ben: FlaskClient, eli: FlaskClient, cohort: str
) -> None:
    one = set_by(ben, cohort, title="Law and ethics")
    assert rows(app)[0].withdrawn_at is None
    assert "nobody has started it yet" in words(ben.get(at(cohort)))
    assert "Nobody has started it yet." in words(ben.get(at(cohort, "/{one}/withdraw", one)))
    assert rows(app)[0].withdrawn_at is None
    assert ben.post(at(cohort, "/{one}/withdraw", one)).location == at(cohort)
    assert rows(app)[0].withdrawn_at == NOON
    gone = eli.get(f"/assigned/{one}")
    withdrawn = said(app, "en", "This assignment was withdrawn")
    assert (gone.status_code, heading(gone)) == (404, ("en", withdrawn))
    stranger = signed_in(app, "caro").get(f"/assigned/{one}")
    assert (stranger.status_code, withdrawn in words(stranger)) == (404, False)
    for rest in [rest for rest in HEADINGS if "{one}" in rest]:
        assert ben.get(at(cohort, rest, one)).status_code == 404
    assert ben.post(at(cohort, "/{one}/withdraw", one)).status_code == 404


def test_in_an_archived_cohort_nothing_is_called_open(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    one = set_by(ben, cohort)
    ben.post(f"/cohorts/{cohort}/archive")
    for rest in ("", "/{one}"):
        assert said(app, "en", "open now") not in words(ben.get(at(cohort, rest, one)))
    refused = ben.get(at(cohort, "/{one}/edit", one))
    assert (refused.status_code, f'href="/cohorts/{cohort}"' in words(refused)) == (409, True)


def test_the_buttons_lead_to_the_board_where_there_is_one(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    one = set_by(ben, cohort)
    there = "board.assignment" in app.view_functions
    for rest in ("", "/{one}"):
        page = words(ben.get(at(cohort, rest, one)))
        assert (f'href="/cohorts/{cohort}/board/{one}"' in page) is there
