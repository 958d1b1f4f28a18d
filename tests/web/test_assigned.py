"""What is set for a candidate: the page before a start, starting, and the list for home."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from flask_babel import force_locale

from app.domain.attempts import AttemptKind
from app.services.accommodations import give_back
from app.services.assigned import assigned_lines
from app.storage.assignments import find_assignment
from app.storage.cohorts import find_cohort
from app.storage.database import db
from app.storage.people import find_by_username
from app.web.templating import moment_in, zone_name
from tests.cohorts import DUE, join, make_cohort, set_quiz
from tests.web.accounts_cast import contents
from tests.web.exam_cast import (
    LANGUAGES,
    asks_for_sign_in,
    attempts,
    begin,
    checked,
    finish,
    heading,
    inside,
    said,
    speak,
    words,
)
from tests.world import NOON

pytestmark = pytest.mark.usefixtures("noon")
WHOLE = {"axis": "oshpd", "areas": [], "levels": [], "competencies": [], "item_ids": []}
MOCK = {"kind": "mock", "items": 120, "selection": WHOLE}
ENGLISH = {"language": "en"}
START = 'action="/assigned/'
LIST = '{% from "assigned/_list.html" import assigned_list %}{{ assigned_list(lines) }}'


@pytest.fixture
def cohort(app: Flask) -> str:
    """Ben's cohort with Ana and Eli in it."""
    with inside(app) as stage:
        made = make_cohort(stage)
        join(stage, made, "ana", "eli")
        return made.handle


def assign(app: Flask, cohort: str, **wanted: object) -> str:
    with inside(app):
        row = find_cohort(cohort)
        assert row is not None
        return set_quiz(row, **wanted).handle


def page(client: FlaskClient, one: str) -> str:
    answer = client.get(f"/assigned/{one}")
    assert answer.status_code == 200, words(answer)
    return words(answer)


def start(client: FlaskClient, one: str) -> str:
    answer = client.post(f"/assigned/{one}/start", data=ENGLISH)
    assert answer.status_code == 303, words(answer)
    return str(answer.location)


def listed(app: Flask, username: str, language: str = "en", now: datetime = NOON) -> str:
    with inside(app) as stage:
        lines = assigned_lines(stage.person(username), now)
        with app.test_request_context(), force_locale(language):
            return render_template_string(LIST, lines=lines)


def test_a_stranger_is_asked_to_sign_in(app: Flask, stranger: FlaskClient, cohort: str) -> None:
    one = assign(app, cohort)
    before = contents(app)
    assert stranger.get(f"/assigned/{one}").location == f"/sign-in?next=/assigned/{one}"
    assert asks_for_sign_in(stranger.post(f"/assigned/{one}/start", data=ENGLISH))
    assert contents(app) == before


def test_who_is_not_in_the_cohort_finds_nothing(
    app: Flask, ben: FlaskClient, dev: FlaskClient, cohort: str
) -> None:
    one = assign(app, cohort)
    before = contents(app)
    for client in (ben, dev):
        for given in (one, "nonsense", "%00", "x" * 300):
            assert client.get(f"/assigned/{given}").status_code == 404
            answer = client.post(f"/assigned/{given}/start", data=ENGLISH)
            assert answer.status_code == 404
    assert contents(app) == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_both_languages(
    app: Flask, ana: FlaskClient, cohort: str, language: str
) -> None:
    one = assign(app, cohort)
    speak(ana, language)
    answer = ana.get(f"/assigned/{one}")
    assert heading(answer) == (language, "Law and ethics")
    assert said(app, language, "If you start before then, you keep your whole time.") in words(
        answer
    )
    assert checked(answer) == {("language", language)}


def test_the_page_shows_the_standard_time_and_ones_own(
    app: Flask, eli: FlaskClient, cohort: str
) -> None:
    with inside(app):
        row = find_by_username("eli")
        assert row is not None
        row.time_factor = 1.5
    text = page(eli, assign(app, cohort, timed=True))
    facts = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)", text))
    assert (facts["Your time"], facts["Standard time"]) == ("20 minutes", "13 minutes")


