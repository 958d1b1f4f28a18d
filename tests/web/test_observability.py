"""What the machines that watch over the site are told: health, readiness, a name per request."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.config import LogFormat, SettingsError, load_settings
from app.storage.database import db
from tests.log_lines import written
from tests.web.exam_cast import begin, inside, words

MADE = re.compile(r"[0-9a-f]{16}")


# Health and readiness


def test_to_say_that_it_is_there_the_site_asks_the_database_nothing(
    app: Flask, stranger: FlaskClient
) -> None:
    sent: list[str] = []

    def note(*event: object) -> None:
        sent.append(str(event[2]))

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    answer = stranger.get("/health")
    by_health = list(sent)
    stranger.get("/ready")
    sa.event.remove(engine, "before_cursor_execute", note)
    assert (answer.status_code, answer.data, by_health) == (200, b"ok\n", [])
    assert sent != []


def test_a_site_that_can_serve_is_ready(stranger: FlaskClient) -> None:
    answer = stranger.get("/ready")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"ready\n", "text/plain")


@pytest.mark.parametrize(
    ("statements", "missing"),
    [
        (["update alembic_version set version_num = '0001'"], "migrations\n"),
        (["update alembic_version set version_num = 'of a later version'"], "migrations\n"),
        (["delete from alembic_version"], "migrations\n"),
        (["drop table alembic_version"], "migrations\n"),
        (["update item set status = 'retired'"], "bank\n"),
        (["delete from alembic_version", "update item set status = 'draft'"], "migrations\nbank\n"),
    ],
)
def test_what_is_not_ready_is_named_in_a_word(
    app: Flask, stranger: FlaskClient, statements: list[str], missing: str
) -> None:
    with inside(app):
        for statement in statements:
            db.session.execute(sa.text(statement))
    answer = stranger.get("/ready")
    assert (answer.status_code, answer.get_data(as_text=True)) == (503, missing)
    assert answer.headers["Retry-After"] == "5"
    assert stranger.get("/health").status_code == 200


# The request's name


def test_every_request_has_a_name_of_its_own(stranger: FlaskClient) -> None:
    names = [stranger.get(path).headers["X-Request-ID"] for path in ("/", "/", "/nothing", "/home")]
    assert [bool(MADE.fullmatch(name)) for name in names] == [True] * 4
    assert len(set(names)) == 4


def test_without_a_declared_proxy_nobody_names_a_request(stranger: FlaskClient) -> None:
    answer = stranger.get("/health", headers={"X-Request-ID": "chosen-by-a-stranger"})
    assert MADE.fullmatch(answer.headers["X-Request-ID"])


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("12345678", True),
        ("a" * 64, True),
        ("7f3c-AB", False),
        ("a" * 65, False),
        ("with a space", False),
        ("abcdefgh\x1b[31m", False),
        ("underscore_d", False),
        ("ñandúñandú", False),
        ("12345678,12345678", False),
    ],
)
def test_a_proxy_s_name_is_taken_where_it_is_a_plain_one(
    watched: Flask,
    given: str,
    taken: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    answer = watched.test_client().get("/health", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is taken
    assert taken or MADE.fullmatch(answer.headers["X-Request-ID"])


def test_a_fault_s_reference_leads_to_its_line_in_the_log(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    with inside(app):
        db.session.execute(sa.text("update attempt set form = '[1]'"))
    with written(app) as log:
        page = ana.get(f"/attempts/{handle}/items/1")
    name = page.headers["X-Request-ID"]
    fault, whole = log.lines
    assert (page.status_code, name in words(page)) == (500, True)
    assert [line["request_id"] for line in (fault, whole)] == [name, name]
    assert (fault["level"], fault["message"], fault["logger"]) == ("ERROR", "fault", "app")
    assert fault["exception"][0] == "builtins.TypeError"
    assert any(frame.startswith("app/storage/attempts.py:") for frame in fault["exception"])
    assert handle not in log.text


# Settings


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('log_format = "xml"', "wrong_kind"),
        ("slow_request_ms = 0", "out_of_range"),
        ('metrics = "perhaps"', "wrong_kind"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(tmp_path: Path, line: str, why: str) -> None:
    (tmp_path / "config.toml").write_text(line)
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path)
    assert (refused.value.name, refused.value.why) == (line.split(maxsplit=1)[0], why)


def test_unless_told_the_site_writes_for_people_and_keeps_nothing(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    kept = settings.log_format, settings.log_addresses, settings.metrics, settings.slow_request_ms
    assert kept == (LogFormat.TEXT, False, False, 1000)


def test_settings_do_not_show_their_secrets(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, metrics_token="canary-1", mail_password="canary-2")
    assert "canary" not in repr(settings)
