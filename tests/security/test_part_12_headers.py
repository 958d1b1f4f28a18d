"""Headers on every kind of answer: pages, refusals, faults and static files."""

import gzip
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from app.bank.files import BankFiles
from app.storage.database import db
from app.web.bundles import bundle
from tests.web.exam_cast import begin, finished, inside
from tests.world import build_app, furnish

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
}
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
STATIC = Path(__file__).parents[2] / "app" / "static"
FILES = sorted(p.relative_to(STATIC).as_posix() for p in STATIC.rglob("*") if p.is_file())
COMPRESSED = [name for name in FILES if name.endswith((".css", ".js", ".svg", ".txt"))]
HOST = {"Host": "elsewhere.example"}
JSON = {"Accept": "application/json"}

Ask = Callable[[FlaskClient, str], TestResponse]
ANSWERS: dict[int, list[Ask]] = {
    200: [
        lambda client, here: client.get(f"{here}/items/1"),
        lambda client, here: client.head(f"{here}/items/1"),
        lambda client, here: client.options(f"{here}/items/1"),
        lambda client, here: client.get(f"{here}/clock"),
        lambda client, _: client.get("/account/data"),
        lambda client, _: client.get("/health"),
    ],
    303: [
        lambda client, here: client.get(here),
        lambda client, here: client.post(f"{here}/items/1", data={"do": "flag"}),
        lambda client, _: client.post("/language", data={"language": "en"}),
    ],
    400: [
        lambda client, here: client.post(f"{here}/open"),
        lambda client, _: client.get("/", headers=HOST),
        lambda client, _: client.post("/sign-in", json={}),
    ],
    404: [
        lambda client, _: client.get("/nothing"),
        lambda client, _: client.get("/static/nothing.css"),
        lambda client, _: client.get("/nothing", headers=JSON),
        lambda client, _: client.get("/administration"),
    ],
    405: [
        lambda client, _: client.post("/home"),
        lambda client, _: client.trace("/home"),
    ],
    409: [
        lambda client, here: client.get(f"{here}/result"),
        lambda client, here: client.get(f"{here}/result", headers=JSON),
    ],
    413: [lambda client, here: client.post(f"{here}/responses", json="x" * 2_000_000)],
    422: [
        lambda client, _: client.post("/mock"),
        lambda client, here: client.post(f"{here}/responses", json=[]),
    ],
}


def has_them_all(answer: Response) -> bool:
    policy = set(answer.headers["Content-Security-Policy"].split("; "))
    return policy == POLICY and {name: answer.headers[name] for name in FIXED} == FIXED


def is_kept_by_nobody(answer: Response) -> bool:
    kept = answer.headers["Cache-Control"], "ETag" in answer.headers
    return kept == ("no-store", False) and {"Cookie", "Accept-Language"} <= set(answer.vary)


def as_sent(name: str) -> bytes:
    """The file as it is served: scripts with what they import in them."""
    path = STATIC / name
    return bundle(path).encode() if path.suffix == ".js" else path.read_bytes()


def static_url(app: Flask, name: str) -> str:
    address: str = app.jinja_env.globals["static_url"](name)  # type: ignore[operator]
    return address


@pytest.mark.parametrize("status", ANSWERS)
def test_every_kind_of_answer_has_every_header(app: Flask, ana: FlaskClient, status: int) -> None:
    here = f"/attempts/{begin(app)}"
    for ask in ANSWERS[status]:
        answer = ask(ana, here)
        assert (answer.status_code, answer.request.path) == (status, answer.request.path)
        assert has_them_all(answer), answer.request.path
        assert is_kept_by_nobody(answer), answer.request.path


def test_so_have_pages_for_strangers(stranger: FlaskClient) -> None:
    for path in ("/", "/help", "/sign-in", "/register", "/home"):
        answer = stranger.get(path)
        assert (path, has_them_all(answer), is_kept_by_nobody(answer)) == (path, True, True)
    refusal = stranger.get("/home", headers=JSON)
    assert (refusal.status_code, has_them_all(refusal)) == (401, True)


