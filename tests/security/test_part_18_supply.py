"""What the site is made of is pinned, hashed, licensed beside, and fetched from nowhere else.

There is no audit here: its sources of advisories cannot be reached from a machine without a
network, and an audit that could not look must not say that it found nothing. Whoever runs the site
audits `app/requirements.lock` where there is one.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config import ROOT

LOCKS = (ROOT / "app" / "requirements.lock", ROOT / "tests" / "requirements.lock")
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==(?P<version>[\w.!+-]+)(?: ;.*)?$")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def requirements(lock: Path) -> Iterator[tuple[str, str]]:
    """Each requirement of a lock: its first line, and all of it."""
    text = "\n".join(
        line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")
    )
    for block in re.split(r"\n(?=\S)", text.strip()):
        joined = block.replace("\\\n", " ")
        yield re.split(r" +--hash", joined)[0].strip(), joined


def pins(lock: Path) -> Iterator[re.Match[str]]:
    """The name and version of each."""
    for head, _whole in requirements(lock):
        found = PIN.match(head)
        assert found is not None, head
        yield found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.parent.name)
def test_every_requirement_is_pinned_and_hashed(lock: Path) -> None:
    loose = [
        head for head, whole in requirements(lock) if not PIN.match(head) or not HASH.search(whole)
    ]
    assert loose == []
    assert len(list(requirements(lock))) >= 50


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.parent.name)
def test_a_lock_names_no_address(lock: Path) -> None:
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    assert [line for line in lines if "://" in line or line.startswith("-")] == []


def test_every_dependency_that_is_asked_for_is_in_the_lock() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[\[<>=; ]", line)[0].lower().replace("_", "-") for line in asked}
    pinned = {pin["name"].lower().replace("_", "-") for pin in pins(LOCKS[0])}
    assert names - pinned == set()


def test_the_site_is_tested_with_the_versions_that_it_runs_with() -> None:
    site, tests = ({pin["name"]: pin["version"] for pin in pins(lock)} for lock in LOCKS)
    assert {name: tests.get(name) for name in site} == site


def test_nothing_is_installed_without_its_hash() -> None:
    text = (ROOT / "app" / "bootstrap.py").read_text()
    assert text.count("--require-hashes") == 1
    assert "index-url" not in text


def test_what_was_copied_in_has_its_licence_beside_it() -> None:
    vendored = [path for path in (ROOT / "app" / "static").rglob("*") if path.is_dir()]
    for folder in vendored:
        fonts = [path for path in folder.iterdir() if path.suffix in {".woff2", ".woff", ".ttf"}]
        if fonts:
            assert [p for p in folder.iterdir() if "licen" in p.name.lower() or "OFL" in p.name]


def test_nothing_evaluates_what_people_send() -> None:
    """No eval, exec, pickle, yaml or template made of a string in the site's own code."""
    banned = re.compile(
        r"(?<![\w.])(eval|exec)\(|\bpickle\b|\bmarshal\b|\byaml\b|render_template_string|shell=True"
        r"|from_string\(|os\.system\("
    )
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / "app").rglob("*.py")
        for line in path.read_text().splitlines()
        if banned.search(line) and not line.lstrip().startswith("#")
    ]
    assert found == []
