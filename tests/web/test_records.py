"""The people of a cohort and one member's record: shown by a look, changed with a reason."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.domain.attempts import AttemptKind
from app.services.records import PAGE, people_page
from app.storage.accommodations import AccommodationRow
from app.storage.assignments import AssignmentRow
from app.storage.attempts import AdjustmentRow
from app.storage.boards import members
from app.storage.cohorts import CohortMemberRow, CohortTrainerRow, find_cohort
from app.storage.database import db
from app.storage.looks import LookRow
from app.storage.people import PersonRow, find_by_username
from tests.boards import add_members
from tests.cohorts import join
from tests.web.accounts_cast import contents
from tests.web.exam_cast import (
    LANGUAGES,
    asks_for_sign_in,
    attempt,
    begin,
    finish,
    finished,
    heading,
    inside,
    said,
    speak,
    words,
)
from tests.web.records_cast import Classroom, open_classroom
from tests.web.test_history import counted
from tests.world import NOON, signed_in

pytestmark = pytest.mark.usefixtures("noon")

STANDING = {
    "time_factor": "1.5",
    "break_minutes": "20",
    "tools": "scratch paper",
    "reason": "An approved request.",
}
TIME = {"minutes": "10", "reason": "The power was out."}
BACK = {"reason": "The power was out."}
READS = ("", "/attempts/{}/time", "/attempts/{}/give-back", "/remove")
WRITES = ("/look", "/accommodations", "/attempts/{}/time", "/attempts/{}/give-back", "/remove")


@pytest.fixture
def room(app: Flask) -> Classroom:
    """Ben's cohort with Ana."""
    return open_classroom(app)


def looks(app: Flask) -> list[tuple[str, str]]:
    with inside(app):
        rows = db.session.execute(
            sa.select(LookRow.at_what, PersonRow.display_name)
            .join(PersonRow, PersonRow.id == LookRow.viewer_id)
            .order_by(LookRow.id)
        )
        return [(at_what, name) for at_what, name in rows]


def standings(app: Flask) -> list[tuple[float, int | None, str, str]]:
    with inside(app):
        rows = db.session.scalars(sa.select(AccommodationRow).order_by(AccommodationRow.id))
        return [(r.time_factor, r.break_seconds, r.tools, r.reason) for r in rows]


def additions(app: Flask) -> list[tuple[int, str]]:
    with inside(app):
        rows = db.session.scalars(sa.select(AdjustmentRow).order_by(AdjustmentRow.id))
        return [(row.seconds, row.reason) for row in rows]


@pytest.mark.parametrize("who", ["ana", "eli", "caro"])
def test_whoever_does_not_run_the_cohort_finds_nothing(
    app: Flask, room: Classroom, ben: FlaskClient, who: str
) -> None:
    client, look = signed_in(app, who), room.look(ben)
    before = contents(app)
    for path in READS:
        address = room.record + path.format(room.handle) + look
        assert (path, client.get(address).status_code) == (path, 404)
    for path in WRITES:
        address = room.record + path.format(room.handle) + look
        answer = client.post(address, data=STANDING | TIME)
        assert (path, answer.status_code) == (path, 404)
    assert client.get(room.people).status_code == 404
    assert client.post(f"{room.people}/names").status_code == 404
    assert contents(app) == before


def test_a_stranger_is_asked_to_sign_in(app: Flask, room: Classroom, stranger: FlaskClient) -> None:
    before = contents(app)
    for path in READS:
        assert asks_for_sign_in(stranger.get(room.record + path.format(room.handle)))
    for path in WRITES:
        assert asks_for_sign_in(stranger.post(room.record + path.format(room.handle), data=TIME))
    assert asks_for_sign_in(stranger.get(room.people))
    assert contents(app) == before


@pytest.mark.parametrize("who", ["ben", "dev"])
def test_its_trainer_and_the_administrator_reach_it(app: Flask, room: Classroom, who: str) -> None:
    client = signed_in(app, who)
    assert client.get(room.people).status_code == 200
    assert client.get(room.record + room.look(client)).status_code == 200