def test_the_page_says_until_when_how_often_and_when_results_open(
    app: Flask, eli: FlaskClient, cohort: str
) -> None:
    text = page(eli, assign(app, cohort, feedback="after_due", attempts_allowed=3))
    due = "March 9, 2026, 1:00 PM"
    assert said(app, "en", "You can start until %(moment)s.", moment=due) in text
    assert said(app, "en", "open on %(moment)s", moment=due) in text
    assert said(app, "en", "%(used)s of %(allowed)s used", used=0, allowed=3) in text
    assert text.count("Pacific Time") == 1


def test_a_start_leads_to_the_attempt_and_twice_to_the_same(
    app: Flask, eli: FlaskClient, cohort: str
) -> None:
    one = assign(app, cohort)
    assert start(eli, one) == start(eli, one)
    (row,) = attempts(app)
    assert (row.kind, row.language, row.assignment_try) == ("quiz", "en", 1)


def test_a_free_language_must_be_chosen_and_a_set_one_is_not_asked(
    app: Flask, eli: FlaskClient, cohort: str
) -> None:
    free, fixed = assign(app, cohort), assign(app, cohort, title="Fixed", language="es")
    before = contents(app)
    for data in ({}, {"language": "fr"}, {"language": ""}):
        answer = eli.post(f"/assigned/{free}/start", data=data)
        assert answer.status_code == 422
        assert "usa-error-message" in words(answer)
    assert contents(app) == before
    assert 'name="language" type="radio"' not in page(eli, fixed)
    assert eli.post(f"/assigned/{fixed}/start").status_code == 303
    assert attempts(app)[0].language == "es"


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (
            {"opens_at": NOON + timedelta(days=1)},
            "It opens on March 3, 2026, 12:00 PM.",
        ),
        (
            {"opens_at": NOON - timedelta(days=2), "due_at": NOON - timedelta(seconds=1)},
            "It can no longer be started. If you still want to do it, please ask your trainer.",
        ),
    ],
)
def test_outside_of_its_window_the_page_says_why_and_has_no_button(
    app: Flask, eli: FlaskClient, cohort: str, wanted: dict[str, object], why: str
) -> None:
    one = assign(app, cohort, **wanted)
    text = page(eli, one)
    assert (why in text, START in text) == (True, False)
    before = contents(app)
    assert eli.post(f"/assigned/{one}/start", data=ENGLISH).status_code == 409
    assert contents(app) == before


def test_used_attempts_give_the_result_instead_of_a_button(
    app: Flask, eli: FlaskClient, cohort: str
) -> None:
    one = assign(app, cohort)
    where = start(eli, one)
    assert f'href="{where}"' in page(eli, one)
    eli.post(f"{where}/submit")
    text = page(eli, one)
    assert said(app, "en", "All your attempts at this assignment are used.") in text
    assert (f'href="{where}/result"' in text, START in text) == (True, False)
    assert eli.post(f"/assigned/{one}/start", data=ENGLISH).status_code == 409


def test_an_archived_cohort_has_no_button(app: Flask, eli: FlaskClient, cohort: str) -> None:
    one = assign(app, cohort)
    with inside(app):
        row = find_cohort(cohort)
        assert row is not None
        row.archived_at = NOON
    assert START not in page(eli, one)
    assert eli.post(f"/assigned/{one}/start", data=ENGLISH).status_code == 409


def test_an_assigned_mock_says_that_it_uses_a_try_and_does(
    app: Flask, eli: FlaskClient, cohort: str
) -> None:
    one = assign(app, cohort, **MOCK)
    text = page(eli, one)
    assert said(app, "en", "This mock exam uses one of your three mock tries.") in text
    assert said(app, "en", "Next: try %(number)s of %(limit)s.", number=1, limit=3) in text
    start(eli, one)
    assert attempts(app)[0].try_slot is not None


