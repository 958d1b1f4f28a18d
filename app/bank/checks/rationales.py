"""Rationales that do not teach."""

import re
from collections.abc import Iterator

from app.bank import wording
from app.bank.files import BankFiles
from app.bank.problems import Problem, ProblemCode
from app.domain.bilingual import Language
from app.domain.items import Item, Option

SENTENCES = 3
FEWEST_WORDS = 6
_OPTION_NAMED = {
    Language.EN: re.compile(
        r"\b(?:(?:option|choice|answer) (?:[A-D1-4])|(?i:first|second|third|fourth|last)"
        r" option)\b"
    ),
    Language.ES: re.compile(
        r"\b(?:(?:opción|respuesta|alternativa) [A-D1-4]|(?i:primera|segunda|tercera|cuarta"
        r"|última) (?:opción|respuesta|alternativa)|(?:opción|respuesta) anterior)\b"
    ),
}


def rationales(files: BankFiles) -> Iterator[Problem]:
    """Report a rationale that is too long, says too little, or names an option by its place."""
    for item in files.items:
        for place, option in enumerate(item.options):
            for language in Language:
                yield from _one(files, item, place, option, language)


def _one(
    files: BankFiles, item: Item, place: int, option: Option, language: Language
) -> Iterator[Problem]:
    key = f"options.{place}.rationale.{language}"
    text = option.rationale.text(language)
    shown = {"option": option.id, "language": language.value}
    count = len(wording.sentences(text))
    if count > SENTENCES:
        code = ProblemCode.RATIONALE_SENTENCES
        yield files.problem(item, key, code, sentences=count, limit=SENTENCES, **shown)
    if len(wording.words(text)) < FEWEST_WORDS:
        yield files.problem(item, key, ProblemCode.RATIONALE_TOO_SHORT, **shown)
    if named := _OPTION_NAMED[language].search(text):
        code = ProblemCode.RATIONALE_NAMES_AN_OPTION
        yield files.problem(item, key, code, words=named[0], **shown)
