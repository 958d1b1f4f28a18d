"""The report on a cohort: what the group finds hard, without anybody's name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.access import Person
from app.domain.cohort_statistics import MIN_PEOPLE
from app.domain.items import Axis
from app.services.board import CohortFacts, cohort_facts
from app.services.cohorts import managed_cohort
from app.services.gradebook import Column, cells_of, columns_of, day_of, standing_assignments
from app.services.heat_map import AreaRow, Areas, cohort_areas
from app.services.site import Site
from app.storage import boards as storage

MOST_WEAK = 3


@dataclass(frozen=True, slots=True)
class CohortReport:
    """What the report says. There is no share in it where the group is too small for one."""

    cohort: CohortFacts
    day: date
    people: int
    enough_people: bool
    assignments: tuple[Column, ...]
    domains: Areas
    """By OSHPD domain, over everybody's first attempts."""
    weakest: tuple[AreaRow, ...]
    """Clearly below the practice target, the lowest first; never many."""
    lowest: AreaRow | None
    """The lowest of all, where none is clearly below."""
    practice_target: float


def cohort_report(person: Person, cohort_handle: str, site: Site, now: datetime) -> CohortReport:
    """The report on the cohort. Raises NotFound."""
    cohort = managed_cohort(person, cohort_handle)
    people = len(storage.members(cohort.id, cohort.handle))
    domains = cohort_areas(cohort, Axis.OSHPD, site)
    return CohortReport(
        cohort=cohort_facts(cohort),
        day=day_of(now, cohort),
        people=people,
        enough_people=people >= MIN_PEOPLE,
        assignments=columns_of(standing_assignments(cohort), cells_of(cohort)),
        domains=domains,
        weakest=domains.weak[:MOST_WEAK],
        lowest=None if domains.weak else _lowest(domains.rows),
        practice_target=site.blueprint.practice_target,
    )


def _lowest(rows: Iterable[AreaRow]) -> AreaRow | None:
    told = [(row.whole.mean, row) for row in rows if row.whole is not None]
    return min(told, key=lambda pair: pair[0], default=(0.0, None))[1]