def test_so_has_a_result(app: Flask, ana: FlaskClient) -> None:
    here = f"/attempts/{finished(app, right=2)}/result"
    for path in ("", "/items/1", "/print"):
        answer = ana.get(here + path)
        assert (has_them_all(answer), is_kept_by_nobody(answer)) == (True, True)


def test_a_fault_has_them_too_and_tells_nothing(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    with inside(app):
        db.session.execute(sa.text("update attempt set form = '[1]'"))
    page = ana.get(f"/attempts/{handle}/items/1")
    assert (page.status_code, has_them_all(page), is_kept_by_nobody(page)) == (500, True, True)
    told = page.get_data(as_text=True)
    assert [word for word in ("Traceback", "TypeError", ".py", "sqlite") if word in told] == []


def test_without_its_tables_the_site_says_that_it_is_busy(app: Flask, ana: FlaskClient) -> None:
    with inside(app):
        db.session.execute(sa.text("alter table attempt rename to attempt_gone"))
    page = ana.get("/history")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert (has_them_all(page), is_kept_by_nobody(page)) == (True, True)
    told = page.get_data(as_text=True)
    assert [word for word in ("Traceback", "no such table", "SELECT") if word in told] == []


def test_only_an_encrypted_way_is_said_to_stay_so(stranger: FlaskClient) -> None:
    plain = stranger.get("/help")
    safe = stranger.get("/help", base_url="https://localhost")
    assert "Strict-Transport-Security" not in plain.headers
    assert safe.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: FlaskClient) -> None:
    cookie = stranger.get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("peerprep=")
    parts = set(cookie.split("; ")[1:])
    assert parts == {"HttpOnly", "Path=/", "SameSite=Lax"}


def test_behind_tls_the_cookie_is_bound_to_the_host(tmp_path: Path, bank: BankFiles) -> None:
    app = build_app(tmp_path, bank, public_url="https://prep.example", proxies=1)
    furnish(app, bank)
    client = app.test_client()
    cookie = client.get("/sign-in", base_url="https://prep.example").headers["Set-Cookie"]
    assert cookie.startswith("__Host-peerprep=")
    parts = set(cookie.split("; ")[1:])
    assert parts == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


@pytest.mark.parametrize("name", FILES)
def test_a_static_file_may_be_kept_for_good(app: Flask, stranger: FlaskClient, name: str) -> None:
    with stranger.get(static_url(app, name)) as answer:
        assert (answer.status_code, answer.get_data()) == (200, as_sent(name))
        assert has_them_all(answer)
        kept = set(answer.headers["Cache-Control"].split(", "))
        assert {"public", "immutable"} <= kept
        assert "Set-Cookie" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_static_file_comes_compressed(app: Flask, stranger: FlaskClient, name: str) -> None:
    whole = as_sent(name)
    for encoding, opened in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        with stranger.get(static_url(app, name), headers={"Accept-Encoding": encoding}) as answer:
            if "Content-Encoding" in answer.headers:
                assert answer.headers["Content-Encoding"] == encoding
                assert opened(answer.get_data()) == whole
                assert len(answer.get_data()) < len(whole)
            else:
                assert len(opened(_compressed(encoding, whole))) < 1000  # not worth it
            assert "Accept-Encoding" in answer.headers.get("Vary", "")


def test_a_static_file_is_not_sent_twice(app: Flask, stranger: FlaskClient) -> None:
    where = static_url(app, "site.css")
    with stranger.get(where) as first:
        tag = first.headers["ETag"]
    with stranger.get(where, headers={"If-None-Match": tag}) as again:
        assert (again.status_code, again.get_data()) == (304, b"")


@pytest.mark.parametrize(
    "way_out", ["../secret_key", "../../secret_key", "..%2f..%2fsecret_key", "%2e%2e/peerprep.db"]
)
def test_the_static_folder_has_no_way_out(app: Flask, stranger: FlaskClient, way_out: str) -> None:
    folder = static_url(app, "")
    assert stranger.get(folder + way_out).status_code == 404
    assert stranger.get(folder).status_code == 404


def _compressed(encoding: str, whole: bytes) -> bytes:
    return brotli.compress(whole) if encoding == "br" else gzip.compress(whole)
