"""A cohort's gradebook: who has done what, and how it went."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.access import Person
from app.domain.bilingual import Bilingual, Language
from app.domain.cohort_statistics import MIN_PEOPLE, effective_answers, likely_range
from app.services.accommodations import MINUTE
from app.services.board import CohortFacts, cohort_facts
from app.services.cohorts import managed_cohort
from app.services.looks import LookAt, note_look, open_look
from app.services.site import Site
from app.storage import boards as board_storage
from app.storage import gradebook as storage
from app.storage.assignments import AssignmentRow, assignments_of
from app.storage.boards import Member
from app.storage.cohorts import CohortRow
from app.storage.database import db, reading
from app.storage.gradebook import AttemptLine


class CellState(StrEnum):
    """How far a person is with an assignment."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Cell:
    """One person on one assignment: the best attempt, else the one that runs.

    `right` and `finished_at` are None until one is done; the others where nothing was started.
    """

    state: CellState
    attempts: int = 0
    """Used so far; what was given back is not counted."""
    right: int | None = None
    total: int | None = None
    finished_at: datetime | None = None
    language: Language | None = None
    timed: bool = False
    time_factor: float | None = None
    """The person's own time in this attempt; None also where no clock ran."""
    added_minutes: int = 0
    """Given to this attempt while it ran."""
    late_waiting: int = 0
    """Answers in any of the attempts that came late, and wait for the trainer's decision."""


@dataclass(frozen=True, slots=True)
class MeanShare:
    """The mean share of right answers over people, likely from `low` to `high`.

    A blank is not right, as in everybody's own result.
    """

    people: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Column:
    """One assignment. `mean` is None where too few people are done."""

    handle: str
    title: Bilingual
    done: int
    mean: MeanShare | None


@dataclass(frozen=True, slots=True)
class Row:
    """One member; without a name unless names were asked for."""

    number: int
    name: str | None
    cells: tuple[Cell, ...]
    """One for each column."""


@dataclass(frozen=True, slots=True)
class Gradebook:
    """Everybody's best results, the oldest assignment first."""

    cohort: CohortFacts
    day: date
    """Of `now`, where the cohort is."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    names_shown: bool
    practice_target: float


PAGE = "gradebook"
"""Whose order the numbers follow that stand for names."""
NOT_STARTED = Cell(CellState.NOT_STARTED)


def gradebook(
    person: Person, cohort_handle: str, site: Site, now: datetime, look: str | None = None
) -> Gradebook:
    """The results, with names for whoever has asked for them. Raises NotFound."""
    cohort = managed_cohort(person, cohort_handle)
    named = open_look(person, look, cohort.id, LookAt.NAMES, now)
    return _gradebook(cohort, named, site, now)


def gradebook_with_names(
    person: Person, cohort_handle: str, site: Site, now: datetime
) -> Gradebook:
    """The results as a file holds them: the look at every member is noted first.

    Raises NotFound.
    """
    cohort = managed_cohort(person, cohort_handle)
    look = note_look(person, cohort.id, _member_ids(cohort), LookAt.GRADEBOOK, now)
    with reading():  # nobody's save waits while the file is made
        # Whoever joins after the note has no name in the file.
        named = open_look(person, look, cohort.id, LookAt.GRADEBOOK, now)
        made = _gradebook(cohort, named, site, now)
        db.session.commit()
    return made


def show_names(person: Person, cohort_handle: str, now: datetime) -> str:
    """Note that the names are looked at, and give the look. Raises NotFound."""
    cohort = managed_cohort(person, cohort_handle)
    return note_look(person, cohort.id, _member_ids(cohort), LookAt.NAMES, now)


def columns_of(
    assignments: Iterable[AssignmentRow], cells: Mapping[tuple[int, int], Cell]
) -> tuple[Column, ...]:
    """The assignments with what the group made of them; cells by person and assignment."""
    done: dict[int, list[Cell]] = {}
    for (_person_id, assignment_id), cell in cells.items():
        if cell.state is CellState.DONE:
            done.setdefault(assignment_id, []).append(cell)
    return tuple(_column(row, done.get(row.id, [])) for row in assignments)


def cells_of(cohort: CohortRow) -> dict[tuple[int, int], Cell]:
    """What every member has started, by person and assignment."""
    attempts: dict[tuple[int, int], list[AttemptLine]] = {}
    for line in storage.attempt_lines(cohort.id):
        attempts.setdefault((line.person_id, line.assignment_id), []).append(line)
    return {place: _cell(lines) for place, lines in attempts.items()}


def standing_assignments(cohort: CohortRow) -> Sequence[AssignmentRow]:
    """What is set for the cohort, the oldest first."""
    return assignments_of(cohort.id)[::-1]


def day_of(now: datetime, cohort: CohortRow) -> date:
    """The calendar day of `now` where the cohort is."""
    return now.astimezone(ZoneInfo(cohort.time_zone)).date()


def _gradebook(cohort: CohortRow, named: frozenset[int], site: Site, now: datetime) -> Gradebook:
    assignments, cells = standing_assignments(cohort), cells_of(cohort)
    rows = _rows(board_storage.members(cohort.id, PAGE), named, assignments, cells)
    return Gradebook(
        cohort=cohort_facts(cohort),
        day=day_of(now, cohort),
        columns=columns_of(assignments, cells),
        rows=rows,
        names_shown=any(row.name is not None for row in rows),
        practice_target=site.blueprint.practice_target,
    )


def _member_ids(cohort: CohortRow) -> list[int]:
    return [member.person_id for member in board_storage.members(cohort.id, PAGE)]


def _column(row: AssignmentRow, done: list[Cell]) -> Column:
    return Column(row.handle, row.title, len(done), _mean(done))


def _mean(done: list[Cell]) -> MeanShare | None:
    """The mean of these results; None of fewer people than may be told of.

    Its range counts the answers as if all had the same questions, which is the careful way.
    """
    right, total = sum(cell.right or 0 for cell in done), sum(cell.total or 0 for cell in done)
    people = len(done)
    if people < MIN_PEOPLE or not total:
        return None
    questions = max(cell.total or 0 for cell in done)
    low, high = likely_range(right, total, effective_answers([people] * questions))
    return MeanShare(people, right / total, low, high)


def _rows(
    members: Iterable[Member],
    named: frozenset[int],
    assignments: Sequence[AssignmentRow],
    cells: Mapping[tuple[int, int], Cell],
) -> tuple[Row, ...]:
    """By name where names are shown, else by number, which is the members' order."""
    rows = [
        Row(
            number=member.number,
            name=member.name if member.person_id in named else None,
            cells=tuple(cells.get((member.person_id, row.id), NOT_STARTED) for row in assignments),
        )
        for member in members
    ]
    if named:
        rows.sort(key=lambda row: (row.name is None, (row.name or "").casefold(), row.number))
    return tuple(rows)


def _cell(lines: list[AttemptLine]) -> Cell:
    """The cell of somebody who has started, from the attempts in their order."""
    done = [line for line in lines if line.finished_at is not None]
    # The first of equals: `max` keeps it.
    shown = max(done, key=lambda line: line.right or 0) if done else lines[-1]
    timed = shown.base_seconds is not None
    return Cell(
        state=CellState.DONE if done else CellState.RUNNING,
        attempts=len(lines),
        right=shown.right or 0 if done else None,
        total=shown.total,
        finished_at=shown.finished_at,
        language=Language(shown.language),
        timed=timed,
        time_factor=shown.time_factor if timed else None,
        added_minutes=round(shown.added_seconds / MINUTE),
        late_waiting=sum(line.late_waiting for line in lines),
    )
