"""The pages of cohorts: the list, a cohort's own page, its trainers, codes and archive."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from app.domain.access import Role
from app.services import roster
from app.storage.cohorts import CohortRow, InvitationRow, trainers_of
from app.storage.database import db
from tests.cohorts import join, make_cohort
from tests.web.accounts_cast import contents
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
from tests.world import NOON, signed_in

pytestmark = pytest.mark.usefixtures("noon")
NEW = {"name": "Spring in Fresno", "time_zone": "America/Los_Angeles", "other_zone": ""}
CODE = re.compile(r"<code>([A-Z2-9]{4}-[A-Z2-9]{4})</code>")
POSTS = {
    "rename": NEW,
    "archive": {},
    "restore": {},
    "trainers/add": {"username": "caro"},
    "trainers/2/remove": {},
    "codes": {"days": "30"},
    "codes/1/revoke": {},
}


@pytest.fixture
def cohort(app: Flask) -> str:
    """Ben's cohort with Ana and Eli in it; its handle."""
    with inside(app) as stage:
        made = make_cohort(stage)
        join(stage, made, "ana", "eli")
        return made.handle


def stored(app: Flask, handle: str) -> CohortRow:
    with inside(app):
        row = db.session.scalars(sa.select(CohortRow).where(CohortRow.handle == handle)).one()
        db.session.expunge_all()
    return row


def invitations(app: Flask) -> list[InvitationRow]:
    with inside(app):
        rows = list(db.session.scalars(sa.select(InvitationRow).order_by(InvitationRow.id)))
        db.session.expunge_all()
    return rows


def trainers(app: Flask, handle: str) -> list[str]:
    with inside(app):
        row = db.session.scalars(sa.select(CohortRow).where(CohortRow.handle == handle)).one()
        return [trainer.username for trainer in trainers_of([row.id])[row.id]]


def person_id(app: Flask, username: str) -> int:
    with inside(app) as stage:
        return stage.person(username).id


def test_a_stranger_is_asked_to_sign_in(app: Flask, stranger: FlaskClient, cohort: str) -> None:
    before = contents(app)
    assert stranger.get("/cohorts").location == "/sign-in?next=/cohorts"
    assert asks_for_sign_in(stranger.get(f"/cohorts/{cohort}"))
    assert asks_for_sign_in(stranger.post("/cohorts", data=NEW))
    for path, form in POSTS.items():
        assert asks_for_sign_in(stranger.post(f"/cohorts/{cohort}/{path}", data=form))
    assert contents(app) == before


def test_a_candidate_finds_no_page_of_cohorts(app: Flask, ana: FlaskClient, cohort: str) -> None:
    before = contents(app)
    answers = [ana.get("/cohorts"), ana.get(f"/cohorts/{cohort}"), ana.post("/cohorts", data=NEW)]
    answers += [ana.post(f"/cohorts/{cohort}/{path}", data=POSTS[path]) for path in POSTS]
    assert {answer.status_code for answer in answers} == {404}
    assert contents(app) == before


def test_a_trainer_finds_nothing_of_another_trainers_cohort(app: Flask, cohort: str) -> None:
    caro = signed_in(app, "caro")
    before = contents(app)
    for handle in (cohort, "nothing", "x" * 300):
        answers = [caro.get(f"/cohorts/{handle}")]
        answers += [caro.post(f"/cohorts/{handle}/{path}", data=POSTS[path]) for path in POSTS]
        assert {answer.status_code for answer in answers} == {404}
    assert "Morning group" not in words(caro.get("/cohorts"))
    assert contents(app) == before


