"""Items that are almost the same."""

from collections.abc import Iterator

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

from app.bank.files import BankFiles
from app.bank.problems import Problem, ProblemCode
from app.bank.wording import stem_and_options
from app.domain.bilingual import Language
from app.domain.items import Item

TOO_ALIKE = 75
"""In percent, by words in order of the alphabet, of stems alone and of stems with options.

Measured on 240 items: 999 of 1,000 pairs stay below 65, and the closest unlike pair has 69. A
copy with names and places changed has 93 on the median, 71 at the least.
"""


def near_duplicates(files: BankFiles) -> Iterator[Problem]:
    """Report two items that say almost the same and are not kept apart as enemies."""
    items = files.live
    for language in Language if items else ():
        stems = [_in_order(item.stem.text(language)) for item in items]
        wholes = [_in_order(_whole(item, language)) for item in items]
        scores = np.triu(np.maximum(_scores(stems), _scores(wholes)), k=1)
        for first, second in np.argwhere(scores).tolist():
            one, other = items[first], items[second]
            if other.id not in one.enemies and one.id not in other.enemies:
                yield files.problem(
                    one,
                    f"stem.{language}",
                    ProblemCode.NEAR_DUPLICATE,
                    other=other.id,
                    language=language.value,
                    percent=int(scores[first, second]),
                )


def _scores(texts: list[str]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Compare all with all; what is below the threshold is 0."""
    return process.cdist(
        texts, texts, scorer=fuzz.ratio, score_cutoff=TOO_ALIKE, dtype=np.uint8, workers=1
    )


def _whole(item: Item, language: Language) -> str:
    return " ".join(text.text for text in stem_and_options(item, language))


def _in_order(text: str) -> str:
    """Sort the words, so that moved parts still match."""
    return " ".join(sorted(default_process(text).split()))
