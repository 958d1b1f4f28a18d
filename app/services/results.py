"""The honest result of an attempt, and the history of all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.access import Person
from app.domain.attempts import Attempt, AttemptKind, FinishReason, result_is_open
from app.domain.bilingual import Bilingual, Language
from app.domain.errors import FeedbackLater, NotOnForm, ResultNotReady
from app.domain.items import Axis, Item, Level, PoolItem
from app.domain.scoring import MarkedItem, Pace, Score, pace, score
from app.domain.weak_areas import AreaEstimate, estimate_areas, overall_interval
from app.services.attempts import load
from app.services.late import waits
from app.services.site import Site
from app.storage import assignments as assignment_storage
from app.storage import attempts as storage
from app.storage import bank as bank_storage
from app.storage.attempts import AttemptRow, ResponseRow


@dataclass(frozen=True, slots=True)
class AreaLine:
    """One area of the result with its name."""

    estimate: AreaEstimate
    name: Bilingual


@dataclass(frozen=True, slots=True)
class ResultItem:
    """One item in the result's list."""

    position: int
    item_id: str
    domain: Bilingual
    level: Level
    answered: bool
    correct: bool
    flagged: bool
    changed: bool
    """The first choice was another."""
    seconds: int


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Everything that the result shows. Shares are 0.0 to 1.0."""

    handle: str
    kind: AttemptKind
    title: Bilingual | None
    """The assignment's, withdrawn or not; None for what the person chose alone."""
    language: Language
    started_at: datetime
    finished_at: datetime
    time_up: bool
    voided: bool
    void_reason: str | None
    score: Score
    low: float
    high: float
    practice_target: float
    axes: Mapping[Axis, tuple[AreaLine, ...]]
    weak: tuple[AreaLine, ...]
    strong: tuple[AreaLine, ...]
    pace: Pace
    seconds_per_item: float
    items: tuple[ResultItem, ...]
    right_to_wrong: int
    wrong_to_right: int
    late_counted: int
    """Answers that reached the site after the end, out of an outage, and count."""
    late_waiting: int
    """Those that count only if a trainer decides so."""


@dataclass(frozen=True, slots=True)
class ReviewOption:
    """One option with everything that may be known after the end."""

    text: Bilingual
    rationale: Bilingual
    is_key: bool
    chosen: bool
    misconception: Bilingual | None


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One item after the end: given answer, key, and a rationale for every option."""

    position: int
    item_id: str
    stem: Bilingual
    options: tuple[ReviewOption, ...]
    answered: bool
    correct: bool
    flagged: bool
    note: str
    sources: tuple[tuple[Bilingual, str], ...]
    areas: Mapping[Axis, Bilingual]
    sensitive: bool


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One item of a finished attempt with the way to its neighbours."""

    handle: str
    language: Language
    total: int
    item: ReviewItem
    previous: int | None
    next: int | None


def result_page(person: Person, handle: str, now: datetime, site: Site) -> ResultPage:
    """The result of a finished attempt. Raises NotFound, ResultNotReady or FeedbackLater."""
    row, attempt = _finished(person, handle, now, site)
    responses = storage.responses_of(row.id)
    marked = mark(attempt, responses)
    marks = score(marked)
    lines = [
        AreaLine(estimate, _name(site, estimate.axis, estimate.area))
        for estimate in estimate_areas(marks, row.practice_target)
    ]
    low, high = overall_interval(marks.correct, marks.total)
    late = [waits(r) for r in responses.values() if r.late_option_id is not None]
    return ResultPage(
        handle=handle,
        kind=attempt.kind,
        title=assignment_storage.titles_of([row.assignment_id]).get(row.assignment_id),
        language=attempt.language,
        started_at=attempt.started_at,
        finished_at=attempt.finished_at or now,
        time_up=attempt.finish_reason is FinishReason.TIME_UP,
        voided=attempt.voided,
        void_reason=row.void_reason,
        score=marks,
        low=low,
        high=high,
        practice_target=row.practice_target,
        axes={axis: tuple(line for line in lines if line.estimate.axis is axis) for axis in Axis},
        weak=_with_verdict(lines, "weak"),
        strong=_with_verdict(lines, "strong"),
        pace=pace(marked, site.blueprint.seconds_per_item),
        seconds_per_item=site.blueprint.seconds_per_item,
        items=tuple(_result_item(m, responses.get(m.position), site) for m in marked),
        right_to_wrong=_changes(marked, responses, first_right=True),
        wrong_to_right=_changes(marked, responses, first_right=False),
        late_counted=len(late) - sum(late),
        late_waiting=sum(late),
    )


