"""What an attempt came to: the score on every axis, and the pace."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.items import Axis, PoolItem

_ROMAN = {"I": 1, "V": 5, "X": 10}


@dataclass(frozen=True, slots=True)
class MarkedItem:
    """One item of a form with the response to it; `option_id` is None where it is blank."""

    position: int
    item: PoolItem
    option_id: str | None
    seconds: int

    @property
    def answered(self) -> bool:
        """Whether an option was chosen."""
        return self.option_id is not None

    @property
    def correct(self) -> bool:
        """Whether the key was chosen."""
        return self.option_id == self.item.key

    @property
    def opened(self) -> bool:
        """Whether the candidate came to it at all."""
        return self.answered or self.seconds > 0


@dataclass(frozen=True, slots=True)
class AreaScore:
    """The score on the items of one area."""

    axis: Axis
    area: str
    correct: int
    total: int


@dataclass(frozen=True, slots=True)
class Score:
    """The whole score and the same items read on every axis."""

    correct: int
    total: int
    answered: int
    areas: tuple[AreaScore, ...]

    @property
    def share(self) -> float:
        """The share of correct items, 0.0 of none."""
        return self.correct / self.total if self.total else 0.0

    def on(self, axis: Axis) -> tuple[AreaScore, ...]:
        """List the areas of one axis."""
        return tuple(area for area in self.areas if area.axis is axis)


@dataclass(frozen=True, slots=True)
class AreaPace:
    """How long the opened items of one OSHPD domain took."""

    area: str
    items: int
    seconds: int
    mean_seconds: float


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds per opened item, in all and by OSHPD domain, beside what the exam allows."""

    seconds_total: int
    mean_seconds: float
    allowed_seconds: float
    areas: tuple[AreaPace, ...]
    slowest_area: str | None


def score(marked: Sequence[MarkedItem]) -> Score:
    """Score an attempt: a blank is not correct, and a wrong option costs nothing more."""
    return Score(
        correct=_correct(marked),
        total=len(marked),
        answered=sum(item.answered for item in marked),
        areas=tuple(
            AreaScore(axis, area, _correct(items), len(items))
            for axis in Axis
            for area, items in _by_area(marked, axis)
        ),
    )


def pace(marked: Sequence[MarkedItem], allowed_seconds: float) -> Pace:
    """Measure the pace over the opened items; `allowed_seconds` is the exam's for one.

    The slowest area is the one with the highest mean, the first of equals.
    """
    opened = [item for item in marked if item.opened]
    areas = tuple(
        AreaPace(area, len(items), _seconds(items), _seconds(items) / len(items))
        for area, items in _by_area(opened, Axis.OSHPD)
    )
    slowest = max(areas, key=lambda area: area.mean_seconds, default=None)
    return Pace(
        seconds_total=_seconds(opened),
        mean_seconds=_seconds(opened) / (len(opened) or 1),
        allowed_seconds=allowed_seconds,
        areas=areas,
        slowest_area=slowest.area if slowest else None,
    )


def _correct(marked: Iterable[MarkedItem]) -> int:
    return sum(item.correct for item in marked)


def _seconds(marked: Iterable[MarkedItem]) -> int:
    return sum(item.seconds for item in marked)


def _by_area(marked: Iterable[MarkedItem], axis: Axis) -> list[tuple[str, list[MarkedItem]]]:
    """Group the items by the areas that occur on `axis`, in the taxonomy's order."""
    groups: dict[str, list[MarkedItem]] = {}
    for item in marked:
        groups.setdefault(item.item.area(axis), []).append(item)
    return sorted(groups.items(), key=lambda group: _number(group[0]))


def _number(area: str) -> int:
    """Read the number of an area, written as the taxonomies do: "12" or "XII"."""
    if area.isdigit():
        return int(area)
    values = [_ROMAN[letter] for letter in area]
    following = [*values[1:], 0]
    pairs = zip(values, following, strict=True)
    return sum(-value if value < after else value for value, after in pairs)
