"""The account page: what a person may change, and new passwords."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.bank.files import BankFiles
from app.services.people import CONFIRM_EMAIL, RESET, make_link
from app.storage.database import db
from app.storage.mail import OutboxRow
from app.storage.people import PersonRow
from tests.web.accounts_cast import guarded_app, is_signed_in, row_of, sign_in, text_of
from tests.world import PASSWORD, signed_in

NEW = "eleven loud trumpets"


def test_changes_are_kept(app: Flask, ana: FlaskClient) -> None:
    data = {
        "display_name": " Ana María ",
        "language": "en",
        "time_factor": "1.5",
        "shortcuts_off": "y",
    }
    assert ana.post("/account", data=data).location == "/account"
    row = row_of(app)
    assert (row.display_name, row.language, row.time_factor) == ("Ana María", "en", 1.5)
    assert row.preferences == {"shortcuts_off": True, "clock_hidden": False}


@pytest.mark.parametrize("factor", ["9", "nan", "x", "", "-1", "1.0001"])
def test_only_the_offered_times_can_be_chosen(app: Flask, ana: FlaskClient, factor: str) -> None:
    data = {"display_name": "Ana", "language": "es", "time_factor": factor}
    assert ana.post("/account", data=data).status_code == 422
    assert row_of(app).time_factor == 1.0


def test_nothing_else_can_be_set_by_the_form(app: Flask, ana: FlaskClient) -> None:
    data = {"display_name": "Ana", "language": "es", "time_factor": "1.0"}
    hostile = {"role": "administrator", "id": "4", "username": "dev", "active": "", "password": "x"}
    before = row_of(app)
    ana.post("/account", data=data | hostile)
    after = row_of(app)
    for name in ("role", "id", "username", "active", "password", "email", "fs_uniquifier"):
        assert getattr(after, name) == getattr(before, name)


def test_the_exam_page_can_keep_one_small_choice(app: Flask, ana: FlaskClient) -> None:
    assert ana.post("/account/preferences", json={"clock_hidden": True}).json == {
        "clock_hidden": True
    }
    ana.post("/account/preferences", json={"role": "administrator", "shortcuts_off": False})
    assert row_of(app).preferences == {"clock_hidden": True, "shortcuts_off": False}
    assert ana.post("/account/preferences", json=[1]).status_code == 400


def test_a_new_password_ends_every_other_sign_in(app: Flask, ana: FlaskClient) -> None:
    other = signed_in(app, "ana")
    response = ana.post("/account/password", data={"password": PASSWORD, "new_password": NEW})
    assert response.location == "/account"
    assert is_signed_in(ana)
    assert not is_signed_in(other)
    assert sign_in(app.test_client(), "ana", NEW).location == "/home"
    assert sign_in(app.test_client(), "ana", PASSWORD).status_code == 200


@pytest.mark.parametrize(
    ("now", "new", "field"),
    [
        ("wrong", NEW, "password"),
        (PASSWORD, PASSWORD, "new_password"),
        (PASSWORD, "password", "new_password"),
        (PASSWORD, "", "new_password"),
        ("", NEW, "password"),
    ],
)
def test_a_password_is_changed_only_for_a_good_one(
    app: Flask, ana: FlaskClient, now: str, new: str, field: str
) -> None:
    before = row_of(app).password
    page = ana.post("/account/password", data={"password": now, "new_password": new})
    assert f'id="{field}-error"' in page.get_data(as_text=True)
    assert row_of(app).password == before


def test_the_page_lists_the_sign_ins_and_ends_the_others(app: Flask, ana: FlaskClient) -> None:
    other = signed_in(app, "ana")
    assert ana.get("/account").get_data(as_text=True).count('name="csrf_token"') > 0
    assert ana.post("/account/sign-ins/end").location == "/account"
    assert is_signed_in(ana)
    assert not is_signed_in(other)


def test_a_reset_link_sets_a_password_and_ends_all_sign_ins(app: Flask, ana: FlaskClient) -> None:
    with app.app_context():
        path = f"/reset-by-link/{make_link(RESET, datetime.now(UTC), row_of(app).id)}"
    client = app.test_client()
    assert client.post(path, data={"password": "password"}).status_code == 422
    assert client.get(path).status_code == 200
    assert client.post(path, data={"password": NEW}).location == "/sign-in"
    assert client.post(path, data={"password": NEW}).status_code == 404
    assert not is_signed_in(ana)
    assert sign_in(client, "ana", NEW).location == "/home"


def test_where_no_letters_are_sent_reset_says_whom_to_ask(stranger: FlaskClient) -> None:
    assert "ask the people who run it" in stranger.get("/reset").get_data(as_text=True)
    assert stranger.post("/reset", data={"email": "a@example.org"}).status_code == 404


def test_a_reset_letter_goes_only_to_a_known_address_and_the_page_never_tells(
    tmp_path: Path, bank: BankFiles
) -> None:
    app = guarded_app(tmp_path, bank, mail_server="m.example", public_url="https://p.example")
    with app.app_context():
        db.session.execute(
            sa.update(PersonRow).where(PersonRow.username == "ana").values(email="ana@example.org")
        )
        db.session.commit()
    answers = []
    for address in ("ana@example.org", "ANA@example.org", "nobody@example.org"):
        client = app.test_client()
        response = client.post("/reset", data={"email": address}, headers={"Host": "localhost"})
        answers.append((response.status_code, text_of(client.get("/sign-in"))))
    with app.app_context():
        letters = list(db.session.scalars(sa.select(OutboxRow)))
    assert answers[0] == answers[1] == answers[2]
    assert [letter.recipient for letter in letters] == ["ana@example.org"] * 2
    assert "https://p.example/reset-by-link/" in letters[0].body
    assert letters[0].subject.startswith("PeerPrep: ")


def test_an_e_mail_address_changes_only_after_a_fresh_proof(ana: FlaskClient) -> None:
    with ana.session_transaction() as session:
        session["fs_paa"] -= 3600
    answer = ana.post("/account/email", data={"email": "thief@example.org"})
    assert answer.location == "/account/check?next=/account"


def test_a_new_password_voids_the_links_that_are_out(app: Flask, ana: FlaskClient) -> None:
    with app.app_context():
        reset = make_link(RESET, datetime.now(UTC), row_of(app).id)
        confirm = make_link(CONFIRM_EMAIL, datetime.now(UTC), row_of(app).id, "ana@example.org")
    ana.post("/account/password", data={"password": PASSWORD, "new_password": NEW})
    for path in (f"/reset-by-link/{reset}", f"/confirm-email/{confirm}"):
        assert ana.get(path).status_code == 404
