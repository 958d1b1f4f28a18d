"""Which areas of each axis have items: the coverage matrix."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.bank.files import BankFiles


@dataclass(frozen=True, slots=True)
class AxisCoverage:
    """Items per area of one axis, in the taxonomy's order; areas are codes."""

    axis: str
    counts: Mapping[str, int]

    @property
    def empty(self) -> tuple[str, ...]:
        """The areas without an item."""
        return tuple(area for area, count in self.counts.items() if not count)


@dataclass(frozen=True, slots=True)
class Coverage:
    """OSHPD domains by SAMHSA categories, and every axis alone. Retired items do not count."""

    matrix: Mapping[int, Mapping[str, int]]
    axes: tuple[AxisCoverage, ...]


def coverage(files: BankFiles) -> Coverage:
    """Count the live items."""
    taxonomy, items = files.taxonomy, files.live
    cells = Counter((item.oshpd, item.samhsa_category) for item in items)
    return Coverage(
        matrix={
            domain: {category: cells[domain, category] for category in taxonomy.samhsa}
            for domain in taxonomy.oshpd
        },
        axes=(
            _axis("oshpd", taxonomy.oshpd, (item.oshpd for item in items)),
            _axis("samhsa", taxonomy.samhsa_competencies, (item.samhsa for item in items)),
            _axis("focus_area", taxonomy.focus_areas, (item.focus_area for item in items)),
            _axis("competency", taxonomy.competencies, (item.competency for item in items)),
            _axis("ethics", taxonomy.ethics, (item.ethics for item in items)),
        ),
    )


def _axis(axis: str, known: Iterable[str | int], found: Iterable[str | int | None]) -> AxisCoverage:
    counts = Counter(found)
    return AxisCoverage(axis, {str(area): counts[area] for area in known})