def test_a_trainer_who_is_a_candidate_again_loses_the_right(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    with inside(app) as stage:
        roster.set_role(stage.person("dev"), stage.person("ben").id, Role.CANDIDATE)
    assert asks_for_sign_in(ben.get(f"/cohorts/{cohort}"))
    again = signed_in(app, "ben")
    assert [again.get(path).status_code for path in ("/cohorts", f"/cohorts/{cohort}")] == [404] * 2
    assert again.post(f"/cohorts/{cohort}/codes", data={"days": "7"}).status_code == 404
    assert invitations(app) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_both_languages(
    app: Flask, ben: FlaskClient, cohort: str, language: str
) -> None:
    speak(ben, language)
    assert heading(ben.get("/cohorts")) == (language, said(app, language, "Cohorts I train"))
    dev = signed_in(app, "dev")
    speak(dev, language)
    assert heading(dev.get("/cohorts")) == (language, said(app, language, "All cohorts"))
    page = ben.get(f"/cohorts/{cohort}")
    assert heading(page) == (language, "Morning group")
    assert said(app, language, "Class code") in words(page)


@pytest.mark.parametrize("who", ["ben", "dev"])
def test_a_cohort_is_made_and_leads_to_its_page(
    app: Flask, request: pytest.FixtureRequest, who: str
) -> None:
    client: FlaskClient = request.getfixturevalue(who)
    where = client.post("/cohorts", data=NEW).location
    assert where is not None
    row = stored(app, where.removeprefix("/cohorts/"))
    assert (row.name, row.time_zone, row.archived_at) == (
        "Spring in Fresno",
        "America/Los_Angeles",
        None,
    )
    assert trainers(app, row.handle) == [who]
    assert f'href="{where}"' in words(client.get("/cohorts"))


def test_the_list_begins_with_the_sites_own_zone(app: Flask, ben: FlaskClient) -> None:
    with inside(app) as stage:
        zone = stage.site.settings.time_zone
    assert f'<option selected value="{zone}">' in words(ben.get("/cohorts"))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("America/Boise", "America/Boise"),
        (" europe/madrid ", "Europe/Madrid"),
        ("utc", "UTC"),
        ("  ", "America/Denver"),
    ],
)
def test_any_zone_that_there_is_can_be_typed(
    app: Flask, ben: FlaskClient, typed: str, kept: str
) -> None:
    form = {**NEW, "time_zone": "America/Denver", "other_zone": typed}
    where = ben.post("/cohorts", data=form).location
    assert where is not None
    assert stored(app, where.removeprefix("/cohorts/")).time_zone == kept


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 81},
        {"name": "a\u202eb"},
        {"name": "a\0b"},
        {"time_zone": ""},
        {"time_zone": "Mars/Olympus"},
        {"other_zone": "Mars/Olympus"},
        {"other_zone": "../../etc/passwd"},
        {"other_zone": "x" * 500},
        {"other_zone": "\0"},
    ],
)
@pytest.mark.parametrize("at", ["create", "rename"])
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_lost(
    app: Flask, ben: FlaskClient, cohort: str, wrong: dict[str, str], at: str
) -> None:
    before = contents(app)
    where = "/cohorts" if at == "create" else f"/cohorts/{cohort}/rename"
    page = ben.post(where, data={**NEW, **wrong})
    (field,) = wrong
    assert page.status_code == 422
    assert f'id="{field}-error"' in words(page)
    assert ("Spring in Fresno" in words(page)) == (field != "name")
    assert contents(app) == before


def test_a_cohort_gets_another_name_and_zone(app: Flask, ben: FlaskClient, cohort: str) -> None:
    form = {"name": " Evening group ", "time_zone": "Pacific/Honolulu"}
    assert ben.post(f"/cohorts/{cohort}/rename", data=form).location == f"/cohorts/{cohort}"
    row = stored(app, cohort)
    assert (row.name, row.time_zone) == ("Evening group", "Pacific/Honolulu")


