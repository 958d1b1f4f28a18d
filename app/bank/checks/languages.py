"""English that is not English, Spanish that is not Spanish."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from app.bank.files import BankFiles
from app.bank.problems import Problem, ProblemCode
from app.bank.wording import ItemText, rationales, stem_and_options, words
from app.domain.bilingual import Language
from app.domain.items import Item

_TOO_SHORT_TO_DIFFER = 4


@cache
def _identifier() -> Any:  # noqa: ANN401 - py3langid has no types
    identifier: Any = LanguageIdentifier
    restricted = identifier.from_model_file(MODEL_FILE)
    restricted.set_languages([language.value for language in Language])
    return restricted


def languages(files: BankFiles) -> Iterator[Problem]:
    """Stem and options, or the rationales, are written in the other language."""
    for item in files.items:
        for language in Language:
            for texts in (stem_and_options(item, language), rationales(item, language)):
                yield from _wrong_language(files, item, list(texts))


def _wrong_language(files: BankFiles, item: Item, texts: list[ItemText]) -> Iterator[Problem]:
    language = texts[0].language
    found, _ = _identifier().classify(" ".join(text.text for text in texts))
    if found != language.value:
        code = ProblemCode.WRONG_LANGUAGE
        yield files.problem(item, texts[0].key, code, language=language.value)


def untranslated(files: BankFiles) -> Iterator[Problem]:
    """Report a text that is the same in both languages and too long for that to be chance."""
    for item in files.items:
        for reader in (stem_and_options, rationales):
            pairs = zip(reader(item, Language.EN), reader(item, Language.ES), strict=True)
            for english, spanish in pairs:
                same = english.text == spanish.text
                if same and len(words(english.text)) >= _TOO_SHORT_TO_DIFFER:
                    code = ProblemCode.NOT_TRANSLATED
                    yield files.problem(item, spanish.key, code, key=spanish.key)
