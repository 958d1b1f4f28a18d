"""People and roles: what an administrator does, and nobody else."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.storage.database import db
from app.storage.people import PersonRow, find_by_username
from tests.web.accounts_cast import contents, is_signed_in, sign_in
from tests.web.exam_cast import LANGUAGES, asks_for_sign_in, heading, inside, said, speak, words
from tests.world import PASSWORD

PEOPLE = "/administration/people"
STEPS = {
    "role": {"role": "trainer"},
    "active": {"active": "no"},
    "reset-link": {},
    "second-step/drop": {},
}


def number(app: Flask, username: str) -> int:
    with inside(app):
        row = find_by_username(username)
        assert row is not None
        return row.id


def role(app: Flask, username: str) -> str:
    with inside(app):
        wanted = sa.select(PersonRow.role).where(PersonRow.username == username)
        return str(db.session.scalar(wanted))


@pytest.mark.parametrize("who", ["stranger", "ana", "ben"])
def test_nobody_but_an_administrator_gets_in(
    app: Flask, request: pytest.FixtureRequest, who: str
) -> None:
    client: FlaskClient = request.getfixturevalue(who)
    own = number(app, "ana")
    before = contents(app)
    answers = [client.get(PEOPLE)]
    for step, form in STEPS.items():
        answers.append(client.post(f"{PEOPLE}/{own}/{step}", data=form))
        greedy = {"role": "administrator", "active": "yes"}
        answers.append(client.post(f"{PEOPLE}/{own}/{step}", data=greedy))
    for answer in answers:
        assert asks_for_sign_in(answer) if who == "stranger" else answer.status_code == 404
    assert contents(app) == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_both_languages(app: Flask, dev: FlaskClient, language: str) -> None:
    speak(dev, language)
    assert heading(dev.get(PEOPLE)) == (language, said(app, language, "People and roles"))


def test_everybody_is_listed_and_no_address(app: Flask, dev: FlaskClient) -> None:
    with inside(app):
        db.session.execute(
            sa.update(PersonRow).where(PersonRow.username == "ana").values(email="ana@example.org")
        )
    page = words(dev.get(PEOPLE))
    names = ("ana", "ben", "caro", "dev", "eli")
    assert [f"<small>{name}</small>" in page for name in names] == [True] * 5
    assert "ana@example.org" not in page


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("given", ["0", "99", "-1", "x", "2147483647", "2147483648", "9" * 30])
def test_somebody_who_is_not_there_is_not_found(
    app: Flask, dev: FlaskClient, step: str, given: str
) -> None:
    before = contents(app)
    assert dev.post(f"{PEOPLE}/{given}/{step}", data=STEPS[step]).status_code == 404
    assert contents(app) == before


@pytest.mark.parametrize("step", ["role", "active"])
@pytest.mark.parametrize("value", [None, "", "nonsense", "Administrator", "YES", "\0"])
def test_an_unknown_wish_changes_nothing(
    app: Flask, dev: FlaskClient, step: str, value: str | None
) -> None:
    where = f"{PEOPLE}/{number(app, 'ana')}/{step}"
    before = contents(app)
    assert dev.post(where, data={} if value is None else {step: value}).status_code == 422
    assert contents(app) == before


def test_a_new_role_holds_at_once(app: Flask, dev: FlaskClient, ana: FlaskClient) -> None:
    assert dev.post(f"{PEOPLE}/{number(app, 'ana')}/role", data={"role": "trainer"}).location
    assert (role(app, "ana"), is_signed_in(ana)) == ("trainer", False)


def test_whoever_is_kept_out_is_out_at_once_and_can_come_back(
    app: Flask, dev: FlaskClient, ana: FlaskClient
) -> None:
    where = f"{PEOPLE}/{number(app, 'ana')}/active"
    found = []
    for wish in ("no", "yes"):
        dev.post(where, data={"active": wish})
        found.append(is_signed_in(ana))
        sign_in(ana, "ana")
        found.append(is_signed_in(ana))
    assert found == [False, False, False, True]


@pytest.mark.parametrize(
    ("step", "form"), [("role", {"role": "candidate"}), ("active", {"active": "no"})]
)
def test_the_last_administrator_stays_one(
    app: Flask, dev: FlaskClient, step: str, form: dict[str, str]
) -> None:
    dev.post(f"{PEOPLE}/{number(app, 'dev')}/{step}", data=form)
    assert (role(app, "dev"), dev.get(PEOPLE).status_code) == ("administrator", 200)


def test_a_reset_link_is_shown_once_and_works_once(app: Flask, dev: FlaskClient) -> None:
    page = words(dev.post(f"{PEOPLE}/{number(app, 'ana')}/reset-link"))
    token = page.split("/reset-by-link/")[1].split("<")[0].split('"')[0].strip()
    assert token not in words(dev.get(PEOPLE))
    anybody = app.test_client()
    assert anybody.get(f"/reset-by-link/{token}").status_code == 200
    anybody.post(f"/reset-by-link/{token}", data={"password": "eleven loud trumpets"})
    assert anybody.get(f"/reset-by-link/{token}").status_code == 404
    old, new = app.test_client(), app.test_client()
    sign_in(old, "ana", PASSWORD)
    sign_in(new, "ana", "eleven loud trumpets")
    assert (is_signed_in(old), is_signed_in(new)) == (False, True)


def test_looking_writes_nothing(app: Flask, dev: FlaskClient) -> None:
    before = contents(app)
    dev.get(PEOPLE)
    assert contents(app) == before
