"""Where things stand, and what no module may do."""

import ast
import subprocess
from pathlib import Path

import pytest

from app.config import ROOT

TOP_LEVEL = {
    "README.md",
    "app",
    "instance",
    "pyproject.toml",
    "question_bank",
    "tests",
    "translations",
}
INNER = [
    *(ROOT / "app" / "domain").glob("*.py"),
    *(ROOT / "app" / "bank").rglob("*.py"),
    *(ROOT / "app" / "storage").glob("*.py"),
]
CLOCKS_AND_CHANCE = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("random", "random"),
    ("random", "choice"),
    ("random", "shuffle"),
    ("random", "randint"),
}


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return listed.stdout.splitlines()


def test_the_top_level_is_what_was_agreed() -> None:
    visible = {path.split("/")[0] for path in tracked() if not path.startswith(".")}
    assert visible == TOP_LEVEL


@pytest.mark.parametrize("path", INNER, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_clock_and_no_chance_below_the_services(path: Path) -> None:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    used = {
        (call.func.value.id, call.func.attr)
        for call in calls
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)
    }
    assert used & CLOCKS_AND_CHANCE == set()


def test_pages_never_ask_for_the_verb() -> None:
    asking = [
        path.name
        for path in (ROOT / "app" / "web").glob("*.py")
        if "request.method ==" in path.read_text() and path.name != "access.py"
    ]
    assert asking == []


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "helpers", "common", "misc"}
    assert [path for path in tracked() if drawers & set(Path(path).with_suffix("").parts)] == []
