"""Faults in the bank's files: named, survived, and without any effect on what has been drawn."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from app.bank.files import BankFiles
from app.bank.reader import read_bank
from app.cli import commands
from app.domain.bilingual import Bilingual
from app.domain.items import Item, ItemStatus
from app.services.bank import load_bank
from app.services.results import result_page
from tests.web.accounts_cast import text_of
from tests.web.exam_cast import begin, finish, finished, inside, item, options, words
from tests.world import BANK, NOON

BROKEN = "items/03/oshpd03-0001.toml"
BREAKS = {
    "no TOML": ('key = "', "key = ", "key"),
    "no such domain": ("oshpd = 3", "oshpd = 33", "oshpd"),
    "no such level": ('level = "', 'level = "x', "level"),
    "an empty stem": ('[stem]\nen = "', '[stem]\nen = ""\nnote = "', "en"),
    "a field twice": ("difficulty = ", "difficulty = 0.5\ndifficulty = ", "difficulty"),
}


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped bank in a folder of its own."""
    return Path(shutil.copytree(BANK, tmp_path_factory.mktemp("copied") / "bank"))


def break_file(bank: Path, what: str) -> str:
    """Break one file; what it was."""
    before, after, _field = BREAKS[what]
    whole = (bank / BROKEN).read_text(encoding="utf-8")
    assert before in whole
    (bank / BROKEN).write_text(whole.replace(before, after, 1), encoding="utf-8")
    return whole


@pytest.mark.parametrize("what", BREAKS)
def test_69_a_broken_file_is_named_with_its_line_and_the_rest_is_read(
    copied: Path, bank: BankFiles, what: str
) -> None:
    whole = break_file(copied, what)
    try:
        files = read_bank(copied)
        lines = (copied / BROKEN).read_text(encoding="utf-8").splitlines()
    finally:
        (copied / BROKEN).write_text(whole, encoding="utf-8")
    assert len(files.items) == len(bank.items) - 1
    assert {problem.path for problem in files.problems} == {BROKEN}
    named = lines[files.problems[0].line - 1]
    assert BREAKS[what][2] in named


@pytest.mark.long
def test_69_the_command_the_page_and_the_reader_name_the_same(
    app: Flask, dev: FlaskClient, copied: Path
) -> None:
    whole = break_file(copied, "no such domain")
    try:
        files = read_bank(copied)
        checked = CliRunner().invoke(commands(), ["bank", "check", "--bank", str(copied)])
    finally:
        (copied / BROKEN).write_text(whole, encoding="utf-8")
    (problem,) = files.problems
    assert checked.exit_code == 1
    assert f"{copied.as_posix()}/{BROKEN}:{problem.line}: " in checked.output
    told = checked.output.split(f"{BROKEN}:{problem.line}: ")[1].splitlines()[0]
    with inside(app):
        report = load_bank(files, NOON)
    assert (report.retired, report.problems) == (1, 1)
    page = words(dev.get("/administration"))
    assert f"<code>{BROKEN}</code>" in page
    assert f'data-label="Line">{problem.line}</td>' in page
    assert told in page


def test_with_a_broken_file_the_site_goes_on(app: Flask, eli: FlaskClient, copied: Path) -> None:
    whole = break_file(copied, "no TOML")
    try:
        files = read_bank(copied)
    finally:
        (copied / BROKEN).write_text(whole, encoding="utf-8")
    with inside(app):
        load_bank(files, NOON)
    started = eli.post("/mock", data={"language": "en", "agree": "yes"})
    assert (started.status_code, eli.get(started.location or "").status_code) == (303, 200)


def test_69_a_file_that_is_not_read_at_all_is_named(copied: Path) -> None:
    stray = copied / "items/03/oshpd03-9999.toml"
    stray.write_bytes(b"\xff\xfe\x00")
    try:
        problems = read_bank(copied).problems
    finally:
        stray.unlink()
    assert [problem.path for problem in problems] == ["items/03/oshpd03-9999.toml"]


@pytest.mark.parametrize("change", ["retired", "new texts and another key", "gone"])
def test_60_a_running_attempt_does_not_notice_a_changed_bank(
    app: Flask, ana: FlaskClient, bank: BankFiles, change: str
) -> None:
    handle = begin(app)
    key = item(app, handle).key
    here = f"/attempts/{handle}/items/1"
    before = [text_of(ana.get(path)) for path in (here, f"/attempts/{handle}/review")]
    reload(app, bank, change)
    assert [text_of(ana.get(path)) for path in (here, f"/attempts/{handle}/review")] == before
    assert key in options(app, handle)
    ana.post(here, data={"option": key})
    finish(app, handle)
    with inside(app) as stage:
        page = result_page(stage.person("ana"), handle, NOON, stage.site)
    assert page.score.correct == 1


@pytest.mark.parametrize("change", ["retired", "new texts and another key", "gone"])
def test_61_an_old_result_does_not_change_with_the_bank(
    app: Flask, ana: FlaskClient, bank: BankFiles, change: str
) -> None:
    here = f"/attempts/{finished(app, right=4, wrong=3)}/result"
    pages = (here, f"{here}/items/1", f"{here}/items/5?show=missed", f"{here}/print", "/history")
    before = [text_of(ana.get(path)) for path in pages]
    reload(app, bank, change)
    assert [text_of(ana.get(path)) for path in pages] == before


def test_what_is_drawn_next_is_the_new_bank(app: Flask, ana: FlaskClient, bank: BankFiles) -> None:
    reload(app, bank, "new texts and another key")
    handle = begin(app)
    ana.get(f"/attempts/{handle}/items/1")
    assert item(app, handle).stem.es.endswith("(cambiado)")


def reload(app: Flask, bank: BankFiles, change: str) -> None:
    """Load the bank again with every item changed."""
    items = tuple(changed(item, change) for item in bank.items) if change != "gone" else ()
    with inside(app):
        load_bank(replace(bank, items=items), NOON)


def changed(item: Item, change: str) -> Item:
    if change == "retired":
        return replace(item, status=ItemStatus.RETIRED)
    other = next(option.id for option in item.options if option.id != item.key)
    stem = Bilingual(f"{item.stem.en} (changed)", f"{item.stem.es} (cambiado)")
    return replace(item, stem=stem, key=other)
