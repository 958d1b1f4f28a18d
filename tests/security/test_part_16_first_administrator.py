"""The first administrator, by the one-time link."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask_migrate import upgrade

from app.bank.files import BankFiles
from app.services.people import RESET, SET_UP, make_link
from app.storage.database import db
from app.storage.people import PersonRow
from tests.web.accounts_cast import is_signed_in
from tests.world import build_app

FORM = {"display_name": "Dev", "username": "dev", "password": "nine brown otters"}


@pytest.fixture
def empty(tmp_path: Path, bank: BankFiles) -> Flask:
    """A site that nobody runs yet."""
    app = build_app(tmp_path, bank)
    with app.app_context():
        upgrade()
        db.engine.dispose()
    return app


def link(app: Flask, purpose: str = SET_UP) -> str:
    with app.app_context():
        return f"/setup/{make_link(purpose, datetime.now(UTC))}"


def administrators(app: Flask) -> list[str]:
    with app.app_context():
        found = sa.select(PersonRow.username).where(PersonRow.role == "administrator")
        return sorted(db.session.scalars(found))


def test_the_link_makes_one_administrator_who_is_signed_in(empty: Flask) -> None:
    client, path = empty.test_client(), link(empty)
    assert client.get(path).status_code == 200
    assert client.post(path, data=FORM).location == "/home"
    assert is_signed_in(client)
    assert administrators(empty) == ["dev"]


def test_afterwards_the_page_is_not_there(empty: Flask) -> None:
    client, path = empty.test_client(), link(empty)
    client.post(path, data=FORM)
    second = FORM | {"username": "dev2"}
    assert client.get(path).status_code == 404
    assert client.post(path, data=second).status_code == 404
    assert empty.test_client().post(path, data=second).status_code == 404
    assert administrators(empty) == ["dev"]


def test_a_link_left_over_is_dead_once_somebody_runs_the_site(empty: Flask) -> None:
    path = link(empty)
    empty.test_client().post(path, data=FORM)
    left_over = link(empty)
    assert empty.test_client().get(left_over).status_code == 404
    assert empty.test_client().post(left_over, data=FORM).status_code == 404


def test_a_mistake_in_the_form_does_not_use_the_link_up(empty: Flask) -> None:
    client, path = empty.test_client(), link(empty)
    assert client.post(path, data=FORM | {"password": "short"}).status_code == 422
    assert client.post(path, data=FORM).status_code == 303


def test_a_newer_link_kills_the_older(empty: Flask) -> None:
    older, newer = link(empty), link(empty)
    assert empty.test_client().get(older).status_code == 404
    assert empty.test_client().get(newer).status_code == 200


def test_the_link_dies_after_a_quarter_of_an_hour(empty: Flask) -> None:
    path = link(empty)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        assert empty.test_client().post(path, data=FORM).status_code == 404
    assert administrators(empty) == []


def test_a_link_for_something_else_sets_nothing_up(empty: Flask) -> None:
    assert empty.test_client().post(link(empty, RESET), data=FORM).status_code == 404


@pytest.mark.parametrize("token", ["x", "%00", "a" * 900, "..%2f..", "'--"])
def test_a_guessed_link_is_not_there(empty: Flask, token: str) -> None:
    assert empty.test_client().get(f"/setup/{token}").status_code == 404
    assert empty.test_client().post(f"/setup/{token}", data=FORM).status_code == 404


def test_the_link_raced_ten_ways_makes_one_administrator(empty: Flask) -> None:
    path, start, answers = link(empty), threading.Barrier(10), []

    def race(number: int) -> None:
        client = empty.test_client()
        start.wait()
        response = client.post(path, data=FORM | {"username": f"dev{number}"})
        answers.append(response.status_code)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303] + [404] * 9
    assert len(administrators(empty)) == 1
