"""Joining a cohort by a code or a link, signed in or not; sharing, and leaving."""

import random
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from app.services.cohorts import archive_cohort, make_class_code
from app.storage.cohorts import CohortMemberRow, CohortRow
from app.storage.database import db
from app.storage.people import find_by_username
from tests.cohorts import join, make_cohort
from tests.web.accounts_cast import contents, sign_in
from tests.web.exam_cast import (
    LANGUAGES,
    asks_for_sign_in,
    checked,
    heading,
    inside,
    said,
    speak,
    words,
)
from tests.world import NOON, PASSWORD

pytestmark = pytest.mark.usefixtures("noon")
FAY = {"display_name": "Fay", "username": "fay", "password": "seven green kites"}
WRONG = ("WRNG-CDEX", "x" * 300, "0", "a b")


@pytest.fixture
def cohort(app: Flask) -> str:
    """Ben's cohort, empty; its handle."""
    with inside(app) as stage:
        return make_cohort(stage).handle


@pytest.fixture
def code(app: Flask, cohort: str) -> str:
    """A class code of it, as it is kept."""
    with inside(app) as stage:
        return make_class_code(stage.person("ben"), cohort, 30, NOON, random.Random(3))


def members(app: Flask) -> dict[str, bool]:
    """Who is in the only cohort that has members, and who shares practice."""
    with inside(app):
        rows = db.session.scalars(sa.select(CohortMemberRow)).all()
        names = {n: find_by_username(n) for n in ("ana", "eli", "ben", "caro", "dev", "fay")}
        ids = {row.id: name for name, row in names.items() if row is not None}
        return {ids[row.person_id]: row.shares_practice for row in rows}


def let_in(app: Flask, cohort: str, *who: str, shares: bool = False) -> None:
    with inside(app) as stage:
        row = db.session.scalars(sa.select(CohortRow).where(CohortRow.handle == cohort)).one()
        join(stage, row, *who, shares=shares)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_both_languages(
    app: Flask, ana: FlaskClient, code: str, language: str
) -> None:
    speak(ana, language)
    named = said(app, language, "Join %(name)s", name="Morning group")
    assert heading(ana.get("/join")) == (language, said(app, language, "Join a cohort"))
    assert heading(ana.get(f"/join/{code}")) == (language, named)
    assert heading(ana.get("/join/cohorts")) == (language, said(app, language, "My cohorts"))
    ana.post(f"/join/{code}")
    assert said(app, language, "Leave this cohort") in words(ana.get("/join/cohorts"))


def test_a_typed_code_leads_to_its_page_and_joins_nobody_yet(
    app: Flask, ana: FlaskClient, code: str
) -> None:
    shown = f"{code[:4]}-{code[4:]}"
    for typed in (code, shown, shown.lower(), f" {code[:4]} {code[4:]} "):
        assert ana.post("/join", data={"code": typed}).location == f"/join/{shown}"
    assert members(app) == {}


@pytest.mark.parametrize("typed", ["", " ", *WRONG])
def test_a_code_that_leads_nowhere_is_told_at_its_field_and_kept(
    ana: FlaskClient, code: str, typed: str
) -> None:
    page = ana.post("/join", data={"code": typed})
    assert (page.status_code, code in words(page)) == (422, False)
    assert 'id="code-error"' in words(page)
    assert f'value="{typed}"' in words(page)


def test_the_page_names_the_cohort_its_trainers_and_what_they_see(
    app: Flask, ana: FlaskClient, code: str
) -> None:
    page = ana.get(f"/join/{code.lower()}")
    assert heading(page) == ("es", said(app, "es", "Join %(name)s", name="Morning group"))
    assert "Ben" in words(page)
    assert said(app, "es", "What trainers see") in words(page)
    assert ("shares", "y") not in checked(page)


@pytest.mark.parametrize(("form", "shares"), [({}, False), ({"shares": "y"}, True)])
def test_joining_shares_practice_only_where_that_is_ticked(
    app: Flask, eli: FlaskClient, code: str, form: dict[str, str], *, shares: bool
) -> None:
    assert eli.post(f"/join/{code}", data=form).location == "/join/cohorts"
    assert members(app) == {"eli": shares}
    assert "You have joined Morning group." in words(eli.get("/join/cohorts"))


def test_a_member_is_told_so(app: Flask, eli: FlaskClient, code: str) -> None:
    eli.post(f"/join/{code}")
    answers = [eli.get(f"/join/{code}"), eli.post(f"/join/{code}", data={"shares": "y"})]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert "You are in this cohort already" in words(answers[0])
    assert members(app) == {"eli": False}


@pytest.mark.parametrize("given", WRONG)
def test_a_link_that_leads_nowhere_is_not_found(
    app: Flask, ana: FlaskClient, stranger: FlaskClient, given: str
) -> None:
    answers = [ana.get(f"/join/{given}"), stranger.get(f"/join/{given}")]
    answers.append(ana.post(f"/join/{given}"))
    assert [answer.status_code for answer in answers] == [404] * 3
    assert said(app, "es", "This code does not work") in words(answers[0])


