"""What others do while an attempt runs (rows 57-59, 63, 64), and edits that cross (68)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.services.cohorts import remove_member
from app.services.people import delete_person
from app.storage.database import db
from app.storage.people import PersonRow
from tests.cohorts import join, make_cohort
from tests.faults.exam_acts import (
    Desk,
    Hands,
    at_desk,
    at_once,
    end_of,
    going_by,
    stored_options,
)
from tests.web.accounts_cast import is_signed_in, row_of, sign_in
from tests.web.exam_cast import attempt, inside, said, words
from tests.web.records_cast import Classroom, open_classroom
from tests.world import PASSWORD, signed_in

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("hands")


@pytest.fixture
def hands(app: Flask) -> Iterator[Hands]:
    """It is noon, until the test turns the clock."""
    turned = Hands()
    with going_by(app, turned):
        yield turned


@pytest.fixture
def room(app: Flask) -> Classroom:
    """Ben's cohort with Ana, who has begun a quiz."""
    return open_classroom(app)


@pytest.fixture
def desk(app: Flask, room: Classroom) -> Desk:
    """Ana at that quiz, with an answer."""
    seat = at_desk(signed_in(app, "ana"), room.handle)
    assert seat.choose(1).status_code == 200
    return seat


def finishes_whole(app: Flask, desk: Desk) -> None:
    """Go on, submit, and find everything in the result."""
    before = attempt(app, desk.handle)
    assert desk.choose(2).status_code == 200
    assert desk.submit().status_code == 303
    after, end = attempt(app, desk.handle), end_of(app, desk.handle)
    assert (after.form, after.base_seconds, after.person_id) == (
        before.form,
        before.base_seconds,
        before.person_id,
    )
    assert end.chosen[:3] == (desk.items[0][0], desk.items[1][0], None)
    assert desk.client.get(f"{desk.address}/result").status_code == 200


def test_57_an_assignment_that_is_withdrawn_leaves_its_attempt_whole(
    app: Flask, room: Classroom, desk: Desk
) -> None:
    ben = signed_in(app, "ben")
    withdrawn = ben.post(f"/cohorts/{room.cohort}/assignments/{room.quiz}/withdraw")
    assert withdrawn.status_code == 303
    assert desk.client.get(f"/assigned/{room.quiz}").status_code == 404
    finishes_whole(app, desk)


def test_58_a_trainer_can_give_a_running_attempt_time_and_never_take_any(
    app: Flask, room: Classroom, desk: Desk
) -> None:
    ben, before = signed_in(app, "ben"), desk.seconds_left() or 0
    edit = f"/cohorts/{room.cohort}/assignments/{room.quiz}/edit"
    sooner = {"title": "Law", "opens": "2026-03-02T11:00", "due": "2026-03-02T12:01"}
    assert ben.post(edit, data={**sooner, "attempts": "3"}).status_code == 303
    left = [desk.seconds_left()]
    room.set_standing(1.0)
    left.append(desk.seconds_left())
    look, found = room.look(ben), []
    for minutes in ("-5", "0", "121"):
        data = {"minutes": minutes, "reason": "Less.", "sure": "y"}
        found.append(ben.post(f"{room.attempt}/time{look}", data=data).status_code)
    left.append(desk.seconds_left())
    assert (found, left) == ([422] * 3, [before] * 3)
    room.add_time(10)
    assert desk.seconds_left() == before + 600
    assert ben.get(f"{room.record}{look}").status_code == 200
    assert "The power was out." in words(ben.get(f"{room.record}{look}"))


def test_59_a_member_who_is_removed_keeps_the_attempt_and_the_trainer_sees_it_no_more(
    app: Flask, room: Classroom, desk: Desk
) -> None:
    ben = signed_in(app, "ben")
    look = room.look(ben)
    pages = (f"{room.record}{look}", f"{room.attempt}/time{look}")
    assert [ben.get(page).status_code for page in pages] == [200, 200]
    with inside(app) as stage:
        remove_member(stage.person("ben"), room.cohort, room.ana)
    assert [ben.get(page).status_code for page in pages] == [404, 404]
    late = {"minutes": "10", "reason": "Late."}
    assert ben.post(f"{room.attempt}/time{look}", data=late).status_code == 404
    finishes_whole(app, desk)


