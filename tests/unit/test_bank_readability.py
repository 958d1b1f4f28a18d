"""Words, sentences, syllables and the two reading-level formulas."""

import pytest

from app.bank.readability import (
    english_syllables,
    fernandez_huerta,
    flesch_kincaid,
    spanish_syllables,
)
from app.bank.wording import own_sentences, sentences, unquoted, words


@pytest.mark.parametrize(
    ("word", "count"),
    [("cat", 1), ("asked", 1), ("wanted", 2), ("recovery", 4), ("make", 1), ("table", 2),
     ("boundary", 3), ("hospital", 3), ("Rosa's", 2), ("the", 1), ("changes", 2)],
)  # fmt: skip
def test_english_syllables(word: str, count: int) -> None:
    assert english_syllables(word) == count


@pytest.mark.parametrize(
    ("word", "count"),
    [("año", 2), ("idea", 3), ("leer", 2), ("país", 2), ("recuperación", 5), ("día", 2),
     ("ahora", 3), ("oír", 2), ("especialista", 5), ("apoyo", 3), ("aún", 2), ("reunión", 2),
     ("que", 1), ("guía", 2), ("voy", 1), ("mayo", 2), ("muy", 1), ("y", 1), ("teoría", 4),
     ("Europa", 3), ("siguiente", 3), ("vergüenza", 3), ("acompañamiento", 6), ("ciudad", 2)],
)  # fmt: skip
def test_spanish_syllables(word: str, count: int) -> None:
    assert spanish_syllables(word) == count


def test_flesch_kincaid_follows_its_formula() -> None:
    text = "The cat sat on the mat. It was asleep."  # 9 words, 2 sentences, 10 syllables
    assert flesch_kincaid(text) == pytest.approx(0.39 * 4.5 + 11.8 * 10 / 9 - 15.59)


def test_fernandez_huerta_follows_its_formula() -> None:
    text = "La casa es azul. Ana está aquí."  # 7 words, 2 sentences, 12 syllables
    assert fernandez_huerta(text) == pytest.approx(206.84 - 60 * 12 / 7 - 1.02 * 3.5)


@pytest.mark.parametrize(
    ("text", "count"),
    [("He waits. She calls.", 2), ("Dr. Lee waits.", 1), ("'Are you well?' asks Ana.", 1),
     ("Vive en EE. UU. desde 2020.", 1), ("Ana duda. ¿Qué hace?", 2), ("He is OK. She calls.", 2),
     ("Until 9 p.m. The team waits.", 2),
     ("Es a las 9 p. m. ¿Qué hace?", 2),
     ("Says no. Ana waits.", 2), ("At 9 a.m. Ana calls.", 1),
     ("He left… then came.", 1), ("«Ya voy.» Ana espera.", 2)],
)  # fmt: skip
def test_sentences_end_where_a_reader_ends_them(text: str, count: int) -> None:
    assert len(sentences(text)) == count


def test_speech_belongs_to_the_sentence_that_quotes_it() -> None:
    assert len(own_sentences("Ana says: 'I came. I saw. I left.' What now?")) == 2
    assert len(own_sentences("Ana dice: «Vine. Vi». ¿Y ahora?")) == 2


def test_words_hold_together_over_hyphens_and_apostrophes() -> None:
    assert words("Ana's well-being, at 9:30!") == ["Ana's", "well-being", "at", "9", "30"]


def test_quotations_are_left_out() -> None:
    for text in ("a 'don't' b", 'a "x" b', "a «x» b", "a “x” b"):
        assert unquoted(text).split() == ["a", "…", "b"]
