"""The session's cookie, and that it is not sent over an open way by accident."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from app.bank.files import BankFiles
from app.cli import commands
from app.config import load_settings
from tests.web.accounts_cast import guarded_app, sign_in
from tests.world import build_app, furnish, signed_in

PARTS = {"HttpOnly", "Path=/", "SameSite=Lax"}


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: FlaskClient) -> None:
    for answer in (stranger.get("/sign-in"), sign_in(stranger, "ana")):
        name, _, rest = answer.headers["Set-Cookie"].partition("=")
        assert (name, set(rest.split("; ")[1:])) == ("peerprep", PARTS)


def test_there_is_no_other_cookie(app: Flask, ana: FlaskClient) -> None:
    names = set()
    rules = [rule for rule in app.url_map.iter_rules() if not rule.arguments]
    for rule in rules:
        if "GET" in (rule.methods or ()):
            answer = ana.get(rule.rule)
            names |= {cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")}
    assert names <= {"peerprep"}


def test_behind_tls_it_is_bound_to_the_host(tmp_path: Path, bank: BankFiles) -> None:
    app = guarded_app(tmp_path, bank, public_url="https://prep.example", proxies=1)
    cookie = app.test_client().get("/sign-in", base_url="https://prep.example")
    name, _, rest = cookie.headers["Set-Cookie"].partition("=")
    assert (name, set(rest.split("; ")[1:])) == ("__Host-peerprep", PARTS | {"Secure"})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.20", "::", "example.org"])  # noqa: S104 (refused)
def test_beyond_loopback_it_does_not_start_without_encryption(tmp_path: Path, host: str) -> None:
    ran = CliRunner().invoke(commands(), ["--host", host, "--instance", str(tmp_path)])
    assert ran.exit_code == 1
    assert "nothing encrypts the way" in ran.output
    assert not (tmp_path / "peerprep.db").exists()


def test_whoever_runs_an_open_site_is_told_so_on_every_page(
    tmp_path: Path, bank: BankFiles
) -> None:
    app = build_app(tmp_path, bank, insecure_lan=True)
    furnish(app, bank)
    for username, told in (("dev", True), ("ben", False), ("ana", False)):
        client = signed_in(app, username)
        for language, words in (("en", "without encryption"), ("es", "sin cifrado")):
            client.post("/language", data={"language": language})
            for page in ("/home", "/account"):
                assert (words in client.get(page).text) is told, (username, page)


def test_by_default_it_listens_to_this_machine_alone(tmp_path: Path) -> None:
    assert load_settings(tmp_path).host == "127.0.0.1"
