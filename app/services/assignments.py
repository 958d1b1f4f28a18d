"""What trainers set: making assignments, listing, changing, copying and withdrawing them."""

import random
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.domain.access import Person
from app.domain.assembly import ExamForm, draw_form
from app.domain.assignments import Selection, WindowState
from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Bilingual, Language
from app.domain.errors import CannotDraw, NotFound, Shortfall
from app.services.assigned_starts import stored_selection, to_assignment
from app.services.assignment_times import results_from, standard_minutes
from app.services.cohorts import managed_cohort, managed_open_cohort
from app.services.drawing import HANDLE_BYTES, blueprint_for
from app.services.editions import edition_of, require_same
from app.services.site import Site
from app.storage import assignment_use as use
from app.storage import assignments as storage
from app.storage import bank as bank_storage
from app.storage import cohorts as cohort_storage
from app.storage.assignments import AssignmentRow
from app.storage.attempts import encode_form
from app.storage.cohorts import CohortRow
from app.storage.database import db

CHOICE = "choice"
"""How the language is stored where the candidate chooses."""


class Fault(StrEnum):
    """Why dates or attempts cannot be as they were filled in."""

    DUE_BEFORE_OPENING = "due_before_opening"
    DUE_NEEDED = "due_needed"
    """Results open after the due date, so there has to be one."""
    DUE_PASSED = "due_passed"
    """The due date was moved to a time that lies behind."""
    FEWER_THAN_USED = "fewer_than_used"


@dataclass(frozen=True, slots=True)
class Plan:
    """An assignment as a trainer fills it in; `language` is None where the candidate chooses."""

    title: Bilingual
    kind: AttemptKind
    selection: Selection
    items: int
    timed: bool
    feedback: Feedback
    language: Language | None
    opens_at: datetime
    due_at: datetime | None
    attempts_allowed: int
    same_items: bool
    shuffled: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What can be changed of an assignment afterwards."""

    title: Bilingual
    opens_at: datetime
    due_at: datetime | None
    attempts_allowed: int


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """An assignment as its trainers see it."""

    handle: str
    plan: Plan
    state: WindowState
    minutes: int | None
    """The standard time; None where no clock runs."""
    results_from: datetime | None
    """When results open for all; None where they open with each attempt."""
    edition: str
    """What can be changed, in short, for the form that changes it."""
    started: int
    """How many of its candidates have started it; what was given back does not count."""


@dataclass(frozen=True, slots=True)
class AssignmentPage:
    """One assignment with its cohort."""

    cohort: CohortRow
    view: AssignmentView
    most_used: int
    """The most attempts that one person has used."""
    shows_items: bool
    """Whether the viewer may see its questions: a candidate of the cohort may not."""


@dataclass(frozen=True, slots=True)
class AssignmentsPage:
    """Everything set for a cohort, newest first."""

    cohort: CohortRow
    views: tuple[AssignmentView, ...]


def set_assignment(
    person: Person, cohort_handle: str, plan: Plan, site: Site, now: datetime, rng: random.Random
) -> str:
    """Set the assignment and give its handle; what the bank cannot fill is not saved.

    Raises NotFound, CohortArchived or CannotDraw.
    """
    cohort = managed_open_cohort(person, cohort_handle)
    whole = _whole(plan, site)
    form = drawn_form(whole, site, bank_storage.exposures(), rng)
    row = _row(whole, cohort, person, now)
    row.form = encode_form(form) if whole.same_items else None
    db.session.add(row)
    db.session.flush()
    handle = row.handle
    if site.settings.sends_mail and row.opens_at <= now:
        # Only sites that send mail need it.
        from app.services.assignment_letters import queue_new_assignment  # noqa: PLC0415

        queue_new_assignment(row, now)
    db.session.commit()
    return handle


def drawn_form(plan: Plan, site: Site, exposure: dict[str, int], rng: random.Random) -> ExamForm:
    """A form for the plan. Raises CannotDraw, also where a quiz would be shorter than wanted."""
    pool = plan.selection.of(bank_storage.current_pool())
    if plan.kind is AttemptKind.QUIZ and len(pool) < plan.items:
        raise CannotDraw((Shortfall("items", None, plan.items, len(pool)),))
    blueprint = blueprint_for(plan.kind, plan.items, site, pool, plan.selection.areas)
    form = draw_form(pool, blueprint, seen={}, exposure=exposure, rng=rng)
    return form if plan.shuffled else _in_picked_order(form, plan.selection.item_ids)


def assignments_page(
    person: Person, cohort_handle: str, site: Site, now: datetime
) -> AssignmentsPage:
    """The cohort's assignments. Raises NotFound."""
    cohort = managed_cohort(person, cohort_handle)
    rows = storage.assignments_of(cohort.id)
    started = use.members_started([row.id for row in rows])
    views = tuple(_view(row, site, started.get(row.id, 0), now) for row in rows)
    return AssignmentsPage(cohort, views)


def assignment_page(
    person: Person, cohort_handle: str, handle: str, site: Site, now: datetime
) -> AssignmentPage:
    """One assignment. Raises NotFound, also where it is another cohort's or withdrawn."""
    cohort, row = managed_assignment(person, cohort_handle, handle)
    return AssignmentPage(
        cohort=cohort,
        view=_view(row, site, use.members_started([row.id]).get(row.id, 0), now),
        most_used=use.most_attempts_used(row.id),
        shows_items=cohort_storage.membership(person.id, cohort.id) is None,
    )


