"""The whole form of a running attempt for the page's script: no keys, no rationales.

One page at a time writes: who asks for the paper becomes the writer, and where another page is
the writer already, only by taking over.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain import attempts as rules
from app.domain.access import Person
from app.domain.attempts import Attempt
from app.domain.bilingual import Bilingual, Language
from app.domain.errors import WritesElsewhere
from app.domain.items import Item
from app.services.attempts import close_item, load_to_write
from app.services.clock import ClockFace, clock_face
from app.services.site import Site
from app.storage import attempts as storage
from app.storage import bank as bank_storage
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.database import db

WRITER_BYTES = 16
EDITION_LENGTH = 16
SHAPE = "1"
"""Of what a page is given of an item: to be changed with it, so that no page keeps an older one."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which page asks, and whether it takes over.

    A page names itself by a token of its own making: so it is known again where the answer to its
    first question was lost.
    """

    writer: str | None
    take_over: bool = False
    have: str | None = None
    """The edition of the items that the page has kept."""


@dataclass(frozen=True, slots=True)
class PaperItem:
    """One item as it may be read before the end, its options in the attempt's own order."""

    position: int
    part: int
    sensitive: bool
    stem: Bilingual
    options: tuple[tuple[str, Bilingual], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """What the candidate has done with one item."""

    option_id: str | None
    flagged: bool
    struck: str
    note: str
    seq: int
    revealed: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything that the script needs to go on without asking again."""

    writer: str
    languages: tuple[Language, ...]
    """The languages in which the items may be shown, the present one first."""
    side_by_side: bool
    position: int
    reach: int
    last: int
    break_after: int | None
    break_decided: bool
    lock_first_part: bool
    """Whether the first part closes with the break."""
    seq: int
    clock: ClockFace | None
    edition: str
    """The same for the same items in the same languages."""
    items: tuple[PaperItem, ...] | None
    """None where the page has them: a phone need not fetch them again."""
    marks: Mapping[int, Mark]


def open_paper(
    person: Person, handle: str, wish: Wish, reading: Language, now: datetime, site: Site
) -> Paper:
    """Make the asking page the writer and give it the form.

    Raises NotFound, AttemptFinished, TimeIsUp, BreakRunning or WritesElsewhere.
    """
    row, attempt = load_to_write(person, handle, now, site)
    rules.require_running(attempt, now, site.rules.tolerance_seconds)
    _let_write(row, wish)
    close_item(row, now)  # from now on the page tells how long an item was on screen
    paper = _paper(row, attempt, reading, wish.have, now)
    db.session.commit()
    return paper


def _let_write(row: AttemptRow, wish: Wish) -> None:
    if row.writer is not None and row.writer != wish.writer and not wish.take_over:
        raise WritesElsewhere
    if row.writer is None or row.writer != wish.writer:
        row.writer = wish.writer or secrets.token_urlsafe(WRITER_BYTES)


def _paper(
    row: AttemptRow, attempt: Attempt, reading: Language, have: str | None, now: datetime
) -> Paper:
    responses = storage.responses_of(row.id)
    first = attempt.language if row.language_fixed else reading
    languages = (first,) if row.language_fixed else (first, first.other)
    edition = _edition(row, languages)
    return Paper(
        writer=row.writer or "",
        languages=languages,
        side_by_side=row.side_by_side,
        position=row.position,
        reach=attempt.reach,
        last=attempt.last_position,
        break_after=attempt.break_after,
        break_decided=attempt.taken_break.decided,
        lock_first_part=attempt.lock_first_part,
        seq=max((response.seq for response in responses.values()), default=0),
        clock=clock_face(attempt, now),
        edition=edition,
        items=None if have == edition else _items(attempt),
        marks={position: _mark(response) for position, response in responses.items()},
    )


def _edition(row: AttemptRow, languages: Iterable[Language]) -> str:
    """Revisions are never changed, so a form and its languages say what every item holds."""
    told = f"{SHAPE} {sorted(languages)} {row.form}"
    return hashlib.sha256(told.encode()).hexdigest()[:EDITION_LENGTH]


def _items(attempt: Attempt) -> tuple[PaperItem, ...]:
    entries = attempt.form.entries
    items = bank_storage.items_of(entry.revision for entry in entries)
    return tuple(
        _item(entry.position, entry.part, entry.option_order, items[entry.revision])
        for entry in entries
    )


def _item(position: int, part: int, order: tuple[str, ...], item: Item) -> PaperItem:
    texts = {option.id: option.text for option in item.options}
    return PaperItem(
        position=position,
        part=part,
        sensitive="sensitive" in item.tags,
        stem=item.stem,
        options=tuple((option_id, texts[option_id]) for option_id in order),
    )


def _mark(response: ResponseRow) -> Mark:
    return Mark(
        option_id=response.option_id,
        flagged=response.flagged,
        struck=response.struck,
        note=response.note,
        seq=response.seq,
        revealed=response.revealed,
    )
