"""The real site as its own process, on an instance folder of its own and a free port."""

import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.config import ENVIRONMENT_PREFIX, ROOT

# What `python -m app` does once the environment stands; these tests run inside it already.
INSIDE = ("-c", "from app.cli import main; main()")
START_SECONDS = 60
STEP_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class RunningSite:
    """Where the site answers, and what it keeps."""

    url: str
    instance: Path
    log: Path
    pid: int
    """The process that was started; a server with workers is the parent of theirs."""

    @property
    def database(self) -> Path:
        return self.instance / "peerprep.db"

    @property
    def set_up_path(self) -> str:
        """The one-time link that the site printed at its first start, without its host."""
        printed = self.log.read_text(encoding="utf-8")
        line = next(line for line in printed.splitlines() if f"{self.url}/setup/" in line)
        return line.strip().removeprefix(self.url)


@contextmanager
def running_site(
    instance: Path, *, program: tuple[str, str] = INSIDE, **settings: object
) -> Iterator[RunningSite]:
    """Run the site until the end of the block; settings go by the environment."""
    port = _free_port()
    log = instance / "server.log"
    command = [sys.executable, *program, "--port", str(port), "--instance", str(instance)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(settings), stdout=out, stderr=subprocess.STDOUT
        )
        site = RunningSite(f"http://127.0.0.1:{port}", instance, log, process.pid)
        try:
            _wait_until_it_answers(site, process)
            yield site
        finally:
            process.terminate()
            process.wait(timeout=30)


def _environment(settings: dict[str, object]) -> dict[str, str]:
    own = {k: v for k, v in os.environ.items() if not k.startswith(ENVIRONMENT_PREFIX)}
    own |= {f"{ENVIRONMENT_PREFIX}{name.upper()}": str(value) for name, value in settings.items()}
    return own | {"LANGUAGE": "en"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_answers(site: RunningSite, process: subprocess.Popen[bytes]) -> None:
    wait = threading.Event()
    for _step in range(int(START_SECONDS / STEP_SECONDS)):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{site.url}/health", timeout=5):  # noqa: S310 (our own)
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            wait.wait(STEP_SECONDS)
    message = f"the site did not start:\n{site.log.read_text(encoding='utf-8')}"
    raise AssertionError(message)