def test_without_a_try_an_assigned_mock_cannot_be_started(
    app: Flask, eli: FlaskClient, cohort: str
) -> None:
    one = assign(app, cohort, **MOCK)
    for n in range(3):
        finish(app, begin(app, "eli", AttemptKind.MOCK, NOON, n), "eli")
    text = page(eli, one)
    assert START not in text
    assert said(app, "en", "All %(limit)s tries of this period are used.", limit=3) in text
    before = contents(app)
    assert eli.post(f"/assigned/{one}/start", data=ENGLISH).status_code == 409
    assert contents(app) == before


def test_after_the_due_date_what_runs_goes_on(
    app: Flask, eli: FlaskClient, cohort: str, noon: time_machine.Traveller
) -> None:
    one = assign(app, cohort, timed=True)
    noon.move_to(DUE)
    where = start(eli, one)
    noon.move_to(DUE + timedelta(minutes=12))
    option = attempts(app)[0].form[0][2].split()[0]
    assert eli.post(f"{where}/items/1", data={"option": option, "do": "go:2"}).status_code == 303
    assert f'href="{where}"' in page(eli, one)


def test_looking_writes_nothing(app: Flask, eli: FlaskClient, cohort: str) -> None:
    one = assign(app, cohort)
    before = contents(app)
    page(eli, one)
    assert contents(app) == before


def test_a_result_that_opens_later_is_promised_for_then_and_never_before(
    app: Flask, eli: FlaskClient, cohort: str, noon: time_machine.Traveller
) -> None:
    with inside(app):
        row = find_cohort(cohort)
        assert row is not None
        row.time_zone = "America/New_York"
    one = assign(app, cohort, feedback="after_due")
    where = start(eli, one)
    opens = "March 9, 2026, 4:00 PM"
    submit = words(eli.get(f"{where}/submit"))
    assert f"The result opens on {opens} (Eastern Time)." in submit
    assert said(app, "en", "After this, answers cannot change, and the result is shown.") not in (
        submit
    )
    closed = eli.get(eli.post(f"{where}/submit").location)
    assert closed.status_code == 409
    assert heading(closed) == ("en", said(app, "en", "Handed in: the result opens later"))
    assert f"The result opens on {opens} (Eastern Time)." in words(closed)
    link = f'href="{where}/result"'
    for text in (page(eli, one), listed(app, "eli")):
        assert (f"the result opens on {opens}" in text, link in text) == (True, False)
    noon.move_to(DUE)
    for text in (page(eli, one), listed(app, "eli", now=DUE)):
        assert ("the result opens on" in text, link in text) == (False, True)


def test_its_title_stays_on_home_history_and_result_when_it_is_withdrawn(
    app: Flask, ben: FlaskClient, eli: FlaskClient, cohort: str
) -> None:
    one = assign(app, cohort, title="Week two")
    where = start(eli, one)
    ben.post(f"/cohorts/{cohort}/assignments/{one}/withdraw")
    for address in ("/home", "/history"):
        assert "Week two" in words(eli.get(address))
    eli.post(f"{where}/submit")
    assert "Week two" in words(eli.get(f"{where}/result"))


def test_a_timed_one_names_the_moment_when_nobody_can_be_at_work_on_it(
    app: Flask, ben: FlaskClient, eli: FlaskClient, cohort: str
) -> None:
    one = assign(app, cohort, feedback="after_due", timed=True)
    opens = "March 9, 2026, 1:26 PM"
    trainers = words(ben.get(f"/cohorts/{cohort}/assignments/{one}"))
    assert [opens in text for text in (page(eli, one), trainers)] == [True, True]


