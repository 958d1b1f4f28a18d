"""What a trainer sets: from which items, when it may be started, and how often."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Language
from app.domain.errors import CohortArchived, NoAttemptLeft, NotOpenYet, PastDue
from app.domain.items import Axis, Level, PoolItem
from app.domain.timing import TimeAllowance

MOST_ATTEMPTS = 10


class WindowState(StrEnum):
    """Where `now` lies in the time in which an assignment can be started."""

    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items an assignment is drawn from. Empty areas or levels mean every one.

    `item_ids` are picked by hand and settle it alone.
    """

    axis: Axis = Axis.OSHPD
    areas: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    competencies: tuple[str, ...] = ()
    """SAMHSA competencies, as "IX.6"."""
    item_ids: tuple[str, ...] = ()

    def holds(self, item: PoolItem) -> bool:
        """Whether the item may stand on the form."""
        if self.item_ids:
            return item.item_id in self.item_ids
        return (
            (not self.areas or item.area(self.axis) in self.areas)
            and (not self.levels or item.level in self.levels)
            and (not self.competencies or item.samhsa in self.competencies)
        )

    def of(self, pool: Iterable[PoolItem]) -> tuple[PoolItem, ...]:
        """The items of `pool` that may stand on the form."""
        return tuple(item for item in pool if self.holds(item))


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment as its rules see it. `language` is None where the candidate chooses."""

    kind: AttemptKind
    selection: Selection
    items: int
    timed: bool
    feedback: Feedback
    language: Language | None
    opens_at: datetime
    due_at: datetime | None
    attempts_allowed: int
    shuffled: bool
    archived: bool = False

    def window(self, now: datetime) -> WindowState:
        """Whether it can be started at `now`. The due moment itself is still in time."""
        if now < self.opens_at:
            return WindowState.UPCOMING
        if self.due_at is not None and now > self.due_at:
            return WindowState.CLOSED
        return WindowState.OPEN


def results_open_at(
    due_at: datetime, base_seconds: int | None, factors: Iterable[float], break_seconds: int
) -> datetime:
    """When results that wait for the due date open, for everybody at once.

    Whoever starts at the due moment still has the whole time, so nothing opens before the
    longest time that anybody can have is over. Without a clock (`base_seconds` is None) there
    is no such time, and the due date itself counts.
    """
    if base_seconds is None:
        return due_at
    longest = TimeAllowance(base_seconds, max(factors), break_seconds)
    return due_at + timedelta(seconds=longest.own_seconds + longest.break_seconds)


def require_start(assignment: Assignment, used: int, now: datetime) -> None:
    """Whether one more attempt may start now, after `used` that count.

    The due date limits starting alone: whoever starts in time keeps the whole time. Raises
    CohortArchived, NotOpenYet, PastDue or NoAttemptLeft.
    """
    if assignment.archived:
        raise CohortArchived
    window = assignment.window(now)
    if window is WindowState.UPCOMING:
        raise NotOpenYet(assignment.opens_at)
    if window is WindowState.CLOSED and assignment.due_at is not None:
        raise PastDue(assignment.due_at)
    if used >= assignment.attempts_allowed:
        raise NoAttemptLeft(assignment.attempts_allowed)
