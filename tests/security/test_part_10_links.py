"""One-time links: long, hashed at rest, for one purpose and person, once, for a short time."""

import base64
import hashlib
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.bank.files import BankFiles
from app.services.people import CONFIRM_EMAIL, MINUTES, RESET, SET_UP, make_link
from app.storage.database import db
from app.storage.mail import OutboxRow
from app.storage.people import OneTimeLinkRow, PersonRow
from tests.log_lines import written
from tests.web.accounts_cast import contents, guarded_app, is_signed_in, row_of, sign_in
from tests.world import signed_in

NEW = "eleven loud trumpets"
WAYS = {RESET: "/reset-by-link", CONFIRM_EMAIL: "/confirm-email", SET_UP: "/setup"}


def link(app: Flask, purpose: str = RESET, username: str = "ana") -> str:
    with app.app_context():
        person = None if purpose == SET_UP else row_of(app, username).id
        address = f"{username}@example.org" if purpose == CONFIRM_EMAIL else None
        return make_link(purpose, datetime.now(UTC), person, address)


def test_a_token_has_256_bits_and_only_its_hash_is_kept(app: Flask) -> None:
    token = link(app)
    assert len(base64.urlsafe_b64decode(f"{token}=")) == 32
    with app.app_context():
        (row,) = db.session.scalars(sa.select(OneTimeLinkRow)).all()
    assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(contents(app))


def test_no_two_tokens_are_alike(app: Flask) -> None:
    assert len({link(app) for _ in range(50)}) == 50


@pytest.mark.parametrize("purpose", WAYS)
def test_a_link_opens_only_what_it_is_for(app: Flask, purpose: str) -> None:
    token, client = link(app, purpose), app.test_client()
    before = contents(app)
    for other, way in WAYS.items():
        if other != purpose:
            form = {"password": NEW, "display_name": "X", "username": "xavier"}
            assert client.get(f"{way}/{token}").status_code == 404
            assert client.post(f"{way}/{token}", data=form).status_code == 404
    assert contents(app) == before


def test_a_reset_lasts_half_an_hour_at_most(app: Flask) -> None:
    assert MINUTES[RESET] <= 30
    path = f"/reset-by-link/{link(app)}"
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=MINUTES[RESET] + 1)):
        assert app.test_client().get(path).status_code == 404
        assert app.test_client().post(path, data={"password": NEW}).status_code == 404


def test_opening_the_page_uses_nothing_up(app: Flask, stranger: FlaskClient) -> None:
    """Mail programs open links before people do."""
    path = f"/reset-by-link/{link(app)}"
    before = contents(app)
    for _ in range(3):
        assert stranger.get(path).status_code == 200
        assert stranger.head(path).status_code == 200
    assert contents(app) == before
    assert stranger.post(path, data={"password": NEW}).status_code == 303


def test_a_reset_sent_ten_times_at_once_counts_once(app: Flask) -> None:
    path, start, answers = f"/reset-by-link/{link(app)}", threading.Barrier(10), list[int]()

    def send(number: int) -> None:
        client = app.test_client()
        start.wait()
        answers.append(client.post(path, data={"password": f"{NEW} {number}"}).status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303] + [404] * 9
    signed = [sign_in(app.test_client(), "ana", f"{NEW} {number}").location for number in range(9)]
    assert signed.count("/home") <= 1


@pytest.mark.parametrize("purpose", [RESET, CONFIRM_EMAIL])
def test_a_newer_link_and_a_new_password_void_the_older(app: Flask, purpose: str) -> None:
    older, newer = link(app, purpose), link(app, purpose)
    client, way = app.test_client(), WAYS[purpose]
    assert [client.get(f"{way}/{token}").status_code for token in (older, newer)] == [404, 200]
    client.post(f"/reset-by-link/{link(app)}", data={"password": NEW})
    assert client.get(f"{way}/{newer}").status_code == 404


def test_a_reset_ends_every_sign_in_and_signs_nobody_in(app: Flask, ana: FlaskClient) -> None:
    client = app.test_client()
    client.post(f"/reset-by-link/{link(app)}", data={"password": NEW})
    assert (is_signed_in(ana), is_signed_in(client)) == (False, False)


def test_the_person_is_told_of_a_new_password(tmp_path: Path, bank: BankFiles) -> None:
    app = guarded_app(tmp_path, bank, mail_server="m.example", public_url="http://localhost")
    with app.app_context():
        db.session.execute(
            sa.update(PersonRow).where(PersonRow.username == "ana").values(email="ana@example.org")
        )
        db.session.commit()
    token = link(app)
    app.test_client().post(f"/reset-by-link/{token}", data={"password": NEW})
    with app.app_context():
        (letter,) = db.session.scalars(sa.select(OutboxRow)).all()
    assert letter.recipient == "ana@example.org"
    assert not any(secret in letter.body + letter.subject for secret in (token, NEW, "ana"))


def test_no_token_is_in_a_log_a_referer_or_a_link(app: Flask) -> None:
    """The page that a token opens links nowhere with it, and tells other sites nothing."""
    client = app.test_client()
    with written(app) as log:
        for purpose in (RESET, CONFIRM_EMAIL):
            token, way = link(app, purpose), WAYS[purpose]
            page = client.get(f"{way}/{token}")
            told = page.get_data(as_text=True)
            outside = told.replace(f'action="{way}/{token}"', "")
            assert (purpose, token in outside) == (purpose, False)
            assert page.headers["Referrer-Policy"] == "same-origin"
            client.post(f"{way}/{token}", data={"password": NEW})
            assert token not in log.text


def test_the_administrator_is_shown_a_link_once(app: Flask) -> None:
    dev, eli = signed_in(app, "dev"), row_of(app, "eli").id
    path = f"/administration/people/{eli}/reset-link"
    shown = dev.post(path).get_data(as_text=True).split("/reset-by-link/")[1].split("<")[0]
    token = shown.strip().split('"')[0]
    assert dev.get(path).status_code == 405
    assert token not in dev.get("/administration/people").get_data(as_text=True)
    assert token not in str(contents(app))
    client = app.test_client()
    assert client.post(f"/reset-by-link/{token}", data={"password": NEW}).status_code == 303
    assert sign_in(client, "eli", NEW).location == "/home"
