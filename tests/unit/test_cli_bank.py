"""The commands for the question bank."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from app.cli_bank import bank_commands
from tests.banks import GOOD_PATH, GOOD_TEXT, SHIPPED, make_bank


def _run(bank: Path, command: str, *more: str) -> Result:
    return CliRunner().invoke(bank_commands(), [command, "--bank", str(bank), *more])


def test_check_of_a_good_bank_says_so(tmp_path: Path) -> None:
    result = _run(make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT}), "check")
    assert (result.exit_code, result.stdout) == (0, "Items read: 1. Problems found: 0.\n")


def test_check_names_path_line_and_text_and_exits_1(tmp_path: Path) -> None:
    text = GOOD_TEXT.replace("competency = 16", "competency = 18")
    result = _run(make_bank(tmp_path, {GOOD_PATH: text}), "check")
    first = result.stdout.splitlines()[0]
    assert result.exit_code == 1
    expected = f"{tmp_path}/{GOOD_PATH}:5: In competency, the value 18 is not known."
    assert first in (expected, f"{tmp_path}/items:1: The bank holds no item that can be read.")
    assert expected in result.stdout


def test_a_bank_that_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    result = _run(tmp_path, "stats")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{tmp_path}/taxonomies.toml:1: The file cannot be opened")


def test_stats_come_as_json(tmp_path: Path) -> None:
    result = _run(make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT}), "stats", "--json")
    assert json.loads(result.stdout)["items"] == 1


def test_stats_come_as_lines(tmp_path: Path) -> None:
    result = _run(make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT}), "stats")
    assert result.stdout.startswith("items: 1\n")
    assert "\n  application: 1\n" in result.stdout


def test_coverage_names_empty_areas(tmp_path: Path) -> None:
    result = _run(make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT}), "coverage")
    assert "focus_area: 1 of 8 have items. Empty: 2, 3, 4, 5, 6, 7, 8\n" in result.stdout


def test_blind_writes_sheet_and_keys_apart(tmp_path: Path) -> None:
    bank = make_bank(tmp_path / "bank", {GOOD_PATH: GOOD_TEXT})
    out, keys = tmp_path / "sheet.txt", tmp_path / "keys.json"
    more = ("--seed", "4", "--pass", "options", "--lang", "es")
    result = _run(bank, "blind", *more, "--out", str(out), "--keys", str(keys))
    assert (result.exit_code, result.stdout) == (0, "Items drawn: 1.\n")
    assert "oshpd03" not in out.read_text(encoding="utf-8")
    assert json.loads(keys.read_text(encoding="utf-8"))["1"]["item_id"] == "oshpd03-0001"


def test_forms_show_what_each_holds_and_write_their_items(tmp_path: Path) -> None:
    out = tmp_path / "forms.json"
    result = _run(SHIPPED, "forms", "--n", "2", "--seed", "3", "--out", str(out))
    forms = json.loads(out.read_text(encoding="utf-8"))
    assert result.exit_code == 0
    assert result.stdout.startswith("Form 1: 120 items; recall ")
    assert len({item_id for form in forms for item_id in form}) == 240


def test_forms_that_the_bank_cannot_give_are_refused_with_the_rule(tmp_path: Path) -> None:
    bank = make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT})
    result = _run(bank, "forms", "--n", "1", "--seed", "3")
    assert result.exit_code == 1
    assert "oshpd 3: 12 needed, 1 there\n" in result.stderr
