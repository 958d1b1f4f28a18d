"""`python3 -m tests`: set up what the tests need, then run them all."""

import os
import subprocess
import sys
from pathlib import Path

from app.bootstrap import run_inside, terminal_language

ROOT = Path(__file__).resolve().parent.parent
TEXTS = {
    "en": {
        "static": "Static checks …",
        "tests": "Tests …",
        "left_out": "Left out: {what}. With CI=true this is a failure.",
        "good": "Everything passed.",
        "bad": "Something failed: see above.",
    },
    "es": {
        "static": "Revisiones estáticas …",
        "tests": "Pruebas …",
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
    """Static checks with `--static`, else the tests; further words go to pytest."""
    words = sys.argv[1:]
    static = "--static" in words
    words = [word for word in words if word != "--static"]
    failed = run_static_checks() if static else run_tests(words)
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
    """Run pytest over everything, in as many processes as there are cores."""
    say("tests")
    from tests.browser.chromium import find_chromium  # noqa: PLC0415 (needs the environment)

    if find_chromium() is None:
        say("left_out", what="tests/browser (Chromium)")
        if os.environ.get("CI") == "true":
            return True
        words = [*words, "--ignore=tests/browser"]
    workers = str(min(os.cpu_count() or 1, 4))
    command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "loadgroup", *words]
    return bool(subprocess.run(command, cwd=ROOT, check=False).returncode)


def say(key: str, **values: str) -> None:
    """Print one of the texts above in the terminal's language."""
    print(TEXTS[terminal_language()][key].format(**values), file=sys.stderr, flush=True)


if __name__ == "__main__":
    run_inside(Path(__file__).with_name("requirements.lock"), "tests", sys.argv[1:])
    main()
