"""`python3 -m tests`: set up what the tests need, then run them all."""

import os
import subprocess
import sys
from pathlib import Path

from app.bootstrap import run_inside, terminal_language

ROOT = Path(__file__).resolve().parent.parent
LONG = "--long"
LONGEST_TEST_SECONDS = 600
"""After so long a test counts as hanging: it is named as failed, and the run ends there."""
WATCHED = (
    "--max-worker-restart=0",
    f"-ofaulthandler_timeout={LONGEST_TEST_SECONDS}",
    "-ofaulthandler_exit_on_timeout=true",
)
POSTGRES = "--postgres"
ON_POSTGRES = ("--database", "postgresql")
TEXTS = {
    "en": {
        "static": "Static checks …",
        "tests": "Tests …",
        "postgres": "On PostgreSQL, all but tests/browser.",
        "left_out": "Left out: {what}. With CI=true this is a failure.",
        "good": "Everything passed.",
        "bad": "Something failed: see above.",
    },
    "es": {
        "static": "Revisiones estáticas …",
        "tests": "Pruebas …",
        "postgres": "En PostgreSQL, todo menos tests/browser.",
        "left_out": "Se omitió: {what}. Con CI=true esto es una falla.",
        "good": "Todo pasó.",
        "bad": "Algo falló: vea arriba.",
    },
}
STATIC_CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
    ("djlint", "--lint", "app/templates"),
)


def main() -> None:
    """Static checks with `--static`, else the tests; further words go to pytest.

    `--postgres` runs them on a PostgreSQL that they start. `--long` runs only the long sweeps,
    which are left out, and counted, otherwise.
    """
    words = [word for word in sys.argv[1:] if word not in {"--static", POSTGRES, LONG}]
    words = ["-m", "long", LONG, *words] if LONG in sys.argv else [*WATCHED, *words]
    failed = run_static_checks() if "--static" in sys.argv else run_tests(words)
    say("bad" if failed else "good")
    sys.exit(1 if failed else 0)


def run_static_checks() -> bool:
    """Run every static check; whether one failed."""
    say("static")
    tools = Path(sys.executable).parent
    codes = [
        subprocess.run([str(tools / command), *rest], cwd=ROOT, check=False).returncode
        for command, *rest in STATIC_CHECKS
    ]
    return any(codes)


def run_tests(words: list[str]) -> bool:
    """Run all that can be run here; whether something failed or may not be left out."""
    say("tests")
    if POSTGRES in sys.argv:
        say("postgres")
        return run_pytest([*ON_POSTGRES, *words])
    from tests.browser.chromium import find_chromium  # noqa: PLC0415 (needs the environment)

    if find_chromium() is None:
        say("left_out", what="tests/browser (Chromium)")
        if os.environ.get("CI") == "true":
            return True
        words = [*words, "--ignore=tests/browser"]
    return run_pytest(words)


def run_pytest(words: list[str]) -> bool:
    """Run pytest in as many processes as there are cores; whether something failed."""
    workers = str(min(os.cpu_count() or 1, 4))
    command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "loadgroup", *words]
    return bool(subprocess.run(command, cwd=ROOT, check=False).returncode)


def say(key: str, **values: str) -> None:
    """Print one of the texts above in the terminal's language."""
    print(TEXTS[terminal_language()][key].format(**values), file=sys.stderr, flush=True)


if __name__ == "__main__":
    run_inside(Path(__file__).with_name("requirements.lock"), "tests", sys.argv[1:])
    main()
