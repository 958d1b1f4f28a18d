"""The lines of a record: accommodations, added time, attempts, each with who and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain import attempts as rules
from app.domain.attempts import AttemptKind, AttemptStatus
from app.domain.bilingual import Bilingual, Language
from app.domain.timing import seconds_left
from app.domain.weak_areas import overall_interval
from app.services.accommodations import MINUTE
from app.services.site import Site
from app.storage import attempts as attempt_storage
from app.storage import records as storage
from app.storage.accommodations import accommodations_of
from app.storage.attempts import AdjustmentRow
from app.storage.late import LateCountRow, late_counts_of_many, waiting_of_many
from app.storage.records import Titled


@dataclass(frozen=True, slots=True)
class StandingLine:
    """One change of the standing accommodations. `by` is None where the account is gone."""

    time_factor: float
    break_minutes: int | None
    tools: str
    reason: str
    made_at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class AddedLine:
    """Time added to an attempt."""

    minutes: int
    reason: str
    made_at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class LateLine:
    """Late answers that were let count."""

    answers: int
    made_at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class VoidLine:
    """Why an attempt counts no more."""

    reason: str
    made_at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One attempt of a member. Of one that runs nothing is told but how far its clock is."""

    handle: str
    kind: AttemptKind
    title: Bilingual | None
    """Its assignment's; None where it is the member's own practice."""
    status: AttemptStatus
    started_at: datetime
    finished_at: datetime | None
    language: Language
    seconds_used: int
    right: int | None
    total: int
    low: float
    high: float
    base_minutes: int | None
    own_minutes: int | None
    seconds_left: int | None
    added: tuple[AddedLine, ...]
    given_back: VoidLine | None
    late_waiting: int
    """Answers that arrived late and do not count yet; none where the attempt does not count."""
    late_counted: tuple[LateLine, ...]

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.status is not AttemptStatus.FINISHED

    @property
    def takes_time(self) -> bool:
        """Whether time can be added to it."""
        return self.running and self.base_minutes is not None


def standing_lines(person_id: int) -> tuple[StandingLine, ...]:
    """Every change of the person's standing accommodations, newest first."""
    rows = accommodations_of(person_id)
    names = storage.names_of(row.made_by for row in rows)
    return tuple(
        StandingLine(
            time_factor=row.time_factor,
            break_minutes=minutes_of(row.break_seconds),
            tools=row.tools,
            reason=row.reason,
            made_at=row.made_at,
            by=names.get(row.made_by or 0),
        )
        for row in rows
    )


def added_line(row: AdjustmentRow, names: Mapping[int, str]) -> AddedLine:
    """One addition of time, with who made it."""
    return AddedLine(row.seconds // MINUTE, row.reason, row.made_at, names.get(row.made_by or 0))


def late_line(row: LateCountRow, names: Mapping[int, str]) -> LateLine:
    """Late answers that were let count, with who did it."""
    return LateLine(row.answers, row.made_at, names.get(row.made_by or 0))


def void_line(titled: Titled, names: Mapping[int, str]) -> VoidLine | None:
    """Why the attempt counts no more; None where it counts."""
    row = titled.row
    if row.voided_at is None:
        return None
    return VoidLine(row.void_reason or "", row.voided_at, names.get(row.voided_by or 0))


def minutes_of(seconds: int | None) -> int | None:
    """Whole minutes; None stays None."""
    return None if seconds is None else seconds // MINUTE


def record_lines(found: Sequence[Titled], now: datetime, site: Site) -> list[RecordLine]:
    """The attempts as they stand at `now`, writing nothing, in five queries for all."""
    beside = _beside(found)
    return [_line(titled, beside, now, site) for titled in found]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside the attempts in other tables, by attempt."""

    added: Mapping[int, list[AdjustmentRow]]
    used: Mapping[int, int]
    waiting: Mapping[int, int]
    counted: Mapping[int, list[LateCountRow]]
    names: Mapping[int, str]


def _beside(found: Sequence[Titled]) -> _Beside:
    ids = [titled.row.id for titled in found]
    added, counted = attempt_storage.adjustments_of_many(ids), late_counts_of_many(ids)
    makers = [titled.row.voided_by for titled in found]
    makers += [made.made_by for rows in added.values() for made in rows]
    makers += [made.made_by for rows in counted.values() for made in rows]
    return _Beside(
        added=added,
        used=storage.seconds_on_items(ids),
        waiting=waiting_of_many(ids),
        counted=counted,
        names=storage.names_of(makers),
    )


def _line(titled: Titled, beside: _Beside, now: datetime, site: Site) -> RecordLine:
    row, names = titled.row, beside.names
    added = beside.added[row.id]
    stored = attempt_storage.to_attempt(row, added)
    attempt = rules.finish_if_due(stored, now, site.rules.tolerance_seconds)
    due, time = attempt.deadline(now), attempt.allowance
    low, high = overall_interval(row.right or 0, attempt.last_position)
    return RecordLine(
        handle=row.handle,
        kind=attempt.kind,
        title=titled.title,
        status=attempt.status,
        started_at=attempt.started_at,
        finished_at=attempt.finished_at,
        language=attempt.language,
        seconds_used=beside.used.get(row.id, 0),
        right=row.right if attempt.status is AttemptStatus.FINISHED else None,
        total=attempt.last_position,
        low=low,
        high=high,
        base_minutes=None if time is None else time.base_seconds // MINUTE,
        own_minutes=None if time is None else round(time.own_seconds / MINUTE),
        seconds_left=None if due is None else seconds_left(due, now),
        added=tuple(added_line(made, names) for made in added),
        given_back=void_line(titled, names),
        late_waiting=beside.waiting.get(row.id, 0) if row.voided_at is None else 0,
        late_counted=tuple(late_line(made, names) for made in beside.counted[row.id]),
    )
