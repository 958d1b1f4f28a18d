"""No form of another site changes anything here: every route that is not a GET asks for a token."""

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain.attempts import AttemptKind
from tests.security.school import open_school
from tests.web.accounts_cast import contents, token_in, with_csrf
from tests.web.exam_cast import attempt, begin, options
from tests.world import signed_in

NUMBER = re.compile(r"<int:\w+>")
PLACE = re.compile(r"<(?:\w+:)?\w+>")
SAFE = {"GET", "HEAD", "OPTIONS"}
FORM = {
    "language": "en",
    "agree": "yes",
    "items": "10",
    "do": "flag",
    "reason": "x",
    "state": "sat",
}

OF_ANOTHER_SITE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://[localhost"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def writes(app: Flask, handle: str) -> list[tuple[str, str]]:
    """Verb and address of everything that may change something."""
    return sorted(
        (verb, PLACE.sub("made-up", NUMBER.sub("1", rule.rule.replace("<handle>", handle))))
        for rule in app.url_map.iter_rules()
        for verb in (rule.methods or set()) - SAFE
    )


@pytest.mark.parametrize("who", ["stranger", "ana", "dev"])
def test_without_its_token_no_form_is_taken(
    app: Flask, request: pytest.FixtureRequest, who: str
) -> None:
    client: FlaskClient = request.getfixturevalue(who)
    handle = begin(app, "ana", AttemptKind.MOCK)
    foreign = token_in(signed_in(app, "eli").get("/mock"))
    hostile = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    plain = json.dumps({"position": 1, "seq": 1})
    before = contents(app)
    with with_csrf(app):
        for verb, path in writes(app, handle):
            assert "<" not in path
            for answer in (
                client.open(path, method=verb),
                client.open(path, method=verb, data=FORM),
                client.open(path, method=verb, data={**FORM, "csrf_token": "made-up"}),
                client.open(path, method=verb, data={**FORM, "csrf_token": foreign}),
                client.open(path, method=verb, query_string={"csrf_token": foreign}),
                client.open(path, method=verb, json={"position": 1, "seq": 1}),
                client.open(path, method=verb, data=plain, content_type="text/plain"),
                client.open(path, method=verb, data=FORM, headers=hostile),
                client.open(path, method=verb, data=FORM, headers={"Origin": "null"}),
            ):
                assert (verb, path, answer.status_code) == (verb, path, 400)
    assert contents(app) == before


def test_there_are_many_such_routes(app: Flask) -> None:
    assert len(writes(app, "x")) > 40


def test_with_its_token_the_same_form_is_taken(app: Flask, ana: FlaskClient) -> None:
    with with_csrf(app):
        token = token_in(ana.get("/mock"))
        form = {"language": "en", "agree": "yes", "csrf_token": token}
        own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
        started = ana.post("/mock", data=form, headers=own).location or ""
        handle = started.split("/")[2]
        headers = {"X-CSRFToken": token, **own}
        ana.post(f"/attempts/{handle}/paper", json={"writer": "a-page"}, headers=headers)
        change = {"position": 1, "seq": 1, "option_id": options(app, handle)[0]}
        batch = {"writer": "a-page", "changes": [change]}
        saved = ana.post(f"/attempts/{handle}/responses", json=batch, headers=headers)
    assert (saved.status_code, saved.get_json()["accepted"]) == (200, [[1, 1]])
    assert attempt(app, handle).kind == "mock"


@pytest.mark.parametrize("saying", OF_ANOTHER_SITE, ids=str)
def test_a_good_token_does_not_help_another_site_s_form(
    app: Flask, ana: FlaskClient, saying: dict[str, str]
) -> None:
    """Whatever the way by which the token got out."""
    handle = begin(app, "ana", AttemptKind.MOCK)
    before = contents(app)
    with with_csrf(app):
        token = token_in(ana.get("/mock"))
        for verb, path in writes(app, handle):
            form = {**FORM, "csrf_token": token}
            answers = (
                ana.open(path, method=verb, data=form, headers=saying),
                ana.open(path, method=verb, json={}, headers={"X-CSRFToken": token, **saying}),
            )
            assert {(path, answer.status_code) for answer in answers} == {(path, 403)}
    assert contents(app) == before


@pytest.mark.usefixtures("noon")
def test_no_get_changes_anything(app: Flask) -> None:
    """Whatever a link's query may say, for everybody who gets in."""
    for school in open_school(app):
        rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
        read = 0
        for rule in rules:
            _state, address = next(school.addresses(rule.endpoint, rule.rule))
            for who in ("stranger", "ana", "ben", "dev"):
                answer = school.client(who).get(
                    address, query_string={**FORM, "_method": "POST", "look": school.look}
                )
                read += answer.status_code == 200
                assert (address, who, school.changed()) == (address, who, False)
        assert read > 100


def test_the_script_is_told_what_is_wrong(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    with with_csrf(app):
        refusal = ana.post(f"/attempts/{handle}/responses", json={"position": 1, "seq": 1})
    assert (refusal.status_code, refusal.get_json()["code"]) == (400, "csrf")


def test_a_token_outlives_an_exam(app: Flask, ana: FlaskClient) -> None:
    assert app.config["WTF_CSRF_TIME_LIMIT"] is None
    with with_csrf(app):
        token = token_in(ana.get("/mock"))
        form = {"language": "en", "agree": "decline", "csrf_token": token}
        assert ana.post("/mock", data=form).status_code == 200


def test_no_address_carries_a_token(app: Flask, ana: FlaskClient) -> None:
    begin(app)
    for path in ("/home", "/mock", "/tries", "/account"):
        page = ana.get(path)
        token = token_in(page)
        links = page.get_data(as_text=True).split('href="')[1:]
        assert [link for link in links if token in link.split('"')[0]] == []
