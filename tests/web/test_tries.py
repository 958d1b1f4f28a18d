"""The page of tries: the approval period, real sittings, mock tries and giving one back."""

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.attempts import AttemptKind
from app.storage.database import db
from app.storage.tries import ApprovalPeriodRow, SittingRow
from tests.cohorts import join, make_cohort
from tests.web.accounts_cast import contents
from tests.web.exam_cast import (
    LANGUAGES,
    asks_for_sign_in,
    attempt,
    begin,
    finish,
    heading,
    inside,
    said,
    speak,
    words,
)
from tests.world import NOON, signed_in

pytestmark = pytest.mark.usefixtures("noon")
PERIOD = {"approved_on": "2026-01-15", "valid_through": "2027-01-14"}
SITTING = {"state": "sat", "on": "2026-02-20", "result": "not_passed"}
NO_ID = ("0", "-1", "x", "", "9" * 30, "2147483648", "9223372036854775808", "1.0", "\0")
WRONG_DAYS = ("", "x", "2026-02-30", "0001-01-01", "9999-12-31", "20260115", "2021-12-31", "\0")
POSTS = ("/tries/period", "/tries/sittings", "/tries/sittings/1/remove")


@pytest.fixture
def _taught(app: Flask) -> None:
    """Ben teaches Ana, who shares her practice."""
    with inside(app) as stage:
        join(stage, make_cohort(stage), "ana", shares=True)


def periods(app: Flask) -> list[tuple[date, date, bool]]:
    with inside(app):
        rows = db.session.scalars(sa.select(ApprovalPeriodRow).order_by(ApprovalPeriodRow.id))
        return [(row.approved_on, row.valid_through, row.computed) for row in rows]


def sittings(app: Flask) -> list[tuple[int, str, date, str | None, bool]]:
    with inside(app):
        rows = db.session.scalars(sa.select(SittingRow).order_by(SittingRow.id))
        return [(row.id, row.state, row.on, row.result, row.counts) for row in rows]


def test_a_stranger_is_asked_to_sign_in(app: Flask, stranger: FlaskClient) -> None:
    before = contents(app)
    assert stranger.get("/tries").location == "/sign-in?next=/tries"
    for path in POSTS:
        assert asks_for_sign_in(stranger.post(path, data={**PERIOD, **SITTING}))
    assert contents(app) == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_both_languages(app: Flask, ana: FlaskClient, language: str) -> None:
    speak(ana, language)
    assert heading(ana.get("/tries")) == (language, said(app, language, "My tries"))


def test_a_period_is_recorded_and_shown(app: Flask, eli: FlaskClient) -> None:
    assert eli.post("/tries/period", data=PERIOD).location == "/tries"
    assert periods(app) == [(date(2026, 1, 15), date(2027, 1, 14), False)]
    assert "January 14, 2027" in words(eli.get("/tries"))


def test_without_a_last_day_the_site_proposes_one_and_says_so(app: Flask, eli: FlaskClient) -> None:
    eli.post("/tries/period", data={"approved_on": "2024-02-29"})
    assert periods(app) == [(date(2024, 2, 29), date(2025, 2, 28), True)]


@pytest.mark.parametrize("field", ["approved_on", "valid_through"])
def test_a_day_that_cannot_be_is_refused_and_kept(app: Flask, eli: FlaskClient, field: str) -> None:
    other = next(name for name in PERIOD if name != field)
    before = contents(app)
    for day in WRONG_DAYS:
        if (field, day) == ("valid_through", ""):
            continue
        page = eli.post("/tries/period", data={**PERIOD, field: day})
        assert (day, page.status_code) == (day, 422)
        assert f'value="{PERIOD[other]}"' in words(page)
    assert contents(app) == before


def test_a_period_that_ends_before_it_starts_is_refused(app: Flask, eli: FlaskClient) -> None:
    page = eli.post("/tries/period", data={**PERIOD, "valid_through": "2026-01-14"})
    assert (page.status_code, periods(app)) == (422, [])
    assert 'value="2026-01-14"' in words(page)


