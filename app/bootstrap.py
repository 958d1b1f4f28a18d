"""Makes the environment that everything else runs in. Standard library only.

`python3 -m app` and `python3 -m tests` come here first, on a machine with nothing but Python
and pip: a `.venv` from a hashed lock, made once, checked in a fraction of a second later.
"""

import hashlib
import locale
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)

TEXTS = {
    "en": {
        "python": "PeerPrep needs Python {need} or later; this is {have}.",
        "venv": "First start: making a private environment in .venv …",
        "install": "Installing what PeerPrep needs (about a minute, once) …",
        "failed": "That did not work. The messages above say why; nothing else was changed.",
        "no_pip": "PeerPrep needs pip. On Debian or Ubuntu: sudo apt install python3-pip",
    },
    "es": {
        "python": "PeerPrep necesita Python {need} o posterior; este es {have}.",
        "venv": "Primer inicio: se crea un entorno propio en .venv …",
        "install": "Se instala lo que PeerPrep necesita (cerca de un minuto, una vez) …",
        "failed": "No se pudo. Los mensajes de arriba dicen por qué; no se cambió nada más.",
        "no_pip": "PeerPrep necesita pip. En Debian o Ubuntu: sudo apt install python3-pip",
    },
}


def say(key: str, **values: str) -> None:
    """Print one of the texts above in the terminal's language."""
    print(TEXTS[terminal_language()][key].format(**values), file=sys.stderr, flush=True)


def terminal_language() -> str:
    """The terminal's language: "es" where it is Spanish, else "en"."""
    names = (os.environ.get(name) for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    first = next((name for name in names if name), None) or locale.getlocale()[0] or ""
    return "es" if first.lower().startswith("es") else "en"


def run_inside(lock: Path, module: str, arguments: list[str]) -> None:
    """Make sure the environment holds `lock`, then become `python -m module` inside it.

    Returns only where this process already runs inside.
    """
    if sys.version_info < OLDEST_PYTHON:
        say("python", need=".".join(map(str, OLDEST_PYTHON)), have=sys.version.split()[0])
        sys.exit(1)
    ensure_environment(lock)
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.chdir(ROOT)
        inside = [str(_venv_python()), "-m", module, *arguments]
        if os.name == "nt":
            sys.exit(subprocess.run(inside, check=False).returncode)
        os.execv(inside[0], inside)  # noqa: S606


def ensure_environment(lock: Path) -> None:
    """Make `.venv` and install `lock` into it, unless its stamp says that it is there."""
    if environment_is_current(lock):
        return
    if not _venv_python().exists():
        say("venv")
        _run([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
    say("install")
    _install(lock)
    _stamp(lock).write_text(_fingerprint(lock), encoding="ascii")


def environment_is_current(lock: Path) -> bool:
    """Whether `.venv` holds what `lock` asks for, by its stamp."""
    stamp = _stamp(lock)
    return stamp.is_file() and stamp.read_text(encoding="ascii") == _fingerprint(lock)


def _stamp(lock: Path) -> Path:
    return VENV / f"{lock.parent.name}.stamp"


def _fingerprint(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()


def _install(lock: Path) -> None:
    python = str(_venv_python())
    outside = _python_with_pip()
    options = ["--require-hashes", "--quiet", "-r", str(lock)]
    if shutil.which("uv"):
        _run(["uv", "pip", "install", "--python", python, *options])
        return
    if subprocess.run(
        [outside, "-m", "pip", "--version"], capture_output=True, check=False
    ).returncode:
        say("no_pip")
        sys.exit(1)
    quiet = ["--disable-pip-version-check", "--no-input"]
    _run([outside, "-m", "pip", "--python", python, "install", *quiet, *options])


def _run(command: list[str]) -> None:
    """Run it with a turning mark, so that nobody thinks it has stopped."""
    done = threading.Event()
    if sys.stderr.isatty():
        threading.Thread(target=_turn, args=(done,), daemon=True).start()
    result = subprocess.run(command, check=False)
    done.set()
    if result.returncode:
        say("failed")
        sys.exit(result.returncode)


def _turn(done: threading.Event) -> None:
    started = time.monotonic()
    while not done.wait(0.2):
        mark = "|/-\\"[int((time.monotonic() - started) * 5) % 4]
        print(f"\r{mark} {time.monotonic() - started:3.0f} s ", end="", file=sys.stderr, flush=True)
    print("\r", end="", file=sys.stderr, flush=True)


def _python_with_pip() -> str:
    """The machine's own Python: the environment's has no pip."""
    return str(getattr(sys, "_base_executable", sys.executable))


def _venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