def test_a_language_that_the_trainer_set_is_not_called_a_choice(
    app: Flask, eli: FlaskClient, cohort: str
) -> None:
    where = start(eli, assign(app, cohort, language="es"))
    text = words(eli.get(f"{where}/items/1"))
    assert "Your trainer has set the language of this test" in text
    assert "the language that you chose at the start" not in text


def test_an_attempt_that_was_given_back_may_be_started_again(
    app: Flask, eli: FlaskClient, cohort: str
) -> None:
    one = assign(app, cohort)
    where = start(eli, one)
    eli.post(f"{where}/submit")
    told = said(app, "en", "given back: you may start again")
    assert told not in listed(app, "eli")
    with inside(app) as stage:
        eli_id, handle = stage.person("eli").id, where.rpartition("/")[2]
        give_back(stage.person("ben"), cohort, eli_id, handle, "Noise", NOON)
    assert told in listed(app, "eli")
    start(eli, one)
    assert told not in listed(app, "eli")


# The list for home


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_leads_to_start_to_go_on_and_to_the_result(
    app: Flask, eli: FlaskClient, cohort: str, language: str
) -> None:
    new, running, done = (assign(app, cohort, title=t) for t in ("New", "Running", "Done"))
    going, over = start(eli, running), start(eli, done)
    eli.post(f"{over}/submit")
    text = listed(app, "eli", language)
    buttons = [
        (part.split('href="')[1].split('"')[0], part.split(">")[1].split("<")[0])
        for part in text.split('<a class="usa-button')[1:]
    ]
    assert buttons == [
        (f"/assigned/{new}", said(app, language, "Start")),
        (going, said(app, language, "Go on")),
        (f"{over}/result", said(app, language, "See the result")),
    ]


def test_the_list_names_cohort_due_date_and_zone_once(app: Flask, cohort: str) -> None:
    assign(app, cohort)
    assign(app, cohort, title="Second", due_at=None)
    text = listed(app, "eli")
    assert text.count("Morning group") == 2
    assert "due March 9, 2026, 1:00 PM" in text
    assert "no due date" in text
    assert text.count("Pacific Time") == 1


def test_two_zones_are_named_at_their_lines(app: Flask, cohort: str) -> None:
    with inside(app) as stage:
        other = make_cohort(stage, "Evening group")
        other.time_zone = "America/New_York"
        db.session.commit()
        join(stage, other, "eli")
        set_quiz(other)
    assign(app, cohort)
    text = listed(app, "eli")
    assert (text.count("(Pacific Time)"), text.count("(Eastern Time)")) == (1, 1)


def test_what_is_over_and_never_begun_has_no_button(app: Flask, cohort: str) -> None:
    one = assign(app, cohort)
    text = listed(app, "eli", now=DUE + timedelta(seconds=1))
    assert '<a class="usa-button' not in text
    assert f'href="/assigned/{one}"' in text
    with inside(app):
        assert find_assignment(one) is not None


@pytest.mark.parametrize(
    ("zone", "language", "shown"),
    [
        ("America/Los_Angeles", "en", "March 2, 2026, 12:00 PM"),
        ("America/New_York", "en", "March 2, 2026, 3:00 PM"),
        ("Europe/Berlin", "en", "March 2, 2026, 9:00 PM"),
        ("America/New_York", "es", "2 de marzo de 2026, 3:00 p.m."),
    ],
)
def test_a_moment_is_shown_in_the_zone_that_is_asked_for(
    app: Flask, zone: str, language: str, shown: str
) -> None:
    with app.test_request_context(headers={"Accept-Language": language}):
        assert moment_in(NOON, zone) == shown


def test_a_zone_has_the_name_that_people_use(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "es"}):
        assert zone_name("America/Los_Angeles") == "hora del Pacífico"
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert [zone_name(zone) for zone in ("America/Los_Angeles", "UTC", "Etc/GMT+8")] == [
            "Pacific Time",
            "UTC",
            "Etc/GMT+8",
        ]
