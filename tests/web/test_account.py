"""The account page: change, second step, download, delete; and what holds for all of it."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import polib
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_security import SQLAlchemyUserDatastore

from app.bank.files import BankFiles
from app.domain.bilingual import Language
from app.services.mail import Letter, queue_letter
from app.services.people import CONFIRM_EMAIL, RESET, SET_UP, make_link
from app.storage.database import Base, UtcDateTime, db
from app.storage.mail import OutboxRow
from app.storage.own_data import tables_of
from app.storage.people import PasskeyRow, PersonRow, ThrottleRow, find_by_username
from tests.web.accounts_cast import (
    contents,
    guarded_app,
    is_signed_in,
    sign_in,
    text_of,
    with_csrf,
)
from tests.world import NOON, PASSWORD, Stage, signed_in

NEW = "eleven loud trumpets"
CODE = re.compile(r"<code>([0-9a-f]{4}(?:-[0-9a-f]{4}){2})</code>")
MINE = ("/account", "/account/password", "/account/two-step", "/account/recovery-codes")
PAGES = (
    *MINE,
    "/account/recovery-codes?show_codes=yes",
    "/account/passkeys",
    "/account/check",
    "/account/check/passkey",
    "/account/delete",
    "/account/data",
    "/account/passkeys/remove",
)
OPEN_PAGES = (
    "/register",
    "/reset",
    "/sign-in",
    "/sign-in/passkey",
    "/sign-in/lost-phone",
    "/sign-in/code",
    "/sign-in/recovery-code",
    "/sign-in/second-step",
)
POSTS = re.compile(r"^/(account|sign-|register|reset|setup|confirm-email)")
LIBRARY = Path(sa.__file__).parents[1] / "flask_security/translations/flask_security.pot"
OUR_TEXT = re.compile(r'(?:_|_l|gettext)\(\s*"([^"]+)"')


def row_of(app: Flask, username: str = "ana") -> PersonRow:
    with app.app_context():
        row = find_by_username(username)
        assert row is not None
        return row


def our_texts(app: Flask) -> set[str]:
    """What the site's own templates and pages say."""
    root = Path(app.root_path)
    sources = [*root.glob("templates/**/*.html"), *root.glob("web/*.py")]
    return {text for file in sources for text in OUR_TEXT.findall(file.read_text("utf-8"))}


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


def test_changes_are_kept(app: Flask, ana: FlaskClient) -> None:
    data = {
        "display_name": " Ana María ",
        "language": "en",
        "time_factor": "1.5",
        "shortcuts_off": "y",
    }
    assert ana.post("/account", data=data).location == "/account"
    row = row_of(app)
    assert (row.display_name, row.language, row.time_factor) == ("Ana María", "en", 1.5)
    assert row.preferences == {"shortcuts_off": True, "clock_hidden": False}


@pytest.mark.parametrize("factor", ["9", "nan", "x", "", "-1", "1.0001"])
def test_only_the_offered_times_can_be_chosen(app: Flask, ana: FlaskClient, factor: str) -> None:
    data = {"display_name": "Ana", "language": "es", "time_factor": factor}
    assert ana.post("/account", data=data).status_code == 422
    assert row_of(app).time_factor == 1.0


def test_nothing_else_can_be_set_by_the_form(app: Flask, ana: FlaskClient) -> None:
    data = {"display_name": "Ana", "language": "es", "time_factor": "1.0"}
    hostile = {"role": "administrator", "id": "4", "username": "dev", "active": "", "password": "x"}
    before = row_of(app)
    ana.post("/account", data=data | hostile)
    after = row_of(app)
    for name in ("role", "id", "username", "active", "password", "email", "fs_uniquifier"):
        assert getattr(after, name) == getattr(before, name)


def test_the_exam_page_can_keep_one_small_choice(app: Flask, ana: FlaskClient) -> None:
    assert ana.post("/account/preferences", json={"clock_hidden": True}).json == {
        "clock_hidden": True
    }
    ana.post("/account/preferences", json={"role": "administrator", "shortcuts_off": False})
    assert row_of(app).preferences == {"clock_hidden": True, "shortcuts_off": False}
    assert ana.post("/account/preferences", json=[1]).status_code == 400


def test_a_new_password_ends_every_other_sign_in(app: Flask, ana: FlaskClient) -> None:
    other = signed_in(app, "ana")
    response = ana.post("/account/password", data={"password": PASSWORD, "new_password": NEW})
    assert response.location == "/account"
    assert is_signed_in(ana)
    assert not is_signed_in(other)
    assert sign_in(app.test_client(), "ana", NEW).location == "/home"
    assert sign_in(app.test_client(), "ana", PASSWORD).status_code == 200


