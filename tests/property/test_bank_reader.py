"""Whatever is done to an item file, reading goes on and names file and line."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bank.problem_texts import PROBLEM_TEXTS
from app.bank.reader import read_bank
from tests.banks import GOOD_PATH, GOOD_TEXT, make_bank

RAW = GOOD_TEXT.encode()
LINES = GOOD_TEXT.splitlines(keepends=True)
OTHER_PATH = "items/03/oshpd03-0002.toml"
OTHER = GOOD_TEXT.replace("oshpd03-0001", "oshpd03-0002")
MANY = settings(max_examples=150, deadline=None)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bank(tmp_path_factory.mktemp("bank"), {GOOD_PATH: GOOD_TEXT, OTHER_PATH: OTHER})


def _holds(bank: Path, raw: bytes) -> None:
    """The file becomes an item or problems with its name, a line of it, and words."""
    (bank / GOOD_PATH).write_bytes(raw)
    files = read_bank(bank)
    ids = [item.id for item in files.items]
    assert "oshpd03-0002" in ids
    assert ("oshpd03-0001" in ids) or files.problems
    for problem in files.problems:
        assert problem.path == GOOD_PATH
        assert 1 <= problem.line <= raw.count(b"\n") + 1
        assert PROBLEM_TEXTS[problem.code] % problem.detail


@MANY
@given(st.binary(max_size=400))
def test_any_bytes(bank: Path, raw: bytes) -> None:
    _holds(bank, raw)


@MANY
@given(st.integers(0, len(RAW)), st.integers(0, 60), st.binary(max_size=20))
def test_any_bytes_in_the_place_of_others(bank: Path, at: int, length: int, new: bytes) -> None:
    _holds(bank, RAW[:at] + new + RAW[at + length :])


@MANY
@given(st.integers(0, len(GOOD_TEXT)), st.text(max_size=12))
def test_any_text_put_in(bank: Path, at: int, new: str) -> None:
    text = GOOD_TEXT[:at] + new + GOOD_TEXT[at:]
    _holds(bank, text.encode("utf-8", "surrogatepass"))


@MANY
@given(st.lists(st.sampled_from(LINES), max_size=60))
def test_lines_left_out_doubled_and_mixed(bank: Path, lines: list[str]) -> None:
    _holds(bank, "".join(lines).encode())


VALUES = st.sampled_from(
    ["1", "-1", "1.5", "nan", "inf", "true", '""', '" "', '"x"', '"\\u0000"', '"\\u202E"', "[]",
     "[1]", '["x"]', "{}", "{ en = 1 }", "[{}]", "[[]]", "2026-11-27", "07:00:00", "'''\n\n'''",
     '"""\nid = 1\n"""', "9" * 5000, "1e999", "[" * 500 + "]" * 500]
)  # fmt: skip


@MANY
@given(st.integers(0, len(LINES) - 1), VALUES)
def test_any_value_under_any_key(bank: Path, at: int, value: str) -> None:
    key, equals, _ = LINES[at].partition("=")
    line = f"{key}= {value}\n" if equals else f"{LINES[at]}new = {value}\n"
    _holds(bank, "".join([*LINES[:at], line, *LINES[at + 1 :]]).encode())
