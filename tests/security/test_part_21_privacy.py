"""Taking one's data along, and deleting it."""

import json
import random
import re
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.services.assigned_starts import start_assigned
from app.storage.database import db
from app.storage.own_data import tables_of
from app.storage.people import PersonRow, ThrottleRow
from tests.cohorts import DUE, join, make_cohort, set_quiz
from tests.security.school import open_school
from tests.web.accounts_cast import (
    contents,
    is_signed_in,
    row_of,
)
from tests.web.exam_cast import begin, finish, inside
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


def test_after_deletion_no_file_of_the_site_s_holds_a_trace(app: Flask) -> None:
    """Not even where the database keeps room that it no longer uses."""
    told = {"display_name": "Wilhelmina Xu-Quetzal", "language": "es", "time_factor": "1.0"}
    ana = signed_in(app, "ana")
    ana.post("/account", data=told)
    handle = begin(app)
    note = "My own words, wistful zebra"
    ana.post(f"/attempts/{handle}/items/1", data={"note": note, "do": "flag"})
    with inside(app):
        row = db.session.get_one(PersonRow, row_of(app).id)
        row.email = "wilhelmina@quetzal.example"
    words = ("Wilhelmina", "quetzal.example", "wistful zebra", handle)
    assert [word for word in words if not found_in_files(app, word)] == []
    assert ana.post("/account/delete", data={"password": PASSWORD}).status_code == 303
    assert [word for word in words if found_in_files(app, word)] == []


def found_in_files(app: Flask, word: str) -> bool:
    """Whether any file beside the database holds the word, its log of writes emptied before."""
    with app.app_context():
        url = db.engine.url
        with db.engine.connect() as connection:
            if url.get_backend_name() != "sqlite":
                pytest.skip("sqlite_only: a server's files are its operator's")
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.session.remove()
        db.engine.dispose()
    files = [p for p in Path(str(url.database)).parent.rglob("*") if p.is_file()]
    mine = [path for path in files if not path.name.endswith(".kept.db")]
    return any(word.encode() in path.read_bytes() for path in mine)


def test_an_account_deleted_while_it_saves_leaves_nothing(app: Flask) -> None:
    handle = begin(app)
    here = f"/attempts/{handle}"
    ana, other = signed_in(app, "ana"), signed_in(app, "ana")
    ana.post(f"{here}/paper", json={"writer": "a-page"})
    statuses: list[int] = []
    going = threading.Event()

    def save() -> None:
        for seq in range(1, 10_000):
            change = {"position": 1 + seq % 10, "seq": seq, "note": f"canary {seq}"}
            body = {"writer": "a-page", "changes": [change]}
            statuses.append(ana.post(f"{here}/responses", json=body).status_code)
            if len(statuses) == 5:
                going.set()
            if statuses[-1] != 200:
                break
        going.set()

    saving = threading.Thread(target=save)
    saving.start()
    going.wait()
    person_id = row_of(app).id
    assert other.post("/account/delete", data={"password": PASSWORD}).status_code == 303
    saving.join()
    assert set(statuses[:-1]) == {200}
    assert statuses[-1] in {401, 404}
    with app.app_context():
        for table, condition in tables_of(person_id):
            count = sa.select(sa.func.count()).select_from(table).where(condition)
            assert (table.name, db.session.scalar(count)) == (table.name, 0)
        assert foreign_keys_hold()
    assert "canary" not in str(contents(app))


@pytest.mark.usefixtures("noon")
def test_no_page_of_a_trainer_s_or_an_administrator_s_shows_an_address(app: Flask) -> None:
    for school in open_school(app):
        with inside(app):
            for row in db.session.query(PersonRow):
                row.email = f"canary-{row.username}@example.org"
        read = 0
        for rule in app.url_map.iter_rules():
            own = rule.endpoint.startswith(("accounts.", "security."))
            if own or "GET" not in (rule.methods or ()):
                continue
            for state, address in school.addresses(rule.endpoint, rule.rule):
                for who in ("ben", "caro", "dev") if state in {"live", "other", "gone"} else ():
                    page = school.client(who).get(address, query_string={"look": school.look})
                    read += page.status_code == 200
                    assert (who, address, "canary-" in page.get_data(as_text=True)) == (
                        who,
                        address,
                        False,
                    )
        assert read > 60


def test_no_account_asks_for_more_than_a_name_to_show_and_one_to_sign_in_by() -> None:
    """No legal name, birth date, diagnosis or biography has a place to be kept."""
    held = set(PersonRow.__table__.columns.keys())
    told = {"username", "display_name", "email", "language", "time_factor", "break_seconds"}
    assert {
        name for name in held if re.search("birth|legal|phone|address|gender|race|diag", name)
    } == set()
    assert told <= held


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