@pytest.mark.parametrize(
    ("now", "new", "field"),
    [
        ("wrong", NEW, "password"),
        (PASSWORD, PASSWORD, "new_password"),
        (PASSWORD, "password", "new_password"),
        (PASSWORD, "", "new_password"),
        ("", NEW, "password"),
    ],
)
def test_a_password_is_changed_only_for_a_good_one(
    app: Flask, ana: FlaskClient, now: str, new: str, field: str
) -> None:
    before = row_of(app).password
    page = ana.post("/account/password", data={"password": now, "new_password": new})
    assert f'id="{field}-error"' in page.get_data(as_text=True)
    assert row_of(app).password == before


def test_the_page_lists_the_sign_ins_and_ends_the_others(app: Flask, ana: FlaskClient) -> None:
    other = signed_in(app, "ana")
    assert ana.get("/account").get_data(as_text=True).count('name="csrf_token"') > 0
    assert ana.post("/account/sign-ins/end").location == "/account"
    assert is_signed_in(ana)
    assert not is_signed_in(other)


def test_a_reset_link_sets_a_password_and_ends_all_sign_ins(app: Flask, ana: FlaskClient) -> None:
    with app.app_context():
        path = f"/reset-by-link/{make_link(RESET, datetime.now(UTC), row_of(app).id)}"
    client = app.test_client()
    assert client.post(path, data={"password": "password"}).status_code == 422
    assert client.get(path).status_code == 200
    assert client.post(path, data={"password": NEW}).location == "/sign-in"
    assert client.post(path, data={"password": NEW}).status_code == 404
    assert not is_signed_in(ana)
    assert sign_in(client, "ana", NEW).location == "/home"


def test_where_no_letters_are_sent_reset_says_whom_to_ask(stranger: FlaskClient) -> None:
    assert "ask the people who run it" in stranger.get("/reset").get_data(as_text=True)
    assert stranger.post("/reset", data={"email": "a@example.org"}).status_code == 404


def test_a_reset_letter_goes_only_to_a_known_address_and_the_page_never_tells(
    tmp_path: Path, bank: BankFiles
) -> None:
    app = guarded_app(tmp_path, bank, mail_server="m.example", public_url="https://p.example")
    with app.app_context():
        db.session.execute(
            sa.update(PersonRow).where(PersonRow.username == "ana").values(email="ana@example.org")
        )
        db.session.commit()
    answers = []
    for address in ("ana@example.org", "ANA@example.org", "nobody@example.org"):
        client = app.test_client()
        response = client.post("/reset", data={"email": address}, headers={"Host": "localhost"})
        answers.append((response.status_code, text_of(client.get("/sign-in"))))
    with app.app_context():
        letters = list(db.session.scalars(sa.select(OutboxRow)))
    assert answers[0] == answers[1] == answers[2]
    assert [letter.recipient for letter in letters] == ["ana@example.org"] * 2
    assert "https://p.example/reset-by-link/" in letters[0].body
    assert letters[0].subject.startswith("PeerPrep: ")


def test_two_step_asks_for_a_code_that_works_once(app: Flask) -> None:
    secret = turn_two_step_on(app)
    client = app.test_client()
    assert sign_in(client, "ana").location == "/sign-in/code"
    assert not is_signed_in(client)
    assert client.post("/sign-in/code", data={"code": "000000"}).status_code == 200
    code = code_of(app, secret)
    assert client.post("/sign-in/code", data={"code": code}).location == "/home"
    assert is_signed_in(client)
    again = app.test_client()
    sign_in(again, "ana")
    again.post("/sign-in/code", data={"code": code})
    assert not is_signed_in(again)


def test_two_step_keeps_the_wanted_page(app: Flask) -> None:
    secret = turn_two_step_on(app)
    client = app.test_client()
    data = {"username": "ana", "password": PASSWORD, "next": "/account"}
    asked = client.post("/sign-in", data=data)
    assert asked.location == "/sign-in/code?next=/account"
    page = client.get(asked.location).get_data(as_text=True)
    assert 'name="next" value="/account"' in page
    code = {"code": code_of(app, secret), "next": "/account"}
    assert client.post("/sign-in/code", data=code).location == "/account"


def test_guessed_codes_wait_even_between_right_passwords(app: Flask) -> None:
    secret = turn_two_step_on(app)
    client = app.test_client()
    for _ in range(10):
        sign_in(client, "ana")
        client.post("/sign-in/code", data={"code": "000000"})
    sign_in(client, "ana")
    client.post("/sign-in/code", data={"code": code_of(app, secret)})
    assert not is_signed_in(client)


