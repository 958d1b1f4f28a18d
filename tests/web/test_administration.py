"""The administrator's page: the bank's state and faults, and the newest mock tries."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.bank.reader import read_bank
from app.domain.attempts import AttemptKind
from app.services.bank import load_bank
from app.services.looks import looks_at_me
from app.services.tries import void_try
from tests.banks import GOOD_PATH, GOOD_TEXT, make_bank
from tests.web.accounts_cast import contents
from tests.web.exam_cast import (
    LANGUAGES,
    asks_for_sign_in,
    begin,
    finish,
    heading,
    inside,
    said,
    speak,
    words,
)
from tests.world import NOON

pytestmark = pytest.mark.usefixtures("noon")
WHO = ("ana", "eli")


def test_a_stranger_is_asked_to_sign_in(stranger: FlaskClient) -> None:
    assert asks_for_sign_in(stranger.get("/administration"))


def test_only_an_administrator_finds_the_page(
    ana: FlaskClient, ben: FlaskClient, dev: FlaskClient
) -> None:
    found = [client.get("/administration").status_code for client in (ana, ben, dev)]
    assert found == [404, 404, 200]


@pytest.mark.parametrize("who", ["ana", "ben"])
def test_nobody_else_is_shown_the_way(who: str, request: pytest.FixtureRequest) -> None:
    client: FlaskClient = request.getfixturevalue(who)
    assert "/administration" not in words(client.get("/home"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_both_languages(app: Flask, dev: FlaskClient, language: str) -> None:
    speak(dev, language)
    assert heading(dev.get("/administration")) == (language, said(app, language, "Administration"))


def test_the_stock_is_counted_per_domain(app: Flask, dev: FlaskClient) -> None:
    page = words(dev.get("/administration"))
    with inside(app) as stage:
        names = [stage.site.taxonomy.oshpd[domain].en for domain in range(1, 11)]
    assert [name in page for name in names] == [True] * 10


def test_faults_are_named_by_file_and_line(app: Flask, dev: FlaskClient, tmp_path: Path) -> None:
    broken = GOOD_TEXT.replace('key = "k7f"', 'key = "nix"')
    line = broken.splitlines().index('key = "nix"') + 1
    with inside(app):
        load_bank(read_bank(make_bank(tmp_path / "bank", {GOOD_PATH: broken})), NOON)
    page = words(dev.get("/administration"))
    assert f"<code>{GOOD_PATH}</code>" in page
    assert f'<td class="number" data-label="Line">{line}</td>' in page


def tries(dev: FlaskClient, username: str) -> str:
    return words(dev.post("/administration/mock-tries", data={"username": username}))


def test_of_the_newest_mock_tries_only_the_number_on_each_day_stands_there(
    app: Flask, dev: FlaskClient
) -> None:
    handles = [begin(app, who, AttemptKind.MOCK) for who in ("ana", "eli")]
    begin(app, "eli", AttemptKind.QUIZ)
    page = words(dev.get("/administration"))
    assert '<th scope="row">March 2, 2026</th><td class="number">2</td>' in page
    assert [text in page for text in ("Ana", "Eli", *handles)] == [False] * 4


def test_somebodys_tries_are_opened_by_sign_in_name_and_the_look_is_noted(
    app: Flask, dev: FlaskClient
) -> None:
    given_back = begin(app, "ana", AttemptKind.MOCK)
    other = begin(app, "eli", AttemptKind.MOCK)
    with inside(app) as stage:
        void_try(stage.person("dev"), given_back, "The <power> was out.", NOON)
    page = tries(dev, " Ana ")
    assert ("The <power> was out." in page, other in page) == (True, False)
    with inside(app) as stage:
        seen = {who: [look.viewer for look in looks_at_me(stage.person(who))] for who in WHO}
    assert seen == {"ana": ["Dev"], "eli": []}
    assert f"/tries/mocks/{other}/void" in tries(dev, "eli")


def test_a_finished_try_can_be_given_back_too(app: Flask, dev: FlaskClient) -> None:
    handle = finish(app, begin(app, "ana", AttemptKind.MOCK))
    assert f"/tries/mocks/{handle}/void" in tries(dev, "ana")


@pytest.mark.parametrize("username", ["", "nobody", "\0"])
def test_an_unknown_sign_in_name_is_told_and_nothing_noted(
    app: Flask, dev: FlaskClient, username: str
) -> None:
    before = contents(app)
    answer = dev.post("/administration/mock-tries", data={"username": username})
    assert (answer.status_code, contents(app) == before) == (422, True)


def test_nobody_but_an_administrator_opens_them(ana: FlaskClient, ben: FlaskClient) -> None:
    wanted = {"username": "eli"}
    answers = [c.post("/administration/mock-tries", data=wanted) for c in (ana, ben)]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_looking_writes_nothing(app: Flask, dev: FlaskClient) -> None:
    before = contents(app)
    dev.get("/administration")
    assert contents(app) == before
