"""Words that no dictionary knows.

English comes with spylls itself; the Spanish dictionary stands in `app/bank/dictionaries`.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import spylls.hunspell
from spylls.hunspell import Dictionary

from app.bank.files import BankFiles
from app.bank.problems import Problem, ProblemCode
from app.bank.wording import all_texts, words
from app.domain.bilingual import Language
from app.domain.items import Item

_FILES = {
    Language.EN: Path(spylls.hunspell.__file__).parent / "data" / "en" / "en_US",
    Language.ES: Path(__file__).parents[1] / "dictionaries" / "es_US",
}
_ONE = r"(?:me|te|se|nos|l[aeo]s?)"
_TWO = r"(?:(?:me|te|se|nos)l[aeo]s?|se(?:me|te|nos))"
_INFINITIVE = re.compile(rf"(\w+r){_ONE}$")
_ACCENTED = re.compile(rf"(\w*[áéíóú]\w*?)(?:{_TWO}|(?<!r){_ONE})$")
_ADVERB = re.compile(r"(.{3,}a|.{3,}[elrz])mente$")
_NO_ACCENTS = str.maketrans("áéíóú", "aeiou")
_POSSESSIVE = re.compile(r"['’]s$|['’]$")


@cache
def _dictionary(language: Language) -> Dictionary:
    return Dictionary.from_files(str(_FILES[language]))


def spelling(files: BankFiles) -> Iterator[Problem]:
    """Report words neither in the dictionary nor in the allow-list that are no name or acronym.

    A capitalised word that stands in both languages' texts of an item counts as a name.
    """
    known = {language: _lookup(language, files.spelling) for language in Language}
    for item in files.items:
        names = _names(item)
        for key, language, text in all_texts(item):
            for word in dict.fromkeys(words(text)):
                bare = _POSSESSIVE.sub("", word)
                if bare not in names and not known[language](bare):
                    yield files.problem(
                        item, key, ProblemCode.SPELLING, language=language.value, word=word
                    )


def _names(item: Item) -> set[str]:
    found: dict[Language, set[str]] = {language: set() for language in Language}
    for _, language, text in all_texts(item):
        bare = (_POSSESSIVE.sub("", word) for word in words(text))
        found[language].update(word for word in bare if word[0].isupper())
    return found[Language.EN] & found[Language.ES]


def _lookup(language: Language, allowed: frozenset[str]) -> Callable[[str], bool]:
    """Make a lookup that asks the slow dictionary only once about each word."""
    dictionary = _dictionary(language)

    @cache
    def known(word: str) -> bool:
        if word.isupper() or not word.isalpha():
            parts = re.split(r"[-’']", word)
            return len(parts) == 1 or dictionary.lookup(word) or all(map(known, parts))
        return (
            word.lower() in allowed
            or dictionary.lookup(word)
            or (language is Language.ES and any(map(dictionary.lookup, _roots(word.lower()))))
        )

    return known


def _roots(word: str) -> Iterator[str]:
    """Give what a Spanish word is made of: the dictionary lists few verbs with pronouns.

    An accent shows that a pronoun was added, except to an infinitive with one pronoun:
    "hablarlo" is "hablar", "preguntándole" "preguntando", "clínicamente" "clínica".
    """
    if infinitive := _INFINITIVE.match(word):
        yield infinitive[1]
    elif verb := _ACCENTED.match(word):
        yield verb[1].translate(_NO_ACCENTS)
    if adverb := _ADVERB.match(word):
        yield adverb[1]