def test_59_whoever_moves_to_another_cohort_takes_the_attempt_along(
    app: Flask, room: Classroom, desk: Desk
) -> None:
    with inside(app) as stage:
        join(stage, make_cohort(stage, "Evening group", "caro"), "ana")
    assert desk.client.post(f"/join/cohorts/{room.cohort}/leave").status_code == 303
    assert signed_in(app, "ben").post(f"{room.record}/look").status_code == 404
    finishes_whole(app, desk)


# 63 and 64: accounts


def orphans(app: Flask) -> list[str]:
    """Rows that refer to something that is not there."""
    found = []
    with inside(app):
        for table in db.metadata.sorted_tables:
            for key in table.foreign_keys:
                there = sa.select(key.column)
                stray = sa.select(sa.func.count()).where(
                    key.parent.is_not(None), key.parent.not_in(there)
                )
                if db.session.scalar(stray):
                    found.append(f"{key.parent} -> {key.column}")
    return found


def test_63_an_account_that_is_deleted_amid_saves_leaves_no_orphan_and_no_fault(
    app: Flask, room: Classroom, desk: Desk
) -> None:
    cookie = desk.client.get_cookie("peerprep")
    assert cookie is not None
    seats = [desk]
    for _ in range(2):
        client = app.test_client()
        client.set_cookie("peerprep", cookie.value)
        seats.append(Desk(client, desk.handle, desk.writer, 0, desk.items))

    def save(seat: Desk, n: int) -> Callable[[], int]:
        change = {"position": n + 1, "seq": 50 + n, "option_id": seat.items[n][1]}
        return lambda: seat.send([change]).status_code

    saves = [save(seats[n % len(seats)], n) for n in range(9)]
    got = at_once(app, [*saves, lambda: delete_person(room.ana)])
    assert got[-1] is True
    assert set(got[:-1]) <= {200, 401}
    gone = desk.choose(1)
    assert (gone.status_code, gone.get_json()["error"]) == (401, "signed_out")
    assert stored_options(app, desk.handle) == {}
    assert orphans(app) == []


@pytest.mark.parametrize("what", ["password", "role"])
def test_64_a_new_password_or_role_holds_at_once_in_every_other_browser(
    app: Flask, desk: Desk, what: str
) -> None:
    tablet = signed_in(app, "ana")
    if what == "password":
        word = "other quiet stones"
        data = {"password": PASSWORD, "new_password": word, "new_password_confirm": word}
        laptop = signed_in(app, "ana")
        assert laptop.post("/account/password", data=data).status_code in {302, 303}
        assert is_signed_in(laptop)
    else:
        word = PASSWORD
        where = f"/administration/people/{row_of(app).id}/role"
        assert signed_in(app, "dev").post(where, data={"role": "trainer"}).status_code == 303
    assert not is_signed_in(tablet)
    lost = desk.choose(2)
    assert (lost.status_code, lost.get_json()["error"]) == (401, "signed_out")
    assert sign_in(desk.client, "ana", word).status_code in {302, 303}
    assert desk.choose(2).status_code == 200
    finishes_whole(app, desk)


# 68: two people change the same thing


@dataclass(frozen=True, slots=True)
class Edit:
    """A form: whose, its page, where it is sent, what is filled in, and how it comes to be."""

    who: tuple[str, str]
    page: str
    sent_to: str
    first: dict[str, str]
    second: dict[str, str]