def test_a_trainer_who_is_a_candidate_again_loses_it(
    app: Flask, room: Classroom, ben: FlaskClient
) -> None:
    look = room.look(ben)
    with inside(app):
        row = find_by_username("ben")
        assert row is not None
        row.role = "candidate"
    assert ben.get(room.record + look).status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_speaks_both_languages(
    app: Flask, room: Classroom, ben: FlaskClient, language: str
) -> None:
    speak(ben, language)
    look = room.look(ben)
    people = said(app, language, "People in %(cohort)s", cohort="Morning group")
    assert heading(ben.get(room.people)) == (language, people)
    wanted = {
        room.record: said(app, language, "Record of %(name)s", name="Ana"),
        f"{room.attempt}/time": said(app, language, "Add time"),
        f"{room.attempt}/give-back": said(app, language, "Give an attempt back"),
        f"{room.record}/remove": said(app, language, "Remove from the cohort?"),
    }
    assert {path: heading(ben.get(path + look)) for path in wanted} == {
        path: (language, title) for path, title in wanted.items()
    }


def test_names_stay_hidden_until_they_are_asked_for(
    app: Flask, room: Classroom, ben: FlaskClient
) -> None:
    page = words(ben.get(room.people))
    assert (said(app, "en", "Person %(number)s", number=1) in page, "Ana" in page) == (True, False)
    assert looks(app) == []
    page = words(ben.get(room.people + room.names(ben)))
    assert "Ana" in page
    assert f'action="{room.record}/look?names=' in page
    assert looks(app) == [("names", "Ben")]


def test_people_are_numbered_in_this_page_s_own_secret_order(app: Flask, room: Classroom) -> None:
    with inside(app) as stage:
        cohort = find_cohort(room.cohort)
        assert cohort is not None
        names = (f"Member{number:02}" for number in range(12))
        people = add_members(cohort, *names, joined=NOON - timedelta(days=30))
        order = [member.person_id for member in members(cohort.id, PAGE)]
        shown = people_page(stage.person("ben"), room.cohort, None, NOON).lines
    assert [line.person_id for line in shown] == order
    assert order != [*people, room.ana]


def test_whoever_joins_after_the_look_keeps_a_number(
    app: Flask, room: Classroom, ben: FlaskClient
) -> None:
    look = room.names(ben)
    with inside(app) as stage:
        ana = db.session.scalars(sa.select(CohortMemberRow)).one()
        row = CohortMemberRow(
            cohort_id=ana.cohort_id,
            person_id=stage.person("eli").id,
            joined_at=NOON + timedelta(days=1),
        )
        db.session.add(row)
    page = words(ben.get(room.people + look))
    assert ("Ana" in page, "Eli" in page) == (True, False)
    assert re.search(r"Person [12]<", page) is not None


def test_a_cohort_without_anybody_says_so(app: Flask, room: Classroom, ben: FlaskClient) -> None:
    ben.post(f"{room.record}/remove")
    wanted = said(app, "en", "Nobody has joined yet. People join with the cohort's code.")
    page = words(ben.get(room.people))
    assert wanted in page
    assert f'href="/cohorts/{room.cohort}#codes-heading"' in page


def test_a_record_opens_by_its_own_look_alone(
    app: Flask, room: Classroom, ben: FlaskClient
) -> None:
    names = room.names(ben)
    for query in ("", names, "?look=made-up", "?look="):
        for path in READS[:3]:
            address = room.record + path.format(room.handle) + query
            assert (address, ben.get(address).status_code) == (address, 404)
    assert ben.get(room.record + room.look(ben)).status_code == 200
    assert looks(app) == [("names", "Ben"), ("record", "Ben")]


