"""Maintenance as people see it: a notice, a kind refusal, and tests that go on."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.services.maintenance import turn_off, turn_on
from app.web.site import EXTENSION
from tests.web.exam_cast import LANGUAGES, attempts, begin, heading, said, speak, words
from tests.world import NOON, signed_in

pytestmark = pytest.mark.usefixtures("noon")
REASON = "New <disk>"
TITLE = "No new test can start just now"
NOTICE = (
    "We are looking after the site: no new test can start just now. "
    "Tests that are running go on, and saved answers are safe."
)
STARTS = {
    "/mock": {"language": "en", "agree": "yes"},
    "/practice": {"items": "30", "timed": "untimed", "feedback": "at_end"},
    "/quiz": {
        "items": "10",
        "timed": "untimed",
        "feedback": "at_end",
        "areas": "3",
        "axis": "oshpd",
    },
}


@pytest.fixture
def maintained(app: Flask) -> Iterator[Flask]:
    """A site that is being looked after."""
    instance = app.extensions[EXTENSION].settings.instance
    turn_on(instance, REASON, NOON)
    yield app
    turn_off(instance)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", STARTS)
def test_a_start_is_refused_kindly_and_says_when_to_try_again(
    maintained: Flask, ana: FlaskClient, path: str, language: str
) -> None:
    speak(ana, language)
    refused = ana.post(path, data=STARTS[path])
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "300")
    assert heading(refused) == (language, said(maintained, language, TITLE))
    assert REASON in words(refused)
    assert "&lt;disk&gt;" in refused.get_data(as_text=True)
    assert attempts(maintained) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_start_page_says_so(maintained: Flask, ana: FlaskClient, language: str) -> None:
    speak(ana, language)
    page = words(ana.get("/home"))
    assert said(maintained, language, NOTICE) in page
    assert REASON in page


def test_the_start_page_is_quiet_otherwise(ana: FlaskClient) -> None:
    assert NOTICE not in words(ana.get("/home"))


def test_people_sign_in_and_go_on_with_what_runs(app: Flask, maintained: Flask) -> None:
    turn_off(app.extensions[EXTENSION].settings.instance)
    handle = begin(app, "ana")
    turn_on(app.extensions[EXTENSION].settings.instance, REASON, NOON)
    ana = signed_in(maintained, "ana")
    assert ana.get(f"/attempts/{handle}", follow_redirects=True).status_code == 200
    submitted = ana.post(f"/attempts/{handle}/submit", follow_redirects=True)
    assert submitted.status_code == 200
    assert [row.finished_at for row in attempts(app)] == [NOON]
