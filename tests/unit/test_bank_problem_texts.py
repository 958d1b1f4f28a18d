"""Every problem has words."""

import re

import pytest

from app.bank.problem_texts import PROBLEM_TEXTS
from app.bank.problems import Problem, ProblemCode

PLACEHOLDER = re.compile(r"(?<!%)%\((\w+)\)s")


@pytest.mark.parametrize("code", ProblemCode)
def test_each_code_has_a_text_with_exactly_its_details(code: ProblemCode) -> None:
    text = PROBLEM_TEXTS[code]
    assert set(PLACEHOLDER.findall(text)) == set(code.fields)
    filled = text % dict.fromkeys(code.fields, "x")
    assert "%(" not in filled


def test_there_is_no_text_without_a_code() -> None:
    assert set(PROBLEM_TEXTS) == set(ProblemCode)


def test_a_problem_carries_exactly_the_details_of_its_code() -> None:
    with pytest.raises(ValueError, match="stem_words"):
        Problem("items/03/x.toml", 1, ProblemCode.STEM_WORDS, {"words": 80})
