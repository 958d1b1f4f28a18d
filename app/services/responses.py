"""Saving what a candidate does with one item, and showing the item."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain import attempts as rules
from app.domain.access import Person
from app.domain.attempts import Attempt, AttemptKind, Feedback, ItemState, item_state
from app.domain.bilingual import Bilingual, Language
from app.domain.errors import AnswerShown, NotOnForm, PartNotReached
from app.domain.items import Item
from app.services.attempts import load, load_to_write, open_item, response_row
from app.services.clock import ClockFace, clock_face
from app.services.site import Site
from app.storage import attempts as storage
from app.storage import bank as bank_storage
from app.storage.assignments import fixes_language
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.database import db

LONGEST_NOTE = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """What came in for one item. None means: leave it as it is.

    A plain form has no count of its own and always is the newest. `reading` is the page's
    language, which a free attempt's items follow.
    """

    reading: Language
    option_id: str | None = None
    flagged: bool | None = None
    strike: str | None = None
    """Toggle this option's strike-out."""
    note: str | None = None
    reveal: bool = False

    @property
    def says_nothing(self) -> bool:
        """Only the page changes: what the script has on its way for the item stays the newest."""
        return self == Change(self.reading)


@dataclass(frozen=True, slots=True)
class OptionLine:
    """One option as the page shows it; `is_key` and `rationale` only once they may be known."""

    id: str
    text: Bilingual
    chosen: bool
    struck: bool
    is_key: bool | None = None
    rationale: Bilingual | None = None


@dataclass(frozen=True, slots=True)
class MapLine:
    """One item on the map."""

    position: int
    part: int
    state: ItemState
    flagged: bool
    open: bool


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Everything that the exam page shows."""

    handle: str
    kind: AttemptKind
    position: int
    total: int
    language: Language
    language_fixed: bool
    language_by_trainer: bool
    """The assignment fixes it, not the candidate's choice at the start."""
    side_by_side: bool
    stem: Bilingual
    options: tuple[OptionLine, ...]
    flagged: bool
    note: str
    seq: int
    clock: ClockFace | None
    map: tuple[MapLine, ...]
    feedback_each: bool
    revealed: bool
    sensitive: bool
    break_next: bool
    """Whether the break comes after this item."""
    given_back: str | None
    """Why the attempt counts no more, where it was given back while it runs."""


class MapFilter(StrEnum):
    """Which items the map shows."""

    ALL = "all"
    INCOMPLETE = "incomplete"
    """Without an answer, seen or not."""
    FLAGGED = "flagged"
    UNSEEN = "unseen"


def item_page(
    person: Person, handle: str, position: int, reading: Language, now: datetime, site: Site
) -> ItemPage:
    """One item of a running attempt, in the page's language unless the attempt's is fixed.

    Raises NotFound, AttemptFinished, TimeIsUp, BreakRunning, NotOnForm, PartNotReached or
    PartLocked.
    """
    row, attempt = load(person, handle, now, site)
    rules.require_running(attempt, now, 0)
    rules.require_open(attempt, position)
    responses = storage.responses_of(row.id)
    entry = attempt.form.entries[position - 1]
    item = bank_storage.item_of(entry.revision)
    response = responses.get(position)
    return ItemPage(
        handle=row.handle,
        kind=attempt.kind,
        position=position,
        total=attempt.last_position,
        language=attempt.language if row.language_fixed else reading,
        language_fixed=row.language_fixed,
        language_by_trainer=row.language_fixed and fixes_language(row.assignment_id),
        side_by_side=row.side_by_side,
        stem=item.stem,
        options=_option_lines(item, entry.option_order, response),
        flagged=response is not None and response.flagged,
        note=response.note if response is not None else "",
        seq=max((r.seq for r in responses.values()), default=0),
        clock=clock_face(attempt, now),
        map=_map(attempt, responses),
        feedback_each=attempt.feedback is Feedback.EACH_ITEM,
        revealed=response is not None and response.revealed,
        sensitive="sensitive" in item.tags,
        break_next=position == attempt.break_after and not attempt.taken_break.decided,
        given_back=row.void_reason,
    )


