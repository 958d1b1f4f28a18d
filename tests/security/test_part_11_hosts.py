"""Whatever host a request names: no page, link or letter follows it."""

import socket
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.bank.files import BankFiles
from app.storage.database import db
from app.storage.mail import OutboxRow
from app.storage.people import PersonRow
from app.web.site import EXTENSION
from tests.browser.running_site import running_site
from tests.web.accounts_cast import guarded_app
from tests.world import signed_in

FORWARDED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "666",
    "X-Host": "evil.example",
    "Forwarded": "host=evil.example;proto=https",
}
STRANGE = (
    "evil.example",
    "localhost.evil.example",
    "evil.example:80",
    "localhost@evil.example",
    "evil.example#localhost",
    "",
    "local host",
    "[::1",
)


def test_a_forwarded_host_is_not_believed(stranger: FlaskClient) -> None:
    response = stranger.get("/account", headers=FORWARDED)
    assert response.location == "/sign-in?next=/account"
    page = stranger.get("/sign-in", headers=FORWARDED)
    assert "evil" not in page.get_data(as_text=True) + str(page.headers)


@pytest.mark.parametrize("host", STRANGE)
def test_a_strange_host_is_refused_without_a_page(stranger: FlaskClient, host: str) -> None:
    for path in ("/sign-in", "/", "/account", "/nothing", "/health"):
        response = stranger.get(path, headers={"Host": host})
        assert (host, response.status_code, response.get_data()) == (host, 400, b"400\n")


def test_links_in_letters_come_from_the_settings_alone(tmp_path: Path, bank: BankFiles) -> None:
    app = guarded_app(
        tmp_path, bank, mail_server="m.example", public_url="https://p.example", proxies=1
    )
    with app.app_context():
        db.session.execute(
            sa.update(PersonRow).where(PersonRow.username == "ana").values(email="ana@example.org")
        )
        db.session.commit()
    spoofed = {**FORWARDED, "X-Forwarded-Host": "localhost"}
    answer = app.test_client().post("/reset", data={"email": "ana@example.org"}, headers=spoofed)
    assert answer.location == "/sign-in"
    with app.app_context():
        (letter,) = db.session.scalars(sa.select(OutboxRow)).all()
    assert "https://p.example/reset-by-link/" in letter.body
    assert "localhost" not in letter.body + letter.subject


def test_a_link_shown_to_an_administrator_comes_from_the_settings_too(app: Flask) -> None:
    with app.app_context():
        eli = db.session.scalar(sa.select(PersonRow.id).where(PersonRow.username == "eli"))
    page = signed_in(app, "dev").post(f"/administration/people/{eli}/reset-link", headers=FORWARDED)
    assert f"{app.extensions[EXTENSION].settings.address}/reset-by-link/" in page.get_data(
        as_text=True
    )


def test_behind_one_proxy_only_that_one_is_believed(tmp_path: Path, bank: BankFiles) -> None:
    """What the client itself sent before the proxy's own word stands to the left of it."""
    app = guarded_app(tmp_path, bank, public_url="https://p.example", proxies=1)
    client = app.test_client()
    twice = {"X-Forwarded-Host": "evil.example, p.example", "X-Forwarded-Proto": "http, https"}
    assert client.get("/account", headers=twice).location == "/sign-in?next=/account"
    turned = {"X-Forwarded-Host": "p.example, evil.example"}
    assert client.get("/account", headers=turned).status_code == 400


@pytest.mark.long
def test_an_absolute_address_in_the_request_line_is_no_other_host(tmp_path: Path) -> None:
    with running_site(tmp_path) as site:
        port = int(site.url.rsplit(":", 1)[1])
        for line, host, wanted in (
            ("GET http://evil.example/account HTTP/1.1", f"127.0.0.1:{port}", (b"303", b"400")),
            ("GET http://evil.example/account HTTP/1.1", "evil.example", (b"400",)),
            ("GET //evil.example/account HTTP/1.1", f"127.0.0.1:{port}", (b"308", b"404", b"303")),
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
                wire.sendall(f"{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                answer = b"".join(iter(lambda: wire.recv(65536), b""))
            assert answer.split()[1] in wanted
            head = answer.partition(b"\r\n\r\n")[0].lower()
            assert b"location: http://evil" not in head
            assert b"location: //" not in head
