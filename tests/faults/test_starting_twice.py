"""Starting: on a folder that is in use, on a port that is taken, with settings that are not safe.

What must be seen from outside starts what `python3 -m app` becomes inside its environment.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import commands
from app.config import ROOT
from app.instance_lock import InstanceInUse, hold_instance

START = "from app.cli import main; main()"
HOLD = """
import sys
from pathlib import Path
from app.instance_lock import hold_instance
with hold_instance(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
PATIENCE = 120
"""Seconds that a start may take on a busy machine."""
IN_USE = "Another PeerPrep is running on the folder"


def environment(language: str = "en") -> dict[str, str]:
    """This machine's, without what would set the site up otherwise."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PEERPREP_")}
    kept.pop("DATABASE_URL", None)
    return {**kept, "LANGUAGE": language, "LC_ALL": "C.UTF-8"}


def command(instance: Path, *words: str) -> list[str]:
    return [sys.executable, "-c", START, "--instance", str(instance), *words]


def start(instance: Path, *words: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    """Start, and wait until it has stopped by itself."""
    return subprocess.run(
        command(instance, *words),
        cwd=ROOT,
        env=environment(language),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def start_here(instance: Path, *words: str) -> Result:
    """Start within this process: for starts that are refused before anything is served."""
    return CliRunner().invoke(commands(), ["--instance", str(instance), *words])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as page:
            return bool(page.read() == b"ok\n")
    except OSError:
        return False


@contextmanager
def running(instance: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A site that answers."""
    site = subprocess.Popen(
        command(instance, "--port", str(port)),
        cwd=ROOT,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + PATIENCE
        while not answers(port):
            assert site.poll() is None, site.stderr.read() if site.stderr else ""
            assert time.monotonic() < until, "the site does not answer"
            time.sleep(0.1)
        yield site
    finally:
        site.terminate()
        site.wait(PATIENCE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A site that runs while these tests look at it: its folder and its port."""
    instance, port = tmp_path_factory.mktemp("running"), free_port()
    with running(instance, port):
        yield instance, port


@pytest.mark.xdist_group("running_site")
@pytest.mark.parametrize("language", ["en", "es"])
def test_102_a_second_start_on_the_same_folder_says_so(
    site: tuple[Path, int], language: str
) -> None:
    instance, port = site
    second = start(instance, "--port", str(free_port()), language=language)
    assert second.returncode == 1
    assert str(instance) in second.stderr
    assert (IN_USE in second.stderr) is (language == "en")
    assert len(second.stderr.strip().splitlines()) == 1
    assert answers(port)


@pytest.mark.xdist_group("running_site")
def test_a_port_that_is_taken_is_named(site: tuple[Path, int], tmp_path: Path) -> None:
    _instance, port = site
    second = start(tmp_path, "--port", str(port))
    assert second.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in second.stderr
    assert answers(port)


@pytest.mark.xdist_group("running_site")
def test_101_the_running_site_s_files_are_its_owner_s_alone(site: tuple[Path, int]) -> None:
    instance, _port = site
    modes = {
        name: oct((instance / name).stat().st_mode & 0o077)
        for name in ("secret_key", "peerprep.db")
    }
    assert modes == {"secret_key": "0o0", "peerprep.db": "0o0"}


def test_102_a_start_that_was_killed_does_not_stand_in_the_way(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(InstanceInUse):
        hold_instance(tmp_path)
    holder.kill()
    holder.communicate(timeout=PATIENCE)
    with hold_instance(tmp_path):
        pass


@pytest.mark.skipif(os.name == "nt", reason="files have no such modes there")
def test_101_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret_key"
    secret.write_text("known to everybody")
    secret.chmod(0o644)
    refused = start_here(tmp_path, "--port", str(free_port()))
    assert refused.exit_code == 1
    assert str(secret) in refused.output
    assert "chmod 600" in refused.output
    assert "known to everybody" not in refused.output


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 (refused)
def test_an_open_door_without_encryption_is_refused(tmp_path: Path, host: str) -> None:
    refused = start_here(tmp_path, "--host", host, "--port", str(free_port()))
    assert refused.exit_code == 1
    assert host in refused.output
    assert "proxies = 1" in refused.output
    assert not (tmp_path / "peerprep.db").exists()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('colour = "green"', "colour"),
        ('port = "many"', "port"),
        ("threads = [1]", "threads"),
        ("mail_tls = 7", "mail_tls"),
        ("host = ", "config.toml"),
        ('instance = "/elsewhere"', "instance"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_file(
    tmp_path: Path, text: str, named: str
) -> None:
    (tmp_path / "config.toml").write_text(text)
    refused = start_here(tmp_path)
    assert refused.exit_code == 1
    assert f"{tmp_path / 'config.toml'}: {named}" in refused.output


def test_a_setting_of_the_environment_that_is_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEERPREP_COLOUR", "green")
    refused = start_here(tmp_path)
    assert (refused.exit_code, "colour" in refused.output) == (1, True)


def test_a_bank_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    bank.mkdir()
    (bank / "taxonomies.toml").write_text("oshpd = [\n")
    (tmp_path / "config.toml").write_text(f'bank = "{bank.as_posix()}"')
    refused = start_here(tmp_path, "--port", str(free_port()))
    assert refused.exit_code == 1
    assert "taxonomies.toml:" in refused.output
