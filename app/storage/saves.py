"""Saving what a page's script sends: one statement asks, one writes.

This is the site's most frequent request by far; see `driver_sql` for why it is written as SQL.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.domain.attempts import AttemptState
from app.domain.bilingual import Language
from app.domain.timing import Break, TimeAdjustment, TimeAllowance
from app.storage.driver_sql import DriverStatement, read_json, read_moment, stored_moment


class _Columns(NamedTuple):
    """What `_OPEN` asks for, in its order."""

    id: int
    writer: str | None
    language: str
    language_fixed: bool
    form: Any
    base_seconds: int | None
    time_factor: float
    break_after: int | None
    break_seconds: int
    lock_first_part: bool
    started_at: Any
    break_started_at: Any
    break_ended_at: Any
    break_skipped: bool
    finished_at: Any
    position: int
    added: int | None
    heard_at: Any


_OPEN = DriverStatement(
    """
    SELECT a.id, a.writer, a.language, a.language_fixed, a.form, a.base_seconds, a.time_factor,
           a.break_after, a.break_seconds, a.lock_first_part, a.started_at, a.break_started_at,
           a.break_ended_at, a.break_skipped, a.finished_at, a.position,
           (SELECT sum(t.seconds) FROM time_adjustment t WHERE t.attempt_id = a.id) AS added,
           (SELECT max(r.saved_at) FROM response r WHERE r.attempt_id = a.id) AS heard_at
    FROM sign_in s
    JOIN person p ON p.id = s.person_id
    JOIN attempt a ON a.person_id = p.id
    WHERE s.token_hash = :token_hash AND s.created_at > :since
      AND p.active AND p.fs_uniquifier = :uniquifier AND a.handle = :handle
    """,
    hold=" FOR UPDATE OF a",
)
_WRITE = DriverStatement(
    """
    INSERT INTO response (attempt_id, position, option_id, first_option_id, seq, flagged, struck,
                          note, language, seconds, revealed, saved_at)
    VALUES (:attempt_id, :position, :option_id, :option_id, :seq, coalesce(:flagged, false),
            coalesce(:struck, ''), coalesce(:note, ''), :language, :seconds, false, :saved_at)
    ON CONFLICT (attempt_id, position) DO UPDATE SET
        option_id = coalesce(excluded.option_id, response.option_id),
        first_option_id = coalesce(response.first_option_id, excluded.option_id),
        seq = excluded.seq,
        flagged = coalesce(:flagged, response.flagged),
        struck = coalesce(:struck, response.struck),
        note = coalesce(:note, response.note),
        language = excluded.language,
        seconds = response.seconds + excluded.seconds,
        saved_at = excluded.saved_at
    WHERE excluded.seq > response.seq
      AND NOT (response.revealed AND excluded.option_id IS NOT NULL
               AND excluded.option_id <> response.option_id)
    """
)
_STANDING = DriverStatement(
    "SELECT position, seq, revealed FROM response WHERE attempt_id = :attempt_id"
)
_MOVED = DriverStatement("UPDATE attempt SET position = :position WHERE id = :attempt_id")
_BREAK_SKIPPED = DriverStatement("UPDATE attempt SET break_skipped = true WHERE id = :attempt_id")
_BREAK_ENDED = DriverStatement(
    "UPDATE attempt SET break_ended_at = :ended_at WHERE id = :attempt_id"
)


@dataclass(frozen=True, slots=True)
class Opened:
    """An attempt that its candidate writes to, held to the end of the transaction."""

    attempt_id: int
    position: int
    """Where it stands: the item that another device begins with."""
    writer: str | None
    language: Language
    fixed: bool
    """Whether the items stay in it; else they follow the page's."""
    form: list[list[Any]]
    state: AttemptState
    added: bool
    """Whether time was added."""


@dataclass(frozen=True, slots=True)
class Write:
    """What to store for one position; None leaves a thing as it is."""

    position: int
    seq: int
    option_id: str | None
    flagged: bool | None
    struck: str | None
    note: str | None
    seconds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands for one position."""

    seq: int
    revealed: bool


def open_to_write(
    connection: sa.Connection, token_hash: str, uniquifier: str, since: datetime, handle: str
) -> Opened | None:
    """The attempt with this handle of the person who is signed in so; None where there is none."""
    asked = {
        "token_hash": token_hash,
        "uniquifier": uniquifier,
        "since": stored_moment(since, connection),
        "handle": handle.replace("\0", ""),
    }
    found = _OPEN.run(connection, asked).fetchone()
    return None if found is None else _opened(_Columns._make(found))


def write_responses(
    connection: sa.Connection,
    attempt_id: int,
    writes: Iterable[Write],
    language: Language,
    now: datetime,
) -> list[Write]:
    """Store each unless a newer one stands; those that were not stored."""
    shared = {
        "attempt_id": attempt_id,
        "language": language.value,
        "saved_at": stored_moment(now, connection),
    }
    return [
        write for write in writes if _WRITE.run(connection, _values(write) | shared).rowcount == 0
    ]


def standing(connection: sa.Connection, attempt_id: int) -> dict[int, Standing]:
    """What stands for each position that has something."""
    rows = _STANDING.run(connection, {"attempt_id": attempt_id})
    return {position: Standing(seq, bool(revealed)) for position, seq, revealed in rows}


def store_position(connection: sa.Connection, attempt_id: int, position: int) -> None:
    """Keep which item is on screen."""
    _MOVED.run(connection, {"attempt_id": attempt_id, "position": position})


def store_break(connection: sa.Connection, attempt_id: int, taken: Break) -> None:
    """Keep that the break was skipped or is over."""
    if taken.ended_at is None:
        _BREAK_SKIPPED.run(connection, {"attempt_id": attempt_id})
        return
    ended_at = stored_moment(taken.ended_at, connection)
    _BREAK_ENDED.run(connection, {"attempt_id": attempt_id, "ended_at": ended_at})


def _values(write: Write) -> dict[str, object]:
    return {
        "position": write.position,
        "seq": write.seq,
        "option_id": write.option_id,
        "flagged": write.flagged,
        "struck": write.struck,
        "note": write.note,
        "seconds": write.seconds,
    }


def _opened(row: "_Columns") -> Opened:
    form = read_json(row.form)
    return Opened(
        attempt_id=row.id,
        position=row.position,
        writer=row.writer,
        language=Language(row.language),
        fixed=bool(row.language_fixed),
        form=form,
        state=_state(row, len(form)),
        added=row.added is not None,
    )


def _state(row: "_Columns", length: int) -> AttemptState:
    started_at = read_moment(row.started_at)
    assert started_at is not None  # noqa: S101 (the column is never NULL)
    allowance = (
        None
        if row.base_seconds is None
        else TimeAllowance(row.base_seconds, row.time_factor, row.break_seconds)
    )
    return AttemptState(
        last_position=length,
        allowance=allowance,
        adjustments=() if row.added is None else (TimeAdjustment(row.added, "", started_at),),
        break_after=row.break_after,
        lock_first_part=bool(row.lock_first_part),
        started_at=started_at,
        taken_break=Break(
            read_moment(row.break_started_at),
            read_moment(row.break_ended_at),
            skipped=bool(row.break_skipped),
        ),
        finished_at=read_moment(row.finished_at),
        heard_at=read_moment(row.heard_at),
    )