def test_two_step_is_set_up_with_a_picture_and_a_key(app: Flask, ana: FlaskClient) -> None:
    page = ana.post("/account/two-step", data={"setup": "authenticator"}).get_data(as_text=True)
    action = re.search(r'action="(/account/two-step/[^"]+)"', page)
    assert action is not None
    assert 'src="data:image/svg+xml;base64,' in page
    with ana.session_transaction() as session:
        secret = session["tf_totp_secret"]
    assert ana.post(action[1], data={"code": "000000"}).location == "/account/two-step"
    assert row_of(app).tf_primary_method is None
    done = ana.post(action[1], data={"code": code_of(app, secret)})
    assert done.location == "/account"
    assert row_of(app).tf_primary_method == "authenticator"
    ana.post("/account/two-step", data={"setup": "disable"})
    assert row_of(app).tf_primary_method is None


def test_a_recovery_code_works_once_and_is_not_kept_readable(app: Flask, ana: FlaskClient) -> None:
    codes = CODE.findall(ana.post("/account/recovery-codes").get_data(as_text=True))
    assert len(codes) == 8
    assert not any(code in str(contents(app)) for code in codes)
    turn_two_step_on(app)
    for expected in (True, False):
        client = app.test_client()
        sign_in(client, "ana")
        client.post("/sign-in/recovery-code", data={"code": f" {codes[0].upper()} "})
        assert is_signed_in(client) is expected


def test_ways_to_sign_in_change_only_after_a_fresh_proof(ana: FlaskClient) -> None:
    with ana.session_transaction() as session:
        session["fs_paa"] -= 3600
    for path in ("/account/two-step", "/account/passkeys", "/account/recovery-codes"):
        assert ana.get(path).location == f"/account/check?next={path}"
    assert ana.post("/account/check", data={"password": "wrong"}).status_code == 200
    proved = ana.post("/account/check", data={"password": PASSWORD, "next": "/account/two-step"})
    assert proved.location == "/account/two-step"
    assert ana.get("/account/two-step").status_code == 200


def test_an_e_mail_address_changes_only_after_a_fresh_proof(ana: FlaskClient) -> None:
    with ana.session_transaction() as session:
        session["fs_paa"] -= 3600
    answer = ana.post("/account/email", data={"email": "thief@example.org"})
    assert answer.location == "/account/check?next=/account"


def test_a_new_password_voids_the_links_that_are_out(app: Flask, ana: FlaskClient) -> None:
    with app.app_context():
        reset = make_link(RESET, datetime.now(UTC), row_of(app).id)
        confirm = _confirm_link(app)
    ana.post("/account/password", data={"password": PASSWORD, "new_password": NEW})
    for path in (f"/reset-by-link/{reset}", f"/confirm-email/{confirm}"):
        assert ana.get(path).status_code == 404


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


def test_opening_pages_writes_nothing(app: Flask, stranger: FlaskClient) -> None:
    turn_two_step_on(app, "eli")
    ana = signed_in(app, "ana")
    sign_in(stranger, "eli")
    with app.app_context():
        links = [
            f"/setup/{make_link(SET_UP, NOON)}",
            f"/reset-by-link/{make_link(RESET, datetime.now(UTC), row_of(app).id)}",
            f"/confirm-email/{_confirm_link(app)}",
        ]
    before = contents(app)
    for path in (*PAGES, *OPEN_PAGES, *links):
        for client in (ana, stranger, app.test_client()):
            assert client.get(path).status_code in {200, 302, 303, 404}
            assert client.head(path).status_code in {200, 302, 303, 404}
    assert contents(app) == before


def test_every_form_needs_its_token(app: Flask, ana: FlaskClient, stranger: FlaskClient) -> None:
    paths = sorted(
        rule.rule.replace("<token>", "x")
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and POSTS.match(rule.rule)
    )
    assert len(paths) > 25
    with with_csrf(app):
        before = contents(app)
        for path in paths:
            for client in (ana, stranger):
                for data in ({}, {"csrf_token": "made-up"}):
                    assert (path, client.post(path, data=data).status_code) == (path, 400)
                assert (path, client.post(path, json={}).status_code) == (path, 400)
        assert contents(app) == before


