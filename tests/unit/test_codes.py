"""Invitation codes: readable aloud, forgiving to type."""

import random

import pytest

from app.domain.codes import ALPHABET, make_code, normal_code, shown_code


def test_a_code_has_eight_signs_that_nobody_mistakes() -> None:
    made = "".join(make_code(random.Random(seed)) for seed in range(400))
    assert len(made) == 8 * 400
    assert set(made) == set(ALPHABET)
    assert set("0O1IL") & set(ALPHABET) == set()


def test_a_code_is_shown_in_two_halves() -> None:
    assert shown_code("ABCDEFGH") == "ABCD-EFGH"


@pytest.mark.parametrize(
    "typed", ["ABCD-EFGH", "abcdefgh", " abcd efgh ", "AbCd–eFgH", "A B C D E F G H", "\0abcd-efgh"]
)
def test_a_code_is_known_however_it_is_typed(typed: str) -> None:
    assert normal_code(typed) == "ABCDEFGH"


def test_what_is_no_code_becomes_none() -> None:
    assert normal_code("¿ñ? \ud800 –") == ""
