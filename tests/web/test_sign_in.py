"""Signing in and out: what a cookie is worth, and what guesses find out."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.storage.database import db
from app.storage.people import SignInRow, find_by_username
from tests.web.accounts_cast import (
    is_signed_in,
    sign_in,
)
from tests.world import PASSWORD

COOKIE = "peerprep"


def test_the_name_may_be_typed_in_any_case(stranger: FlaskClient) -> None:
    assert sign_in(stranger, " ANA ").location == "/home"


def test_after_signing_in_the_wanted_page_opens(stranger: FlaskClient) -> None:
    asked = stranger.get("/account?x=1")
    assert asked.location == "/sign-in?next=/account?x%3D1"
    data = {"username": "ana", "password": PASSWORD, "next": "/account?x=1"}
    assert stranger.post("/sign-in", data=data).location == "/account?x=1"


def test_no_token_in_a_header_or_address_signs_in(app: Flask, stranger: FlaskClient) -> None:
    with app.test_request_context(), app.app_context():
        row = find_by_username("ana")
        assert row is not None
        token = row.get_auth_token()
    assert stranger.get("/account", headers={"Authentication-Token": token}).status_code == 303
    assert stranger.get("/account", query_string={"auth_token": token}).status_code == 303


@pytest.mark.parametrize("body", [[], [1], "x", 7, {"username": ["ana"]}])
def test_json_is_not_taken(stranger: FlaskClient, body: object) -> None:
    assert stranger.post("/sign-in", json=body).status_code == 400


def test_a_page_of_the_middle_of_a_sign_in_signs_nobody_out(ana: FlaskClient) -> None:
    assert ana.get("/sign-in/code").location == "/account"
    assert is_signed_in(ana)


def test_a_sign_in_is_one_row_with_a_plain_browser(app: Flask, stranger: FlaskClient) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
    stranger.post(
        "/sign-in",
        data={"username": "ana", "password": PASSWORD},
        headers={"User-Agent": agent},
    )
    with app.app_context():
        assert list(db.session.scalars(sa.select(SignInRow.browser))) == ["Firefox/Windows"]
