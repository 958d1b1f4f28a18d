"""Shares over the whole bank, which mean something only once it is large."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.bank.files import BankFiles
from app.bank.problems import Detail, Problem, ProblemCode
from app.domain.items import Item

ENOUGH_ITEMS = 100
WHOLE_BANK = "items"


class Bounds(NamedTuple):
    """The least and the greatest share, in percent."""

    low: int
    high: int


def enough(files: BankFiles) -> tuple[Item, ...]:
    """Give the live items, or none where they are too few to speak of shares."""
    return files.live if len(files.live) >= ENOUGH_ITEMS else ()


def outside(share: float, bounds: Bounds, code: ProblemCode, **detail: Detail) -> Iterator[Problem]:
    """Report a share of the whole bank that lies outside its bounds."""
    percent = 100 * share
    if not bounds.low <= percent <= bounds.high:
        shown = {"percent": round(percent), "low": bounds.low, "high": bounds.high}
        yield Problem(WHOLE_BANK, 1, code, {**detail, **shown})


def extreme_share(counts: Sequence[tuple[int, Sequence[int]]], *, longest: bool) -> float:
    """Give the share of keys that are the longest (or shortest) option; ties are split.

    Each entry of `counts` is the key's words and all four options' words.
    """
    total = 0.0
    for key, each in counts:
        if key == (max(each) if longest else min(each)):
            total += 1 / sum(count == key for count in each)
    return total / len(counts) if counts else 0.0
