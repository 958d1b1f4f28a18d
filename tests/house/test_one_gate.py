"""Every way to an attempt goes through the one gate, and no page asks the database itself.

The gate is what finds an attempt together with its owner: `load`, `load_to_write`, and for the
saves of the page's script `open_to_write`. The same mistake comes back by a second path, so the
paths are read from the code.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config import ROOT

WEB = sorted((ROOT / "app" / "web").glob("*.py"))
SERVICES = sorted((ROOT / "app" / "services").glob("*.py"))
GATE = {"load", "load_to_write", "open_to_write"}
FINDERS = {"find_attempt": {"load", "load_to_write"}, "open_to_write": {"_saved_in_time"}}
"""Who may ask the storage for an attempt by its handle."""
PAGES_OF_ATTEMPTS = ("attempts.py", "saves.py", "saves_first.py", "results.py")
LINKS = {"_to", "url_for", "redirect", "render_template"}
ASKING = {"execute", "scalar", "scalars", "query", "get", "get_one", "add", "delete", "merge"}


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def called(node: ast.AST) -> set[str]:
    """The bare names of everything called inside."""
    calls = (call.func for call in ast.walk(node) if isinstance(call, ast.Call))
    return {f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in calls}


def takers(function: ast.FunctionDef) -> set[str]:
    """What the function hands its `handle` to."""
    found = set()
    for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
        given = [*call.args, *(word.value for word in call.keywords)]
        if any(isinstance(value, ast.Name) and value.id == "handle" for value in given):
            found |= called(ast.Expr(ast.Call(call.func, [], [])))
    return found


def reaches_gate(name: str, calls: dict[str, set[str]]) -> bool:
    """Whether the service, or what it calls, goes through the gate."""
    seen, left = set[str](), {name}
    while left:
        seen |= left
        left = {inner for outer in left for inner in calls.get(outer, set())} - seen
    return bool(seen & GATE)


def service_calls() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in SERVICES:
        for function in functions(path):
            found.setdefault(function.name, set()).update(called(function))
    return found


@pytest.mark.parametrize("name", PAGES_OF_ATTEMPTS)
def test_every_page_of_an_attempt_hands_its_handle_to_the_gate(name: str) -> None:
    calls = service_calls()
    views = [
        function
        for function in functions(ROOT / "app" / "web" / name)
        if any(argument.arg == "handle" for argument in function.args.args)
        and function.name not in LINKS
    ]
    assert views
    for view in views:
        services = takers(view) - LINKS
        beside = [service for service in services if not reaches_gate(service, calls)]
        assert (view.name, beside) == (view.name, [])
        assert (view.name, bool(takers(view) - LINKS)) == (view.name, True)


def test_nobody_else_finds_an_attempt_by_its_handle() -> None:
    for finder, allowed in FINDERS.items():
        askers = {
            function.name
            for path in [*SERVICES, *WEB]
            for function in functions(path)
            if finder in called(function)
        }
        assert (finder, askers) == (finder, allowed)


def test_a_page_that_goes_around_the_gate_is_caught() -> None:
    """The negative control: a view that finds the attempt without its person."""
    view = ast.parse("def peek(handle): return jsonify(find_any(handle))").body[0]
    assert isinstance(view, ast.FunctionDef)
    assert takers(view) - LINKS == {"find_any"}
    assert not reaches_gate("find_any", service_calls() | {"find_any": {"scalar"}})


@pytest.mark.parametrize("path", WEB, ids=lambda path: path.name)
def test_no_page_asks_the_database_itself(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    asked = [
        f"{path.name}:{node.lineno} db.session.{node.func.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ASKING
        and ast.unparse(node.func.value) in {"db.session", "db", "db.engine"}
    ]
    queried = [
        f"{path.name}:{node.lineno} {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "query" and "Row" in ast.unparse(node)
    ]
    imported = [
        f"{path.name}:{node.lineno} {node.module}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "") == "sqlalchemy"
    ]
    assert asked + queried + imported == []
