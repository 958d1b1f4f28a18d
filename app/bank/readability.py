"""Reading-level formulas for English and Spanish.

Libraries for this count Spanish syllables with hyphenation patterns, which never split off
a single vowel ("año", "día") and so make every text look easier than it is.
"""

import re

from app.bank.wording import sentences, words

_EN_VOWELS = re.compile(r"[aeiouy]+")
_EN_SILENT = re.compile(r"(?:[^laeiouy]e|[^aeioutd]ed|[^aeiouscxzhg]es)$")
_ES_VOWELS = re.compile(r"[aeiouáéíóúü]+(?:y(?![aeiouáéíóú]))?|y(?![aeiouáéíóú])")
_ES_STRONG = re.compile(r"[aeoáéóíú]")
_ES_SILENT_U = re.compile(r"(?<=q)u(?=[eéií])|(?<=g)u(?=[eéií])")


def english_syllables(word: str) -> int:
    """Estimate by groups of vowels, less a silent ending: "asked" has one."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    count = len(_EN_VOWELS.findall(letters)) - bool(_EN_SILENT.search(letters))
    return max(1, count)


def spanish_syllables(word: str) -> int:
    """Count exactly by the rules of spelling: strong and accented vowels do not share one."""
    letters = _ES_SILENT_U.sub("", word.lower())
    groups = _ES_VOWELS.findall(letters)
    return max(1, sum(max(1, len(_ES_STRONG.findall(group))) for group in groups))


def flesch_kincaid(text: str) -> float:
    """US school grade of an English text.

    Kincaid, Fishburne, Rogers and Chissom, "Derivation of new readability formulas for Navy
    enlisted personnel", Research Branch Report 8-75, 1975.
    """
    found = words(text)
    if not found:
        return 0.0
    syllables = sum(map(english_syllables, found))
    return 0.39 * len(found) / len(sentences(text)) + 11.8 * syllables / len(found) - 15.59


def fernandez_huerta(text: str) -> float:
    """Compute the reading ease of a Spanish text; 100 is very easy, below 30 very hard.

    J. Fernández Huerta, "Medidas sencillas de lecturabilidad", Consigna 214, 1959: 206.84
    less 0.60 of the syllables in 100 words, less 1.02 of the words in a sentence (so, and not
    the other way round, as G. Law showed of the formula that is often quoted).
    """
    found = words(text)
    if not found:
        return 100.0
    syllables = sum(map(spanish_syllables, found))
    return 206.84 - 60 * syllables / len(found) - 1.02 * len(found) / len(sentences(text))
