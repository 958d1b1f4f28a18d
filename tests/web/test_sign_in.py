"""Signing in and out: what a cookie is worth, and what guesses find out."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.bank.files import BankFiles
from app.services.throttle import truncated
from app.storage.database import db
from app.storage.people import PersonRow, SignInRow, ThrottleRow, find_by_username
from tests.web.accounts_cast import (
    contents,
    guarded_app,
    is_signed_in,
    sign_in,
    text_of,
    token_in,
    with_csrf,
)
from tests.world import PASSWORD

COOKIE = "peerprep"
NEXT_ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "////evil.example/%2e%2e",
    "https://evil.example",
    "http://evil.example/",
    "HTTPS://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:\\\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\evil.example",
    "/\\/evil.example",
    "/%5cevil.example",
    "/%2fevil.example",
    "%2f%2fevil.example",
    "/%09/evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "\n//evil.example",
    "/\r\nLocation: https://evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    " //evil.example",
    " https://evil.example",
    "\u2003//evil.example",
    "/\u2215evil.example",
    "//evil\u3002example",
    "/account@evil.example",
    "//account@evil.example",
    "https://localhost@evil.example",
    "https://localhost.evil.example",
    "//localhost:80@evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "evil.example",
    ".evil.example",
    "/no-such-page",
    "/../../evil.example",
    "/;//evil.example",
    "security.logout",
    "/sign-out",
    "\0//evil.example",
    "/account\0",
    "/" + "a" * 600,
]


def test_the_name_may_be_typed_in_any_case(stranger: FlaskClient) -> None:
    assert sign_in(stranger, " ANA ").location == "/home"


def test_after_signing_in_the_wanted_page_opens(stranger: FlaskClient) -> None:
    asked = stranger.get("/account?x=1")
    assert asked.location == "/sign-in?next=/account?x%3D1"
    data = {"username": "ana", "password": PASSWORD, "next": "/account?x=1"}
    assert stranger.post("/sign-in", data=data).location == "/account?x=1"


@pytest.mark.parametrize("payload", NEXT_ELSEWHERE)
def test_no_next_leads_elsewhere(stranger: FlaskClient, payload: str) -> None:
    data = {"username": "ana", "password": PASSWORD, "next": payload}
    response = stranger.post("/sign-in", data=data)
    assert response.location in {"/", "/home"}


@pytest.mark.parametrize("payload", NEXT_ELSEWHERE)
def test_no_next_in_the_address_leads_elsewhere(stranger: FlaskClient, payload: str) -> None:
    data = {"username": "ana", "password": PASSWORD}
    response = stranger.post("/sign-in", query_string={"next": payload}, data=data)
    assert response.location in {"/", "/home"}


def test_a_cookie_copied_before_sign_out_gets_nowhere(app: Flask, ana: FlaskClient) -> None:
    copied = ana.get_cookie(COOKIE)
    assert copied is not None
    assert ana.post("/sign-out").location == "/"
    thief = app.test_client()
    thief.set_cookie(COOKIE, copied.value)
    response = thief.get("/account")
    assert (response.status_code, response.location) == (303, "/sign-in?next=/account")
    assert "Ana" not in thief.get("/").get_data(as_text=True)


def test_signing_out_clears_what_the_browser_kept(ana: FlaskClient) -> None:
    assert ana.post("/sign-out").headers["Clear-Site-Data"] == '"cache", "storage"'


def test_signing_out_takes_a_form_not_a_link(ana: FlaskClient) -> None:
    assert ana.get("/sign-out").status_code == 405
    assert is_signed_in(ana)


def test_a_planted_session_is_not_taken_over(app: Flask) -> None:
    attacker = app.test_client()
    attacker.get("/sign-in")
    planted = attacker.get_cookie(COOKIE)
    assert planted is not None
    victim = app.test_client()
    victim.set_cookie(COOKIE, planted.value)
    sign_in(victim, "ana")
    after = victim.get_cookie(COOKIE)
    assert after is not None
    assert after.value != planted.value
    assert not is_signed_in(attacker)


def test_the_form_token_is_new_after_signing_in(app: Flask, stranger: FlaskClient) -> None:
    with with_csrf(app):
        before = token_in(stranger.get("/sign-in"))
        data = {"username": "ana", "password": PASSWORD, "csrf_token": before}
        assert stranger.post("/sign-in", data=data).location == "/home"
        assert stranger.post("/sign-out", data={"csrf_token": before}).status_code == 400
        assert is_signed_in(stranger)


def test_a_sign_in_ends_after_thirty_days(ana: FlaskClient) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(days=29, hours=23)):
        assert is_signed_in(ana)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=30, minutes=1)):
        assert not is_signed_in(ana)


def test_a_closed_account_is_out_at_once(app: Flask, ana: FlaskClient) -> None:
    with app.app_context():
        db.session.execute(
            sa.update(PersonRow).where(PersonRow.username == "ana").values(active=False)
        )
        db.session.commit()
    assert not is_signed_in(ana)


def test_the_table_keeps_no_token(app: Flask, ana: FlaskClient) -> None:
    with ana.session_transaction() as session:
        token = session["sign_in"]
    rows = str(contents(app)["sign_in"])
    assert token not in rows


@pytest.mark.parametrize(
    "name", ["ana", "nobody", "zoë", "x'; drop table person --", "\0", "a" * 900]
)
def test_wrong_and_unknown_look_the_same(app: Flask, name: str) -> None:
    wrong = sign_in(app.test_client(), "ana", "not the password")
    other = sign_in(app.test_client(), name, "not the password")
    assert other.status_code == wrong.status_code == 200
    assert _without(text_of(other)) == _without(text_of(wrong))


def test_a_closed_account_looks_like_an_unknown_one(app: Flask) -> None:
    unknown = text_of(sign_in(app.test_client(), "nobody", PASSWORD))
    with app.app_context():
        db.session.execute(
            sa.update(PersonRow).where(PersonRow.username == "ana").values(active=False)
        )
        db.session.commit()
    closed = text_of(sign_in(app.test_client(), "ana", PASSWORD))
    assert _without(closed) == _without(unknown)


@pytest.mark.parametrize("name", ["ana", "nobody"])
def test_after_ten_failures_a_name_waits_but_not_for_good(app: Flask, name: str) -> None:
    client = app.test_client()
    for _ in range(10):
        assert "do not go together" in sign_in(client, name, "wrong one").get_data(as_text=True)
    refused = sign_in(client, name, PASSWORD)
    assert refused.status_code == 200
    assert "Please wait 15 minutes" in refused.get_data(as_text=True)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        again = sign_in(client, name, PASSWORD)
    assert again.status_code == (302 if name == "ana" else 200)


def test_success_starts_the_name_anew_but_not_the_network(app: Flask) -> None:
    client = app.test_client()
    for _ in range(4):
        sign_in(client, "ana", "wrong one")
    sign_in(client, "ana")
    assert _failures(app) == {"network": 4}


def test_fifty_failures_at_once_are_counted_as_fifty(app: Flask) -> None:
    start = threading.Barrier(50)

    def fail() -> None:
        client = app.test_client()
        start.wait()
        sign_in(client, "ana", "wrong one")

    threads = [threading.Thread(target=fail) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _failures(app) == {"name": 50, "network": 50}


def test_a_network_waits_after_a_hundred(tmp_path: Path, bank: BankFiles) -> None:
    app = guarded_app(tmp_path, bank, sign_in_failures=2)
    client = app.test_client()
    for number in range(20):
        sign_in(client, f"name{number}", "wrong one")
    assert "Please wait" in sign_in(client, "ana").get_data(as_text=True)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("nonsense", "unknown"),
        (None, "unknown"),
    ],
)
def test_addresses_are_kept_without_what_tells_households_apart(
    address: str | None, network: str
) -> None:
    assert truncated(address) == network


def test_a_strange_host_is_refused(stranger: FlaskClient) -> None:
    for path in ("/sign-in", "/", "/account"):
        response = stranger.get(path, headers={"Host": "evil.example"})
        assert (response.status_code, response.get_data()) == (400, b"400\n")


def test_a_forwarded_host_is_not_believed(stranger: FlaskClient) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    response = stranger.get("/account", headers=headers)
    assert response.location == "/sign-in?next=/account"


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


def test_too_many_forms_at_once_are_refused(tmp_path: Path, bank: BankFiles) -> None:
    app = guarded_app(tmp_path, bank)
    app.config["RATELIMIT_ENABLED"] = True
    client = app.test_client()
    answers = [client.post("/register", data={}).status_code for _ in range(61)]
    assert answers == [422] * 60 + [429]


def _without(page: str) -> str:
    """The page without the name that was typed."""
    head, mark, tail = page.partition('name="username"')
    assert mark
    return head + tail.partition(">")[2]


def _failures(app: Flask) -> dict[str, int]:
    with app.app_context():
        rows = db.session.execute(sa.select(ThrottleRow.key, ThrottleRow.failures))
        return {key.partition(":")[0]: failures for key, failures in rows}