def review_page(
    person: Person, handle: str, position: int, now: datetime, site: Site, *, missed_only: bool
) -> ReviewPage:
    """One item of a finished attempt.

    Raises NotFound, ResultNotReady, FeedbackLater or NotOnForm.
    """
    row, attempt = _finished(person, handle, now, site)
    if not 1 <= position <= attempt.last_position:
        raise NotOnForm
    responses = storage.responses_of(row.id)
    marked = mark(attempt, responses)
    shown = [m.position for m in marked if not (missed_only and m.correct)]
    return ReviewPage(
        handle=handle,
        language=attempt.language,
        total=attempt.last_position,
        item=_review_item(marked[position - 1], attempt, responses.get(position), site),
        previous=max((p for p in shown if p < position), default=None),
        next=min((p for p in shown if p > position), default=None),
    )


def review_all(
    person: Person, handle: str, now: datetime, site: Site
) -> tuple[ResultPage, tuple[ReviewItem, ...]]:
    """The result with every item, for print. Raises NotFound, ResultNotReady or FeedbackLater."""
    page = result_page(person, handle, now, site)
    row, attempt = _finished(person, handle, now, site)
    responses = storage.responses_of(row.id)
    marked = mark(attempt, responses)
    return page, tuple(_review_item(m, attempt, responses.get(m.position), site) for m in marked)


def mark(attempt: Attempt, responses: Mapping[int, ResponseRow]) -> tuple[MarkedItem, ...]:
    """The form's items beside the responses, scored by the frozen revisions."""
    items = bank_storage.items_of(entry.revision for entry in attempt.form.entries)
    marked = []
    for entry in attempt.form.entries:
        response = responses.get(entry.position)
        marked.append(
            MarkedItem(
                position=entry.position,
                item=PoolItem.of(items[entry.revision], entry.revision),
                option_id=response.option_id if response else None,
                seconds=response.seconds if response else 0,
            )
        )
    return tuple(marked)


def _finished(person: Person, handle: str, now: datetime, site: Site) -> tuple[AttemptRow, Attempt]:
    row, attempt = load(person, handle, now, site)
    if attempt.finished_at is None:
        raise ResultNotReady(row.position)
    if attempt.feedback_from is not None and not result_is_open(attempt, now):
        zone = assignment_storage.time_zone_of(row.assignment_id)
        raise FeedbackLater(attempt.feedback_from, zone)
    return row, attempt


def _name(site: Site, axis: Axis, area: str) -> Bilingual:
    return site.taxonomy.areas(axis)[area]


def _with_verdict(lines: list[AreaLine], verdict: str) -> tuple[AreaLine, ...]:
    found = (line for line in lines if line.estimate.verdict == verdict)
    return tuple(sorted(found, key=lambda line: line.estimate.mean))


def _result_item(marked: MarkedItem, response: ResponseRow | None, site: Site) -> ResultItem:
    return ResultItem(
        position=marked.position,
        item_id=marked.item.item_id,
        domain=site.taxonomy.oshpd[marked.item.oshpd],
        level=marked.item.level,
        answered=marked.answered,
        correct=marked.correct,
        flagged=response is not None and response.flagged,
        changed=response is not None and response.first_option_id != response.option_id,
        seconds=marked.seconds,
    )


def _changes(
    marked: tuple[MarkedItem, ...],
    responses: Mapping[int, ResponseRow],
    *,
    first_right: bool,
) -> int:
    count = 0
    for m in marked:
        response = responses.get(m.position)
        if response is None or response.first_option_id in {None, response.option_id}:
            continue
        was_right = response.first_option_id == m.item.key
        count += was_right and not m.correct if first_right else m.correct and not was_right
    return count


def _review_item(
    marked: MarkedItem, attempt: Attempt, response: ResponseRow | None, site: Site
) -> ReviewItem:
    entry = attempt.form.entries[marked.position - 1]
    item = bank_storage.item_of(entry.revision)
    return ReviewItem(
        position=marked.position,
        item_id=item.id,
        stem=item.stem,
        options=_review_options(item, entry.option_order, marked.option_id, site),
        answered=marked.answered,
        correct=marked.correct,
        flagged=response is not None and response.flagged,
        note=response.note if response is not None else "",
        sources=tuple((site.source_names[s.id], s.place) for s in item.sources),
        areas={axis: _name(site, axis, marked.item.area(axis)) for axis in Axis},
        sensitive="sensitive" in item.tags,
    )


def _review_options(
    item: Item, order: tuple[str, ...], chosen: str | None, site: Site
) -> tuple[ReviewOption, ...]:
    options = {option.id: option for option in item.options}
    return tuple(
        ReviewOption(
            text=options[option_id].text,
            rationale=options[option_id].rationale,
            is_key=option_id == item.key,
            chosen=option_id == chosen,
            misconception=site.taxonomy.misconceptions.get(options[option_id].misconception or ""),
        )
        for option_id in order
    )
