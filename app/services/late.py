"""Choices made in time that reach the site after the end, out of an outage.

The browser's clock alone proves nothing, so such a choice must also fall into a silence: after
the newest thing that the site has heard of the attempt, and before its deadline. It is kept apart
from the others and marked as late. In what a person practises alone it counts; in an assignment
its trainers decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.attempts import Attempt, FinishReason, may_count_late
from app.domain.errors import NotOnForm
from app.services.attempts import response_row, store_choices, store_end
from app.storage import attempts as storage
from app.storage.attempts import AttemptRow, ResponseRow


@dataclass(frozen=True, slots=True)
class LateChoice:
    """An option that was chosen at `made_at`, as the browser says."""

    position: int
    seq: int
    option_id: str
    made_at: datetime


def keep_late(
    row: AttemptRow, attempt: Attempt, choices: Sequence[LateChoice], now: datetime
) -> tuple[tuple[int, int], ...]:
    """Keep those that fell into the silence before the end: their positions and numbers.

    The attempt is held by the caller, who commits. Raises NotOnForm.
    """
    if attempt.finish_reason is not FinishReason.TIME_UP:
        return ()
    heard_at = storage.heard_at(row.id) or row.started_at
    kept = [c for c in choices if may_count_late(attempt, c.made_at, heard_at, now)]
    if kept and row.finished_at is None:
        store_end(row, attempt)
    for choice in kept:
        _keep(row, attempt, choice, now)
    if kept:
        store_choices(row, attempt)
    return tuple((choice.position, choice.seq) for choice in kept)


def count_late(row: AttemptRow, attempt: Attempt) -> int:
    """Let the late choices of an assignment's attempt count; how many did not before.

    The attempt is held by the caller, who commits.
    """
    waiting = [r for r in storage.responses_of(row.id).values() if waits(r)]
    for response in waiting:
        response.option_id = response.late_option_id
    if waiting:
        store_choices(row, attempt)
    return len(waiting)


def waits(response: ResponseRow) -> bool:
    """Whether its late choice does not count yet."""
    return response.late_option_id not in {None, response.option_id}


def take_in_late(row: AttemptRow) -> None:
    """Let late choices be like any other: what they came too late for is open again.

    Else an older late choice could replace what is chosen from now on.
    """
    for response in storage.responses_of(row.id).values():
        response.option_id = response.late_option_id or response.option_id
        response.late_option_id = None


def _keep(row: AttemptRow, attempt: Attempt, choice: LateChoice, now: datetime) -> None:
    if not 1 <= choice.position <= attempt.last_position:
        raise NotOnForm
    if choice.option_id not in attempt.form.entries[choice.position - 1].option_order:
        raise NotOnForm
    response = response_row(row, choice.position, row.finished_at or now)
    if response.revealed or choice.seq <= response.seq:
        return
    response.late_option_id = choice.option_id
    response.seq = choice.seq
    if row.assignment_id is None:
        response.option_id = choice.option_id
