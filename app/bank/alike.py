"""The pairs of items that share the most telling words, to be read and settled."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.bank.wording import stem_and_options, words
from app.domain.bilingual import Language
from app.domain.items import Item

SHORT = 3
"""Letters: words of so few say nothing of what an item is about."""
_Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two items and how alike they are, from 0 to 1, in the language where they are most so."""

    one: Item
    other: Item
    likeness: float
    language: Language

    @property
    def settled(self) -> bool:
        """The two are kept apart as enemies."""
        return self.other.id in self.one.enemies


def most_alike(items: Sequence[Item], count: int) -> tuple[Pair, ...]:
    """Find the `count` most alike of all pairs, over both languages.

    Likeness is the cosine of the two items' words, each weighted by how few items hold it
    (tf-idf with a logarithm on both sides): two items on the same rare thing stand out, two
    that share the words of the trade do not.
    """
    if not items:
        return ()
    scores = np.stack([_likeness(items, language) for language in Language])
    ones, others = np.triu_indices(len(items), k=1)
    best = scores.max(axis=0)[ones, others]
    order = np.argsort(-best, kind="stable")[:count].tolist()
    return tuple(_pair(items, scores, int(ones[place]), int(others[place])) for place in order)


def _pair(items: Sequence[Item], scores: Any, one: int, other: int) -> Pair:  # noqa: ANN401
    each: list[float] = scores[:, one, other].tolist()
    language = [*Language][each.index(max(each))]
    return Pair(items[one], items[other], max(each), language)


def _likeness(items: Sequence[Item], language: Language) -> _Matrix:
    """Compare all with all in one language; an item without a telling word is like none."""
    counts = [_telling_words(item, language) for item in items]
    holders = Counter(word for each in counts for word in each)
    columns = {word: place for place, word in enumerate(sorted(holders))}
    weights = np.zeros((len(items), len(columns)))
    for row, each in enumerate(counts):
        for word, times in each.items():
            weights[row, columns[word]] = (1 + np.log(times)) * np.log(len(items) / holders[word])
    norms = np.linalg.norm(weights, axis=1, keepdims=True)
    weights /= np.where(norms > 0, norms, 1)
    compared: _Matrix = weights @ weights.T
    return compared


def _telling_words(item: Item, language: Language) -> Counter[str]:
    texts = stem_and_options(item, language)
    return Counter(word.lower() for text in texts for word in words(text.text) if len(word) > SHORT)
