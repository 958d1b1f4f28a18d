"""The board: who has not started, who is at it, who is done, who may want a hand."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.domain.access import Person
from app.domain.assignments import WindowState
from app.domain.bilingual import Bilingual
from app.domain.progress import Hand, Progress, State, hand_before_start, progress
from app.services.assigned_starts import to_assignment
from app.services.assignments import managed_assignment
from app.services.cohorts import managed_cohort
from app.services.looks import LookAt, note_look, open_look
from app.storage import boards as storage
from app.storage import cohorts as cohort_storage
from app.storage.assignments import AssignmentRow, assignments_of
from app.storage.boards import Member, Runs
from app.storage.cohorts import CohortRow


@dataclass(frozen=True, slots=True)
class CohortFacts:
    """The cohort as its boards name it. Times are shown in its zone."""

    handle: str
    name: str
    time_zone: str
    archived: bool


@dataclass(frozen=True, slots=True)
class AssignmentFacts:
    """The assignment as its boards name it."""

    handle: str
    title: Bilingual
    opens_at: datetime
    due_at: datetime | None
    state: WindowState
    attempts_allowed: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many members are where; the first three add up to all."""

    not_started: int
    started: int
    done: int
    hand: int


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One assignment with its counts."""

    assignment: AssignmentFacts
    counts: Counts


@dataclass(frozen=True, slots=True)
class BoardPage:
    """Every assignment of the cohort."""

    cohort: CohortFacts
    members: int
    lines: tuple[BoardLine, ...]
    shows_items: bool
    """Whether the viewer may see questions: a candidate of the cohort may not."""


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One member's row; without a name unless names were asked for."""

    person_id: int
    number: int
    name: str | None
    progress: Progress


@dataclass(frozen=True, slots=True)
class AssignmentBoard:
    """One assignment with a row for each member."""

    cohort: CohortFacts
    assignment: AssignmentFacts
    counts: Counts
    lines: tuple[MemberLine, ...]
    names_shown: bool
    shows_items: bool
    as_of: datetime


def board_page(person: Person, cohort_handle: str, now: datetime) -> BoardPage:
    """Every assignment with its counts, newest first. Raises NotFound."""
    cohort = managed_cohort(person, cohort_handle)
    people, runs = storage.members(cohort.id, cohort_handle), storage.runs_on(cohort.id)
    lines = []
    for row in assignments_of(cohort.id):
        not_begun = _not_begun(cohort, row, now)
        found = [_progress(row, m, runs, not_begun, now) for m in people]
        lines.append(BoardLine(assignment_facts(row, now), _counts(found)))
    return BoardPage(cohort_facts(cohort), len(people), tuple(lines), sees_items(person, cohort))


def assignment_board(
    person: Person, cohort_handle: str, handle: str, look: str | None, now: datetime
) -> AssignmentBoard:
    """One row for each member, with names for whoever has asked for them. Raises NotFound."""
    cohort, row = managed_assignment(person, cohort_handle, handle)
    named = open_look(person, look, cohort.id, LookAt.NAMES, now)
    runs, not_begun = storage.runs_on(cohort.id, row.id), _not_begun(cohort, row, now)
    lines = [
        MemberLine(
            person_id=member.person_id,
            number=member.number,
            name=member.name if member.person_id in named else None,
            progress=_progress(row, member, runs, not_begun, now),
        )
        for member in storage.members(cohort.id, handle)
    ]
    if named:
        lines.sort(key=lambda line: (line.name is None, (line.name or "").casefold(), line.number))
    return AssignmentBoard(
        cohort=cohort_facts(cohort),
        assignment=assignment_facts(row, now),
        counts=_counts(line.progress for line in lines),
        lines=tuple(lines),
        names_shown=any(line.name is not None for line in lines),
        shows_items=sees_items(person, cohort),
        as_of=now,
    )


def show_names(person: Person, cohort_handle: str, handle: str, now: datetime) -> str:
    """Note that the names are looked at, and give the look. Raises NotFound."""
    cohort, _row = managed_assignment(person, cohort_handle, handle)
    return note_look(person, cohort.id, _ids(storage.members(cohort.id, handle)), LookAt.NAMES, now)


def sees_items(person: Person, cohort: CohortRow) -> bool:
    """Whether the person may see questions and keys here: a candidate of the cohort may not."""
    return cohort_storage.membership(person.id, cohort.id) is None


def cohort_facts(cohort: CohortRow) -> CohortFacts:
    """The cohort as its boards name it."""
    return CohortFacts(
        cohort.handle, cohort.name, cohort.time_zone, archived=cohort.archived_at is not None
    )


def assignment_facts(row: AssignmentRow, now: datetime) -> AssignmentFacts:
    """The assignment as its boards name it."""
    return AssignmentFacts(
        handle=row.handle,
        title=row.title,
        opens_at=row.opens_at,
        due_at=row.due_at,
        state=to_assignment(row).window(now),
        attempts_allowed=row.attempts_allowed,
    )


def _progress(
    row: AssignmentRow, member: Member, runs: Runs, not_begun: Hand | None, now: datetime
) -> Progress:
    later = row.due_at is not None and member.joined_at > row.due_at
    found = runs.get((row.id, member.person_id), ())
    return progress(found, not_begun, now, joined_later=later)


def _not_begun(cohort: CohortRow, row: AssignmentRow, now: datetime) -> Hand | None:
    if cohort.archived_at is not None:  # nothing can be started in it
        return None
    return hand_before_start(row.opens_at, row.due_at, now, ZoneInfo(cohort.time_zone))


def _counts(found: Iterable[Progress]) -> Counts:
    everybody = [*found]
    states = Counter(where.state for where in everybody)
    return Counts(
        not_started=states[State.NOT_STARTED],
        started=states[State.STARTED],
        done=states[State.DONE],
        hand=sum(where.hand is not None for where in everybody),
    )


def _ids(people: Iterable[Member]) -> list[int]:
    return [member.person_id for member in people]
