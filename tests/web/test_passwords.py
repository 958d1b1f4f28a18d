"""Which passwords are taken, and how they are kept."""

import runpy

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.services.passwords import common_passwords
from app.storage.people import find_by_username

FORM = {"display_name": "Fay", "username": "fayette", "password": ""}
TOO_EASY = [
    "seven77",
    "password",
    "PassWord1",
    "contraseña",
    "aaaaaaaaaaaa",
    "fayette-fayette",
    "my FAYETTE house",
    "PeerPrep-2026",
    "calmhsa-exam-1",
    "x" * 257,
]


@pytest.mark.parametrize("password", TOO_EASY)
def test_a_password_that_is_easy_to_guess_is_refused(stranger: FlaskClient, password: str) -> None:
    response = stranger.post("/register", data=FORM | {"password": password})
    assert response.status_code == 422
    assert 'id="password-error"' in response.get_data(as_text=True)


@pytest.mark.parametrize(
    "password", ["quietriverstones", "ñandú azul", "12-sea-34", "🌊" * 4 + "sea!"]
)
def test_length_is_enough(stranger: FlaskClient, password: str) -> None:
    assert stranger.post("/register", data=FORM | {"password": password}).status_code == 303


def test_the_list_holds_a_thousand_and_more() -> None:
    assert len(common_passwords()) > 1000
    assert all(word == word.casefold() and len(word) >= 8 for word in common_passwords())


def test_passwords_are_kept_as_argon2id_of_the_named_strength(app: Flask) -> None:
    with app.app_context():
        row = find_by_username("ana")
    assert row is not None
    assert row.password is not None
    assert row.password.startswith("$argon2id$v=19$m=64,t=1,p=1$")  # the tests' own
    shipped = runpy.run_module("app.web.security_settings")["ARGON2"]
    assert shipped == {
        "argon2__memory_cost": 19456,
        "argon2__time_cost": 2,
        "argon2__parallelism": 1,
    }


def test_the_same_letters_typed_another_way_are_the_same_password(stranger: FlaskClient) -> None:
    stranger.post("/register", data=FORM | {"password": "nin\u0303o y rio"})
    stranger.post("/sign-out")
    response = stranger.post(
        "/sign-in", data={"username": "fayette", "password": "ni\u00f1o y rio"}
    )
    assert response.location == "/home"


def test_a_very_long_password_is_only_wrong(stranger: FlaskClient) -> None:
    data = {"username": "ana", "password": "x" * 100_000}
    assert stranger.post("/sign-in", data=data).status_code == 200
