"""What a group's answers say: only when enough people gave them, and with their range.

Answers to the same question are alike, since questions differ in difficulty: sixty people on one
question tell of that question, hardly of its subject. So a share over several questions counts
as fewer answers than were given: n / (1 + (m - 1) r), the design effect of L. Kish, "Survey
Sampling", 1965, section 5.4, with m answers to a question and the likeness r assumed below.
The range is the middle 80 % after E. B. Wilson (JASA 22, 1927), who is a few microseconds where
a beta quantile is a hundred: a cohort's page has hundreds of ranges.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import sqrt
from typing import Any, NamedTuple

from app.domain.weak_areas import LEAST_ITEMS

MIN_PEOPLE = 5
"""Statistics about answers are shown only where at least so many people gave them."""
LIKENESS = 0.1
"""Assumed, as for questions whose shares differ by about 15 points around 70 %."""
_NORMAL_90 = 1.2815515655446004  # 80 % of a normal distribution lies within it on both sides


class Sheet(NamedTuple):
    """One finished attempt as it is counted: `chosen` by position, None for a blank."""

    person_id: int
    assignment_id: int
    language: str
    week: date
    """The Monday of the week of finishing."""
    form: Sequence[Sequence[Any]]
    """[item id, revision, "option ids in order"] by position."""
    chosen: Sequence[str | None]


class ItemFacts(NamedTuple):
    """What counting needs of one revision."""

    item_id: str
    area: str
    key: str


class Place(NamedTuple):
    """Where an answer was given."""

    assignment_id: int
    language: str
    week: date


@dataclass(frozen=True, slots=True)
class Share:
    """The share of right answers, likely from `low` to `high`. A blank is no answer."""

    right: int
    answers: int
    people: int
    items: int
    """Different questions."""
    low: float
    high: float

    @property
    def mean(self) -> float:
        """The share as counted; 0.0 of none."""
        return self.right / self.answers if self.answers else 0.0

    def is_weak(self, target: float) -> bool:
        """Whether the whole range lies below `target`, on enough questions to be a verdict."""
        return self.people >= MIN_PEOPLE and self.items >= LEAST_ITEMS and self.high < target


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers counted together, by item, and who gave them. It is filled while counting."""

    answered: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    people: set[int] = field(default_factory=set)

    @property
    def enough(self) -> bool:
        """Whether it may be shown."""
        return len(self.people) >= MIN_PEOPLE

    def share(self) -> Share | None:
        """The share with its range; None where too few people answered."""
        if not self.enough:
            return None
        right, answers = self.right.total(), self.answered.total()
        low, high = likely_range(right, answers, effective_answers(self.answered.values()))
        return Share(right, answers, len(self.people), len(self.answered), low, high)


Cells = dict[Place, dict[str, Tally]]
"""Tallies by place and area."""


def likely_range(right: int, answers: int, counted_as: float | None = None) -> tuple[float, float]:
    """Give the middle 80 % for a share; `counted_as` answers where they are alike.

    Of no answer nothing is known: 0 to 1.
    """
    if not answers:
        return (0.0, 1.0)
    share, n, z2 = right / answers, answers if counted_as is None else counted_as, _NORMAL_90**2
    centre = share + z2 / (2 * n)
    spread = _NORMAL_90 * sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    scale = 1 + z2 / n
    return (max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def effective_answers(per_item: Iterable[int]) -> float:
    """How many unlike answers these count as: `per_item` says how many each question has."""
    counts = [*per_item]
    answers = sum(counts)
    if not answers:
        return 0.0
    alike = sum(count**2 for count in counts) / answers
    return answers / (1 + (alike - 1) * LIKENESS)


def count_answers(sheets: Iterable[Sheet], facts: Mapping[int, ItemFacts]) -> Cells:
    """Count every answer once, by place and area; `facts` go by revision."""
    cells: Cells = defaultdict(lambda: defaultdict(Tally))
    for person_id, assignment_id, language, week, form, chosen in sheets:
        areas = cells[Place(assignment_id, language, week)]
        for entry, option in zip(form, chosen, strict=True):
            if option is None:
                continue
            item_id, area, key = facts[entry[1]]
            tally = areas[area]
            tally.answered[item_id] += 1
            tally.people.add(person_id)
            if option == key:
                tally.right[item_id] += 1
    return cells


def count_options(sheets: Iterable[Sheet]) -> Counter[tuple[int, str | None]]:
    """Count how often each option of each revision was chosen; None counts blanks."""
    counts: Counter[tuple[int, str | None]] = Counter()
    for sheet in sheets:
        counts.update(zip((entry[1] for entry in sheet.form), sheet.chosen, strict=True))
    return counts


def added(tallies: Iterable[Tally]) -> Tally:
    """All of them as one."""
    whole = Tally()
    for tally in tallies:
        whole.answered.update(tally.answered)
        whole.right.update(tally.right)
        whole.people.update(tally.people)
    return whole


def added_by(cells: Cells, part: str, areas: Iterable[str]) -> dict[Any, Tally]:
    """The tallies of these areas by one part of their place, as "language"."""
    wanted = [*areas]
    groups: dict[Any, list[Tally]] = defaultdict(list)
    for place, by_area in cells.items():
        groups[getattr(place, part)] += [by_area[area] for area in wanted if area in by_area]
    return {value: added(tallies) for value, tallies in groups.items()}


def without_few(cells: Cells) -> Cells:
    """The cells that may be added up: what few people answered must not follow by subtraction.

    An assignment that fewer than five answered in an area is hidden there. If all the hidden
    ones of the area together hold fewer than five people, they are left out of its sums too.
    """
    hidden: dict[str, set[int]] = {}
    for area in {area for by_area in cells.values() for area in by_area}:
        few = {
            assignment_id: tally
            for assignment_id, tally in added_by(cells, "assignment_id", [area]).items()
            if not tally.enough
        }
        hidden[area] = set() if added(few.values()).enough else set(few)
    return {
        place: {
            area: tally
            for area, tally in by_area.items()
            if place.assignment_id not in hidden[area]
        }
        for place, by_area in cells.items()
    }


def weeks_together(weeks: Mapping[date, Tally]) -> list[tuple[date, date, Tally]]:
    """First week, last week and tally: weeks with few people are taken with the next ones.

    What is left at the end goes with the last; nothing where all are few.
    """
    found: list[tuple[date, date, Tally]] = []
    first, running = None, Tally()
    answered = sorted(week for week, tally in weeks.items() if tally.people)
    for week in answered:
        first, running = first or week, added([running, weeks[week]])
        if running.enough:
            found.append((first, week, running))
            first, running = None, Tally()
    if running.people and found:
        start, _end, before = found.pop()
        found.append((start, answered[-1], added([before, running])))
    return found
