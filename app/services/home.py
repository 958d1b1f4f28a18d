"""Where a person stands: what runs, what can be started, the tries."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from app.domain.access import Person
from app.domain.attempts import AttemptKind, AttemptStatus
from app.domain.bilingual import Bilingual
from app.domain.eligibility import TryStanding
from app.domain.items import PoolItem
from app.services.assigned import AssignedLine, assigned_lines
from app.services.attempts import load
from app.services.maintenance import Maintenance, maintenance_of
from app.services.site import Site
from app.services.tries import has_passed, mock_standing, sitting_standing
from app.storage import attempts as storage
from app.storage import bank as bank_storage
from app.storage.assignments import titles_of


@dataclass(frozen=True, slots=True)
class RunningAttempt:
    """An attempt to go on with."""

    handle: str
    kind: AttemptKind
    title: Bilingual | None
    """The assignment's, withdrawn or not; None for what the person chose alone."""
    position: int
    total: int
    deadline: datetime | None
    on_break: bool


@dataclass(frozen=True, slots=True)
class HomePage:
    """The start page of a signed-in person."""

    running: tuple[RunningAttempt, ...]
    mocks: TryStanding
    sittings: TryStanding
    passed: bool
    """The person has recorded that they passed the real exam."""
    assigned: tuple[AssignedLine, ...]
    maintenance: Maintenance | None
    """Nothing new can be started now."""


@dataclass(frozen=True, slots=True)
class PracticePage:
    """What the pages that start something say of time and stock."""

    running: dict[AttemptKind, RunningAttempt]
    own_minutes: int
    base_minutes: int
    time_factor: float
    break_minutes: int
    items: int
    in_bank: int
    repeats: int
    """Items of a mock that this person has met before, at the least."""


def home_page(person: Person, site: Site, now: datetime) -> HomePage:
    """Where the person stands at `now`."""
    return HomePage(
        running=running_attempts(person, site, now),
        mocks=mock_standing(person, site, now),
        sittings=sitting_standing(person, site, now),
        passed=has_passed(person),
        assigned=assigned_lines(person, now),
        maintenance=maintenance_of(site.settings.instance),
    )


def practice_page(person: Person, site: Site, now: datetime) -> PracticePage:
    """What can be started, with the person's own time."""
    pool = bank_storage.current_pool()
    own_break = person.break_seconds
    return PracticePage(
        running={attempt.kind: attempt for attempt in running_attempts(person, site, now)},
        own_minutes=round(site.blueprint.minutes * person.time_factor),
        base_minutes=site.blueprint.minutes,
        time_factor=person.time_factor,
        break_minutes=site.blueprint.break_minutes if own_break is None else own_break // 60,
        items=site.blueprint.items,
        in_bank=len(pool),
        repeats=_repeats(person, site, pool),
    )


def _repeats(person: Person, site: Site, pool: tuple[PoolItem, ...]) -> int:
    seen = storage.seen_counts(person.id)
    fresh = Counter(item.oshpd for item in pool if item.item_id not in seen)
    return sum(max(0, quota - fresh[domain]) for domain, quota in site.blueprint.oshpd.items())


def running_attempts(person: Person, site: Site, now: datetime) -> tuple[RunningAttempt, ...]:
    """The attempts that can be gone on with at `now`."""
    found = []
    rows = storage.live_attempts(person.id)
    titles = titles_of(row.assignment_id for row in rows)
    for row in rows:
        attempt = load(person, row.handle, now, site)[1]
        if attempt.finished_at is None:
            found.append(
                RunningAttempt(
                    handle=row.handle,
                    kind=attempt.kind,
                    title=titles.get(row.assignment_id),
                    position=row.position,
                    total=attempt.last_position,
                    deadline=attempt.deadline(now),
                    on_break=attempt.status is AttemptStatus.ON_BREAK,
                )
            )
    return tuple(found)


def stock() -> int:
    """How many items the bank draws from."""
    return len(bank_storage.current_pool())
