"""What a cohort finds hard, by subject: over all assignments, by each, by language, by week."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain.access import Person
from app.domain.bilingual import Bilingual, Language
from app.domain.cohort_statistics import (
    Cells,
    ItemFacts,
    Share,
    Sheet,
    added,
    added_by,
    count_answers,
    weeks_together,
    without_few,
)
from app.domain.items import Axis
from app.services.board import AssignmentFacts, CohortFacts, assignment_facts, cohort_facts
from app.services.cohorts import managed_cohort
from app.services.site import Site
from app.storage import bank as bank_storage
from app.storage import boards as storage
from app.storage.assignments import AssignmentRow, assignments_of
from app.storage.boards import FinishedFirst
from app.storage.cohorts import CohortRow


@dataclass(frozen=True, slots=True)
class LanguageShares:
    """An area by the language in which tests were started, where both have enough people."""

    english: Share
    spanish: Share


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One area; a share is None where fewer than five people answered."""

    area: str
    name: Bilingual
    whole: Share | None
    by_assignment: tuple[Share | None, ...]
    asked: tuple[bool, ...]
    """For each assignment, whether it has any question on the area."""
    languages: LanguageShares | None


@dataclass(frozen=True, slots=True)
class WeekLine:
    """All areas together, by the week of finishing; weeks with few people stand together."""

    first_day: date
    last_day: date
    share: Share


@dataclass(frozen=True, slots=True)
class Areas:
    """A cohort's answers by the areas of one axis."""

    axis: Axis
    columns: tuple[AssignmentRow, ...]
    """The assignments that somebody has finished, newest first."""
    people: int
    """Who has finished at least one."""
    blanks: int
    whole: Share | None
    by_assignment: tuple[Share | None, ...]
    """All areas of an assignment that enough people answered, so that none follows by subtraction.
    """
    rows: tuple[AreaRow, ...]
    weeks: tuple[WeekLine, ...]
    weak: tuple[AreaRow, ...]
    """Areas whose whole range lies below the practice target, the lowest first."""


@dataclass(frozen=True, slots=True)
class HeatMapPage:
    """The page of all that."""

    cohort: CohortFacts
    areas: Areas
    columns: tuple[AssignmentFacts, ...]
    practice_target: float


def heat_map_page(
    person: Person, cohort_handle: str, axis: Axis, site: Site, now: datetime
) -> HeatMapPage:
    """The cohort's answers by area. Raises NotFound."""
    cohort = managed_cohort(person, cohort_handle)
    areas = cohort_areas(cohort, axis, site)
    columns = tuple(assignment_facts(row, now) for row in areas.columns)
    return HeatMapPage(cohort_facts(cohort), areas, columns, site.blueprint.practice_target)


def cohort_areas(cohort: CohortRow, axis: Axis, site: Site) -> Areas:
    """Count the first attempts of the present members, finished and not voided, in one pass."""
    found = storage.finished_first(cohort.id)
    facts = _facts(found, axis)
    cells = count_answers(_sheets(found, ZoneInfo(cohort.time_zone)), facts)
    summed = without_few(cells)
    done = {row.assignment_id for row in found}
    columns = tuple(row for row in assignments_of(cohort.id) if row.id in done)
    names = site.taxonomy.areas(axis)
    met = {area for by_area in cells.values() for area in by_area}
    asked = {(row.assignment_id, facts[entry[1]].area) for row in found for entry in row.form}
    rows = tuple(
        _row(cells, summed, area, name, columns, asked)
        for area, name in names.items()
        if area in met
    )
    return Areas(
        axis=axis,
        columns=columns,
        people=len({row.person_id for row in found}),
        blanks=sum(row.chosen.count(None) for row in found),
        whole=added(tally for by_area in summed.values() for tally in by_area.values()).share(),
        by_assignment=tuple(_column_share(cells, met, column) for column in columns),
        rows=rows,
        weeks=_weeks(summed, met),
        weak=_weak(rows, site.blueprint.practice_target),
    )


def _facts(found: Sequence[FinishedFirst], axis: Axis) -> dict[int, ItemFacts]:
    """What counting needs of every revision on these forms."""
    items = bank_storage.items_of({entry[1] for row in found for entry in row.form})
    field = "samhsa_category" if axis is Axis.SAMHSA else axis.value
    return {
        revision: ItemFacts(item.id, str(getattr(item, field)), item.key)
        for revision, item in items.items()
    }


def _sheets(found: Iterable[FinishedFirst], zone: ZoneInfo) -> Iterable[Sheet]:
    for person_id, assignment_id, language, finished_at, form, chosen in found:
        day = finished_at.astimezone(zone).date()
        monday = day - timedelta(days=day.weekday())
        yield Sheet(person_id, assignment_id, language, monday, form, chosen)


def _column_share(cells: Cells, areas: Iterable[str], column: AssignmentRow) -> Share | None:
    tallies = [added_by(cells, "assignment_id", [area]).get(column.id) for area in areas]
    return added(tally for tally in tallies if tally is not None and tally.enough).share()


def _row(
    cells: Cells,
    summed: Cells,
    area: str,
    name: Bilingual,
    columns: Sequence[AssignmentRow],
    asked: Container[tuple[int, str]],
) -> AreaRow:
    by_assignment = added_by(cells, "assignment_id", [area])
    return AreaRow(
        area=area,
        name=name,
        whole=added(by_area[area] for by_area in summed.values() if area in by_area).share(),
        by_assignment=tuple(by_assignment[column.id].share() for column in columns),
        asked=tuple((column.id, area) in asked for column in columns),
        languages=_languages(summed, area),
    )


def _languages(cells: Cells, area: str) -> LanguageShares | None:
    tallies = added_by(cells, "language", [area])
    shares = [tallies[language].share() if language in tallies else None for language in Language]
    english, spanish = shares
    return None if english is None or spanish is None else LanguageShares(english, spanish)


def _weeks(cells: Cells, areas: Iterable[str]) -> tuple[WeekLine, ...]:
    found = weeks_together(added_by(cells, "week", areas))
    return tuple(
        WeekLine(first, last + timedelta(days=6), share)
        for first, last, tally in found
        if (share := tally.share()) is not None
    )


def _weak(rows: Iterable[AreaRow], target: float) -> tuple[AreaRow, ...]:
    found = [(row.whole.mean, row) for row in rows if row.whole and row.whole.is_weak(target)]
    return tuple(row for _mean, row in sorted(found, key=lambda pair: pair[0]))
