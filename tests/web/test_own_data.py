"""Taking one's data along, and deleting it."""

import json
import random

import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.services.assigned_starts import start_assigned
from app.storage.database import db
from app.storage.own_data import tables_of
from app.storage.people import ThrottleRow
from tests.cohorts import DUE, join, make_cohort, set_quiz
from tests.web.accounts_cast import (
    contents,
    is_signed_in,
    row_of,
)
from tests.web.exam_cast import finish, inside
from tests.web.filled import fill
from tests.world import NOON, PASSWORD, Stage, signed_in


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


def test_what_tells_a_closed_result_is_left_out_until_it_opens(
    app: Flask, noon: time_machine.Traveller
) -> None:
    with inside(app) as stage:
        made = make_cohort(stage)
        join(stage, made, "eli")
        quiz = set_quiz(made, feedback="after_due").handle
        person, rng = stage.person("eli"), random.Random(7)
        handle = start_assigned(person, quiz, Language.EN, stage.site, NOON, rng)
        stage.start("eli", AttemptKind.QUIZ)
    finish(app, handle, "eli")
    eli = signed_in(app, "eli")
    seen = []
    for moment in (NOON, DUE):
        noon.move_to(moment, tick=False)
        rows = json.loads(eli.get("/account/data").data)["attempt"]
        seen.append([("chosen" in row, "right_answers" in row, "form" in row) for row in rows])
    assert seen == [[(False, False, True), (True, True, True)], [(True, True, True)] * 2]


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
    """Whether every row that another names is there."""
    for table in db.metadata.sorted_tables:
        for key in table.foreign_keys:
            named = key.column.table.alias()
            there = sa.exists().where(named.c[key.column.name] == key.parent)
            orphans = sa.select(sa.func.count()).select_from(table)
            if db.session.scalar(orphans.where(key.parent.is_not(None), ~there)):
                return False
    return True
