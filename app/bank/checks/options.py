"""Options that give the key away by their look."""

from collections.abc import Iterator

from app.bank.checks.function_words import FUNCTION_WORDS
from app.bank.files import BankFiles
from app.bank.problems import Problem, ProblemCode
from app.bank.wording import option_words, words
from app.domain.bilingual import Language
from app.domain.items import Item

LONGEST_TO_SHORTEST = 1.4
EXEMPT_BELOW = 5
_SHORTEST_CONTENT_WORD = {Language.EN: 4, Language.ES: 5}


def lengths(files: BankFiles) -> Iterator[Problem]:
    """Options of one item differ too much in words."""
    for item in files.items:
        for language in Language:
            counts = option_words(item, language)
            longest, shortest = max(counts.values()), min(counts.values())
            if longest >= EXEMPT_BELOW and longest > LONGEST_TO_SHORTEST * shortest:
                place = list(counts.values()).index(longest)
                yield files.problem(
                    item,
                    f"options.{place}.{language}",
                    ProblemCode.OPTION_LENGTHS,
                    language=language.value,
                    longest=longest,
                    shortest=shortest,
                )


def stem_words(files: BankFiles) -> Iterator[Problem]:
    """Only the key repeats a content word of the stem."""
    for item in files.items:
        for language in Language:
            if repeated := _only_in_key(item, language):
                place = [option.id for option in item.options].index(item.key)
                yield files.problem(
                    item,
                    f"options.{place}.{language}",
                    ProblemCode.KEY_REPEATS_STEM,
                    language=language.value,
                    words=", ".join(sorted(repeated)),
                )


def _only_in_key(item: Item, language: Language) -> set[str]:
    in_key: set[str] = set()
    in_distractors: set[str] = set()
    for option in item.options:
        found = _content_words(option.text.text(language), language)
        (in_key if option.id == item.key else in_distractors).update(found)
    return (in_key & _content_words(item.stem.text(language), language)) - in_distractors


def _content_words(text: str, language: Language) -> set[str]:
    return {
        word
        for word in map(str.lower, words(text))
        if len(word) >= _SHORTEST_CONTENT_WORD[language] and word not in FUNCTION_WORDS[language]
    }