def map_lines(row: AttemptRow, attempt: Attempt) -> tuple[MapLine, ...]:
    """The map of a running attempt."""
    return _map(attempt, storage.responses_of(row.id))


def save_response(
    person: Person, handle: str, position: int, change: Change, now: datetime, site: Site
) -> None:
    """Store what came in for one item and commit: when it returns, it is safe on disk.

    Raises NotFound, AttemptFinished, TimeIsUp, BreakRunning, NotOnForm, PartNotReached,
    PartLocked or AnswerShown.
    """
    row, attempt = load_to_write(person, handle, now, site)
    _apply(row, attempt, position, change, now, site)
    db.session.commit()


def save_and_go(
    person: Person,
    handle: str,
    position: int,
    change: Change,
    target: int,
    now: datetime,
    site: Site,
) -> None:
    """Store what came in and open another item, in one transaction.

    Raises what `save_response` raises, and NotOnForm or PartNotReached for the target.
    """
    row, attempt = load_to_write(person, handle, now, site)
    _apply(row, attempt, position, change, now, site)
    if target > attempt.reach >= 1 and target <= attempt.last_position:
        db.session.commit()
        raise PartNotReached
    rules.require_open(attempt, target)
    open_item(row, target, now)
    db.session.commit()


def open_position(person: Person, handle: str, target: int, now: datetime, site: Site) -> None:
    """Open an item from the map. Raises what `item_page` raises."""
    row, attempt = load_to_write(person, handle, now, site)
    rules.require_running(attempt, now, 0)
    rules.require_open(attempt, target)
    open_item(row, target, now)
    db.session.commit()


def _apply(
    row: AttemptRow, attempt: Attempt, position: int, change: Change, now: datetime, site: Site
) -> None:
    rules.require_answerable(attempt, position, now, site.rules.tolerance_seconds)
    order = attempt.form.entries[position - 1].option_order
    for named in (change.option_id, change.strike):
        if named is not None and named not in order:
            raise NotOnForm
    response = response_row(row, position, now)
    if change.says_nothing:
        return
    if change.option_id is not None and change.option_id != response.option_id:
        _choose(response, change.option_id)
    _mark(response, change)
    if change.reveal and attempt.feedback is Feedback.EACH_ITEM and response.option_id:
        response.revealed = True
    response.seq = storage.latest_seq(row.id) + 1
    response.language = row.language if row.language_fixed else change.reading.value
    response.saved_at = now


def _choose(response: ResponseRow, option_id: str) -> None:
    if response.revealed:
        raise AnswerShown
    response.first_option_id = response.first_option_id or option_id
    response.option_id = option_id
    response.struck = " ".join(o for o in response.struck.split() if o != option_id)


def _mark(response: ResponseRow, change: Change) -> None:
    if change.flagged is not None:
        response.flagged = change.flagged
    if change.note is not None:
        response.note = change.note[:LONGEST_NOTE]
    if change.strike is not None:
        struck = set(response.struck.split()) ^ {change.strike}
        response.struck = " ".join(sorted(struck))


def _option_lines(
    item: Item, order: tuple[str, ...], response: ResponseRow | None
) -> tuple[OptionLine, ...]:
    options = {option.id: option for option in item.options}
    chosen = response.option_id if response else None
    struck = response.struck.split() if response else []
    shown = response is not None and response.revealed
    return tuple(
        OptionLine(
            id=option_id,
            text=options[option_id].text,
            chosen=option_id == chosen,
            struck=option_id in struck,
            is_key=option_id == item.key if shown else None,
            rationale=options[option_id].rationale if shown else None,
        )
        for option_id in order
    )


def _map(attempt: Attempt, responses: dict[int, ResponseRow]) -> tuple[MapLine, ...]:
    return tuple(
        MapLine(
            position=entry.position,
            part=entry.part,
            state=item_state(
                seen=entry.position in responses,
                chosen=bool(entry.position in responses and responses[entry.position].option_id),
            ),
            flagged=entry.position in responses and responses[entry.position].flagged,
            open=entry.position <= attempt.reach,
        )
        for entry in attempt.form.entries
    )