def test_periods_may_not_overlap(app: Flask, eli: FlaskClient) -> None:
    eli.post("/tries/period", data=PERIOD)
    page = eli.post("/tries/period", data={"approved_on": "2027-01-14"})
    assert (page.status_code, len(periods(app))) == (422, 1)
    assert eli.post("/tries/period", data={"approved_on": "2027-01-15"}).status_code == 303
    assert len(periods(app)) == 2


def test_a_new_period_that_is_refused_does_not_come_back_as_a_correction(
    eli: FlaskClient,
) -> None:
    eli.post("/tries/period", data=PERIOD)
    page = words(eli.post("/tries/period", data={"approved_on": "2026-03-01"}))
    assert re.findall(r'id="(\w*approved_on)"[^>]* value="([-\d]+)"', page) == [
        ("approved_on", "2026-01-15"),
        ("new_approved_on", "2026-03-01"),
    ]


def test_a_period_is_corrected_in_place(app: Flask, eli: FlaskClient) -> None:
    eli.post("/tries/period", data=PERIOD)
    assert 'name="period_id" value="1"' in words(eli.get("/tries"))
    eli.post("/tries/period", data={**PERIOD, "approved_on": "2026-01-10", "period_id": "1"})
    assert periods(app) == [(date(2026, 1, 10), date(2027, 1, 14), False)]


def test_nobody_corrects_somebody_else_s_period(
    app: Flask, ana: FlaskClient, eli: FlaskClient
) -> None:
    ana.post("/tries/period", data=PERIOD)
    before = contents(app)
    for given in ("1", *NO_ID):
        refusal = eli.post("/tries/period", data={**PERIOD, "period_id": given})
        assert (given, refusal.status_code) == (given, 404)
    assert contents(app) == before


@pytest.mark.parametrize(
    ("state", "status"), [("sat", 422), ("missed", 422), ("requested", 303), ("scheduled", 303)]
)
def test_an_exam_that_is_behind_has_no_day_to_come(
    app: Flask, ana: FlaskClient, state: str, status: int
) -> None:
    form = {"state": state, "on": (NOON + timedelta(days=2)).date().isoformat()}
    assert ana.post("/tries/sittings", data=form).status_code == status
    assert len(sittings(app)) == (status == 303)


@pytest.mark.parametrize(
    ("form", "stored"),
    [
        (SITTING, ("sat", "not_passed", True)),
        ({**SITTING, "result": ""}, ("sat", None, True)),
        ({**SITTING, "state": "requested"}, ("requested", None, False)),
        ({**SITTING, "state": "scheduled", "counts": "y"}, ("scheduled", None, False)),
        ({**SITTING, "state": "missed"}, ("missed", None, False)),
        ({**SITTING, "state": "missed", "counts": "y"}, ("missed", None, True)),
    ],
)
def test_a_step_of_the_real_exam_is_recorded(
    app: Flask, ana: FlaskClient, form: dict[str, str], stored: tuple[str, str | None, bool]
) -> None:
    assert ana.post("/tries/sittings", data=form).location == "/tries"
    ((_id, state, on, result, counts),) = sittings(app)
    assert (on, (state, result, counts)) == (date(2026, 2, 20), stored)


def test_a_step_that_cannot_be_is_refused(app: Flask, ana: FlaskClient) -> None:
    before = contents(app)
    wrong = [{**SITTING, "on": day} for day in WRONG_DAYS]
    wrong += [{**SITTING, "state": state} for state in ("", "x", "SAT", "\0")]
    wrong += [{**SITTING, "result": result} for result in ("x", "PASSED", "\0")]
    wrong += [{name: SITTING[name] for name in SITTING if name != gone} for gone in ("state", "on")]
    for form in wrong:
        assert (form, ana.post("/tries/sittings", data=form).status_code) == (form, 422)
    assert contents(app) == before


