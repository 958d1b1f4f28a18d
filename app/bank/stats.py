"""Counts over the bank, ready for JSON."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from app.bank.coverage import coverage
from app.bank.files import BankFiles
from app.bank.shares import extreme_share
from app.bank.wording import option_words, words
from app.domain.bilingual import Language
from app.domain.items import Item, ItemStatus, Level

HARD_BELOW = 0.55
EASY_ABOVE = 0.85
HOUSE_VOICE = (
    "ask",
    "asks",
    "explore",
    "explores",
    "listen",
    "listens",
    "choice",
    "together",
    "support",
    "respect",
    "supervisor",
    "hope",
    "always",
    "never",
    "only",
)
"""Words that a guesser goes by; near a quarter of the options that hold one should be keys."""


def bank_stats(files: BankFiles) -> dict[str, Any]:
    """Count items in all and by status; everything else over those that are not retired."""
    items = files.live
    return {
        "items": len(files.items),
        "problem_files": len({problem.path for problem in files.problems}),
        "status": _counted((item.status.value for item in files.items), ItemStatus),
        "axes": {axis.axis: dict(axis.counts) for axis in coverage(files).axes},
        "level": _counted((item.level.value for item in items), Level),
        "tags": _counted((tag for item in items for tag in item.tags), files.taxonomy.tags),
        "difficulty": _bands(items),
        "key_longest": _extremes(items, longest=True),
        "key_shortest": _extremes(items, longest=False),
        "house_voice": _house_voice(items),
    }


def _counted(found: Iterable[str], known: Iterable[str]) -> dict[str, int]:
    counts = Counter(found)
    return {str(name): counts[str(name)] for name in known}


def _bands(items: tuple[Item, ...]) -> dict[str, int]:
    hard = sum(item.difficulty < HARD_BELOW for item in items)
    easy = sum(item.difficulty > EASY_ABOVE for item in items)
    return {"hard": hard, "medium": len(items) - hard - easy, "easy": easy}


def _extremes(items: tuple[Item, ...], *, longest: bool) -> dict[str, float]:
    """Give the share of keys that are the longest (or shortest) option, by language."""
    shares = {}
    for language in Language:
        counted = [(item.key, option_words(item, language)) for item in items]
        pairs = [(counts[key], list(counts.values())) for key, counts in counted]
        shares[language.value] = round(extreme_share(pairs, longest=longest), 3)
    return shares


def _house_voice(items: tuple[Item, ...]) -> dict[str, dict[str, int]]:
    """For each word: the English options that hold it, and how many of those are keys."""
    options: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    for item in items:
        for option in item.options:
            held = set(map(str.lower, words(option.text.en))).intersection(HOUSE_VOICE)
            options.update(held)
            keys.update(held if option.id == item.key else ())
    return {word: {"options": options[word], "keys": keys[word]} for word in HOUSE_VOICE}