def test_nobody_uses_another_s_look(app: Flask, room: Classroom, ben: FlaskClient) -> None:
    look = room.look(ben)
    dev = signed_in(app, "dev")
    assert dev.get(room.record + look).status_code == 404
    assert "Ana" not in words(dev.get(room.people + room.names(ben)))


def test_after_an_hour_everything_is_hidden_again(
    room: Classroom, ben: FlaskClient, noon: time_machine.Traveller
) -> None:
    look, names = room.look(ben), room.names(ben)
    noon.shift(timedelta(minutes=59))
    assert ben.get(room.record + look).status_code == 200
    assert "Ana" in words(ben.get(room.people + names))
    noon.shift(timedelta(minutes=1))
    assert ben.get(room.record + look).status_code == 404
    assert "Ana" not in words(ben.get(room.people + names))
    assert ben.get(f"{room.record}/remove{names}").status_code == 404


def test_the_names_stay_open_on_every_page_of_the_cohort(
    app: Flask, room: Classroom, ben: FlaskClient
) -> None:
    look = room.names(ben).removeprefix("?")
    kept = look.replace("look=", "names=")
    record = ben.post(f"{room.record}/look?{kept}").location or ""
    pages = [words(ben.get(record)), words(ben.get(f"/cohorts/{room.cohort}?{kept}"))]
    assert [f'href="{room.people}?{look}"' in page for page in pages] == [True, True]
    grades = f"/cohorts/{room.cohort}/gradebook?{look}"
    assert f'href="{grades}"' in pages[1]
    assert "Ana" in words(ben.get(grades))
    board = words(ben.get(f"/cohorts/{room.cohort}/board?{kept}"))
    assert f'href="/cohorts/{room.cohort}/board/{room.quiz}?{look}"' in board
    assert looks(app) == [("names", "Ben"), ("record", "Ben")]


def test_names_can_be_hidden_before_the_hour_is_over(room: Classroom, ben: FlaskClient) -> None:
    look = room.names(ben)
    for address in (
        room.people,
        f"/cohorts/{room.cohort}/gradebook",
        f"/cohorts/{room.cohort}/board/{room.quiz}",
    ):
        assert f'<a href="{address}">Hide names</a>' in words(ben.get(address + look))


def test_a_look_that_is_over_is_told_calmly_to_whoever_runs_the_cohort(
    room: Classroom, ben: FlaskClient, dev: FlaskClient, noon: time_machine.Traveller
) -> None:
    look, names = room.look(ben), room.names(ben)
    noon.shift(timedelta(hours=1))
    for client in (ben, dev):
        page = ben.get(room.record + look)
        assert f'action="{room.record}/look"' in words(page)
        assert heading(page)[1] == "This look is over"
        people = words(client.get(room.people + names))
        assert "This look is over. To see the names, ask again." in people


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("open", "The person may start it once more."),
        ("withdrawn", "The assignment was withdrawn, so the person cannot start it again."),
        ("closed", "The due date has passed, so the person cannot start it again unless"),
        ("used up", "The other attempts are used up as well, so the person cannot start it"),
    ],
)
def test_giving_back_says_that_it_is_final_and_what_it_leaves(
    app: Flask, room: Classroom, ben: FlaskClient, case: str, told: str
) -> None:
    if case == "used up":
        finish(app, room.handle)
        room.start()
    with inside(app):
        row = db.session.scalars(sa.select(AssignmentRow)).one()
        row.attempts_allowed = 1
        row.withdrawn_at = NOON if case == "withdrawn" else None
        if case == "closed":
            row.opens_at, row.due_at = NOON - timedelta(days=2), NOON - timedelta(days=1)
    page = words(ben.get(f"{room.attempt}/give-back{room.look(ben)}"))
    assert ("This is final: it cannot be undone." in page, told in page) == (True, True)


