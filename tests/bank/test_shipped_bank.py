"""The question bank that is shipped."""

from app.bank.checks import check_bank
from app.bank.reader import read_bank
from app.cli_bank import DEFAULT_BANK, problem_text


def test_the_shipped_bank_has_items_and_no_problem() -> None:
    files = read_bank(DEFAULT_BANK)
    found = [f"{one.path}:{one.line}: {problem_text(one)}" for one in check_bank(files)]
    assert found == []
