"""Added time on the exam's pages, and time that a trainer has set on the account's."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale, ngettext
from markupsafe import escape

from app.services.cohorts import archive_cohort
from tests.cohorts import join, make_cohort
from tests.web.accounts_cast import row_of
from tests.web.exam_cast import LANGUAGES, attempt, inside, said, speak, words
from tests.web.records_cast import Classroom, open_classroom
from tests.world import NOON

pytestmark = pytest.mark.usefixtures("noon")

ADDED = (
    "%(num)s minute was added: %(reason)s",
    "%(num)s minutes were added: %(reason)s",
)
ACCOUNT = {"display_name": "Ana", "language": "en"}


@pytest.fixture
def room(app: Flask) -> Classroom:
    """Ben's cohort with Ana, who has begun a quiz."""
    return open_classroom(app)


def test_the_clock_tells_the_page_what_was_added(room: Classroom, ana: FlaskClient) -> None:
    speak(ana, "en")
    clock = f"/attempts/{room.handle}/clock"
    before = ana.get(clock).get_json()
    room.add_time(10)
    room.add_time(1, "A slow start.")
    after = ana.get(clock).get_json()
    assert before["added"] == []
    assert after["added"] == [
        {
            "id": 1,
            "minutes": 10,
            "reason": "The power was out.",
            "text": "10 minutes were added: The power was out.",
        },
        {
            "id": 2,
            "minutes": 1,
            "reason": "A slow start.",
            "text": "1 minute was added: A slow start.",
        },
    ]
    assert after["seconds_left"] == before["seconds_left"] + 11 * 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_save_brings_it_too_in_the_page_s_language(
    app: Flask, room: Classroom, ana: FlaskClient, language: str
) -> None:
    speak(ana, language)
    room.add_time(1)
    change = {"position": 1, "seq": 1, "flagged": True}
    saved = ana.post(f"/attempts/{room.handle}/responses", json={"changes": [change]}).get_json()
    with app.test_request_context(), force_locale(language):
        text = str(ngettext(*ADDED, 1, reason="The power was out."))
    assert [added["text"] for added in saved["added"]] == [text]


@pytest.mark.parametrize("path", ["/items/1", "/review", "/submit"])
def test_without_javascript_every_page_of_the_test_lists_it(
    room: Classroom, ana: FlaskClient, path: str
) -> None:
    speak(ana, "en")
    here = f"/attempts/{room.handle}{path}"
    assert "data-added=" not in words(ana.get(here))
    room.add_time(10)
    page = words(ana.get(here))
    assert '<li data-added="1">10 minutes were added: The power was out.</li>' in page


def test_page_and_script_say_the_same_and_a_reason_from_right_to_left_turns_nothing(
    room: Classroom, ana: FlaskClient
) -> None:
    speak(ana, "en")
    room.add_time(10, "انقطاع <الكهرباء>")
    (told,) = ana.get(f"/attempts/{room.handle}/clock").get_json()["added"]
    assert told["text"] == "10 minutes were added: \u2068انقطاع <الكهرباء>\u2069"
    page = ana.get(f"/attempts/{room.handle}/items/1").text
    assert f'<li data-added="1">{escape(told["text"])}</li>' in page


def test_standard_own_and_added_time_are_always_visible(
    app: Flask, room: Classroom, ana: FlaskClient
) -> None:
    speak(ana, "en")
    here = f"/attempts/{room.handle}/items/1"
    plain = "Your time: %(own)s min (standard %(base)s)"
    more = "Your time: %(own)s min (standard %(base)s), and %(added)s min added"
    minutes = (attempt(app, room.handle).base_seconds or 0) // 60
    assert said(app, "en", plain, own=minutes, base=minutes) in words(ana.get(here))
    room.add_time(10)
    room.add_time(5)
    wanted = said(app, "en", more, own=minutes, base=minutes, added=15)
    assert wanted in words(ana.get(here))


def test_a_reason_is_shown_as_text(room: Classroom, ana: FlaskClient) -> None:
    room.add_time(10, "<b>Power</b>")
    page = ana.get(f"/attempts/{room.handle}/items/1").data
    assert (b"<b>Power</b>" in page, b"&lt;b&gt;Power&lt;/b&gt;" in page) == (False, True)