@pytest.mark.parametrize(("minutes", "sure", "added"), [(60, "", 1), (61, "", 0), (61, "y", 1)])
def test_more_than_an_hour_is_asked_about(
    app: Flask, room: Classroom, ben: FlaskClient, minutes: int, sure: str, added: int
) -> None:
    data = {**TIME, "minutes": str(minutes)} | ({"sure": sure} if sure else {})
    answer = ben.post(f"{room.attempt}/time{room.look(ben)}", data=data)
    assert (answer.status_code, len(additions(app))) == (303 if added else 422, added)


def test_looking_at_a_page_writes_nothing(app: Flask, room: Classroom, ben: FlaskClient) -> None:
    look = room.look(ben)
    before = contents(app)
    for path in READS:
        ben.get(room.record + path.format(room.handle) + look)
    ben.get(room.people)
    assert contents(app) == before


def test_what_was_typed_outlives_the_look(
    app: Flask, room: Classroom, ben: FlaskClient, noon: time_machine.Traveller
) -> None:
    look = room.look(ben)
    noon.shift(timedelta(hours=2))
    page = ben.post(f"{room.record}/accommodations{look}", data={**STANDING, "reason": ""})
    assert (page.status_code, "scratch paper" in words(page)) == (422, True)
    assert looks(app) == [("record", "Ben")] * 2


def test_the_record_shows_what_was_assigned_and_how_it_went(
    app: Flask, room: Classroom, ben: FlaskClient
) -> None:
    finish(app, room.handle)
    room.start(NOON)
    page = words(ben.get(room.record + room.look(ben)))
    right = said(app, "en", "%(right)s of %(total)s", right=0, total=10)
    shown = said(app, "en", "shown at the end")
    counts = [page.count(text) for text in ("Law and ethics</span>", right, shown)]
    assert counts == [2, 1, 1]
    assert said(app, "en", "likely %(low)s to %(high)s", low="0%", high="28%") in page


def test_practice_is_shown_only_while_it_is_shared(
    app: Flask, room: Classroom, ben: FlaskClient
) -> None:
    own = finished(app, right=3, wrong=7)
    mock = begin(app, "ana", AttemptKind.MOCK)
    look = room.look(ben)

    def shown() -> list[bool]:
        page = words(ben.get(room.record + look))
        return [handle in page for handle in (own, mock)]

    assert shown() == [False, False]
    share(app, shares=True)
    assert shown() == [True, True]
    share(app, shares=False)
    assert shown() == [False, False]


def share(app: Flask, *, shares: bool) -> None:
    with inside(app):
        db.session.execute(sa.update(CohortMemberRow).values(shares_practice=shares))


def test_another_cohort_s_assignments_stay_there(app: Flask, room: Classroom) -> None:
    share(app, shares=True)
    with inside(app) as stage:
        db.session.execute(
            sa.insert(CohortTrainerRow).values(
                cohort_id=other_cohort(app), person_id=stage.person("caro").id, since=NOON
            )
        )
        cohort = db.session.execute(sa.text("select handle from cohort where id = 2")).scalar()
    caro = signed_in(app, "caro")
    theirs = Classroom(app, str(cohort), room.ana, room.quiz, room.handle)
    look = theirs.look(caro)
    assert "Law and ethics" not in words(caro.get(theirs.record + look))
    for path in ("/time", "/give-back"):
        assert caro.get(theirs.attempt + path + look).status_code == 404
        assert caro.post(theirs.attempt + path + look, data=TIME).status_code == 404
    assert additions(app) == []


def other_cohort(app: Flask) -> int:
    del app
    db.session.execute(
        sa.text(
            "insert into cohort (id, handle, name, time_zone, created_at)"
            " values (2, 'evening', 'Evening group', 'America/New_York', '2026-03-01 00:00:00')"
        )
    )
    db.session.execute(
        sa.text(
            "insert into cohort_member (cohort_id, person_id, joined_at, shares_practice)"
            " select 2, person_id, joined_at, true from cohort_member"
        )
    )
    return 2


