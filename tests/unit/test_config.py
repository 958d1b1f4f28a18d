"""Settings that cannot be used are named before anything starts."""

from pathlib import Path

import pytest

from app.config import SettingsError, load_settings, secret_key


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("threads = 0", "out_of_range"),
        ("workers = -2", "out_of_range"),
        ("port = 99999", "out_of_range"),
        ("port = true", "wrong_kind"),
        ("port = 8.5", "wrong_kind"),
        ('port = "many"', "wrong_kind"),
        ("proxies = -1", "out_of_range"),
        ('insecure_lan = "perhaps"', "wrong_kind"),
        ('time_zone = "Mars/Olympus"', "no_such_zone"),
        ("colour = 3", "unknown"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, line: str, why: str) -> None:
    (tmp_path / "config.toml").write_text(line, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path)
    assert (refused.value.name, refused.value.why) == (line.split(maxsplit=1)[0], why)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text("port = 8001\nthreads = 3", encoding="utf-8")
    monkeypatch.setenv("PEERPREP_PORT", "8002")
    monkeypatch.setenv("PEERPREP_WORKERS", "2")
    settings = load_settings(tmp_path, port=8003)
    assert (settings.port, settings.workers, settings.threads) == (8003, 2, 3)
    assert load_settings(tmp_path).port == 8002


def test_the_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    first = secret_key(tmp_path)
    assert secret_key(tmp_path) == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
