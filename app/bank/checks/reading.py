"""Texts that are hard to read."""

from collections.abc import Iterator
from statistics import median

from app.bank.files import BankFiles
from app.bank.problems import Problem, ProblemCode
from app.bank.readability import fernandez_huerta, flesch_kincaid
from app.bank.shares import WHOLE_BANK, enough
from app.bank.wording import all_texts, own_sentences, sentences, words
from app.domain.bilingual import Language
from app.domain.items import Item

STEM_WORDS = 70
STEM_SENTENCES = 4
STEM_GRADE = 11
STEM_EASE = 50
BANK_GRADE = (4, 9)
SENTENCE_WORDS = {Language.EN: 25, Language.ES: 30}
_START_WORDS = 6


def stems(files: BankFiles) -> Iterator[Problem]:
    """Report a stem that is too long or too hard, or asks nothing."""
    for item in files.items:
        yield from _stem_level(files, item)
        for language in Language:
            text = item.stem.text(language)
            key = f"stem.{language}"
            if "?" not in text:
                code = ProblemCode.NO_QUESTION
                yield files.problem(item, key, code, language=language.value)
            if (count := len(own_sentences(text))) > STEM_SENTENCES:
                yield files.problem(
                    item,
                    key,
                    ProblemCode.STEM_SENTENCES,
                    language=language.value,
                    sentences=count,
                    limit=STEM_SENTENCES,
                )


def _stem_level(files: BankFiles, item: Item) -> Iterator[Problem]:
    count = len(words(item.stem.en))
    if count > STEM_WORDS:
        code = ProblemCode.STEM_WORDS
        yield files.problem(item, "stem.en", code, words=count, limit=STEM_WORDS)
    grade = flesch_kincaid(item.stem.en)
    if grade > STEM_GRADE:
        code = ProblemCode.STEM_GRADE
        yield files.problem(item, "stem.en", code, grade=round(grade, 1), limit=STEM_GRADE)
    ease = fernandez_huerta(item.stem.es)
    if ease < STEM_EASE:
        code = ProblemCode.STEM_EASE
        yield files.problem(item, "stem.es", code, ease=round(ease, 1), limit=STEM_EASE)


def long_sentences(files: BankFiles) -> Iterator[Problem]:
    """Report a sentence, anywhere in an item, that is too long."""
    for item in files.items:
        for key, language, text in all_texts(item):
            limit = SENTENCE_WORDS[language]
            for sentence in sentences(text):
                count = len(words(sentence))
                if count > limit:
                    yield files.problem(
                        item,
                        key,
                        ProblemCode.SENTENCE_WORDS,
                        language=language.value,
                        words=count,
                        limit=limit,
                        start=" ".join(sentence.split()[:_START_WORDS]),
                    )


def bank_level(files: BankFiles) -> Iterator[Problem]:
    """Report stems that are too hard, or childish, on the median of the whole bank."""
    items = enough(files)
    if not items:
        return
    grade = median(flesch_kincaid(item.stem.en) for item in items)
    low, high = BANK_GRADE
    if not low <= grade <= high:
        detail = {"grade": round(grade, 1), "low": low, "high": high}
        yield Problem(WHOLE_BANK, 1, ProblemCode.BANK_GRADE, detail)
