"""Drawing an attempt: its items, its time, its place among the tries."""

import random
import secrets
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from app.domain.access import Person
from app.domain.assembly import ExamForm, Stock
from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Language
from app.domain.blueprint import ExamBlueprint
from app.domain.eligibility import TryStanding
from app.domain.errors import CannotDraw, NoTryLeft, Shortfall
from app.domain.items import Axis, PoolItem
from app.services.site import Site
from app.services.tries import mock_standing
from app.storage import attempts as storage
from app.storage import bank as bank_storage
from app.storage.attempts import AttemptRow
from app.storage.database import db

HANDLE_BYTES = 16

_mock_stocks: WeakKeyDictionary[Engine, tuple[tuple[PoolItem, ...], Stock]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What a candidate asks for. `axis` and `areas` are a quiz's alone."""

    kind: AttemptKind
    language: Language
    items: int
    feedback: Feedback = Feedback.AT_END
    timed: bool = True
    axis: Axis = Axis.OSHPD
    areas: tuple[str, ...] = ()


def drawn_row(
    person: Person, request: StartRequest, site: Site, now: datetime, rng: random.Random
) -> AttemptRow:
    """A row for what was asked for, not yet stored. Raises NoTryLeft or CannotDraw."""
    standing = mock_standing(person, site, now) if request.kind is AttemptKind.MOCK else None
    require_try(standing)
    pool = _pool(request)
    blueprint = blueprint_for(request.kind, request.items, site, pool, request.areas)
    form = form_for(_stock(pool, blueprint, site), person, rng)
    row = attempt_row(person, request, site, blueprint, now)
    row.form = storage.encode_form(form)
    take_try(row, standing, site, now)
    return row


def require_try(standing: TryStanding | None) -> None:
    """Whether the three-tries rule lets a mock start; None for what is no mock."""
    if standing is not None and not standing.allowed:
        raise NoTryLeft(standing.reason.value, standing.used, standing.limit, standing.next_on)


def take_try(row: AttemptRow, standing: TryStanding | None, site: Site, now: datetime) -> None:
    """Note on a mock which try of its period it is."""
    if standing is not None:
        row.try_on = site.day(now)
        row.try_slot = _free_slot(row.person_id, standing)


def form_for(stock: Stock, person: Person, rng: random.Random) -> ExamForm:
    """Draw a form for this person, who has seen some items. Raises CannotDraw."""
    seen, exposure = storage.seen_counts(person.id), bank_storage.exposures()
    try:
        return stock.draw(seen=seen, exposure=exposure, rng=rng)
    except CannotDraw as refused:
        if any(shortfall.rule != "seen" for shortfall in refused.shortfalls):
            raise
    # Only the cap on seen items stands in the way: a small bank must not take away a try that
    # the rule allows. The page said beforehand how many items will be met again.
    open_to_seen = replace(stock, blueprint=replace(stock.blueprint, seen_share=1.0))
    return open_to_seen.draw(seen=seen, exposure=exposure, rng=rng)


def _stock(pool: tuple[PoolItem, ...], blueprint: ExamBlueprint, site: Site) -> Stock:
    """What can be drawn; of a mock it is kept for as long as the pool stays the same."""
    if blueprint is not site.blueprint:
        return Stock.of(pool, blueprint)
    of_pool, stock = _mock_stocks.get(db.engine, (None, None))
    if stock is None or of_pool is not pool or stock.blueprint is not blueprint:
        stock = Stock.of(pool, blueprint)
        _mock_stocks[db.engine] = pool, stock
    return stock


def attempt_row(
    person: Person, request: StartRequest, site: Site, blueprint: ExamBlueprint, now: datetime
) -> AttemptRow:
    """An attempt of this person with their own time; its form is still to be set."""
    mock = request.kind is AttemptKind.MOCK
    own_break = person.break_seconds
    standard_break = site.blueprint.break_minutes * 60
    return AttemptRow(
        handle=secrets.token_urlsafe(HANDLE_BYTES),
        person_id=person.id,
        kind=request.kind.value,
        feedback=Feedback.AT_END.value if mock else request.feedback.value,
        language=request.language.value,
        language_fixed=mock and not site.settings.mock_language_switch,
        side_by_side=False,
        areas=[f"{request.axis.value}:{area}" for area in request.areas],
        base_seconds=blueprint.minutes * 60 if mock or request.timed else None,
        time_factor=person.time_factor,
        break_after=blueprint.break_after,
        break_seconds=standard_break if own_break is None else own_break,
        lock_first_part=mock and site.rules.lock_first_part,
        practice_target=site.blueprint.practice_target,
        position=1,
        started_at=now,
        break_skipped=False,
    )


def _pool(request: StartRequest) -> tuple[PoolItem, ...]:
    pool = bank_storage.current_pool()
    if request.kind is not AttemptKind.QUIZ:
        return pool
    return tuple(item for item in pool if item.area(request.axis) in request.areas)


def blueprint_for(
    kind: AttemptKind,
    items: int,
    site: Site,
    pool: tuple[PoolItem, ...],
    areas: tuple[str, ...] = (),
) -> ExamBlueprint:
    """What a form of this kind and length must hold. Raises CannotDraw where there is no item."""
    whole = site.blueprint
    if kind is AttemptKind.MOCK:
        return whole
    if kind is AttemptKind.PRACTICE:
        shorter = whole if items == whole.items else whole.scaled(items)
        # Ordinary practice is never refused for having been practised: seen items may return.
        return replace(shorter, seen_share=1.0)
    if not pool:
        raise CannotDraw((Shortfall("items", ",".join(areas), items, 0),))
    return whole.for_quiz(Counter(item.oshpd for item in pool), items)


def _free_slot(person_id: int, standing: TryStanding) -> str:
    start = standing.period.approved_on.isoformat()
    slots = (f"{start}#{number}" for number in range(1, standing.limit + 1))
    taken = storage.try_slots(person_id)
    return next(slot for slot in slots if slot not in taken)
