"""Taking one's data along, and deleting it."""

import json

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.storage.database import db
from app.storage.own_data import tables_of
from app.storage.people import ThrottleRow
from tests.web.accounts_cast import (
    contents,
    is_signed_in,
    row_of,
)
from tests.web.filled import fill
from tests.world import PASSWORD, Stage, signed_in


def test_the_download_holds_every_table_of_the_person_and_no_secret(
    stage: Stage, app: Flask
) -> None:
    fill(stage)
    ana = signed_in(app, "ana")
    response = ana.get("/account/data")
    data = json.loads(response.data)
    with app.app_context():
        tables = {table.name for table, _ in tables_of(row_of(app).id)}
        rows = contents(app)
    assert tables >= {"person", "sign_in", "passkey", "one_time_link", "outbox", "attempt"}
    assert set(data) == {name for name in tables if rows[name]}
    assert data["person"][0]["username"] == "ana"
    assert "argon2" not in response.get_data(as_text=True)
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_the_download_holds_nobody_else_s_rows(stage: Stage, app: Flask) -> None:
    stage.start("eli")
    fill(stage)
    data = json.loads(signed_in(app, "eli").get("/account/data").data)
    assert [row["username"] for row in data["person"]] == ["eli"]
    assert {row["person_id"] for row in data["attempt"]} == {row_of(app, "eli").id}


def test_after_deletion_nothing_is_left_in_any_table(stage: Stage, app: Flask) -> None:
    fill(stage)
    person_id = row_of(app).id
    ana = signed_in(app, "ana")
    response = ana.post("/account/delete", data={"password": PASSWORD})
    assert (response.status_code, response.location) == (303, "/")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not is_signed_in(ana)
    with app.app_context():
        for table, condition in tables_of(person_id):
            count = sa.select(sa.func.count()).select_from(table).where(condition)
            assert (table.name, db.session.scalar(count)) == (table.name, 0)
        keys = db.session.scalars(sa.select(ThrottleRow.key).where(ThrottleRow.key.like("name:%")))
        assert list(keys) == []
        assert foreign_keys_hold()
    left = str(contents(app))
    assert "ana@example.org" not in left
    assert "'ana'" not in left


def test_the_account_is_deleted_only_with_the_password(ana: FlaskClient) -> None:
    response = ana.post("/account/delete", data={"password": "wrong"})
    assert response.status_code == 422
    assert 'id="password-error"' in response.get_data(as_text=True)
    assert is_signed_in(ana)


def test_the_last_administrator_cannot_delete_the_account(app: Flask, dev: FlaskClient) -> None:
    response = dev.post("/account/delete", data={"password": PASSWORD})
    assert response.status_code == 422
    assert "Nobody else runs this site." in response.get_data(as_text=True)
    assert row_of(app, "dev").role == "administrator"


def foreign_keys_hold() -> bool:
    return db.session.execute(sa.text("pragma foreign_key_check")).all() == []
