"""Two-step sign-in, recovery codes, and proving again who one is."""

import re

from flask import Flask
from flask.testing import FlaskClient

from tests.web.accounts_cast import (
    code_of,
    contents,
    is_signed_in,
    row_of,
    sign_in,
    turn_two_step_on,
)
from tests.world import PASSWORD

CODE = re.compile(r"<code>([0-9a-f]{4}(?:-[0-9a-f]{4}){2})</code>")


def test_two_step_asks_for_a_code_that_works_once(app: Flask) -> None:
    secret = turn_two_step_on(app)
    client = app.test_client()
    assert sign_in(client, "ana").location == "/sign-in/code"
    assert not is_signed_in(client)
    assert client.post("/sign-in/code", data={"code": "000000"}).status_code == 200
    code = code_of(app, secret)
    assert client.post("/sign-in/code", data={"code": code}).location == "/home"
    assert is_signed_in(client)
    again = app.test_client()
    sign_in(again, "ana")
    again.post("/sign-in/code", data={"code": code})
    assert not is_signed_in(again)


def test_two_step_keeps_the_wanted_page(app: Flask) -> None:
    secret = turn_two_step_on(app)
    client = app.test_client()
    data = {"username": "ana", "password": PASSWORD, "next": "/account"}
    asked = client.post("/sign-in", data=data)
    assert asked.location == "/sign-in/code?next=/account"
    page = client.get(asked.location).get_data(as_text=True)
    assert 'name="next" value="/account"' in page
    code = {"code": code_of(app, secret), "next": "/account"}
    assert client.post("/sign-in/code", data=code).location == "/account"


def test_guessed_codes_wait_even_between_right_passwords(app: Flask) -> None:
    secret = turn_two_step_on(app)
    client = app.test_client()
    for _ in range(10):
        sign_in(client, "ana")
        client.post("/sign-in/code", data={"code": "000000"})
    sign_in(client, "ana")
    client.post("/sign-in/code", data={"code": code_of(app, secret)})
    assert not is_signed_in(client)


def test_two_step_is_set_up_with_a_picture_and_a_key(app: Flask, ana: FlaskClient) -> None:
    page = ana.post("/account/two-step", data={"setup": "authenticator"}).get_data(as_text=True)
    action = re.search(r'action="(/account/two-step/[^"]+)"', page)
    assert action is not None
    assert 'src="data:image/svg+xml;base64,' in page
    with ana.session_transaction() as session:
        secret = session["tf_totp_secret"]
    assert ana.post(action[1], data={"code": "000000"}).location == "/account/two-step"
    assert row_of(app).tf_primary_method is None
    done = ana.post(action[1], data={"code": code_of(app, secret)})
    assert done.location == "/account"
    assert row_of(app).tf_primary_method == "authenticator"
    ana.post("/account/two-step", data={"setup": "disable"})
    assert row_of(app).tf_primary_method is None


def test_a_recovery_code_works_once_and_is_not_kept_readable(app: Flask, ana: FlaskClient) -> None:
    codes = CODE.findall(ana.post("/account/recovery-codes").get_data(as_text=True))
    assert len(codes) == 8
    assert not any(code in str(contents(app)) for code in codes)
    turn_two_step_on(app)
    for expected in (True, False):
        client = app.test_client()
        sign_in(client, "ana")
        client.post("/sign-in/recovery-code", data={"code": f" {codes[0].upper()} "})
        assert is_signed_in(client) is expected


def test_ways_to_sign_in_change_only_after_a_fresh_proof(ana: FlaskClient) -> None:
    with ana.session_transaction() as session:
        session["fs_paa"] -= 3600
    for path in ("/account/two-step", "/account/passkeys", "/account/recovery-codes"):
        assert ana.get(path).location == f"/account/check?next={path}"
    assert ana.post("/account/check", data={"password": "wrong"}).status_code == 200
    proved = ana.post("/account/check", data={"password": PASSWORD, "next": "/account/two-step"})
    assert proved.location == "/account/two-step"
    assert ana.get("/account/two-step").status_code == 200
