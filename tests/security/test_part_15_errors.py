"""A fault tells people where they stand and attackers nothing."""

import re
import socket
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.storage.database import db
from tests.browser.running_site import running_site
from tests.security.school import PLACE
from tests.web.exam_cast import begin, inside

TELLING = (
    "Traceback", 'File "', ".py", "sqlite", "psycopg", "SELECT", "Werkzeug", "debugger",
    "no such table", "sqlalchemy", "jinja2",
)  # fmt: skip
PRIVATE = (
    "/.git/config", "/.git/HEAD", "/.env", "/.venv/pyvenv.cfg", "/instance/secret_key",
    "/secret_key", "/instance/peerprep.db", "/peerprep.db", "/config.toml",
    "/instance/config.toml", "/pyproject.toml", "/app/factory.py",
    "/question_bank/blueprint.toml", "/static/", "/static/../secret_key",
    "/static/%2e%2e/secret_key", "/static/..%2f..%2fpeerprep.db", "//etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd", "/console", "/debug", "/server-status", "/static/.hidden",
    "/lock", "/server.log",
)  # fmt: skip


def told(page: str) -> list[str]:
    """What a page says that only we need to know."""
    return [word for word in TELLING if word in page]


@pytest.mark.usefixtures("noon")
def test_with_the_database_gone_every_page_is_a_kind_one(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    with inside(app):
        for table in ("attempt", "person", "sign_in", "cohort"):
            db.session.execute(sa.text(f"alter table {table} rename to {table}_gone"))
    values = {"handle": handle, "position": "1"}
    seen = set()
    for rule in app.url_map.iter_rules():
        address = PLACE.sub(lambda place: values.get(place.group(1), "1"), rule.rule)
        for verb in (rule.methods or set()) & {"GET", "POST"}:
            answer = ana.open(address, method=verb, data={} if verb == "POST" else None)
            seen.add(answer.status_code)
            page = answer.get_data(as_text=True)
            assert (verb, address, told(page)) == (verb, address, [])
            if answer.status_code == 503:
                assert "Retry-After" in answer.headers
    assert 503 in seen
    assert {status for status in seen if status >= 500} == {503}


def test_with_its_file_gone_too(app: Flask, ana: FlaskClient) -> None:
    """Nor does the site make a new and empty database in its place that people would write to."""
    with app.app_context():
        url = db.engine.url
        db.session.remove()
        db.engine.dispose()
    if url.get_backend_name() != "sqlite":
        pytest.skip("sqlite_only: a server's database is no file of ours")
    path = Path(str(url.database))
    away = path.rename(path.with_suffix(".away"))
    try:
        answer = ana.get("/home")
        assert answer.status_code == 503
        assert told(answer.get_data(as_text=True)) == []
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        away.replace(path)


@pytest.mark.parametrize("path", PRIVATE)
def test_what_is_private_is_not_served(stranger: FlaskClient, path: str) -> None:
    answer = stranger.get(path)
    page = answer.get_data(as_text=True)
    assert (path, answer.status_code in {303, 308, 400, 404}) == (path, True)
    assert not re.search(r"SQLite format|\[core\]|root:x|\[project\]|Index of", page)


def test_a_fault_s_page_names_its_request_and_no_more(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    with inside(app):
        db.session.execute(sa.text("update attempt set form = '[1]'"))
    answer = ana.get(f"/attempts/{handle}/items/1")
    page = answer.get_data(as_text=True)
    assert (answer.status_code, told(page)) == (500, [])
    assert answer.headers["X-Request-ID"] in page


@pytest.mark.long
def test_the_running_server_names_itself_no_further_and_traces_nothing(tmp_path: Path) -> None:
    with running_site(tmp_path) as site:
        port = int(site.url.rsplit(":", 1)[1])
        for line in ("TRACE / HTTP/1.1", "TRACK / HTTP/1.1", "GET /.git/config HTTP/1.1"):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
                wire.sendall(
                    f"{line}\r\nHost: 127.0.0.1:{port}\r\nX-Canary: kept\r\n"
                    "Connection: close\r\n\r\n".encode()
                )
                answer = b"".join(iter(lambda: wire.recv(65536), b""))
            assert answer.split()[1] in {b"404", b"405", b"501"}
            assert b"X-Canary" not in answer
            assert not re.search(rb"(?i)python/|werkzeug|gunicorn/\d", answer)
        for name in ("secret_key", "peerprep.db"):
            assert (tmp_path / name).stat().st_mode & 0o077 == 0
