"""Starting, running and ending attempts."""

import random
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from app.domain import attempts as rules
from app.domain.access import Person
from app.domain.attempts import Attempt, AttemptKind
from app.domain.errors import LanguageFixed, NotFound
from app.services.drawing import StartRequest, drawn_row
from app.services.maintenance import require_open
from app.services.site import Site
from app.storage import attempts as storage
from app.storage import bank as bank_storage
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.database import db, reading
from app.storage.people import lock_person

LONGEST_LOOK = 600
"""Seconds: longer on one item counts as away from the screen."""


@dataclass(frozen=True, slots=True)
class Started:
    """An attempt that runs now; a new one stands at its first item."""

    handle: str
    is_new: bool


def start_attempt(
    person: Person, request: StartRequest, site: Site, now: datetime, rng: random.Random
) -> Started:
    """Draw a form and start its clock.

    Where an attempt of this kind is running already, it is that one: starting twice starts once.
    Raises NoTryLeft, CannotDraw or MaintenanceMode.
    """
    lock_person(person.id)
    finish_due(now, site, person.id)
    running = live_handle(person.id, request.kind)
    if running:
        db.session.commit()
        return Started(running, is_new=False)
    require_open(site)
    started = store_started(drawn_row(person, request, site, now, rng), now)
    if started is not None:
        return Started(started, is_new=True)
    return Started(live_handle(person.id, request.kind) or _not_found(), is_new=False)


def store_started(row: AttemptRow, now: datetime) -> str | None:
    """Store a drawn attempt with its first item open; its handle.

    None where somebody raced it to the start.
    """
    handle = row.handle
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        return None
    bank_storage.count_exposure(entry[0] for entry in row.form)
    first = new_response(row, row.position, now)  # a new attempt has none: nothing to look for
    first.opened_at = now
    db.session.add(first)
    db.session.commit()
    return handle


def store_end(row: AttemptRow, ended: Attempt) -> None:
    """Write the end, and with it what was chosen."""
    storage.store_moves(row, ended)
    store_choices(row, ended)


def store_choices(row: AttemptRow, ended: Attempt) -> None:
    """Write what reports over many attempts read: the choices and how many of them fit."""
    chosen = storage.chosen_options(row.id)
    entries = ended.form.entries
    items = bank_storage.items_of(entry.revision for entry in entries)
    row.chosen = [chosen.get(entry.position) for entry in entries]
    row.right = sum(chosen.get(e.position) == items[e.revision].key for e in entries)


def finish_due(now: datetime, site: Site, person_id: int | None = None) -> int:
    """Finish every attempt whose time has run out, from its saved answers; how many."""
    waiting = storage.perhaps_due(now, person_id)
    return sum(_finish_if_due(attempt_id, now, site) for attempt_id in waiting)


def sweep(now: datetime, site: Site) -> int:
    """The same for everybody, one transaction for each: no save waits for more than one."""
    with reading():
        waiting = [
            attempt_id
            for attempt_id in storage.perhaps_due(now)
            if (row := db.session.get(AttemptRow, attempt_id)) and _due_end(row, now, site)
        ]
        db.session.rollback()
    finished = 0
    for attempt_id in waiting:
        finished += _finish_if_due(attempt_id, now, site)
        db.session.commit()
    return finished


def _finish_if_due(attempt_id: int, now: datetime, site: Site) -> bool:
    row = db.session.get(AttemptRow, attempt_id)
    if row is None or _due_end(row, now, site) is None:
        return False
    storage.hold(row)  # a save that was under way is in it now, or finds it finished
    ended = _due_end(row, now, site)
    if ended is not None:
        store_end(row, ended)
    return ended is not None


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
        store_end(row, rules.submit(attempt, now))
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
        response = new_response(row, position, now)
        db.session.add(response)
    return response


def new_response(row: AttemptRow, position: int, now: datetime) -> ResponseRow:
    """An empty response, not yet stored."""
    return ResponseRow(
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


def _due_end(row: AttemptRow, now: datetime, site: Site) -> Attempt | None:
    """The attempt with its end, where its time has run out and nothing has ended it yet."""
    attempt = _stored(row)
    ended = rules.finish_if_due(attempt, now, site.rules.tolerance_seconds)
    return None if ended is attempt else ended


def _as_it_stands(row: AttemptRow | None, now: datetime, site: Site) -> tuple[AttemptRow, Attempt]:
    if row is None:
        raise NotFound
    return row, rules.finish_if_due(_stored(row), now, site.rules.tolerance_seconds)


def _stored(row: AttemptRow) -> Attempt:
    heard_at = storage.heard_at(row.id) if row.finished_at is None else None
    return storage.to_attempt(row, storage.adjustments_of(row.id), heard_at)


def live_handle(person_id: int, kind: AttemptKind, assignment_id: int | None = None) -> str | None:
    """The person's running attempt of this kind, or on this assignment."""
    live = (
        row.handle
        for row in storage.live_attempts(person_id)
        if row.kind == kind.value and row.assignment_id == assignment_id
    )
    return next(live, None)


def _not_found() -> str:
    raise NotFound