def test_what_was_entered_of_a_step_is_kept(ana: FlaskClient) -> None:
    page = words(ana.post("/tries/sittings", data={**SITTING, "result": "x", "counts": "y"}))
    assert '<option selected value="sat">' in page
    assert 'value="2026-02-20"' in page
    assert 'checked class="usa-checkbox__input"' in page


def test_a_step_is_changed_in_place(app: Flask, ana: FlaskClient) -> None:
    ana.post("/tries/sittings", data={**SITTING, "state": "scheduled", "result": ""})
    ana.post("/tries/sittings", data={**SITTING, "sitting_id": "1"})
    assert sittings(app) == [(1, "sat", date(2026, 2, 20), "not_passed", True)]


def test_nobody_changes_or_removes_somebody_else_s_step(
    app: Flask, ana: FlaskClient, eli: FlaskClient
) -> None:
    ana.post("/tries/sittings", data=SITTING)
    before = contents(app)
    for given in ("1", *NO_ID):
        refusal = eli.post("/tries/sittings", data={**SITTING, "sitting_id": given})
        assert (given, refusal.status_code) == (given, 404)
    for given in ("1", "0", "-1", "x", "9" * 30, "2147483648", "9223372036854775808"):
        refusal = eli.post(f"/tries/sittings/{given}/remove")
        assert (given, refusal.status_code) == (given, 404)
    assert contents(app) == before


def test_removing_twice_removes_once(app: Flask, ana: FlaskClient) -> None:
    ana.post("/tries/sittings", data=SITTING)
    assert ana.post("/tries/sittings/1/remove").location == "/tries"
    assert ana.post("/tries/sittings/1/remove").status_code == 404
    assert sittings(app) == []


def test_real_and_mock_tries_never_mix(app: Flask, eli: FlaskClient) -> None:
    eli.post("/tries/sittings", data=SITTING)
    finish(app, begin(app, "eli", AttemptKind.MOCK), "eli")
    eli.post("/tries/sittings", data={**SITTING, "on": "2026-03-01"})
    page = words(eli.get("/tries"))
    used = [said(app, "en", "Used so far: %(used)s.", used=n) for n in (1, 2)]
    assert [line in page for line in used] == [True, True]


@pytest.mark.parametrize("verb", ["get", "post"])
def test_a_candidate_finds_no_way_to_give_a_try_back(
    app: Flask, ana: FlaskClient, eli: FlaskClient, verb: str
) -> None:
    handle = begin(app, "ana", AttemptKind.MOCK)
    before = contents(app)
    for client in (ana, eli):
        ask = getattr(client, verb)
        answer = ask(f"/tries/mocks/{handle}/void", data={"reason": "please"})
        assert answer.status_code == 404
    assert contents(app) == before


def test_a_stranger_finds_none_either(app: Flask, stranger: FlaskClient) -> None:
    where = f"/tries/mocks/{begin(app, 'ana', AttemptKind.MOCK)}/void"
    before = contents(app)
    assert asks_for_sign_in(stranger.get(where))
    assert asks_for_sign_in(stranger.post(where, data={"reason": "please"}))
    assert contents(app) == before