def test_a_code_that_has_run_out_is_not_found(app: Flask, code: str, noon: Traveller) -> None:
    noon.shift(timedelta(days=30))
    again = app.test_client()
    sign_in(again, "eli")
    assert [again.get(f"/join/{code}").status_code, again.post(f"/join/{code}").status_code] == [
        404,
        404,
    ]
    assert members(app) == {}


def test_an_archived_cohort_takes_nobody_in(
    app: Flask, eli: FlaskClient, cohort: str, code: str
) -> None:
    with inside(app) as stage:
        archive_cohort(stage.person("ben"), cohort, NOON)
    assert [eli.get(f"/join/{code}").status_code, eli.post(f"/join/{code}").status_code] == [
        404,
        404,
    ]
    assert members(app) == {}


def test_a_stranger_sees_where_the_link_leads_and_comes_back_by_signing_in(
    app: Flask, stranger: FlaskClient, code: str
) -> None:
    shown = f"/join/{code[:4]}-{code[4:]}"
    page = words(stranger.get(f"/join/{code}"))
    assert ("Morning group" in page, 'name="shares"' in page) == (True, False)
    (way,) = [part.split('"')[0] for part in page.split('href="') if part.startswith("/sign-in?")]
    assert parse_qs(urlsplit(way).query) == {"next": [shown]}
    asked = stranger.get(way)
    assert f'name="next" value="{shown}"' in words(asked)
    form = {"username": "eli", "password": PASSWORD, "next": shown}
    assert stranger.post("/sign-in", data=form).location == shown
    assert stranger.post(shown).location == "/join/cohorts"
    assert members(app) == {"eli": False}


def test_a_stranger_who_registers_comes_back_and_only_once(
    app: Flask, stranger: FlaskClient, code: str
) -> None:
    shown = f"/join/{code[:4]}-{code[4:]}"
    stranger.get(f"/join/{code}")
    assert stranger.post("/register", data={**FAY, "username": "ana"}).status_code == 422
    assert stranger.post("/register", data=FAY).location == shown
    assert stranger.post("/register", data=FAY).location == "/home"
    assert stranger.post(shown).location == "/join/cohorts"
    assert members(app) == {"fay": False}


def test_a_stranger_who_goes_to_register_and_then_signs_in_comes_back_once(
    app: Flask, stranger: FlaskClient, code: str
) -> None:
    shown = f"/join/{code[:4]}-{code[4:]}"
    stranger.get(f"/join/{code}")
    stranger.get("/register")
    form = {"username": "eli", "password": PASSWORD}
    assert stranger.post("/sign-in", data={**form, "password": "wrong"}).status_code == 200
    assert stranger.post("/sign-in", data=form).location == shown
    page = words(stranger.get(shown))
    named = "You join as %(name)s (sign-in name: %(username)s)."
    assert said(app, "en", named, name="Eli", username="eli") in page
    stranger.post("/sign-out")
    assert stranger.post("/sign-in", data=form).location == "/home"


def test_an_invitation_is_forgotten_with_signing_out(stranger: FlaskClient, code: str) -> None:
    form = {"username": "eli", "password": PASSWORD}
    stranger.get(f"/join/{code}")
    stranger.post("/sign-in", data={**form, "next": "/account"})
    stranger.post("/sign-out")
    assert stranger.post("/sign-in", data=form).location == "/home"


def test_who_joins_as_somebody_else_signs_out_and_is_back(
    app: Flask, eli: FlaskClient, code: str
) -> None:
    shown = f"/join/{code[:4]}-{code[4:]}"
    page = words(eli.get(shown))
    (way,) = [
        part.split('"')[0] for part in page.split('action="') if part.startswith("/sign-out?")
    ]
    assert eli.post(way).location == shown
    assert said(app, "en", "Register") in words(eli.get(shown))


def test_a_trainer_does_not_join_the_own_cohort(
    app: Flask, ben: FlaskClient, dev: FlaskClient, code: str
) -> None:
    answers = [ben.get(f"/join/{code}"), ben.post(f"/join/{code}")]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert said(app, "en", "You train this cohort") in words(answers[0])
    assert (members(app), dev.get(f"/join/{code}").status_code) == ({}, 200)


def test_what_trainers_never_see_is_a_sentence_of_its_own(eli: FlaskClient, code: str) -> None:
    page = words(eli.get(f"/join/{code}"))
    assert "They never see your notes or your record of the real exam." in page
    assert "only while you share it." in page


def test_that_an_administrator_can_look_too_is_said(eli: FlaskClient, code: str) -> None:
    told = "An administrator of this site can open a cohort's pages as its trainers can."
    assert told in words(eli.get(f"/join/{code}"))
    assert told in words(eli.get("/privacy"))


