"""Registering, with and without e-mail."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.bank.files import BankFiles
from app.storage.database import db
from app.storage.mail import OutboxRow
from app.storage.people import PersonRow, find_by_username
from tests.web.accounts_cast import guarded_app, is_signed_in

FORM = {"display_name": "Fay", "username": "Fay.R", "password": "seven green kites"}


@pytest.fixture
def postal(tmp_path: Path, bank: BankFiles) -> Flask:
    """A site that sends letters."""
    return guarded_app(
        tmp_path, bank, mail_server="mail.example.org", public_url="https://p.example"
    )


def person(app: Flask, username: str) -> PersonRow | None:
    with app.app_context():
        return find_by_username(username)


def letters(app: Flask) -> list[OutboxRow]:
    with app.app_context():
        return list(db.session.scalars(sa.select(OutboxRow).order_by(OutboxRow.id)))


def test_a_new_person_is_signed_in_and_on_the_start_page(stranger: FlaskClient) -> None:
    response = stranger.post("/register", data=FORM)
    assert (response.status_code, response.location) == (303, "/home")
    assert is_signed_in(stranger)


def test_a_new_person_is_a_candidate_whatever_the_form_says(
    app: Flask, stranger: FlaskClient
) -> None:
    hostile = {"role": "administrator", "id": "1", "active": "", "time_factor": "3.0"}
    stranger.post("/register", data=FORM | hostile)
    row = person(app, "fay.r")
    assert row is not None
    assert (row.role, row.active, row.time_factor) == ("candidate", True, 1.0)


def test_the_sign_in_name_is_kept_in_one_form(app: Flask, stranger: FlaskClient) -> None:
    stranger.post("/register", data=FORM | {"username": " ＦＡＹ "})
    assert person(app, "fay") is not None


@pytest.mark.parametrize("name", ["ana", "ANA", " Ana ", "ａｎａ"])
def test_a_taken_name_says_so_at_the_field(stranger: FlaskClient, name: str) -> None:
    response = stranger.post("/register", data=FORM | {"username": name})
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert 'id="username-error"' in page
    assert "Somebody has this sign-in name already." in page


@pytest.mark.parametrize(
    "name", ["", "ab", "a" * 41, "a b c", "fay\u200b", "fay\u202e", "fay\0", "fay<b>", "fay'--"]
)
def test_a_name_that_cannot_be_is_refused_kindly(stranger: FlaskClient, name: str) -> None:
    response = stranger.post("/register", data=FORM | {"username": name})
    assert response.status_code == 422
    assert 'id="username-error"' in response.get_data(as_text=True)


@pytest.mark.parametrize("name", ["", "  ", "a" * 81, "Fay\u202e", "Fay\0", "Fay\x1b[1m"])
def test_a_shown_name_holds_nothing_hidden(stranger: FlaskClient, name: str) -> None:
    response = stranger.post("/register", data=FORM | {"display_name": name})
    assert response.status_code == 422
    assert 'id="display_name-error"' in response.get_data(as_text=True)


def test_what_was_typed_is_still_there_but_not_the_password(stranger: FlaskClient) -> None:
    page = stranger.post("/register", data=FORM | {"username": "ana"}).get_data(as_text=True)
    assert 'value="Fay"' in page
    assert FORM["password"] not in page


def test_no_e_mail_is_asked_for_where_none_is_sent(stranger: FlaskClient) -> None:
    assert 'name="email"' not in stranger.get("/register").get_data(as_text=True)


def test_an_e_mail_address_is_not_stored_where_none_is_sent(
    app: Flask, stranger: FlaskClient
) -> None:
    stranger.post("/register", data=FORM | {"email": "fay@example.org"})
    assert letters(app) == []


def test_the_account_speaks_the_page_s_language(app: Flask, stranger: FlaskClient) -> None:
    stranger.post("/register", data=FORM, headers={"Accept-Language": "es"})
    row = person(app, "fay.r")
    assert row is not None
    assert row.language == "es"


def test_an_address_counts_only_once_it_is_confirmed(postal: Flask) -> None:
    client = postal.test_client()
    client.post("/register", data=FORM | {"email": "Fay@Example.org"})
    before = person(postal, "fay.r")
    [letter] = letters(postal)
    assert before is not None
    assert before.email is None
    assert letter.recipient == "fay@example.org"
    path = letter.body.split("https://p.example")[1].split()[0]
    assert client.get(path).status_code == 200
    assert person(postal, "fay.r").email is None  # type: ignore[union-attr]
    assert client.post(path).status_code == 303
    assert person(postal, "fay.r").email == "fay@example.org"  # type: ignore[union-attr]
    assert client.post(path).status_code == 404


def test_a_second_account_cannot_take_the_same_address(postal: Flask) -> None:
    paths = []
    for name in ("fay.r", "gil"):
        client = postal.test_client()
        client.post("/register", data=FORM | {"username": name, "email": "fay@example.org"})
        paths.append(letters(postal)[-1].body.split("https://p.example")[1].split()[0])
    for path in paths:
        assert postal.test_client().post(path).status_code == 303
    with postal.app_context():
        owners = db.session.scalars(
            sa.select(PersonRow.username).where(PersonRow.email == "fay@example.org")
        )
        assert list(owners) == ["fay.r"]


@pytest.mark.parametrize("address", ["fay", "fay@", "fay@example.org\nBcc: x@example.org"])
def test_what_is_no_address_is_refused(postal: Flask, address: str) -> None:
    response = postal.test_client().post("/register", data=FORM | {"email": address})
    assert response.status_code == 422
    assert letters(postal) == []


def test_a_signed_in_person_is_led_on(ana: FlaskClient) -> None:
    assert ana.get("/register").location == "/home"
    assert ana.post("/register", data=FORM).location == "/home"
