"""Exam content comes in two languages, always side by side."""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """A language that people read PeerPrep in."""

    EN = "en"
    ES = "es"

    @property
    def other(self) -> "Language":
        """The other of the two."""
        return Language.ES if self is Language.EN else Language.EN


@dataclass(frozen=True, slots=True)
class Bilingual:
    """One text in both languages."""

    en: str
    es: str

    def text(self, language: Language) -> str:
        """The text in `language`."""
        return self.es if language is Language.ES else self.en
