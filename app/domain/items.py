"""An item: one question with its four options, tagged on every axis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from app.domain.bilingual import Bilingual, Language


class Level(StrEnum):
    """What answering takes."""

    RECALL = "recall"
    APPLICATION = "application"
    JUDGMENT = "judgment"


class ItemStatus(StrEnum):
    """Where an item is in its life; only reviewed items are drawn."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    RETIRED = "retired"


class Axis(StrEnum):
    """A way of reading the same result."""

    OSHPD = "oshpd"
    SAMHSA = "samhsa"
    FOCUS_AREA = "focus_area"
    COMPETENCY = "competency"


@dataclass(frozen=True, slots=True)
class SourceRef:
    """An entry of the source registry and the place in it."""

    id: str
    place: str


@dataclass(frozen=True, slots=True)
class Option:
    """One of an item's four options; `misconception` is None on the key alone."""

    id: str
    text: Bilingual
    rationale: Bilingual
    misconception: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """One bilingual multiple-choice question. `samhsa` is category and number, as "IX.6"."""

    id: str
    status: ItemStatus
    oshpd: int
    samhsa: str
    competency: int
    focus_area: int
    ethics: str | None
    level: Level
    difficulty: float
    tags: tuple[str, ...]
    sources: tuple[SourceRef, ...]
    enemies: tuple[str, ...]
    stem: Bilingual
    options: tuple[Option, ...]
    key: str

    @property
    def samhsa_category(self) -> str:
        """The category alone, as "IX"."""
        return self.samhsa.partition(".")[0]

    def words(self, language: Language) -> int:
        """The reading load: words of stem and options."""
        texts = (self.stem, *(option.text for option in self.options))
        return sum(len(text.text(language).split()) for text in texts)


@dataclass(frozen=True, slots=True)
class PoolItem:
    """What drawing and scoring need of one item revision, without its texts."""

    item_id: str
    revision: int
    oshpd: int
    samhsa: str
    competency: int
    focus_area: int
    level: Level
    words_en: int
    words_es: int
    enemies: frozenset[str]
    option_ids: tuple[str, ...]
    key: str

    @classmethod
    def of(cls, item: Item, revision: int) -> "PoolItem":
        """Keep of `item` what drawing and scoring need."""
        return cls(
            item_id=item.id,
            revision=revision,
            oshpd=item.oshpd,
            samhsa=item.samhsa,
            competency=item.competency,
            focus_area=item.focus_area,
            level=item.level,
            words_en=item.words(Language.EN),
            words_es=item.words(Language.ES),
            enemies=frozenset(item.enemies),
            option_ids=tuple(option.id for option in item.options),
            key=item.key,
        )

    def area(self, axis: Axis) -> str:
        """The area it counts under on `axis`: "3", "IX", "1" or "16"."""
        return areas_of((self,), axis)[0]


def areas_of(items: Sequence[PoolItem], axis: Axis) -> list[str]:
    """The area of each item on `axis`: all at once, for what runs over a whole bank."""
    if axis is Axis.SAMHSA:
        return [item.samhsa.partition(".")[0] for item in items]
    return [*map(str, map(attrgetter(axis), items))]  # the axis is named as its field


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Names of everything an item can be tagged with, in file order."""

    oshpd: Mapping[int, Bilingual]
    samhsa: Mapping[str, Bilingual]
    """Categories by roman number."""
    samhsa_competencies: Mapping[str, Bilingual]
    """Competencies as "IX.6"."""
    focus_areas: Mapping[int, Bilingual]
    competencies: Mapping[int, Bilingual]
    competency_focus: Mapping[int, int]
    """The focus area that a competency is assumed to belong to."""
    ethics: Mapping[str, Bilingual]
    misconceptions: Mapping[str, Bilingual]
    tags: Mapping[str, Bilingual]

    def areas(self, axis: Axis) -> dict[str, Bilingual]:
        """Every area of `axis` with its name, keyed as `PoolItem.area` gives it."""
        if axis is Axis.SAMHSA:
            return dict(self.samhsa)
        numbered = {
            Axis.OSHPD: self.oshpd,
            Axis.FOCUS_AREA: self.focus_areas,
            Axis.COMPETENCY: self.competencies,
        }[axis]
        return {str(number): name for number, name in numbered.items()}
