"""What is set for a candidate: the list at home, and the page before a start."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.access import Person
from app.domain.assignments import WindowState
from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Bilingual, Language
from app.services.assigned_starts import assigned, to_assignment
from app.services.assignment_times import results_from
from app.services.drawing import blueprint_for
from app.services.site import Site
from app.storage import assignments as storage
from app.storage import bank as bank_storage
from app.storage import cohorts as cohort_storage
from app.storage.assignments import AssignmentRow
from app.storage.attempts import AttemptRow
from app.storage.cohorts import CohortRow


@dataclass(frozen=True, slots=True)
class AssignedLine:
    """One assignment as its candidate sees it."""

    handle: str
    title: Bilingual
    cohort: str
    time_zone: str
    """The cohort's: its times are shown there."""
    kind: AttemptKind
    items: int
    due_at: datetime | None
    state: WindowState
    used: int
    allowed: int
    running: str | None
    """The attempt to go on with."""
    finished: str | None
    """The newest finished attempt."""
    result_from: datetime | None
    """When its result opens; None where it can be read."""
    given_back: bool
    """The newest attempt was given back."""

    @property
    def startable(self) -> bool:
        """Whether one more attempt may be started."""
        return self.state is WindowState.OPEN and self.running is None and self.used < self.allowed


@dataclass(frozen=True, slots=True)
class AssignedPage:
    """What the page before a start says. Minutes are None where no clock runs."""

    line: AssignedLine
    language: Language | None
    """None where the candidate chooses."""
    feedback: Feedback
    results_from: datetime | None
    """When results open for all; None where they open with each attempt."""
    base_minutes: int | None
    own_minutes: int | None
    break_minutes: int | None
    """None where the test has no break."""


def assigned_lines(person: Person, now: datetime) -> tuple[AssignedLine, ...]:
    """Everything set for the person that has opened, soonest due first."""
    rows = storage.assigned_to(person.id, now)
    if not rows:
        return ()
    cohorts = {cohort.id: cohort for cohort, _ in cohort_storage.cohorts_joined_by(person.id)}
    attempts = storage.attempts_of_person_on(person.id, [row.id for row in rows])
    return tuple(
        _line(row, cohorts[row.cohort_id], [a for a in attempts if a.assignment_id == row.id], now)
        for row in rows
        if cohorts[row.cohort_id].archived_at is None
    )


def assigned_page(person: Person, handle: str, site: Site, now: datetime) -> AssignedPage:
    """What starting means. Raises NotFound, or CannotDraw where the bank has shrunk."""
    row, assignment = assigned(person, handle)
    cohort = cohort_storage.cohort_of(row.cohort_id)
    assert cohort is not None  # noqa: S101 - `assigned` has looked
    pool = assignment.selection.of(bank_storage.current_pool())
    blueprint = blueprint_for(assignment.kind, row.items, site, pool)
    timed = row.timed or assignment.kind is AttemptKind.MOCK
    attempts = [*storage.attempts_of_person_on(person.id, [row.id])]
    own_break = person.break_seconds
    own_break_minutes = blueprint.break_minutes if own_break is None else own_break // 60
    return AssignedPage(
        line=_line(row, cohort, attempts, now),
        language=assignment.language,
        feedback=assignment.feedback,
        results_from=results_from(assignment, site),
        base_minutes=blueprint.minutes if timed else None,
        own_minutes=round(blueprint.minutes * person.time_factor) if timed else None,
        break_minutes=None if blueprint.break_after is None else own_break_minutes,
    )


def _line(
    row: AssignmentRow, cohort: CohortRow, attempts: list[AttemptRow], now: datetime
) -> AssignedLine:
    running = [a.handle for a in attempts if a.finished_at is None]
    finished = [a for a in attempts if a.finished_at is not None and not a.voided_at]
    opens_at = finished[-1].feedback_from if finished else None
    return AssignedLine(
        handle=row.handle,
        title=row.title,
        cohort=cohort.name,
        time_zone=cohort.time_zone,
        kind=AttemptKind(row.kind),
        items=row.items,
        due_at=row.due_at,
        state=to_assignment(row).window(now),
        used=sum(a.assignment_try is not None for a in attempts),
        allowed=row.attempts_allowed,
        running=running[-1] if running else None,
        finished=finished[-1].handle if finished else None,
        result_from=opens_at if opens_at is not None and now < opens_at else None,
        given_back=bool(attempts) and attempts[-1].voided_at is not None,
    )
