"""The review page: how far an attempt has come, at the end of a part and of the test."""

from dataclasses import dataclass
from datetime import datetime

from app.domain import attempts as rules
from app.domain.access import Person
from app.domain.attempts import AttemptKind, ItemState
from app.domain.timing import seconds_left
from app.services.attempts import load
from app.services.clock import ClockFace, clock_face
from app.services.responses import MapFilter, MapLine, map_lines
from app.services.site import Site
from app.storage import assignments as assignment_storage


@dataclass(frozen=True, slots=True)
class PartPage:
    """The map with its counts. `shown` are the lines that the filter lets through."""

    handle: str
    kind: AttemptKind
    position: int
    lines: tuple[MapLine, ...]
    shown: tuple[MapLine, ...]
    show: MapFilter
    counts: dict[MapFilter, int]
    complete: int
    clock: ClockFace | None
    break_open: bool
    """The break lies ahead: the second part is closed still."""
    on_break: bool
    break_seconds_left: int
    break_minutes: int
    locks_first_part: bool
    result_from: datetime | None
    """When the result opens, where that is later than the end."""
    time_zone: str | None
    """The cohort's, where there is one."""


def part_page(
    person: Person,
    handle: str,
    now: datetime,
    site: Site,
    *,
    show: str = "all",
    on_break: bool = False,
) -> PartPage:
    """How far the attempt has come.

    Raises NotFound, AttemptFinished, TimeIsUp or (unless `on_break`) BreakRunning.
    """
    row, attempt = load(person, handle, now, site)
    if not (on_break and attempt.taken_break.running):
        rules.require_running(attempt, now, 0)
    lines = map_lines(row, attempt)
    chosen = MapFilter(show) if show in set(MapFilter) else MapFilter.ALL
    taken = attempt.taken_break
    length = row.break_seconds
    used = seconds_left(now, taken.started_at) if taken.started_at else 0
    return PartPage(
        handle=handle,
        kind=attempt.kind,
        position=row.position,
        lines=lines,
        shown=tuple(line for line in lines if _passes(line, chosen)),
        show=chosen,
        counts={f: sum(_passes(line, f) for line in lines) for f in MapFilter},
        complete=sum(line.state is ItemState.COMPLETE for line in lines),
        clock=clock_face(attempt, now),
        break_open=attempt.break_after is not None and not taken.decided,
        on_break=taken.running,
        break_seconds_left=max(0, length - used),
        break_minutes=length // 60,
        locks_first_part=attempt.lock_first_part,
        result_from=None if rules.result_is_open(attempt, now) else attempt.feedback_from,
        time_zone=assignment_storage.time_zone_of(row.assignment_id),
    )


def _passes(line: MapLine, show: MapFilter) -> bool:
    return {
        MapFilter.ALL: True,
        MapFilter.INCOMPLETE: line.state is not ItemState.COMPLETE,
        MapFilter.FLAGGED: line.flagged,
        MapFilter.UNSEEN: line.state is ItemState.UNSEEN,
    }[show]
