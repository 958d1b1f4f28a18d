"""Every attempt of a person, with the trend on new and on repeated items."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.access import Person
from app.domain.attempts import Attempt, AttemptKind, result_is_open
from app.domain.bilingual import Bilingual
from app.domain.items import Axis
from app.domain.scoring import MarkedItem
from app.domain.weak_areas import TrendPoint, overall_interval, trend
from app.services.attempts import load_all
from app.services.results import mark
from app.services.site import Site
from app.storage import attempts as storage
from app.storage.assignments import titles_of
from app.storage.attempts import AttemptRow


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One attempt in the history."""

    handle: str
    kind: AttemptKind
    title: Bilingual | None
    """The assignment's, withdrawn or not; None for what the person chose alone."""
    areas: tuple[Bilingual, ...]
    started_at: datetime
    finished_at: datetime | None
    position: int
    total: int
    correct: int | None
    low: float | None
    high: float | None
    voided: bool
    trend: TrendPoint | None
    deadline: datetime | None
    result_from: datetime | None
    """When a closed result opens; None where it is open."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """All attempts, newest first, and the trend over the finished ones in time order."""

    lines: tuple[HistoryLine, ...]
    trend: tuple[tuple[datetime, TrendPoint], ...]


def history_page(person: Person, now: datetime, site: Site) -> HistoryPage:
    """Every attempt of the person."""
    as_they_stand = load_all(person, now, site)
    responses = storage.responses_of_many(row.id for row, _ in as_they_stand)
    finished = [(row, a) for row, a in as_they_stand if a.finished_at is not None]
    # What is closed until its due date counts nowhere: a trend would tell it.
    finished = [(row, a) for row, a in finished if result_is_open(a, now)]
    marked = {row.id: mark(a, responses[row.id]) for row, a in finished}
    points = trend([marked[row.id] for row, _ in finished])
    trends = {row.id: point for (row, _), point in zip(finished, points, strict=True)}
    titles = titles_of(row.assignment_id for row, _ in as_they_stand)
    lines = [
        replace(
            _history_line(row, a, marked.get(row.id), trends.get(row.id), now, site),
            title=titles.get(row.assignment_id),
        )
        for row, a in reversed(as_they_stand)
    ]
    over_time = [(a.finished_at or now, trends[row.id]) for row, a in finished if not a.voided]
    return HistoryPage(tuple(lines), tuple(over_time))


def _history_line(
    row: AttemptRow,
    attempt: Attempt,
    marked: tuple[MarkedItem, ...] | None,
    point: TrendPoint | None,
    now: datetime,
    site: Site,
) -> HistoryLine:
    correct = None if marked is None else sum(m.correct for m in marked)
    low, high = (
        (None, None) if correct is None else overall_interval(correct, attempt.last_position)
    )
    return HistoryLine(
        handle=row.handle,
        kind=attempt.kind,
        title=None,
        areas=_area_names(row, site),
        started_at=attempt.started_at,
        finished_at=attempt.finished_at,
        position=row.position,
        total=attempt.last_position,
        correct=correct,
        low=low,
        high=high,
        voided=attempt.voided,
        trend=point,
        deadline=attempt.deadline(now),
        result_from=None if result_is_open(attempt, now) else attempt.feedback_from,
    )


def _area_names(row: AttemptRow, site: Site) -> tuple[Bilingual, ...]:
    parts = (area.partition(":") for area in row.areas)
    return tuple(site.taxonomy.areas(Axis(axis))[code] for axis, _, code in parts)
