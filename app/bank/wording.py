"""Takes texts apart: words, sentences, what is quoted; and every text of an item by its key."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.domain.bilingual import Language
from app.domain.items import Item

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SENTENCE_END = re.compile(r"""[.!?…]["'”’»)\]]*\s+(?=["'“‘«(¿¡]*[^\W_a-záéíóúüñ])""")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(«“\"'])(?:[A-ZÁÉÍÓÚÑ]|EE|Dr|Dra|Mr|Mrs|Ms|Sr|Sra|Srta|St|vs|etc|e\.g|i\.e|p\. ej|"
    r"[ap]\.\s?m|Ud|Uds|núm|U\.S)\.$"
)
_OPENER = re.compile(
    r"[¿¡]|(?:The|A|An|She|He|They|It|His|Her|Their|This|That|What|Which|Who|When|How|But|And|So|"
    r"If|In|On|At|El|La|Los|Las|Un|Una|Ella|Él|Su|Sus|Esto|Eso|Pero|Y|Si|En|Al|Cuando)\b"
)
"""What opens a sentence even after an abbreviation, as in "until 9 p.m. The team"."""
_QUOTED = re.compile(r"«[^»]*»|“[^”]*”|\"[^\"]*\"|(?<!\w)'.+?'(?!\w)|(?<!\w)‘.+?’(?!\w)")


class ItemText(NamedTuple):
    """One text of an item: its key in the file, its language, itself."""

    key: str
    language: Language
    text: str


def words(text: str) -> list[str]:
    """Split into words; a hyphen or an apostrophe holds a word together."""
    return _WORD.findall(text)


def sentences(text: str) -> list[str]:
    """Split at ends of sentences that a capital, a digit or an opening mark follows."""
    found, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        sentence = text[start : end.end()].strip()
        if not _ABBREVIATION.search(sentence) or _OPENER.match(text, end.end()):
            found.append(sentence)
            start = end.end()
    return [*found, text[start:].strip()] if text[start:].strip() else found


def unquoted(text: str) -> str:
    """Leave out what stands in quotation marks."""
    return _QUOTED.sub(" … ", text)


def own_sentences(text: str) -> list[str]:
    """Split into sentences, where quoted speech belongs to the sentence that quotes it."""
    return sentences(_QUOTED.sub(_as_one_word, text))


def _as_one_word(quoted: re.Match[str]) -> str:
    """Keep only whether the speech ends a sentence."""
    inside = quoted[0][1:-1].rstrip()
    return f"speech{inside[-1]}" if inside.endswith((".", "!", "?", "…")) else "speech"


def stem_and_options(item: Item, language: Language) -> Iterator[ItemText]:
    """Give what a candidate reads before answering."""
    yield ItemText(f"stem.{language}", language, item.stem.text(language))
    for place, option in enumerate(item.options):
        yield ItemText(f"options.{place}.{language}", language, option.text.text(language))


def rationales(item: Item, language: Language) -> Iterator[ItemText]:
    """Give what a candidate reads afterwards."""
    for place, option in enumerate(item.options):
        key = f"options.{place}.rationale.{language}"
        yield ItemText(key, language, option.rationale.text(language))


def all_texts(item: Item) -> Iterator[ItemText]:
    """Every text in both languages."""
    for language in Language:
        yield from stem_and_options(item, language)
        yield from rationales(item, language)


def option_words(item: Item, language: Language) -> dict[str, int]:
    """Count the words of each option, by option id."""
    return {option.id: len(words(option.text.text(language))) for option in item.options}
