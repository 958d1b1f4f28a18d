"""Starting, running and ending attempts."""

import random
import secrets
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from app.domain import attempts as rules
from app.domain.access import Person
from app.domain.assembly import ExamForm, draw_form
from app.domain.attempts import Attempt, AttemptKind, Feedback
from app.domain.bilingual import Language
from app.domain.blueprint import ExamBlueprint
from app.domain.eligibility import TryStanding
from app.domain.errors import CannotDraw, LanguageFixed, NotFound, NoTryLeft, Shortfall
from app.domain.items import Axis, PoolItem
from app.services.site import Site
from app.services.tries import mock_standing
from app.storage import attempts as storage
from app.storage import bank as bank_storage
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.database import db
from app.storage.people import lock_person

HANDLE_BYTES = 16
LONGEST_LOOK = 600
"""Seconds: longer on one item counts as away from the screen."""


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


def start_attempt(
    person: Person, request: StartRequest, site: Site, now: datetime, rng: random.Random
) -> str:
    """Draw a form, start its clock and return the attempt's handle.

    Where an attempt of this kind is running already, its handle is returned: starting twice
    starts once. Raises NoTryLeft or CannotDraw.
    """
    lock_person(person.id)
    finish_due(now, site, person.id)
    running = _live_handle(person.id, request.kind)
    if running:
        db.session.commit()
        return running
    row = _drawn(person, request, site, now, rng)
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        return _live_handle(person.id, request.kind) or _not_found()
    bank_storage.count_exposure(entry[0] for entry in row.form)
    open_item(row, 1, now)
    db.session.commit()
    return row.handle


def finish_due(now: datetime, site: Site, person_id: int | None = None) -> int:
    """Finish every attempt whose time has run out, from its saved answers; how many."""
    finished = 0
    for row in storage.live_attempts(person_id):
        attempt = storage.to_attempt(row, storage.adjustments_of(row.id))
        after = rules.finish_if_due(attempt, now, site.rules.tolerance_seconds)
        if after is not attempt:
            storage.store_moves(row, after)
            finished += 1
    return finished


def load(person: Person, handle: str, now: datetime, site: Site) -> tuple[AttemptRow, Attempt]:
    """The person's attempt as it stands at `now`, writing nothing. Raises NotFound."""
    return _as_it_stands(storage.find_attempt(handle, person.id), now, site)


def load_all(person: Person, now: datetime, site: Site) -> list[tuple[AttemptRow, Attempt]]:
    """Every attempt of the person, oldest first, as it stands at `now`, writing nothing."""
    rows = storage.attempts_of(person.id)
    added = storage.adjustments_of_many(row.id for row in rows)
    tolerance = site.rules.tolerance_seconds
    return [
        (row, rules.finish_if_due(storage.to_attempt(row, added[row.id]), now, tolerance))
        for row in rows
    ]


def load_to_write(
    person: Person, handle: str, now: datetime, site: Site
) -> tuple[AttemptRow, Attempt]:
    """The same, held to the end of the transaction. Raises NotFound."""
    row = storage.find_attempt(handle, person.id, lock=True)
    return _as_it_stands(row, now, site)


def submit(person: Person, handle: str, now: datetime, site: Site) -> None:
    """End the attempt and fix its result; ending twice ends once. Raises NotFound."""
    row, attempt = load_to_write(person, handle, now, site)
    if row.finished_at is None:
        close_item(row, now)
        storage.store_moves(row, rules.submit(attempt, now))
    db.session.commit()


def start_break(person: Person, handle: str, now: datetime, site: Site) -> None:
    """Stop the clock for the break. Raises NotFound or BreakNotOffered."""
    row, attempt = load_to_write(person, handle, now, site)
    rules.require_running(attempt, now, site.rules.tolerance_seconds)
    close_item(row, now)
    storage.store_moves(row, rules.start_break(attempt, now))
    db.session.commit()


def leave_break(person: Person, handle: str, now: datetime, site: Site) -> int:
    """End or skip the break and open the second part; its first position.

    Raises NotFound, BreakNotOffered, AttemptFinished or TimeIsUp.
    """
    row, attempt = load_to_write(person, handle, now, site)
    moved = (
        rules.end_break(attempt, now) if attempt.taken_break.running else rules.skip_break(attempt)
    )
    rules.require_running(moved, now, site.rules.tolerance_seconds)
    storage.store_moves(row, moved)
    position = (attempt.break_after or 0) + 1
    open_item(row, position, now)
    db.session.commit()
    return position


