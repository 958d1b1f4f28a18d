"""The fault catalogue has 105 rows; each has its test, and the count reports itself."""

import ast
import re

from app.config import ROOT

ROWS = range(1, 106)
NUMBERED = re.compile(r"test_(\d+)_")
CONTROL = re.compile(r"test_control_")
WANTED_CONTROLS = {
    "acknowledging_before_the_commit",
    "synchronous_off",
    "naive_counting",
    "without_the_unique_index",
    "unscoped_query",
    "leaked_key",
}
"""What a test must catch when the safeguard is taken out, each by words in a control's name."""


def names_of_tests(folder: str) -> list[str]:
    return [
        node.name
        for path in sorted((ROOT / "tests" / folder).glob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]


def test_every_row_of_the_catalogue_has_its_test() -> None:
    found = {int(n[1]) for name in names_of_tests("faults") if (n := NUMBERED.match(name))}
    assert sorted(found) == [*ROWS]


def test_every_safeguard_has_a_control_that_is_caught() -> None:
    controls = [
        name
        for folder in ("faults", "security")
        for name in names_of_tests(folder)
        if CONTROL.match(name)
    ]
    missing = {words for words in WANTED_CONTROLS if not any(words in name for name in controls)}
    assert missing == set()