def test_what_sharing_opens_is_said_before_its_button(
    app: Flask, eli: FlaskClient, cohort: str
) -> None:
    let_in(app, cohort, "eli")
    page = words(eli.get("/join/cohorts"))
    assert 0 < page.index("also those from before today") < page.index("Share my practice")
    assert '<a href="/home">What is assigned to you is on your start page.' in page


def test_whoever_registers_without_a_code_starts_at_home(stranger: FlaskClient, code: str) -> None:
    stranger.get("/join/WRNG-CDEX")
    assert (len(code), stranger.post("/register", data=FAY).location) == (8, "/home")


def test_a_stranger_cannot_join_or_change_anything(
    app: Flask, stranger: FlaskClient, cohort: str, code: str
) -> None:
    let_in(app, cohort, "ana")
    before = contents(app)
    assert stranger.get("/join").location == "/sign-in?next=/join"
    assert asks_for_sign_in(stranger.get("/join/cohorts"))
    for path in ("", f"/{code}", f"/cohorts/{cohort}/sharing", f"/cohorts/{cohort}/leave"):
        form = {"code": code, "shares": "yes"}
        assert asks_for_sign_in(stranger.post(f"/join{path}", data=form))
    assert contents(app) == before


def test_guesses_are_slowed_down_and_a_right_code_then_waits_too(
    app: Flask, eli: FlaskClient, code: str, noon: Traveller
) -> None:
    with inside(app) as stage:
        most, minutes = (
            stage.site.settings.sign_in_failures,
            stage.site.settings.sign_in_wait_minutes,
        )
    guesses = [eli.post("/join", data={"code": "WRNG-CDEX"}) for _ in range(most - 1)]
    assert {guess.status_code for guess in guesses} == {422}
    assert eli.post("/join/WRNG-CDEX").status_code == 404
    late = eli.post("/join", data={"code": code})
    assert (late.status_code, f"Please wait {minutes} minutes" in words(late)) == (429, True)
    assert (eli.post(f"/join/{code}").status_code, members(app)) == (429, {})
    noon.shift(timedelta(minutes=minutes))
    assert eli.post(f"/join/{code}").status_code == 303


def test_sharing_is_switched_on_and_off(app: Flask, eli: FlaskClient, cohort: str) -> None:
    let_in(app, cohort, "ana", "eli")
    where, seen = f"/join/cohorts/{cohort}/sharing", []
    for wanted in ("yes", "no"):
        page = words(eli.get("/join/cohorts"))
        assert f'name="shares" value="{wanted}"' in page
        assert eli.post(where, data={"shares": wanted}).location == "/join/cohorts"
        seen.append(members(app))
    assert seen == [{"ana": False, "eli": True}, {"ana": False, "eli": False}]


@pytest.mark.parametrize("wanted", ["", "x", "YES", "\0"])
def test_sharing_is_yes_or_no(app: Flask, eli: FlaskClient, cohort: str, wanted: str) -> None:
    let_in(app, cohort, "eli", shares=True)
    answer = eli.post(f"/join/cohorts/{cohort}/sharing", data={"shares": wanted})
    assert (answer.status_code, members(app)) == (422, {"eli": True})


def test_leaving_says_what_it_means_and_takes_only_oneself(
    app: Flask, eli: FlaskClient, cohort: str
) -> None:
    let_in(app, cohort, "ana", "eli")
    assert "Your tests and results stay yours" in words(eli.get("/join/cohorts"))
    assert eli.post(f"/join/cohorts/{cohort}/leave").location == "/join/cohorts"
    assert members(app) == {"ana": False}
    assert "You are not in a cohort." in words(eli.get("/join/cohorts"))


@pytest.mark.parametrize("who", ["eli", "ben", "dev"])
def test_whoever_is_no_member_finds_nothing_to_share_or_leave(
    app: Flask, request: pytest.FixtureRequest, cohort: str, who: str
) -> None:
    let_in(app, cohort, "ana")
    client: FlaskClient = request.getfixturevalue(who)
    before = contents(app)
    for handle in (cohort, "nothing", "x" * 300):
        where = f"/join/cohorts/{handle}"
        answers = [
            client.post(f"{where}/sharing", data={"shares": "yes"}),
            client.post(f"{where}/leave"),
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert contents(app) == before


def test_the_own_record_is_linked_once_it_is_there(
    app: Flask, eli: FlaskClient, cohort: str
) -> None:
    let_in(app, cohort, "eli")
    there = "my_record.my_record" in app.view_functions
    assert ("Who looked at my results" in words(eli.get("/join/cohorts"))) == there


def test_looking_writes_nothing(
    app: Flask, ana: FlaskClient, stranger: FlaskClient, cohort: str, code: str
) -> None:
    let_in(app, cohort, "ana")
    before = contents(app)
    for path in ("", f"/{code}", "/cohorts", "/WRNG-CDEX", f"/cohorts/{cohort}/leave"):
        for client in (ana, stranger):
            client.get(f"/join{path}")
    assert contents(app) == before
