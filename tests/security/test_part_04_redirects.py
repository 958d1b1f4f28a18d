"""No `next` leads anywhere but to this site's own pages; the same list runs in Chromium too."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.accounts_cast import code_of, turn_two_step_on
from tests.world import PASSWORD

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
HOMES = {"/", "/home"}


def test_there_are_forty_and_more() -> None:
    assert len(set(NEXT_ELSEWHERE)) >= 40


def test_no_next_in_the_form_leads_elsewhere(app: Flask) -> None:
    data = {"username": "ana", "password": PASSWORD}
    led = {
        payload: app.test_client().post("/sign-in", data={**data, "next": payload}).location
        for payload in NEXT_ELSEWHERE
    }
    assert {payload: where for payload, where in led.items() if where not in HOMES} == {}


def test_no_next_in_the_address_leads_elsewhere(app: Flask) -> None:
    data = {"username": "ana", "password": PASSWORD}
    led = {
        payload: app.test_client()
        .post("/sign-in", query_string={"next": payload}, data=data)
        .location
        for payload in NEXT_ELSEWHERE[::3]
    }
    assert {payload: where for payload, where in led.items() if where not in HOMES} == {}


def test_whoever_is_signed_in_already_is_led_no_further(ana: FlaskClient) -> None:
    for payload in NEXT_ELSEWHERE:
        for path in ("/sign-in", "/sign-in/passkey"):
            answer = ana.get(path, query_string={"next": payload})
            assert (payload, answer.location) in {(payload, home) for home in HOMES}


def test_no_proof_asked_for_again_leads_elsewhere(ana: FlaskClient) -> None:
    for payload in NEXT_ELSEWHERE[::3]:
        answer = ana.post("/account/check", data={"password": PASSWORD, "next": payload})
        assert (payload, answer.location) in {(payload, own) for own in (*HOMES, "/account")}


def test_no_second_step_leads_elsewhere(app: Flask) -> None:
    secret = turn_two_step_on(app)
    for payload in NEXT_ELSEWHERE[:12]:
        client = app.test_client()
        data = {"username": "ana", "password": PASSWORD, "next": payload}
        asked = client.post("/sign-in", data=data).location or ""
        assert (payload, asked) == (payload, "/sign-in/code")
    code = {"code": code_of(app, secret), "next": "//evil.example"}
    assert client.post("/sign-in/code", data=code).location in HOMES


def test_no_choice_of_language_leads_elsewhere(stranger: FlaskClient) -> None:
    for payload in NEXT_ELSEWHERE:
        answer = stranger.post("/language", data={"language": "es", "next": payload})
        assert (payload, answer.location) == (payload, "/")


@pytest.mark.parametrize("path", ["/account?x=1", "/help", "/quiz?axis=samhsa&area=IX"])
def test_the_site_s_own_pages_are_led_to(stranger: FlaskClient, path: str) -> None:
    data = {"username": "ana", "password": PASSWORD, "next": path}
    assert stranger.post("/sign-in", data=data).location == path