@pytest.mark.usefixtures("_taught")
@pytest.mark.parametrize("who", ["ben", "dev"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_give_a_try_back_with_a_reason(
    app: Flask, request: pytest.FixtureRequest, who: str, language: str
) -> None:
    client: FlaskClient = request.getfixturevalue(who)
    speak(client, language)
    handle = begin(app, "ana", AttemptKind.MOCK)
    where = f"/tries/mocks/{handle}/void"
    wanted = said(app, language, "Give a mock try back")
    assert heading(client.get(where)) == (language, wanted)
    assert client.post(where, data={"reason": "The power was out."}).status_code == 303
    row = attempt(app, handle)
    assert (row.void_reason, row.try_slot, row.voided_at is None) == (
        "The power was out.",
        None,
        False,
    )


@pytest.mark.parametrize("who", ["caro", "ben", "dev"])
@pytest.mark.parametrize("shares", [True, False])
@pytest.mark.parametrize("archived", [True, False])
def test_a_trainer_reaches_only_what_a_cohort_of_theirs_shows(
    app: Flask, who: str, *, shares: bool, archived: bool
) -> None:
    handle = begin(app, "ana", AttemptKind.MOCK)
    with inside(app) as stage:
        cohort = make_cohort(stage)
        join(stage, cohort, "ana", shares=shares)
        cohort.archived_at = NOON if archived else None
    client, where = signed_in(app, who), f"/tries/mocks/{handle}/void"
    reaches = who == "dev" or (who == "ben" and shares and not archived)
    assert client.get(where).status_code == (200 if reaches else 404)
    assert client.post(where, data={"reason": ""}).status_code == (422 if reaches else 404)
    answer = client.post(where, data={"reason": "The power was out."})
    assert answer.status_code == (303 if reaches else 404)
    assert (attempt(app, handle).voided_at is not None) == reaches


def test_a_trainer_gives_no_try_back_to_themselves(app: Flask, ben: FlaskClient) -> None:
    handle = begin(app, "ben", AttemptKind.MOCK)
    with inside(app) as stage:
        join(stage, make_cohort(stage), "ben", shares=True)
    answer = ben.post(f"/tries/mocks/{handle}/void", data={"reason": "please"})
    assert (answer.status_code, attempt(app, handle).voided_at) == (404, None)


@pytest.mark.usefixtures("_taught")
def test_the_page_says_whose_try_it_is(app: Flask, ben: FlaskClient) -> None:
    handle = begin(app, "ana", AttemptKind.MOCK)
    page = words(ben.get(f"/tries/mocks/{handle}/void"))
    values = {"name": "Ana", "moment": "March 2, 2026, 12:00 PM"}
    assert said(app, "en", "%(name)s, started %(moment)s", **values) in page


@pytest.mark.usefixtures("_taught")
@pytest.mark.parametrize("reason", [None, "", "   ", "\n\t", "x" * 501])
def test_a_try_is_not_given_back_without_a_reason(
    app: Flask, ben: FlaskClient, reason: str | None
) -> None:
    where = f"/tries/mocks/{begin(app, 'ana', AttemptKind.MOCK)}/void"
    before = contents(app)
    page = ben.post(where, data={} if reason is None else {"reason": reason})
    assert page.status_code == 422
    assert (reason or "") in words(page)
    assert contents(app) == before


@pytest.mark.usefixtures("_taught")
def test_a_try_is_given_back_once(app: Flask, ben: FlaskClient) -> None:
    where = f"/tries/mocks/{begin(app, 'ana', AttemptKind.MOCK)}/void"
    ben.post(where, data={"reason": "first"})
    before = contents(app)
    assert ben.post(where, data={"reason": "second"}).status_code == 409
    assert contents(app) == before


@pytest.mark.usefixtures("_taught")
@pytest.mark.parametrize("kind", [AttemptKind.PRACTICE, AttemptKind.QUIZ])
def test_only_a_mock_has_a_try_to_give_back(
    app: Flask, ben: FlaskClient, kind: AttemptKind
) -> None:
    handle = begin(app, "ana", kind)
    for given in (handle, "x" * 22, "%00", "9" * 300):
        refusal = ben.post(f"/tries/mocks/{given}/void", data={"reason": "an outage"})
        assert refusal.status_code == 404


@pytest.mark.usefixtures("_taught")
def test_looking_writes_nothing(app: Flask, ana: FlaskClient, ben: FlaskClient) -> None:
    handle = begin(app, "ana", AttemptKind.MOCK)
    before = contents(app)
    for client in (ana, ben):
        for path in ("/tries", f"/tries/mocks/{handle}/void", "/tries/period"):
            client.get(path)
    assert contents(app) == before