ACCOUNT = {"language": "es", "time_factor": "1.0"}
COHORT = {"time_zone": "America/Los_Angeles", "other_zone": ""}
ASSIGNMENT = {"opens": "2026-03-02T12:00", "due": "2026-03-09T12:00", "attempts": "3"}
STANDING = {"break_minutes": "", "tools": "", "reason": "An approved request."}
EDITS = {
    "account": Edit(
        ("ana", "ana"),
        "/account",
        "/account",
        {**ACCOUNT, "display_name": "Ana One"},
        {**ACCOUNT, "display_name": "Ana Two"},
    ),
    "cohort": Edit(
        ("ben", "dev"),
        "/cohorts/{cohort}",
        "/cohorts/{cohort}/rename",
        {**COHORT, "name": "Group One"},
        {**COHORT, "name": "Group Two"},
    ),
    "assignment": Edit(
        ("ben", "dev"),
        "/cohorts/{cohort}/assignments/{quiz}/edit",
        "/cohorts/{cohort}/assignments/{quiz}/edit",
        {**ASSIGNMENT, "title": "Title One"},
        {**ASSIGNMENT, "title": "Title Two"},
    ),
    "accommodations": Edit(
        ("ben", "dev"),
        "/cohorts/{cohort}/people/{ana}",
        "/cohorts/{cohort}/people/{ana}/accommodations",
        {**STANDING, "time_factor": "1.5"},
        {**STANDING, "time_factor": "2.0"},
    ),
    "role": Edit(
        ("dev", "dev"),
        "/administration/people",
        "/administration/people/{ana}/role",
        {"role": "trainer"},
        {"role": "administrator"},
    ),
}


@dataclass(frozen=True, slots=True)
class Form:
    """A form in somebody's browser: where it is sent, and what it showed when it was opened."""

    client: FlaskClient
    address: str
    shown: str

    def send(self, values: dict[str, str]) -> TestResponse:
        """Send it filled in."""
        return self.client.post(self.address, data={**values, "shown": self.shown})


def form_in(client: FlaskClient, page: TestResponse, path: str) -> Form:
    """The form on the page that is sent to the path."""
    forms = page.get_data(as_text=True).split("<form ")[1:]
    for form in forms:
        address = unescape(form.split('action="')[1].split('"')[0])
        if address.split("?")[0] == path:
            return Form(client, address, form.split('name="shown" value="')[1].split('"')[0])
    raise AssertionError(path)


def opened(edit: Edit, room: Classroom, client: FlaskClient) -> Form:
    """The edit's form, as it is opened now."""
    values = {"cohort": room.cohort, "quiz": room.quiz, "ana": room.ana}
    look = room.look(client) if "people/{ana}" in edit.page else ""
    page = client.get(edit.page.format(**values) + look)
    return form_in(client, page, edit.sent_to.format(**values))


@pytest.mark.parametrize("what", EDITS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_68_of_two_who_edit_at_once_the_second_is_told_and_nothing_is_overwritten(
    app: Flask, room: Classroom, what: str, language: str
) -> None:
    edit = EDITS[what]
    browsers = [signed_in(app, who) for who in edit.who]
    for client in browsers:
        client.post("/language", data={"language": language})
    first, second = (opened(edit, room, client) for client in browsers)
    assert first.send(edit.first).status_code == 303
    before = record_of(app)
    lost = second.send(edit.second)
    assert lost.status_code == 409
    assert said(app, language, "This was changed in the meantime") in words(lost)
    assert said(app, language, "See how it is now") in words(lost)
    assert record_of(app) == before
    assert opened(edit, room, second.client).send(edit.second).status_code == 303
    assert record_of(app) != before


def record_of(app: Flask) -> list[object]:
    """What these forms change."""
    with inside(app):
        people = db.session.execute(
            sa.select(
                PersonRow.id,
                PersonRow.display_name,
                PersonRow.time_factor,
                PersonRow.role,
                PersonRow.language,
            ).order_by(PersonRow.id)
        )
        tables = ("cohort", "assignment", "accommodation")
        found = [db.session.execute(sa.select(db.metadata.tables[name])).all() for name in tables]
        return [*map(tuple, people), *[repr(rows) for rows in found]]


def test_68_what_a_trainer_sets_meanwhile_stands_and_the_name_is_saved(
    app: Flask, room: Classroom
) -> None:
    form = opened(EDITS["account"], room, signed_in(app, "ana"))
    room.set_standing(1.5)
    assert form.send(EDITS["account"].first).status_code == 303
    row = row_of(app)
    assert (row.display_name, row.time_factor) == ("Ana One", 1.5)


def test_68_a_form_with_faults_keeps_what_it_was_opened_with(app: Flask, room: Classroom) -> None:
    form = opened(EDITS["account"], room, signed_in(app, "ana"))
    assert form.send(EDITS["account"].first).status_code == 303
    faulty = form.send({**ACCOUNT, "display_name": ""})
    assert faulty.status_code == 422
    assert form_in(form.client, faulty, "/account").shown == form.shown