def test_a_zone_that_is_not_in_the_short_list_stays_when_only_the_name_changes(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    where = f"/cohorts/{cohort}"
    ben.post(f"{where}/rename", data={**NEW, "other_zone": "America/Boise"})
    assert '<option selected value="America/Boise">' in words(ben.get(where))
    ben.post(f"{where}/rename", data={"name": "Other", "time_zone": "America/Boise"})
    assert stored(app, cohort).time_zone == "America/Boise"


def test_the_page_leads_only_to_pages_that_there_are(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    page = words(ben.get(f"/cohorts/{cohort}"))
    for endpoint, path in {
        "assignments.assignments": "assignments",
        "board.board": "board",
        "gradebook.gradebook": "gradebook",
        "records.people": "people",
        "rosters.roster": "roster",
    }.items():
        is_linked = f'href="/cohorts/{cohort}/{path}"' in page
        assert (endpoint, is_linked) == (endpoint, endpoint in app.view_functions)


def test_the_page_names_no_member(ben: FlaskClient, cohort: str) -> None:
    page = words(ben.get(f"/cohorts/{cohort}"))
    assert ("2 members." in page, "Ana" in page, "Eli" in page) == (True, False, False)


def test_a_code_is_shown_with_its_link_and_its_end_in_the_cohorts_zone(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    ben.post(f"/cohorts/{cohort}/rename", data={**NEW, "time_zone": "Pacific/Honolulu"})
    assert ben.post(f"/cohorts/{cohort}/codes", data={"days": "7"}).status_code == 303
    page = words(ben.get(f"/cohorts/{cohort}"))
    (shown,) = CODE.findall(page)
    assert [row.code for row in invitations(app)] == [shown.replace("-", "")]
    assert f"http://127.0.0.1:8000/join/{shown}</a>" in page
    assert "March 9, 2026, 10:00 AM" in page
    assert page.count("Pacific/Honolulu</option>") == 0
    assert "Time zone: United States (Honolulu) Time." in page


@pytest.mark.parametrize("days", ["", "0", "8", "-7", "x", "9" * 30, "1e1", "\0"])
def test_a_code_works_for_one_of_three_lengths(
    app: Flask, ben: FlaskClient, cohort: str, days: str
) -> None:
    page = ben.post(f"/cohorts/{cohort}/codes", data={"days": days})
    assert (page.status_code, invitations(app)) == (422, [])


def test_thirty_days_are_proposed(ben: FlaskClient, cohort: str) -> None:
    assert ("days", "30") in checked(ben.get(f"/cohorts/{cohort}"))


def test_a_code_is_taken_back(app: Flask, ben: FlaskClient, cohort: str) -> None:
    ben.post(f"/cohorts/{cohort}/codes", data={"days": "90"})
    assert ben.post(f"/cohorts/{cohort}/codes/1/revoke").location == f"/cohorts/{cohort}"
    assert CODE.findall(words(ben.get(f"/cohorts/{cohort}"))) == []
    assert invitations(app)[0].revoked_at == NOON


@pytest.mark.parametrize("number", ["2", "0", "-1", "x", "9" * 30, "2147483648"])
def test_a_code_that_is_not_the_cohorts_is_not_found(
    app: Flask, ben: FlaskClient, cohort: str, number: str
) -> None:
    ben.post(f"/cohorts/{cohort}/codes", data={"days": "90"})
    with inside(app) as stage:
        other = make_cohort(stage, "Another", "caro").handle
    signed_in(app, "caro").post(f"/cohorts/{other}/codes", data={"days": "90"})
    before = contents(app)
    assert ben.post(f"/cohorts/{cohort}/codes/{number}/revoke").status_code == 404
    assert contents(app) == before


def test_a_code_that_has_run_out_is_not_shown(
    ben: FlaskClient, cohort: str, noon: Traveller
) -> None:
    ben.post(f"/cohorts/{cohort}/codes", data={"days": "7"})
    noon.shift(timedelta(days=7))
    assert CODE.findall(words(ben.get(f"/cohorts/{cohort}"))) == []


def test_another_trainer_is_added_and_may_go(app: Flask, ben: FlaskClient, cohort: str) -> None:
    where = f"/cohorts/{cohort}"
    assert ben.post(f"{where}/trainers/add", data={"username": "Caro"}).location == where
    assert trainers(app, cohort) == ["ben", "caro"]
    gone = ben.post(f"{where}/trainers/{person_id(app, 'ben')}/remove")
    assert (gone.location, trainers(app, cohort)) == ("/cohorts", ["caro"])
    assert ben.get(where).status_code == 404


def test_who_cannot_be_a_trainer_is_refused_without_saying_why(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    before = contents(app)
    said_of = set()
    for name in ("ana", "nobody", "x" * 300, "\0"):
        page = ben.post(f"/cohorts/{cohort}/trainers/add", data={"username": name})
        said_of.add((page.status_code, *re.findall(r'id="username-error">([^<]+)<', words(page))))
    assert said_of == {(422, "We cannot add this sign-in name as a trainer. Please check it.")}
    assert contents(app) == before


def test_adding_a_trainer_who_is_there_says_so(ben: FlaskClient, cohort: str) -> None:
    wanted = {"username": "ben"}
    page = ben.post(f"/cohorts/{cohort}/trainers/add", data=wanted, follow_redirects=True)
    assert "This person is a trainer here already." in words(page)
    assert "The trainer is added." not in words(page)


def test_what_cannot_be_undone_is_asked_about_first(ben: FlaskClient, cohort: str) -> None:
    ben.post(f"/cohorts/{cohort}/trainers/add", data={"username": "caro"})
    ben.post(f"/cohorts/{cohort}/codes", data={"days": "7"})
    page = words(ben.get(f"/cohorts/{cohort}"))
    for button in ("Take this code back", "Remove me from this cohort"):
        asked, found, _rest = page.partition(button)
        assert (bool(found), asked.rfind("<details") > asked.rfind("</details")) == (True, True)


def test_a_long_name_is_told_and_not_cut_by_the_browser(ben: FlaskClient, cohort: str) -> None:
    page = words(ben.get(f"/cohorts/{cohort}"))
    field = page[page.index('id="name"') - 200 :].partition(">")[0] + page.partition('id="name"')[2]
    assert "maxlength" not in field.partition(">")[0]
    for where in ("/cohorts", f"/cohorts/{cohort}/rename"):
        answer = ben.post(where, data={**NEW, "name": "x" * 81})
        assert (answer.status_code, "x" * 81 in words(answer)) == (422, True)


def test_a_name_must_be_typed(ben: FlaskClient, cohort: str) -> None:
    page = ben.post(f"/cohorts/{cohort}/trainers/add", data={"username": ""})
    assert (page.status_code, "Please type a sign-in name." in words(page)) == (422, True)


def test_a_cohort_keeps_a_trainer(app: Flask, ben: FlaskClient, cohort: str) -> None:
    where = f"/cohorts/{cohort}/trainers/{person_id(app, 'ben')}/remove"
    assert (ben.post(where).status_code, trainers(app, cohort)) == (409, ["ben"])


@pytest.mark.parametrize("who", ["ana", "caro"])
def test_who_does_not_teach_it_cannot_be_removed(
    app: Flask, ben: FlaskClient, cohort: str, who: str
) -> None:
    where = f"/cohorts/{cohort}/trainers/{person_id(app, who)}/remove"
    assert ben.post(where).status_code == 404


def test_an_archived_cohort_can_be_read_and_refuses_changes(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    ben.post(f"/cohorts/{cohort}/codes", data={"days": "90"})
    assert ben.post(f"/cohorts/{cohort}/archive").location == f"/cohorts/{cohort}"
    page, before = words(ben.get(f"/cohorts/{cohort}")), contents(app)
    assert "This cohort is archived" in page
    assert re.findall(r'action="/cohorts/[^/]+/([^"]+)"', page) == ["restore"]
    changes = {path: POSTS[path] for path in POSTS if path != "restore"}
    statuses = {
        path: ben.post(f"/cohorts/{cohort}/{path}", data=form).status_code
        for path, form in changes.items()
    }
    assert statuses == dict.fromkeys(changes, 409)
    assert contents(app) == before


def test_an_archived_cohort_is_listed_apart_and_opened_again(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    ben.post(f"/cohorts/{cohort}/archive")
    assert "Archived cohorts (1)" in words(ben.get("/cohorts"))
    assert ben.post(f"/cohorts/{cohort}/restore").location == f"/cohorts/{cohort}"
    assert stored(app, cohort).archived_at is None
    assert "Archived cohorts" not in words(ben.get("/cohorts"))


def test_looking_writes_nothing(app: Flask, ben: FlaskClient, cohort: str) -> None:
    ben.post(f"/cohorts/{cohort}/codes", data={"days": "90"})
    before = contents(app)
    for path in ("", f"/{cohort}", *(f"/{cohort}/{path}" for path in POSTS)):
        ben.get(f"/cohorts{path}")
    assert contents(app) == before
