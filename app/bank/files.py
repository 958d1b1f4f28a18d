"""What reading the bank's folder gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.bank.lines import KeyLines
from app.bank.problems import Detail, Problem, ProblemCode
from app.domain.bilingual import Bilingual, Language
from app.domain.blueprint import ExamBlueprint, ExamRules
from app.domain.items import Item, ItemStatus, Taxonomy


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of the source registry; `note` says in English what it is used for."""

    id: str
    title: Bilingual
    note: str
    checked: date


@dataclass(frozen=True, slots=True)
class Term:
    """An English term, its one Spanish rendering, and further accepted Spanish forms."""

    en: str
    es: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Banned:
    """Phrases that items do without: in any case of letters, and as written."""

    any_case: tuple[str, ...]
    exact: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemPlace:
    """The file that an item came from, and where in it things stand."""

    path: str
    lines: KeyLines


@dataclass(frozen=True, slots=True)
class BankFiles:
    """The whole bank: what could be read, and what could not."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    taxonomy: Taxonomy
    sources: tuple[Source, ...]
    glossary: tuple[Term, ...]
    blueprint: ExamBlueprint
    rules: ExamRules
    banned: Mapping[Language, Banned]
    spelling: frozenset[str]
    """Words that the spell checker may pass, in small letters."""
    places: Mapping[str, ItemPlace]
    """By item id."""

    @property
    def live(self) -> tuple[Item, ...]:
        """The items that are or may become drawable."""
        return tuple(item for item in self.items if item.status is not ItemStatus.RETIRED)

    def problem(self, item: Item, where: str, code: ProblemCode, /, **detail: Detail) -> Problem:
        """Place a problem on the line of the key `where` in the item's file."""
        place = self.places[item.id]
        return Problem(place.path, place.lines.line(where), code, detail)
