"""Phrases that must stand in an item, or must not."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from app.bank.files import BankFiles, Banned, Term
from app.bank.problems import Problem, ProblemCode
from app.bank.wording import all_texts, rationales, stem_and_options, unquoted
from app.domain.bilingual import Language
from app.domain.items import Item

SENSITIVE = "sensitive"
_SENSITIVE_WORD = re.compile(r"\b(?:suicid|overdos|abus)\w*", re.IGNORECASE)


def glossary(files: BankFiles) -> Iterator[Problem]:
    """Report an English term that is not rendered by its Spanish term."""
    terms = sorted(files.glossary, key=lambda term: -len(term.en))
    for item in files.items:
        for reader in (stem_and_options, rationales):
            pairs = zip(reader(item, Language.EN), reader(item, Language.ES), strict=True)
            for english, spanish in pairs:
                for term in _missing(terms, english.text, spanish.text):
                    code = ProblemCode.GLOSSARY_TERM
                    yield files.problem(item, spanish.key, code, term=term.en, expected=term.es)


def _missing(terms: Sequence[Term], english: str, spanish: str) -> Iterator[Term]:
    """Give the terms without their rendering; a term within a longer one does not count."""
    for term in terms:
        english, found = _term_pattern(term.en).subn(" … ", english)
        if found and not _spanish_pattern(term).search(spanish):
            yield term


@cache
def _term_pattern(term: str) -> re.Pattern[str]:
    plural = f"{term[:-1]}ies" if term.endswith("y") else f"{term}s"
    return re.compile(rf"(?<![\w-])(?:{re.escape(term)}|{re.escape(plural)})\b", re.IGNORECASE)


@cache
def _spanish_pattern(term: Term) -> re.Pattern[str]:
    forms = "|".join(map(re.escape, (term.es, *term.also)))
    return re.compile(rf"\b(?:{forms})", re.IGNORECASE)


def banned(files: BankFiles) -> Iterator[Problem]:
    """Report a banned phrase outside quotation marks."""
    patterns = {language: _banned_pattern(files.banned[language]) for language in Language}
    for item in files.items:
        for key, language, text in all_texts(item):
            found = patterns[language].search(unquoted(text))
            if found:
                code = ProblemCode.BANNED_WORDS
                yield files.problem(item, key, code, language=language.value, words=found[0])


def _banned_pattern(banned: Banned) -> re.Pattern[str]:
    any_case = "|".join(map(re.escape, banned.any_case)) or "(?!)"
    exact = "|".join(map(re.escape, banned.exact)) or "(?!)"
    return re.compile(rf"\b(?:(?i:{any_case})|{exact})\b")


def sensitive(files: BankFiles) -> Iterator[Problem]:
    """Report a stem that speaks of suicide, abuse or overdose without the tag that says so."""
    for item in files.items:
        found = _sensitive_word(item)
        if found and SENSITIVE not in item.tags:
            code = ProblemCode.SENSITIVE_TAG_MISSING
            yield files.problem(item, "tags", code, word=found)


def _sensitive_word(item: Item) -> str | None:
    found = _SENSITIVE_WORD.search(item.stem.en)
    return found[0] if found else None
