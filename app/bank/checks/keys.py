"""Patterns in which options are keys, over the whole bank."""

from collections import Counter
from collections.abc import Iterator

from app.bank.files import BankFiles
from app.bank.problems import Detail, Problem, ProblemCode
from app.bank.shares import WHOLE_BANK, Bounds, enough, extreme_share, outside
from app.bank.wording import option_words
from app.domain.bilingual import Language
from app.domain.items import Item

QUARTER = Bounds(15, 35)
PATTERNED_IDS = 3
"""So many of four ids that share two letters in the same places are no chance."""
MARKING_COUNT = 20
MARKING_SHARE = 0.7
"""A character that stands in 20 or more ids, over 70 % of them keys, marks the key."""


def longest_and_shortest(files: BankFiles) -> Iterator[Problem]:
    """Report that the key is the longest or the shortest option too often or too seldom."""
    items = enough(files)
    for language in Language if items else ():
        counted = [option_words(item, language) for item in items]
        pairs = [
            (counts[item.key], list(counts.values()))
            for item, counts in zip(items, counted, strict=True)
        ]
        longest = extreme_share(pairs, longest=True)
        shortest = extreme_share(pairs, longest=False)
        shown = language.value
        yield from outside(longest, QUARTER, ProblemCode.KEY_LONGEST_SHARE, language=shown)
        yield from outside(shortest, QUARTER, ProblemCode.KEY_SHORTEST_SHARE, language=shown)


def places(files: BankFiles) -> Iterator[Problem]:
    """Report a place, in the file or among sorted ids, that holds the key too often or seldom."""
    items = enough(files)
    if not items:
        return
    in_file = Counter(_ids(item).index(item.key) for item in items)
    by_id = Counter(sorted(_ids(item)).index(item.key) for item in items)
    for place in range(4):
        for code, counts in (
            (ProblemCode.KEY_PLACE_SHARE, in_file),
            (ProblemCode.KEY_ID_ORDER_SHARE, by_id),
        ):
            yield from outside(counts[place] / len(items), QUARTER, code, place=place + 1)


def ids(files: BankFiles) -> Iterator[Problem]:
    """Option ids follow a pattern, in one item or over the bank."""
    for item in files.items:
        if _patterned(_ids(item)):
            code = ProblemCode.OPTION_IDS_PATTERNED
            yield files.problem(item, "options.0.id", code, ids=", ".join(_ids(item)))
    if enough(files):
        yield from _marking_characters(files.live)


def _marking_characters(items: tuple[Item, ...]) -> Iterator[Problem]:
    everywhere: Counter[tuple[int, str]] = Counter()
    in_keys: Counter[tuple[int, str]] = Counter()
    for item in items:
        everywhere.update(mark for option_id in _ids(item) for mark in enumerate(option_id))
        in_keys.update(enumerate(item.key))
    for (place, character), count in sorted(everywhere.items()):
        share = in_keys[place, character] / count
        if count >= MARKING_COUNT and share > MARKING_SHARE:
            detail: dict[str, Detail] = {
                "character": character,
                "place": place + 1,
                "percent": round(100 * share),
            }
            yield Problem(WHOLE_BANK, 1, ProblemCode.KEY_IDS_PATTERNED, detail)


def _patterned(option_ids: list[str]) -> bool:
    """Three or more ids alike but for one character, as a01, a02, a03."""
    return any(
        max(Counter(cut(option_id) for option_id in option_ids).values()) >= PATTERNED_IDS
        for cut in (lambda one: one[:2], lambda one: one[1:], lambda one: (one[0], one[2]))
    )


def _ids(item: Item) -> list[str]:
    return [option.id for option in item.options]
