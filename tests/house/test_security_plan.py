"""The security test plan has 21 parts; each has its tests, and the count reports itself."""

import ast
import re
from pathlib import Path

from app.config import ROOT

PARTS = range(1, 22)
FILE = re.compile(r"test_part_(\d\d)_\w+\.py")
FOLDER = ROOT / "tests" / "security"


def names_in(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def test_every_part_of_the_plan_has_its_tests() -> None:
    counted: dict[int, int] = {}
    for path in FOLDER.glob("test_*.py"):
        named = FILE.fullmatch(path.name)
        assert named is not None, path.name
        counted[int(named[1])] = counted.get(int(named[1]), 0) + len(names_in(path))
    assert sorted(counted) == list(PARTS)
    assert [part for part, number in counted.items() if number < 1] == []


def test_four_parts_are_tried_in_a_real_browser_too() -> None:
    names = names_in(ROOT / "tests" / "browser" / "test_security.py")
    tried = {int(found[1]) for name in names if (found := re.match(r"test_part_(\d\d)_", name))}
    assert tried == {4, 5, 9, 21}