def test_an_answer_after_the_first_deadline_counts_within_added_time(
    room: Classroom, ana: FlaskClient, noon: time_machine.Traveller
) -> None:
    left = ana.get(f"/attempts/{room.handle}/clock").get_json()["seconds_left"]
    room.add_time(10)
    noon.shift(timedelta(seconds=left + 300))
    change = {"position": 1, "seq": 1, "flagged": True}
    saved = ana.post(f"/attempts/{room.handle}/responses", json={"changes": [change]})
    assert (saved.status_code, saved.get_json()["seconds_left"]) == (200, 300)


def test_whose_attempt_was_given_back_reads_so_and_may_go_on(
    app: Flask, room: Classroom, ana: FlaskClient, ben: FlaskClient
) -> None:
    ben.post(f"{room.attempt}/give-back{room.look(ben)}", data={"reason": "An outage."})
    speak(ana, "en")
    page = words(ana.get(f"/attempts/{room.handle}/items/1"))
    text = "This attempt was given back to you and no longer counts: %(reason)s"
    assert said(app, "en", text, reason="An outage.") in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_once_a_trainer_has_set_the_time_the_account_shows_it_and_whom_to_ask(
    app: Flask, room: Classroom, ana: FlaskClient, language: str
) -> None:
    speak(ana, language)
    assert 'name="time_factor"' in words(ana.get("/account"))
    room.set_standing(1.5)
    page = words(ana.get("/account"))
    moment = {"en": "March 2, 2026, 12:00 PM", "es": "2 de marzo de 2026, 12:00 p.m."}[language]
    text = "Set by your trainer on %(moment)s. To change it, please ask them."
    assert said(app, language, text, moment=moment) in page
    assert 'name="time_factor"' not in page


@pytest.mark.parametrize(
    ("factor", "told"), [("2.0", True), ("9", True), ("1.5", False), (None, False), ("x", False)]
)
def test_a_time_that_a_trainer_has_set_stays_and_the_rest_is_saved(
    app: Flask, room: Classroom, ana: FlaskClient, factor: str | None, *, told: bool
) -> None:
    room.set_standing(1.5)
    data = {**ACCOUNT, "display_name": "Ana María"}
    answer = ana.post("/account", data=data if factor is None else {**data, "time_factor": factor})
    row = row_of(app)
    assert (answer.status_code, row.display_name, row.time_factor) == (303, "Ana María", 1.5)
    text = said(app, "en", "Your time was left as it is: your trainer has set it.")
    assert (text in words(ana.get("/account"))) == told


@pytest.mark.parametrize("archived", [False, True])
def test_in_no_open_cohort_the_time_is_the_person_s_own_again(
    app: Flask, room: Classroom, ana: FlaskClient, *, archived: bool
) -> None:
    room.set_standing(1.75)
    if archived:
        with inside(app) as stage:
            archive_cohort(stage.person("ben"), room.cohort, NOON)
    else:
        ana.post(f"/join/cohorts/{room.cohort}/leave")
    page = words(ana.get("/account"))
    assert 'name="time_factor"' in page
    assert '<option selected value="1.75">' in page
    ana.post("/account", data={**ACCOUNT, "time_factor": "1.75"})
    assert row_of(app).time_factor == 1.75
    ana.post("/account", data={**ACCOUNT, "time_factor": "1.25"})
    assert row_of(app).time_factor == 1.25


def test_what_the_person_chose_in_between_is_not_taken_back_by_a_new_cohort(
    app: Flask, room: Classroom, ana: FlaskClient
) -> None:
    room.set_standing(1.5)
    ana.post(f"/join/cohorts/{room.cohort}/leave")
    ana.post("/account", data={**ACCOUNT, "time_factor": "1.25"})
    with inside(app) as stage:
        join(stage, make_cohort(stage, "Evening group"), "ana")
    assert 'name="time_factor"' in words(ana.get("/account"))
    ana.post("/account", data={**ACCOUNT, "time_factor": "2.0"})
    assert row_of(app).time_factor == 2.0


@pytest.mark.usefixtures("room")
def test_before_that_the_person_s_own_choice_holds(app: Flask, ana: FlaskClient) -> None:
    ana.post("/account", data={**ACCOUNT, "time_factor": "1.25"})
    assert row_of(app).time_factor == 1.25
