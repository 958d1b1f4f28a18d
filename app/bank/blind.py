"""Sheets for blind solving: what a candidate sees, and the keys apart."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.bilingual import Language
from app.domain.items import Item, Option

LETTERS = "ABCD"


class BlindPass(StrEnum):
    """What the solver sees."""

    FULL = "full"
    OPTIONS = "options"


@dataclass(frozen=True, slots=True)
class BlindKey:
    """Which item stood under a number, and its key's letter on the sheet."""

    item_id: str
    letter: str


@dataclass(frozen=True, slots=True)
class BlindSheet:
    """The sheet's text, and its keys by number."""

    text: str
    keys: Mapping[int, BlindKey]


def draw_blind(
    items: Sequence[Item], n: int, seed: int, seen: BlindPass, language: Language
) -> BlindSheet:
    """Draw `n` items at random, or all where there are fewer, and shuffle their options.

    One seed gives the same items in the same order with the same letters whatever is seen and
    in which language, so that the passes can be compared.
    """
    rng = random.Random(seed)
    pool = sorted(items, key=lambda item: item.id)
    drawn = rng.sample(pool, min(n, len(pool)))
    entries: list[str] = []
    keys: dict[int, BlindKey] = {}
    for number, item in enumerate(drawn, start=1):
        options = rng.sample(sorted(item.options, key=lambda option: option.id), len(item.options))
        entries.append(_entry(number, item, options, seen, language))
        place = [option.id for option in options].index(item.key)
        keys[number] = BlindKey(item.id, LETTERS[place])
    return BlindSheet("\n".join(entries), keys)


def _entry(
    number: int, item: Item, options: Sequence[Option], seen: BlindPass, language: Language
) -> str:
    head = f"{number}."
    if seen is BlindPass.FULL:
        head = f"{head} {item.stem.text(language)}"
    lines = [
        f"   {letter}. {option.text.text(language)}"
        for letter, option in zip(LETTERS, options, strict=True)
    ]
    return "\n".join([head, *lines, ""])