def test_spanish_pages_say_nothing_in_the_library_s_english(
    app: Flask, stranger: FlaskClient
) -> None:
    # Words such as "Password" are in the site's own catalogue as well, and translated there.
    english = {entry.msgid for entry in polib.pofile(str(LIBRARY))} - our_texts(app)
    ana = signed_in(app, "ana")
    turn_two_step_on(app)
    spanish = {"Accept-Language": "es"}
    pages = [ana.get(path) for path in PAGES if path != "/account/data"]
    pages += [stranger.get(path, headers=spanish) for path in OPEN_PAGES]
    pages += [
        ana.post("/account/two-step", data={"setup": "sms"}),
        ana.post("/account/two-step", data={"setup": "authenticator"}),
        ana.post("/account/passkeys", data={"name": "<b>", "usage": "first"}),
        ana.post("/account/passkeys", data={"name": "", "usage": "x"}),
        ana.post("/account/passkeys", data={"name": "Mi teléfono", "usage": "first"}),
        ana.post("/account/passkeys/remove", data={"name": "x"}, follow_redirects=True),
        ana.post("/account/passkeys/made-up", data={}, follow_redirects=True),
        ana.post("/account/password", data={}),
        ana.post("/account/check", data={}),
        ana.post("/account/recovery-codes"),
        stranger.post("/sign-in", data={}, headers=spanish),
        stranger.post("/sign-in/passkey", data={}, headers=spanish),
        stranger.post("/sign-in/passkey/made-up", headers=spanish, follow_redirects=True),
        sign_in(stranger, "ana", "wrong"),
    ]
    sign_in(stranger, "ana")
    pages += [
        stranger.get("/sign-in/code", headers=spanish),
        stranger.post("/sign-in/code", data={"code": ""}, headers=spanish),
        stranger.post("/sign-in/code", data={"code": "1"}, headers=spanish),
        stranger.post("/sign-in/recovery-code", data={"code": "1"}, headers=spanish),
    ]
    for page in pages:
        said = {part.strip() for part in re.split(r"<[^>]*>", page.get_data(as_text=True))}
        assert said & english == set()


def test_every_page_of_the_library_is_ours(app: Flask) -> None:
    names = [
        "login_user",
        "verify",
        "change_password",
        "two_factor_setup",
        "two_factor_verify_code",
        "two_factor_select",
        "mf_recovery",
        "mf_recovery_codes",
        "wan_register",
        "wan_signin",
        "wan_verify",
    ]
    ours = Path(app.root_path) / "templates/security"
    for name in names:
        template = app.jinja_env.get_or_select_template(f"security/{name}.html")
        assert Path(str(template.filename)).parent == ours


def fill(stage: Stage) -> None:
    """Let Ana have a row in every table that can hold one of hers."""
    ana = stage.person("ana")
    stage.start("ana")
    now = datetime.now(UTC)
    row = db.session.get_one(PersonRow, ana.id)
    row.email = "ana@example.org"
    store: SQLAlchemyUserDatastore = stage.app.extensions["security"].datastore
    passkey = PasskeyRow(
        credential_id=b"id",
        public_key=b"key",
        name="Phone",
        usage="first",
        sign_count=0,
        backup_state=False,
        device_type="single_device",
        lastuse_datetime=now,
        user_id=ana.id,
    )
    store.put(passkey)
    queue_letter(ana.id, "ana@example.org", Letter("s", "b", Language.ES), now)
    make_link(RESET, now, ana.id)
    for table, condition in tables_of(ana.id):
        if not db.session.execute(sa.select(table).where(condition)).first():
            db.session.execute(sa.insert(table).values(made_up(table, ana.id)))
    db.session.commit()
    db.session.remove()


def made_up(table: sa.Table, person_id: int) -> dict[str, object]:
    """A row for the table that belongs to the person."""
    known: dict[str, object] = {
        "person_id": person_id,
        "attempt_id": db.session.scalar(sa.select(Base.metadata.tables["attempt"].c.id)),
        "state": "sat",
        "result": "passed",
    }
    plain: dict[type, object] = {
        int: 1,
        str: "x",
        bool: True,
        float: 1.0,
        datetime: NOON,
        dict: {},
        bytes: b"x",
    }
    values: dict[str, object] = {}
    for column in table.columns:
        if column.name in known:
            values[column.key] = known[column.name]
        elif not column.nullable and not (column.primary_key and column.autoincrement is True):
            moment = isinstance(column.type, UtcDateTime)
            kind = datetime if moment else column.type.python_type
            values[column.key] = plain.get(kind, NOON.date())
    if table.columns.get("id") is not None:
        values.pop("id", None)
    return values


def foreign_keys_hold() -> bool:
    return db.session.execute(sa.text("pragma foreign_key_check")).all() == []


def _confirm_link(app: Flask) -> str:
    return make_link(CONFIRM_EMAIL, datetime.now(UTC), row_of(app).id, "ana@example.org")
