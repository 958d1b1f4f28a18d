"""Home, and the pages that start a mock, a practice test or a quiz."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.attempts import AttemptKind
from app.storage.bank import BankLoadRow, ItemRow
from app.storage.database import db
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
PAGES = ("/home", "/mock", "/practice", "/quiz")
HEADINGS = {
    "/mock": "Mock exam: the rules",
    "/practice": "Practice test",
    "/quiz": "Quiz",
}
MOCK = {"language": "en", "agree": "yes"}
PRACTICE = {"items": "30", "timed": "untimed", "feedback": "at_end"}
QUIZ = {**PRACTICE, "items": "10", "areas": "3", "axis": "oshpd"}
FORMS = {"/mock": MOCK, "/practice": PRACTICE, "/quiz": QUIZ}
NONSENSE = ("", "nonsense", "\0", "-1", "9" * 30, "1e3", "٣")


def wrongly_filled(path: str, field: str, value: str | None) -> dict[str, str]:
    form = {name: given for name, given in FORMS[path].items() if name != field}
    return form if value is None else {**form, field: value}


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_asked_to_sign_in(stranger: FlaskClient, path: str) -> None:
    assert stranger.get(path).location == f"/sign-in?next={path}"
    if path in FORMS:
        assert asks_for_sign_in(stranger.post(path, data=FORMS[path]))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", HEADINGS)
def test_the_page_speaks_both_languages(
    app: Flask, ana: FlaskClient, path: str, language: str
) -> None:
    speak(ana, language)
    assert heading(ana.get(path)) == (language, said(app, language, HEADINGS[path]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_home_greets_in_both_languages(app: Flask, ana: FlaskClient, language: str) -> None:
    speak(ana, language)
    greeting = said(app, language, "Hello, %(name)s", name="Ana")
    assert heading(ana.get("/home")) == (language, greeting)


def test_the_account_s_language_is_the_first(ana: FlaskClient, eli: FlaskClient) -> None:
    assert [heading(client.get("/home"))[0] for client in (ana, eli)] == ["es", "en"]


@pytest.mark.parametrize("kind", list(AttemptKind))
def test_home_leads_back_to_what_runs(app: Flask, eli: FlaskClient, kind: AttemptKind) -> None:
    handle = begin(app, "eli", kind)
    assert f'href="/attempts/{handle}"' in words(eli.get("/home"))
    finish(app, handle, "eli")
    assert handle not in words(eli.get("/home"))


def test_home_shows_nobody_else_s_attempt(app: Flask, eli: FlaskClient) -> None:
    handle = begin(app, "ana")
    assert handle not in words(eli.get("/home"))


@pytest.mark.parametrize(
    ("path", "field"),
    [(path, field) for path, form in FORMS.items() for field in form if field != "axis"],
)
def test_a_wrong_or_missing_choice_starts_nothing(
    app: Flask, eli: FlaskClient, path: str, field: str
) -> None:
    before = contents(app)
    for value in (None, *NONSENSE):
        page = eli.post(path, data=wrongly_filled(path, field, value))
        assert (value, page.status_code) == (value, 422)
        assert "usa-error-message" in words(page)
    assert contents(app) == before


@pytest.mark.parametrize(
    ("path", "wrong", "kept"),
    [
        ("/mock", "agree", {("language", "en")}),
        ("/practice", "timed", {("items", "30"), ("feedback", "at_end")}),
        ("/quiz", "feedback", {("items", "10"), ("areas", "3"), ("timed", "untimed")}),
    ],
)
def test_what_was_chosen_is_kept(
    eli: FlaskClient, path: str, wrong: str, kept: set[tuple[str, str]]
) -> None:
    page = eli.post(path, data=wrongly_filled(path, wrong, "nonsense"))
    assert checked(page) == kept


def test_yes_starts_the_mock_in_its_language(app: Flask, eli: FlaskClient) -> None:
    answer = eli.post("/mock", data={"language": "es", "agree": "yes"})
    (row,) = attempts(app)
    assert (answer.status_code, answer.location) == (303, f"/attempts/{row.handle}/items/1")
    assert (row.kind, row.language, row.language_fixed) == ("mock", "es", True)
    assert (row.started_at, len(row.form)) == (NOON, 120)


def test_declining_uses_nothing(app: Flask, eli: FlaskClient) -> None:
    before = contents(app)
    page = eli.post("/mock", data={"language": "en", "agree": "decline"})
    assert (page.status_code, heading(page)[1]) == (200, "You declined the rules")
    assert contents(app) == before


@pytest.mark.parametrize("path", FORMS)
def test_starting_twice_starts_once(app: Flask, eli: FlaskClient, path: str) -> None:
    first, second = (eli.post(path, data=FORMS[path]) for _ in range(2))
    assert (first.status_code, first.location) == (303, second.location)
    assert len(attempts(app)) == 1


@pytest.mark.parametrize("path", FORMS)
def test_while_one_runs_the_page_offers_it_and_no_other(eli: FlaskClient, path: str) -> None:
    started = eli.post(path, data=FORMS[path]).location or ""
    page = words(eli.get(path))
    assert f'href="{started.removesuffix("/items/1")}"' in page
    assert 'class="usa-form' not in page


def test_the_fourth_mock_is_refused_with_the_day_of_the_next(app: Flask, eli: FlaskClient) -> None:
    for n in range(3):
        finish(app, begin(app, "eli", AttemptKind.MOCK, NOON, n), "eli")
    before = contents(app)
    refusal = eli.post("/mock", data=MOCK)
    assert refusal.status_code == 409
    assert "March 3, 2027" in words(refusal)
    assert 'href="/practice"' in words(refusal)
    assert contents(app) == before


def test_without_a_try_the_rules_page_has_no_form(app: Flask, eli: FlaskClient) -> None:
    for n in range(3):
        finish(app, begin(app, "eli", AttemptKind.MOCK, NOON, n), "eli")
    page = words(eli.get("/mock"))
    assert 'name="agree"' not in page
    assert "March 3, 2027" in page


def test_a_bank_that_is_too_small_takes_no_try(app: Flask, eli: FlaskClient) -> None:
    with inside(app):
        db.session.execute(sa.update(ItemRow).values(status="retired"))
        db.session.add(BankLoadRow(loaded_at=NOON, fingerprint="emptied", problems=[]))
    before = contents(app)
    for path, form in FORMS.items():
        refusal = eli.post(path, data=form)
        assert (refusal.status_code, heading(refusal)[1]) == (
            409,
            "This test cannot be put together",
        )
    assert contents(app) == before


@pytest.mark.parametrize(("items", "minutes"), [(30, 38), (60, 75), (120, 150)])
def test_a_practice_test_is_as_chosen(
    app: Flask, eli: FlaskClient, items: int, minutes: int
) -> None:
    form = {"items": str(items), "timed": "timed", "feedback": "each_item"}
    eli.post("/practice", data=form)
    (row,) = attempts(app)
    assert (row.kind, len(row.form), row.feedback) == ("practice", items, "each_item")
    assert row.base_seconds == minutes * 60
    assert (row.try_on, row.try_slot) == (None, None)


def test_a_practice_test_without_a_clock_has_none(app: Flask, eli: FlaskClient) -> None:
    eli.post("/practice", data=PRACTICE)
    assert attempts(app)[0].base_seconds is None


@pytest.mark.parametrize(
    ("axis", "area"), [("oshpd", "3"), ("samhsa", "IX"), ("focus_area", "8"), ("competency", "16")]
)
def test_a_quiz_is_on_the_chosen_area(app: Flask, eli: FlaskClient, axis: str, area: str) -> None:
    page = eli.get("/quiz", query_string={"axis": axis, "area": area})
    assert f'name="axis" value="{axis}"' in words(page)
    assert ("areas", area) in checked(page)
    eli.post("/quiz", data={**QUIZ, "axis": axis, "areas": area})
    assert attempts(app)[0].areas == [f"{axis}:{area}"]


@pytest.mark.parametrize("query", ["axis=nonsense&area=3", "area=3", "axis=&area=3&area=99"])
def test_an_unknown_axis_or_area_in_the_address_is_passed_over(
    eli: FlaskClient, query: str
) -> None:
    page = eli.get(f"/quiz?{query}")
    assert page.status_code == 200
    assert 'name="axis" value="oshpd"' in words(page)


def test_an_area_of_another_axis_is_refused(app: Flask, eli: FlaskClient) -> None:
    page = eli.post("/quiz", data={**QUIZ, "axis": "samhsa", "areas": "3"})
    assert (page.status_code, attempts(app)) == (422, [])


def test_one_wrong_area_among_good_ones_starts_nothing(app: Flask, eli: FlaskClient) -> None:
    page = eli.post("/quiz", data={**QUIZ, "areas": ["3", "99"]})
    assert (page.status_code, attempts(app)) == (422, [])


def test_extra_fields_change_nothing_of_an_attempt(app: Flask, eli: FlaskClient) -> None:
    hostile = {"person_id": "1", "started_at": "2020-01-01", "time_factor": "3", "try_on": ""}
    eli.post("/mock", data={**MOCK, **hostile, "base_seconds": "999999", "kind": "practice"})
    (row,) = attempts(app)
    assert (row.kind, row.started_at, row.time_factor) == ("mock", NOON, 1.0)
    assert (row.base_seconds, row.try_on) == (9000, NOON.date())


def test_a_mock_on_the_next_day_is_the_second_try(app: Flask, eli: FlaskClient) -> None:
    day_before = NOON - timedelta(days=1)
    finish(app, begin(app, "eli", AttemptKind.MOCK, day_before), "eli", day_before)
    assert "mock try 2 of 3" in words(eli.get("/mock"))
