"""What candidates read of their own record."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.domain.access import Role
from app.services.looks import LookAt, note_look
from app.services.people import delete_person
from app.services.roster import set_role
from tests.web.accounts_cast import contents
from tests.web.exam_cast import LANGUAGES, heading, inside, said, speak, words
from tests.web.records_cast import Classroom, open_classroom
from tests.world import NOON

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def room(app: Flask) -> Classroom:
    """Ben's cohort with Ana."""
    return open_classroom(app)


def test_a_stranger_is_asked_to_sign_in(stranger: FlaskClient) -> None:
    assert stranger.get("/my-record").location == "/sign-in?next=/my-record"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_both_languages(app: Flask, ana: FlaskClient, language: str) -> None:
    speak(ana, language)
    assert heading(ana.get("/my-record")) == (language, said(app, language, "My record"))


def test_with_nothing_yet_each_part_says_so(app: Flask, eli: FlaskClient) -> None:
    page = words(eli.get("/my-record"))
    for text in (
        "No trainer has set any. You can choose your own time in your account.",
        "None so far.",
        "Nobody has looked at your record.",
    ):
        assert said(app, "en", text) in page


def test_what_was_set_added_and_given_back_is_there_with_who_and_why(
    room: Classroom, ana: FlaskClient, ben: FlaskClient
) -> None:
    room.set_standing(1.5, "REASON ONE")
    room.add_time(7, "REASON TWO")
    ben.post(f"{room.attempt}/give-back{room.look(ben)}", data={"reason": "REASON THREE"})
    speak(ana, "en")
    page = words(ana.get("/my-record"))
    for text in ("REASON ONE", "REASON TWO", "REASON THREE", "50% more time", "7 minutes added"):
        assert (text, page.count(text)) == (text, 1)
    assert page.count("Law and ethics") == 2
    assert page.count(">Ben</span>") == 3


@pytest.mark.parametrize(
    ("at_what", "text"),
    [
        (LookAt.RECORD, "%(who)s looked at your results and accommodations on %(when)s."),
        (
            LookAt.NAMES,
            "%(who)s looked at the names and results in the cohort, yours among them, on %(when)s.",
        ),
        (
            LookAt.ANSWERS,
            "%(who)s looked at who chose which answer to a question of an assignment on %(when)s.",
        ),
        (
            LookAt.GRADEBOOK,
            (
                "%(who)s downloaded a file with the results of the cohort's assignments,"
                " yours among them, on %(when)s."
            ),
        ),
    ],
)
def test_every_kind_of_look_is_told_in_words(
    app: Flask, room: Classroom, ana: FlaskClient, at_what: LookAt, text: str
) -> None:
    with inside(app) as stage:
        note_look(stage.person("ben"), 1, [room.ana], at_what, NOON)
    speak(ana, "en")
    page = words(ana.get("/my-record"))
    assert said(app, "en", text, who="Ben", when="March 2, 2026, 12:00 PM") in page
    assert said(app, "en", "Cohort: %(cohort)s", cohort="Morning group") in page


def test_the_newest_look_comes_first(
    room: Classroom, ana: FlaskClient, ben: FlaskClient, noon: time_machine.Traveller
) -> None:
    room.look(ben)
    noon.shift(timedelta(days=1))
    room.names(ben)
    speak(ana, "en")
    page = words(ana.get("/my-record"))
    assert page.index("March 3, 2026") < page.index("March 2, 2026")


def test_equal_looks_of_one_day_are_one_line(
    app: Flask, room: Classroom, ana: FlaskClient, noon: time_machine.Traveller
) -> None:
    with inside(app) as stage:
        for at_what, hours in ((LookAt.NAMES, 0), (LookAt.NAMES, 1), (LookAt.NAMES, 25)):
            note_look(stage.person("ben"), 1, [room.ana], at_what, NOON + timedelta(hours=hours))
    noon.shift(timedelta(days=2))
    speak(ana, "en")
    page = words(ana.get("/my-record"))
    text = "%(who)s looked at the names and results in the cohort, yours among them, on %(when)s."
    one = said(app, "en", text, who="Ben", when="March 3, 2026, 1:00 PM")
    two = said(app, "en", text, who="Ben", when="March 2, 2026")
    assert page.count("looked at the names") == 2
    assert (one in page, f"{two} 2 times that day." in page) == (True, True)


@pytest.mark.parametrize(("looks", "told"), [(200, False), (201, True)])
def test_that_some_looks_are_not_shown_is_said_only_where_it_is_so(
    app: Flask,
    room: Classroom,
    ana: FlaskClient,
    looks: int,
    told: bool,  # noqa: FBT001
) -> None:
    with inside(app) as stage:
        note_look(stage.person("ben"), 1, [room.ana] * looks, LookAt.NAMES, NOON)
    speak(ana, "en")
    page = words(ana.get("/my-record"))
    assert ("The newest 200 looks are shown." in page, "200 times that day." in page) == (
        told,
        True,
    )


def test_a_look_outlives_the_account_that_looked(
    app: Flask, room: Classroom, ana: FlaskClient, ben: FlaskClient
) -> None:
    room.look(ben)
    room.set_standing()
    with inside(app) as stage:
        set_role(stage.person("dev"), stage.person("ben").id, Role.CANDIDATE)
        assert delete_person(stage.person("ben").id)
    speak(ana, "en")
    page = words(ana.get("/my-record"))
    assert page.count("omebody whose account is gone") == 2


def test_everybody_reads_their_own_alone(
    room: Classroom, eli: FlaskClient, ben: FlaskClient
) -> None:
    room.set_standing(1.5, "REASON ONE")
    room.look(ben)
    for client in (eli, ben):
        page = words(client.get("/my-record"))
        assert ("REASON ONE" in page, "March 2, 2026" in page) == (False, False)


def test_reading_writes_nothing(app: Flask, ana: FlaskClient) -> None:
    before = contents(app)
    ana.get("/my-record")
    assert contents(app) == before
