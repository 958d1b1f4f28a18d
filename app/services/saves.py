"""The one gate for what a page's script saves: who, which attempt, what may change, on disk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.domain import attempts as rules
from app.domain.access import Person
from app.domain.attempts import AttemptState
from app.domain.bilingual import Language
from app.domain.errors import (
    AnswerShown,
    AttemptFinished,
    DomainError,
    NotFound,
    NotOnForm,
    PartLocked,
    PartNotReached,
    SignedOut,
    TimeIsUp,
    WritesElsewhere,
)
from app.domain.timing import seconds_left
from app.services.attempts import LONGEST_LOOK, load, load_to_write
from app.services.clock import AddedTime, added_time
from app.services.late import LateChoice, keep_late
from app.services.sign_ins import Proof, person_of, since
from app.services.site import Site
from app.storage import saves as storage
from app.storage.database import db
from app.storage.saves import Opened, Standing, Write

REFUSED_ALONE = (AnswerShown, PartLocked, PartNotReached)
"""Why one change is refused while the others of its batch are saved."""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """The newest state of one item in the browser. None: as it is.

    `seconds` is how long it was on screen since the last report; `age` is how many seconds ago
    it was changed, by the browser's own clock.
    """

    position: int
    seq: int
    option_id: str | None = None
    flagged: bool | None = None
    struck: tuple[str, ...] | None = None
    note: str | None = None
    seconds: int = 0
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request brings. `reading` is the page's language, where it says so."""

    writer: str | None
    reading: Language | None
    changes: tuple[ItemChange, ...]
    skip_break: bool = False


@dataclass(frozen=True, slots=True)
class BatchSaved:
    """What stands on disk: a sequence number for each position, or why it was refused."""

    accepted: tuple[tuple[int, int], ...]
    refused: tuple[tuple[int, type[DomainError]], ...] = ()
    seconds_left: int | None = None
    added: tuple[AddedTime, ...] = ()
    late: bool = False
    """Received after the end, and kept as that."""


def save_batch(proof: Proof, handle: str, batch: Batch, now: datetime, site: Site) -> BatchSaved:
    """Store the batch in one transaction; what it returns as accepted is on disk.

    Raises SignedOut, NotFound, WritesElsewhere, BreakRunning, NotOnForm, AttemptFinished or
    TimeIsUp; then nothing is stored.
    """
    try:
        saved = _saved_in_time(proof, handle, batch, now, site)
    except (AttemptFinished, TimeIsUp) as over:
        return _saved_late(proof, handle, batch, now, site, over)
    if saved is None:
        signed_in_person(proof, now)
        raise NotFound
    return saved


def _saved_in_time(
    proof: Proof, handle: str, batch: Batch, now: datetime, site: Site
) -> BatchSaved | None:
    """None where nobody is signed in so, or the attempt is not theirs."""
    with db.engine.begin() as connection:
        opened = storage.open_to_write(
            connection, proof.token_hash, proof.uniquifier, since(now), handle
        )
        if opened is None:
            return None
        if opened.writer != batch.writer:
            raise WritesElsewhere
        state = _after_the_break(connection, opened, now) if batch.skip_break else opened.state
        rules.require_running(state, now, site.rules.tolerance_seconds)
        writes, refused = _sorted_out(opened, state, batch.changes)
        language = opened.language if opened.fixed else batch.reading or opened.language
        missed = storage.write_responses(connection, opened.attempt_id, writes, language, now)
        stands = storage.standing(connection, opened.attempt_id) if missed else {}
        _follow(connection, opened, writes)
    due = state.deadline(now)
    return BatchSaved(
        accepted=_accepted(writes, missed, stands),
        refused=(*refused, *_shown(missed, stands)),
        seconds_left=None if due is None else seconds_left(due, state.at(now)),
        added=_added(proof, handle, now, site) if opened.added else (),
    )