def test_notes_and_real_sittings_are_never_in_it(
    app: Flask, room: Classroom, ana: FlaskClient, ben: FlaskClient
) -> None:
    share(app, shares=True)
    here = f"/attempts/{room.handle}/items/1"
    ana.post(here, data={"do": "flag", "note": "MY PRIVATE NOTE"})
    ana.post("/tries/sittings", data={"state": "sat", "on": "2026-02-20", "result": "not_passed"})
    page = words(ben.get(room.record + room.look(ben)))
    assert ("MY PRIVATE NOTE" in page, "February 20, 2026" in page) == (False, False)


def test_accommodations_are_set_with_a_reason(
    app: Flask, room: Classroom, ben: FlaskClient
) -> None:
    answer = ben.post(f"{room.record}/accommodations{room.look(ben)}", data=STANDING)
    assert answer.status_code == 303
    assert standings(app) == [(1.5, 1200, "scratch paper", "An approved request.")]
    page = words(ben.get(answer.location or ""))
    for text in ("50% more time", "scratch paper", "An approved request."):
        assert text in page


def test_an_empty_break_is_the_test_s_own_and_nought_is_none(
    app: Flask, room: Classroom, ben: FlaskClient
) -> None:
    look = room.look(ben)
    for minutes in ("", "0"):
        ben.post(f"{room.record}/accommodations{look}", data={**STANDING, "break_minutes": minutes})
    assert [pause for _, pause, _, _ in standings(app)] == [None, 0]


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_factor", v) for v in ("", "9", "nan", "1.1", "x", "-1")]
    + [("break_minutes", v) for v in ("61", "-1", "x", "1.5", "9" * 30, "٣")]
    + [("tools", "x" * 201)]
    + [("reason", v) for v in ("", "  ", "x" * 501)],
)
def test_what_cannot_be_set_is_told_kindly_and_nothing_is_lost(
    app: Flask, room: Classroom, ben: FlaskClient, field: str, value: str
) -> None:
    look = room.look(ben)
    before = contents(app)
    page = ben.post(f"{room.record}/accommodations{look}", data={**STANDING, field: value})
    text = words(page)
    assert (page.status_code, text.count(f'id="{field}-error')) == (422, 1)
    kept = {"tools": "scratch paper", "reason": "An approved request.", field: value.strip()}
    assert [
        name for name, typed in kept.items() if name != "time_factor" and typed not in text
    ] == []
    assert contents(app) == before


def test_time_is_added_to_a_running_attempt(app: Flask, room: Classroom, ben: FlaskClient) -> None:
    answer = ben.post(f"{room.attempt}/time{room.look(ben)}", data=TIME)
    assert (answer.status_code, additions(app)) == (303, [(600, "The power was out.")])
    page = words(ben.get(answer.location or ""))
    assert "10 minutes added" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("minutes", v) for v in ("", "0", "121", "-5", "x", "1.5", "9" * 30)]
    + [("reason", v) for v in ("", "\n", "x" * 501)],
)
def test_time_that_cannot_be_added_is_told_kindly(
    app: Flask, room: Classroom, ben: FlaskClient, field: str, value: str
) -> None:
    look = room.look(ben)
    page = ben.post(f"{room.attempt}/time{look}", data={**TIME, field: value})
    assert (page.status_code, words(page).count(f'id="{field}-error')) == (422, 1)
    assert additions(app) == []


def test_an_attempt_that_has_just_ended_takes_no_time(
    app: Flask, room: Classroom, ben: FlaskClient
) -> None:
    look = room.look(ben)
    finish(app, room.handle)
    answer = ben.post(f"{room.attempt}/time{look}", data=TIME)
    wanted = said(app, "en", "This attempt has ended in the meantime. Nothing was added.")
    assert (answer.status_code, additions(app)) == (303, [])
    assert wanted in words(ben.get(answer.location or ""))


