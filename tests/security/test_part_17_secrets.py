"""Secrets are made at the first start, whole, alone, and readable by nobody else."""

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from app.config import SettingsError, load_settings, secret_key
from tests.browser.running_site import running_site

pytestmark = pytest.mark.skipif(os.name == "nt", reason="files have other rights there")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folder_and_secret_are_the_operator_s_alone(tmp_path: Path) -> None:
    instance = load_settings(tmp_path / "new").instance
    key = secret_key(instance)
    assert (mode_of(instance), mode_of(instance / "secret_key")) == (0o700, 0o600)
    assert len(key) >= 43


def test_it_stays_what_it_is(tmp_path: Path) -> None:
    assert secret_key(tmp_path) == secret_key(tmp_path)
    (tmp_path / "other").mkdir()
    assert secret_key(tmp_path) != secret_key(tmp_path / "other")


def test_ten_that_start_at_once_get_the_same(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = pool.map(secret_key, [tmp_path] * 10)
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_one_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    secret_key(tmp_path)
    (tmp_path / "secret_key").chmod(mode)
    with pytest.raises(SettingsError) as refusal:
        secret_key(tmp_path)
    assert refusal.value.why == "readable_by_others"


def test_what_a_first_start_leaves_is_private_and_says_no_secret(tmp_path: Path) -> None:
    """All but the log, which this test's own process made, an empty lock, and the static files."""
    with running_site(tmp_path) as site:
        key = (tmp_path / "secret_key").read_text()
        private = [
            path
            for path in tmp_path.rglob("*")
            if path.is_file()
            and path.name not in {"server.log", "lock"}
            and "static" not in path.parts
        ]
        assert {path.name for path in private} >= {"secret_key", "peerprep.db"}
        assert {path.name: oct(mode_of(path)) for path in private if mode_of(path) & 0o077} == {}
        assert key not in site.log.read_text()


def test_no_secret_is_shown_by_the_settings(tmp_path: Path) -> None:
    settings = load_settings(
        tmp_path, mail_password="pass-canary", metrics_token="token-canary-long-enough"
    )
    assert "canary" not in repr(settings)
