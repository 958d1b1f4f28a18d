"""One selector for the whole site: kept for the visit, remembered for the account."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.storage.database import db
from app.storage.people import PersonRow
from tests.security.test_part_04_redirects import NEXT_ELSEWHERE
from tests.web.accounts_cast import contents, sign_in
from tests.web.exam_cast import LANGUAGES, heading, inside, speak

WELL_KNOWN = ("/", "/help", "/quiz?axis=samhsa&area=IX", "/sign-in")


def remembered(app: Flask, username: str) -> str:
    with inside(app):
        return str(
            db.session.scalar(sa.select(PersonRow.language).where(PersonRow.username == username))
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stranger_s_choice_holds_for_the_visit(stranger: FlaskClient, language: str) -> None:
    speak(stranger, language)
    assert [heading(stranger.get(path))[0] for path in ("/", "/help")] == [language] * 2


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("es-MX,es;q=0.9,en;q=0.5", "es"),
        ("en-US", "en"),
        ("fr,es;q=0.3", "es"),
        ("fr", "en"),
        ("", "en"),
        ("*", "en"),
        (";;;=,\x7f", "en"),
    ],
)
def test_at_first_the_browser_decides(stranger: FlaskClient, header: str, language: str) -> None:
    page = stranger.get("/help", headers={"Accept-Language": header})
    assert heading(page)[0] == language


def test_a_choice_is_remembered_for_the_account(app: Flask, ana: FlaskClient) -> None:
    speak(ana, "en")
    assert remembered(app, "ana") == "en"
    ana.post("/sign-out")
    elsewhere = app.test_client()
    sign_in(elsewhere, "ana")
    assert heading(elsewhere.get("/home"))[0] == "en"


def test_a_choice_before_signing_in_is_the_newer_one(app: Flask, stranger: FlaskClient) -> None:
    speak(stranger, "en")
    sign_in(stranger, "ana")
    assert heading(stranger.get("/home"))[0] == "en"
    assert remembered(app, "ana") == "es"


@pytest.mark.parametrize("given", [None, "", "fr", "EN", "es_US", "\0", "e" * 999])
def test_an_unknown_language_changes_nothing(
    app: Flask, ana: FlaskClient, given: str | None
) -> None:
    before = contents(app)
    answer = ana.post("/language", data={} if given is None else {"language": given})
    assert (answer.status_code, answer.location) == (303, "/")
    assert heading(ana.get("/home"))[0] == "es"
    assert contents(app) == before


@pytest.mark.parametrize("path", WELL_KNOWN)
def test_the_page_stays_the_same(ana: FlaskClient, path: str) -> None:
    answer = ana.post("/language", data={"language": "en", "next": path})
    assert (answer.status_code, answer.location) == (303, path)


@pytest.mark.parametrize("payload", NEXT_ELSEWHERE)
def test_the_selector_leads_to_no_other_site(stranger: FlaskClient, payload: str) -> None:
    answer = stranger.post("/language", data={"language": "en", "next": payload})
    assert answer.location in {"/", "/account", "/home"}


def test_a_link_cannot_switch_the_language(ana: FlaskClient) -> None:
    assert ana.get("/language?language=en").status_code == 405
    assert heading(ana.get("/home"))[0] == "es"
