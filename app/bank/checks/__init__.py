"""Everything of the item-writing standard that a program can check."""

from collections.abc import Callable, Iterable, Iterator

from app.bank.checks import (
    coverage,
    duplicates,
    enemies,
    keys,
    languages,
    options,
    phrases,
    rationales,
    reading,
    spelling,
)
from app.bank.files import BankFiles
from app.bank.problems import Problem

Check = Callable[[BankFiles], Iterator[Problem]]

CHECKS: tuple[Check, ...] = (
    options.lengths,
    options.stem_words,
    keys.longest_and_shortest,
    keys.places,
    keys.ids,
    duplicates.near_duplicates,
    enemies.enemies,
    reading.stems,
    reading.long_sentences,
    reading.bank_level,
    languages.languages,
    languages.untranslated,
    spelling.spelling,
    phrases.glossary,
    phrases.banned,
    phrases.sensitive,
    rationales.rationales,
    coverage.levels,
    coverage.areas,
)


def check_bank(files: BankFiles, checks: Iterable[Check] = CHECKS) -> tuple[Problem, ...]:
    """Find every problem, the reader's included, in order of place.

    `checks` may be wrapped to show how far the work is.
    """
    found = list(files.problems)
    for check in checks:
        found.extend(check(files))
    return tuple(sorted(found, key=lambda problem: problem.place))