def _follow(connection: sa.Connection, opened: Opened, writes: Sequence[Write]) -> None:
    """Keep where the attempt stands: the newest change is of the item that is on screen."""
    newest = max(writes, key=lambda write: write.seq, default=None)
    if newest is not None and newest.position != opened.position:
        storage.store_position(connection, opened.attempt_id, newest.position)


def _after_the_break(connection: sa.Connection, opened: Opened, now: datetime) -> AttemptState:
    """The state with the break behind, so that the second part is open; told twice, told once."""
    state = opened.state
    if state.break_after is None or state.taken_break.decided or state.finished_at is not None:
        return state
    moved = rules.end_break(state, now) if state.taken_break.running else rules.skip_break(state)
    storage.store_break(connection, opened.attempt_id, moved.taken_break)
    return moved


def _sorted_out(
    opened: Opened, state: AttemptState, changes: Sequence[ItemChange]
) -> tuple[list[Write], list[tuple[int, type[DomainError]]]]:
    """What to store, in the order of the positions, and what cannot be. Raises NotOnForm."""
    writes: list[Write] = []
    refused: list[tuple[int, type[DomainError]]] = []
    for change in sorted(changes, key=lambda change: (change.position, change.seq)):
        try:
            rules.require_open(state, change.position)
        except REFUSED_ALONE as error:
            refused.append((change.position, type(error)))
        else:
            writes.append(_write(opened, change))
    return writes, refused


def _write(opened: Opened, change: ItemChange) -> Write:
    options = opened.form[change.position - 1][2].split()
    struck = None if change.struck is None else {*change.struck} - {change.option_id}
    named = {*(struck or ()), change.option_id} - {None}
    if not named.issubset(options):
        raise NotOnForm
    return Write(
        position=change.position,
        seq=change.seq,
        option_id=change.option_id,
        flagged=change.flagged,
        struck=None if struck is None else " ".join(sorted(filter(None, struck))),
        note=change.note,
        seconds=min(change.seconds, LONGEST_LOOK),
    )


def _accepted(
    writes: Sequence[Write], missed: Sequence[Write], stands: Mapping[int, Standing]
) -> tuple[tuple[int, int], ...]:
    """For each position the number that stands: what was sent, or the newer one there."""
    numbers = {write.position: write.seq for write in writes}
    for write in missed:
        there = stands[write.position]
        if there.seq < write.seq:
            del numbers[write.position]  # refused: its key has been shown
        else:
            numbers[write.position] = there.seq
    return tuple(sorted(numbers.items()))


def _shown(
    missed: Sequence[Write], stands: Mapping[int, Standing]
) -> Iterator[tuple[int, type[DomainError]]]:
    for write in missed:
        if stands[write.position].seq < write.seq:
            yield write.position, AnswerShown


def _added(proof: Proof, handle: str, now: datetime, site: Site) -> tuple[AddedTime, ...]:
    _row, attempt = load(signed_in_person(proof, now), handle, now, site)
    return added_time(attempt)


def _saved_late(
    proof: Proof, handle: str, batch: Batch, now: datetime, site: Site, over: DomainError
) -> BatchSaved:
    """Keep what was chosen in time and came after the end. Raises `over` where there is none."""
    row, attempt = load_to_write(signed_in_person(proof, now), handle, now, site)
    if row.writer != batch.writer:
        raise WritesElsewhere
    made = [
        LateChoice(
            change.position, change.seq, change.option_id, now - timedelta(seconds=change.age)
        )
        for change in batch.changes
        if change.option_id is not None
    ]
    kept = keep_late(row, attempt, made, now)
    if not kept:
        raise over
    db.session.commit()
    return BatchSaved(accepted=kept, late=True)


def signed_in_person(proof: Proof, now: datetime) -> Person:
    """Who is signed in with this. Raises SignedOut."""
    person = person_of(proof, now)
    if person is None:
        raise SignedOut
    return person