def show_both_languages(
    person: Person, handle: str, now: datetime, site: Site, *, both: bool
) -> None:
    """Show items in both languages or in one.

    Raises NotFound, AttemptFinished, TimeIsUp or LanguageFixed.
    """
    row, attempt = load_to_write(person, handle, now, site)
    rules.require_running(attempt, now, site.rules.tolerance_seconds)
    if row.language_fixed:
        raise LanguageFixed
    row.side_by_side = both
    db.session.commit()


def open_item(row: AttemptRow, position: int, now: datetime) -> ResponseRow:
    """Note that an item is on screen now and the one before is not."""
    close_item(row, now)
    response = response_row(row, position, now)
    response.opened_at = now
    row.position = position
    return response


def close_item(row: AttemptRow, now: datetime) -> None:
    """Add the time that the open item was on screen."""
    response = storage.response_at(row.id, row.position)
    if response is not None and response.opened_at is not None:
        looked = round((now - response.opened_at).total_seconds())
        response.seconds += max(0, min(looked, LONGEST_LOOK))
        response.opened_at = None


def response_row(row: AttemptRow, position: int, now: datetime) -> ResponseRow:
    """The response to one item, made where there is none yet."""
    response = storage.response_at(row.id, position)
    if response is None:
        response = ResponseRow(
            attempt_id=row.id,
            position=position,
            language=row.language,
            saved_at=now,
            seq=0,
            seconds=0,
            flagged=False,
            struck="",
            note="",
            revealed=False,
        )
        db.session.add(response)
    return response


def _as_it_stands(row: AttemptRow | None, now: datetime, site: Site) -> tuple[AttemptRow, Attempt]:
    if row is None:
        raise NotFound
    attempt = storage.to_attempt(row, storage.adjustments_of(row.id))
    return row, rules.finish_if_due(attempt, now, site.rules.tolerance_seconds)


def _drawn(
    person: Person, request: StartRequest, site: Site, now: datetime, rng: random.Random
) -> AttemptRow:
    standing = mock_standing(person, site, now) if request.kind is AttemptKind.MOCK else None
    if standing is not None and not standing.allowed:
        raise NoTryLeft(standing.reason.value, standing.used, standing.limit, standing.next_on)
    pool = _pool(request)
    blueprint = _blueprint(request, site, pool)
    form = _form(pool, blueprint, person, rng)
    row = _row(person, request, site, blueprint, now)
    row.form = storage.encode_form(form)
    if standing is not None:
        row.try_on = site.day(now)
        row.try_slot = _free_slot(person.id, standing)
    return row


def _form(
    pool: tuple[PoolItem, ...], blueprint: ExamBlueprint, person: Person, rng: random.Random
) -> ExamForm:
    seen, exposure = storage.seen_counts(person.id), bank_storage.exposures()
    try:
        return draw_form(pool, blueprint, seen=seen, exposure=exposure, rng=rng)
    except CannotDraw as refused:
        if any(shortfall.rule != "seen" for shortfall in refused.shortfalls):
            raise
    # Only the cap on seen items stands in the way: a small bank must not take away a try that
    # the rule allows. The page said beforehand how many items will be met again.
    open_to_seen = replace(blueprint, seen_share=1.0)
    return draw_form(pool, open_to_seen, seen=seen, exposure=exposure, rng=rng)


def _row(
    person: Person, request: StartRequest, site: Site, blueprint: ExamBlueprint, now: datetime
) -> AttemptRow:
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


def _blueprint(request: StartRequest, site: Site, pool: tuple[PoolItem, ...]) -> ExamBlueprint:
    whole = site.blueprint
    if request.kind is AttemptKind.MOCK:
        return whole
    if request.kind is AttemptKind.PRACTICE:
        shorter = whole if request.items == whole.items else whole.scaled(request.items)
        # Ordinary practice is never refused for having been practised: seen items may return.
        return replace(shorter, seen_share=1.0)
    if not pool:
        raise CannotDraw((Shortfall("items", ",".join(request.areas), request.items, 0),))
    return whole.for_quiz(Counter(item.oshpd for item in pool), request.items)


def _free_slot(person_id: int, standing: TryStanding) -> str:
    start = standing.period.approved_on.isoformat()
    slots = (f"{start}#{number}" for number in range(1, standing.limit + 1))
    taken = storage.try_slots(person_id)
    return next(slot for slot in slots if slot not in taken)


def _live_handle(person_id: int, kind: AttemptKind) -> str | None:
    live = (row.handle for row in storage.live_attempts(person_id) if row.kind == kind.value)
    return next(live, None)


def _not_found() -> str:
    raise NotFound