def test_an_attempt_is_given_back_once(app: Flask, room: Classroom, ben: FlaskClient) -> None:
    look = room.look(ben)
    assert ben.post(f"{room.attempt}/give-back{look}", data={"reason": ""}).status_code == 422
    assert ben.post(f"{room.attempt}/give-back{look}", data=BACK).status_code == 303
    row = attempt(app, room.handle)
    assert (row.void_reason, row.assignment_try) == ("The power was out.", None)
    assert ben.post(f"{room.attempt}/give-back{look}", data=BACK).status_code == 409
    assert "The power was out." in words(ben.get(room.record + look))


def test_removing_asks_first_and_leaves_the_attempt_whole(
    app: Flask, room: Classroom, ana: FlaskClient, ben: FlaskClient
) -> None:
    page = words(ben.get(f"{room.record}/remove{room.names(ben)}"))
    assert ("Ana" in page, f'action="{room.record}/remove"' in page) == (True, True)
    assert ben.post(f"{room.record}/remove").location == room.people
    assert ben.post(f"{room.record}/remove").status_code == 404
    assert ben.post(f"{room.record}/look").status_code == 404
    assert ana.get(f"/attempts/{room.handle}/items/1").status_code == 200
    assert attempt(app, room.handle).finished_at is None


def test_an_archived_cohort_is_read_and_not_changed(
    app: Flask, room: Classroom, ben: FlaskClient
) -> None:
    room.archive()
    look = room.look(ben)
    page = words(ben.get(room.record + look))
    assert ("Law and ethics" in page, f"{room.record}/accommodations" in page) == (True, False)
    for path, data in (
        ("/accommodations", STANDING),
        (f"/attempts/{room.handle}/time", TIME),
        (f"/attempts/{room.handle}/give-back", BACK),
        ("/remove", {}),
    ):
        assert ben.post(room.record + path + look, data=data).status_code == 409
    assert (standings(app), additions(app)) == ([], [])


def test_nobody_changes_their_own_record(app: Flask, room: Classroom, ben: FlaskClient) -> None:
    with inside(app) as stage:
        cohort = db.session.get_one(CohortMemberRow, (1, room.ana)).cohort_id
        ben_id = stage.person("ben").id
        db.session.add(CohortMemberRow(cohort_id=cohort, person_id=ben_id, joined_at=NOON))
    own = Classroom(app, room.cohort, ben_id, room.quiz, room.handle)
    look = own.look(ben)
    assert f"{own.record}/accommodations" not in words(ben.get(own.record + look))
    assert ben.post(f"{own.record}/accommodations{look}", data=STANDING).status_code == 404


def test_a_sign_that_no_database_takes_is_left_out(
    app: Flask, room: Classroom, ben: FlaskClient
) -> None:
    ben.post(f"{room.attempt}/time{room.look(ben)}", data={**TIME, "reason": "Po\0wer"})
    assert additions(app) == [(600, "Power")]


def test_a_reason_is_shown_as_text(room: Classroom, ben: FlaskClient) -> None:
    look = room.look(ben)
    ben.post(f"{room.attempt}/time{look}", data={**TIME, "reason": "<b>Power</b>"})
    assert b"&lt;b&gt;Power&lt;/b&gt;" in ben.get(room.record + look).data


def test_the_number_of_queries_does_not_grow(app: Flask, room: Classroom, ben: FlaskClient) -> None:
    room.add_time(5)
    look = room.look(ben)

    def asked() -> tuple[int, int]:
        with counted(app) as record:
            assert ben.get(room.record + look).status_code == 200
        names = room.names(ben)
        with counted(app) as people:
            assert ben.get(room.people + names).status_code == 200
        return len(record), len(people)

    one = asked()
    for _ in range(2):
        ben.post(f"{room.attempt}/give-back{look}", data=BACK)
        finish(app, room.handle)
        room.start(NOON)
    with inside(app) as stage:
        cohort = find_cohort(room.cohort)
        assert cohort is not None
        join(stage, cohort, "eli", "caro")
    assert asked() == one
