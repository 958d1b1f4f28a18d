"""What the tests of accounts share: an app with every guard on, and ways to use its forms."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.bank.files import BankFiles
from app.storage.database import db
from app.storage.people import PersonRow, find_by_username
from tests.world import PASSWORD, build_app, furnish

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def guarded_app(instance: Path, bank: BankFiles, **settings: object) -> Flask:
    """A furnished app of its own, for settings that the shared one does not have."""
    app = build_app(instance, bank, **settings)
    furnish(app, bank)
    return app


def sign_in(client: FlaskClient, username: str, password: str = PASSWORD) -> TestResponse:
    """Use the form."""
    return client.post("/sign-in", data={"username": username, "password": password})


def is_signed_in(client: FlaskClient) -> bool:
    """Whether the account page opens."""
    return client.get("/account").status_code == 200


def token_in(page: TestResponse) -> str:
    """The page's CSRF token."""
    found = TOKEN.search(page.get_data(as_text=True))
    assert found is not None
    return found.group(1)


def text_of(page: TestResponse) -> str:
    """What a page says, without the token that is new every time."""
    return TOKEN.sub("", page.get_data(as_text=True))


def contents(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with app.app_context():
        found = {
            table.name: sorted(
                (tuple(map(repr, row)) for row in db.session.execute(sa.select(table))),
            )
            for table in db.metadata.sorted_tables
        }
        db.session.remove()
    return {name: [tuple(row) for row in rows] for name, rows in found.items()}


@contextmanager
def with_csrf(app: Flask) -> Iterator[None]:
    """The guard against forged forms, which other tests leave off."""
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        yield
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def row_of(app: Flask, username: str = "ana") -> PersonRow:
    with app.app_context():
        row = find_by_username(username)
        assert row is not None
        return row


def turn_two_step_on(app: Flask, username: str = "ana") -> str:
    """Give the person a second step and return its secret."""
    with app.app_context():
        security = app.extensions["security"]
        row = find_by_username(username)
        secret: str = security.totp_factory.generate_totp_secret()
        security.datastore.tf_set(row, "authenticator", totp_secret=secret)
        db.session.commit()
    return secret


def code_of(app: Flask, secret: str) -> str:
    with app.app_context():
        code: str = app.extensions["security"].totp_factory.generate_totp_password(secret)
        return code
