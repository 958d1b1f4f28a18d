"""Starting what a trainer has set."""

import random
from datetime import datetime
from typing import Any

from app.domain.access import Person
from app.domain.assembly import ExamForm, FormEntry, Stock
from app.domain.assignments import Assignment, Selection, require_start
from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Language
from app.domain.errors import AssignmentWithdrawn, NotFound
from app.domain.items import Axis, Level
from app.services.assignment_times import results_from
from app.services.attempts import finish_due, live_handle, store_started
from app.services.drawing import (
    StartRequest,
    attempt_row,
    blueprint_for,
    form_for,
    require_try,
    take_try,
)
from app.services.maintenance import require_open
from app.services.site import Site
from app.services.tries import mock_standing
from app.storage import assignments as storage
from app.storage import bank as bank_storage
from app.storage import cohorts as cohort_storage
from app.storage.assignments import AssignmentRow
from app.storage.attempts import AttemptRow, decode_form, encode_form
from app.storage.database import db
from app.storage.people import lock_person


def to_assignment(row: AssignmentRow, *, archived: bool = False) -> Assignment:
    """The row as the rules see it."""
    return Assignment(
        kind=AttemptKind(row.kind),
        selection=to_selection(row.selection),
        items=row.items,
        timed=row.timed,
        feedback=Feedback(row.feedback),
        language=None if row.language == "choice" else Language(row.language),
        opens_at=row.opens_at,
        due_at=row.due_at,
        attempts_allowed=row.attempts_allowed,
        shuffled=row.shuffled,
        archived=archived,
    )


def to_selection(stored: dict[str, Any]) -> Selection:
    """The selection as it was stored by `stored_selection`."""
    return Selection(
        axis=Axis(stored["axis"]),
        areas=tuple(stored["areas"]),
        levels=tuple(Level(level) for level in stored["levels"]),
        competencies=tuple(stored["competencies"]),
        item_ids=tuple(stored["item_ids"]),
    )


def stored_selection(selection: Selection) -> dict[str, Any]:
    """The selection as one JSON value."""
    return {
        "axis": selection.axis.value,
        "areas": [*selection.areas],
        "levels": [level.value for level in selection.levels],
        "competencies": [*selection.competencies],
        "item_ids": [*selection.item_ids],
    }


def assigned(person: Person, handle: str) -> tuple[AssignmentRow, Assignment]:
    """What is set for this person under the handle.

    Raises NotFound, also for whoever is not in its cohort, or AssignmentWithdrawn.
    """
    row = storage.find_assignment(handle)
    if row is None:
        raise NotFound
    cohort = cohort_storage.cohort_of(row.cohort_id)
    if cohort is None or cohort_storage.membership(person.id, cohort.id) is None:
        raise NotFound
    if row.withdrawn_at is not None:
        raise AssignmentWithdrawn
    return row, to_assignment(row, archived=cohort.archived_at is not None)


def start_assigned(
    person: Person,
    handle: str,
    wanted: Language,
    site: Site,
    now: datetime,
    rng: random.Random,
) -> str:
    """Start one more attempt at an assignment and give the attempt's handle.

    Where one runs already its handle is returned: starting twice starts once. `wanted` is the
    candidate's language, where the assignment leaves the choice. Raises NotFound,
    CohortArchived, NotOpenYet, PastDue, NoAttemptLeft, NoTryLeft, CannotDraw or MaintenanceMode.
    """
    lock_person(person.id)
    finish_due(now, site, person.id)
    row, assignment = assigned(person, handle)
    running = live_handle(person.id, assignment.kind, row.id)
    if running:
        db.session.commit()
        return running
    require_open(site)
    numbers = {
        attempt.assignment_try for attempt in storage.attempts_of_person_on(person.id, [row.id])
    }
    require_start(assignment, len(numbers - {None}), now)
    attempt = _drawn(person, row, assignment, wanted, site, now, rng)
    attempt.assignment_try = next(n for n in range(1, row.attempts_allowed + 1) if n not in numbers)
    assignment_id = row.id
    started = store_started(attempt, now)
    return started or live_handle(person.id, assignment.kind, assignment_id) or _not_found()


def _drawn(
    person: Person,
    row: AssignmentRow,
    assignment: Assignment,
    wanted: Language,
    site: Site,
    now: datetime,
    rng: random.Random,
) -> AttemptRow:
    standing = mock_standing(person, site, now) if assignment.kind is AttemptKind.MOCK else None
    require_try(standing)
    request = StartRequest(
        kind=assignment.kind,
        language=assignment.language or wanted,
        items=assignment.items,
        feedback=assignment.feedback,
        timed=assignment.timed,
        axis=assignment.selection.axis,
        areas=assignment.selection.areas,
    )
    pool = assignment.selection.of(bank_storage.current_pool())
    blueprint = blueprint_for(assignment.kind, assignment.items, site, pool, request.areas)
    attempt = attempt_row(person, request, site, blueprint, now)
    form = (
        form_for(Stock.of(pool, blueprint), person, rng)
        if row.form is None
        else fixed_form(row, blueprint.break_after, rng)
    )
    attempt.form = encode_form(form)
    attempt.assignment_id = row.id
    attempt.feedback_from = results_from(assignment, site)
    attempt.language_fixed = attempt.language_fixed or assignment.language is not None
    take_try(attempt, standing, site, now)
    return attempt


def fixed_form(row: AssignmentRow, break_after: int | None, rng: random.Random) -> ExamForm:
    """The assignment's own items, in its order or mixed for this person, options as well."""
    form = decode_form(row.form or [], break_after)
    if not row.shuffled:
        return form
    entries = [*form.entries]
    rng.shuffle(entries)
    return ExamForm(
        tuple(
            FormEntry(
                position=place.position,
                item_id=entry.item_id,
                revision=entry.revision,
                option_order=tuple(rng.sample(entry.option_order, len(entry.option_order))),
                part=place.part,
            )
            for place, entry in zip(form.entries, entries, strict=True)
        )
    )


def _not_found() -> str:
    raise NotFound