def managed_assignment(
    person: Person, cohort_handle: str, handle: str, *, to_change: bool = False
) -> tuple[CohortRow, AssignmentRow]:
    """The assignment, for those who run its cohort. Raises NotFound or CohortArchived."""
    gate = managed_open_cohort if to_change else managed_cohort
    cohort = gate(person, cohort_handle)
    row = storage.find_assignment(handle)
    if row is None or row.cohort_id != cohort.id or row.withdrawn_at is not None:
        raise NotFound
    return cohort, row


def plan_to_copy(person: Person, handle: str) -> Plan:
    """An earlier assignment of any cohort that the person runs. Raises NotFound."""
    row = storage.find_assignment(handle)
    cohort = cohort_storage.cohort_of(row.cohort_id) if row is not None else None
    if row is None or cohort is None:
        raise NotFound
    return plan_of(managed_assignment(person, cohort.handle, handle)[1])


def change_assignment(
    person: Person,
    cohort_handle: str,
    handle: str,
    change: Change,
    site: Site,
    now: datetime,
    shown: str | None = None,
) -> Fault | None:
    """Change the assignment, or say why it cannot be so.

    `shown` is the edition that the form was opened with. Raises NotFound, CohortArchived or
    ChangedMeanwhile.
    """
    _cohort, row = managed_assignment(person, cohort_handle, handle, to_change=True)
    storage.hold(row)
    require_same(shown, *_changeable(row))
    fault = window_fault(change.opens_at, change.due_at, Feedback(row.feedback))
    if fault is None and change.due_at not in {None, row.due_at}:
        fault = passed_fault(change.due_at, now)
    if fault is None and change.attempts_allowed < use.most_attempts_used(row.id):
        fault = Fault.FEWER_THAN_USED
    if fault is not None:
        return fault
    moved = change.due_at != row.due_at
    row.title, row.opens_at, row.due_at = change.title, change.opens_at, change.due_at
    if moved:
        row.reminded_at = None
        opens = results_from(to_assignment(row), site)
        if opens is not None:
            use.move_closed_results(row.id, opens, now)
    row.attempts_allowed = change.attempts_allowed
    db.session.commit()
    return None


def window_fault(opens_at: datetime, due_at: datetime | None, feedback: Feedback) -> Fault | None:
    """What is wrong with the window in which an assignment can be started."""
    if due_at is None:
        return Fault.DUE_NEEDED if feedback is Feedback.AFTER_DUE else None
    return Fault.DUE_BEFORE_OPENING if due_at <= opens_at else None


def passed_fault(due_at: datetime | None, now: datetime) -> Fault | None:
    """Whether a due date that is newly given lies behind already."""
    return Fault.DUE_PASSED if due_at is not None and due_at <= now else None


def withdraw_assignment(person: Person, cohort_handle: str, handle: str, now: datetime) -> None:
    """Take it back: nobody starts it any more; what runs goes on and stays its candidates'.

    Raises NotFound or CohortArchived.
    """
    managed_assignment(person, cohort_handle, handle, to_change=True)[1].withdrawn_at = now
    db.session.commit()


def unknown_items(item_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the ids that name no item which can be drawn."""
    known = {item.item_id for item in bank_storage.current_pool()}
    return tuple(item_id for item_id in item_ids if item_id not in known)


def plan_of(row: AssignmentRow) -> Plan:
    """The stored assignment as it was filled in."""
    stored = to_assignment(row)
    return Plan(
        title=row.title,
        kind=stored.kind,
        selection=stored.selection,
        items=stored.items,
        timed=stored.timed,
        feedback=stored.feedback,
        language=stored.language,
        opens_at=stored.opens_at,
        due_at=stored.due_at,
        attempts_allowed=stored.attempts_allowed,
        same_items=row.form is not None,
        shuffled=stored.shuffled,
    )


def _changeable(row: AssignmentRow) -> tuple[object, ...]:
    return row.title, row.opens_at, row.due_at or "", row.attempts_allowed


def _whole(plan: Plan, site: Site) -> Plan:
    """A mock is the exam's own test, whatever else was filled in."""
    if plan.kind is not AttemptKind.MOCK:
        return plan
    return replace(plan, selection=Selection(), items=site.blueprint.items, timed=True)


def _row(plan: Plan, cohort: CohortRow, person: Person, now: datetime) -> AssignmentRow:
    return AssignmentRow(
        handle=secrets.token_urlsafe(HANDLE_BYTES),
        cohort_id=cohort.id,
        title=plan.title,
        kind=plan.kind.value,
        selection=stored_selection(plan.selection),
        items=plan.items,
        timed=plan.timed,
        feedback=plan.feedback.value,
        language=CHOICE if plan.language is None else plan.language.value,
        opens_at=plan.opens_at,
        due_at=plan.due_at,
        attempts_allowed=plan.attempts_allowed,
        shuffled=plan.shuffled,
        created_at=now,
        created_by=person.id,
    )


def _in_picked_order(form: ExamForm, item_ids: tuple[str, ...]) -> ExamForm:
    """The form in the order in which its items were picked by hand, if they were."""
    if not item_ids:
        return form
    picked = sorted(form.entries, key=lambda entry: item_ids.index(entry.item_id))
    return ExamForm(
        tuple(
            replace(entry, position=place.position, part=place.part)
            for place, entry in zip(form.entries, picked, strict=True)
        )
    )


def _view(row: AssignmentRow, site: Site, started: int, now: datetime) -> AssignmentView:
    assignment = to_assignment(row)
    return AssignmentView(
        handle=row.handle,
        plan=plan_of(row),
        state=assignment.window(now),
        minutes=standard_minutes(assignment, site),
        results_from=results_from(assignment, site),
        edition=edition_of(*_changeable(row)),
        started=started,
    )
