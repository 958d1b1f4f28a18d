"""Opening an attempt again that the clock has ended, where the clock or the site was at fault."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.access import Person, may_administer
from app.domain.attempts import Attempt, AttemptKind, FinishReason, finish_if_due
from app.domain.errors import AnotherRuns, NotEndedByClock, NotFound
from app.domain.timing import seconds_left
from app.services.accommodations import MINUTE
from app.services.attempts import live_handle
from app.services.late import take_in_late
from app.services.site import Site
from app.storage import attempts as storage
from app.storage.attempts import AdjustmentRow, AttemptRow
from app.storage.database import db
from app.storage.people import find_person, lock_person

MOST_MINUTES = 240

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EndedAttempt:
    """What the page shows before an attempt is opened again."""

    display_name: str
    kind: AttemptKind
    started_at: datetime
    ended_at: datetime
    minutes_left: int
    """What was left on its clock when something was last saved in it; proposed."""


def ended_attempt(actor: Person, handle: str, now: datetime, site: Site) -> EndedAttempt:
    """The attempt that may be opened again.

    Raises NotFound, also for all but administrators, or NotEndedByClock.
    """
    row, attempt = _ended(actor, handle, now, site)
    owner = find_person(row.person_id)
    ended_at = attempt.finished_at or now
    saved = max((r.saved_at for r in storage.responses_of(row.id).values()), default=row.started_at)
    left = -(-seconds_left(ended_at, saved) // MINUTE)
    return EndedAttempt(
        display_name=owner.display_name if owner else "",
        kind=attempt.kind,
        started_at=attempt.started_at,
        ended_at=ended_at,
        minutes_left=min(max(left, 1), MOST_MINUTES),
    )


def open_again(
    actor: Person, handle: str, minutes: int, reason: str, now: datetime, site: Site
) -> None:
    """Let the candidate go on for so many minutes from now, with every answer that was saved.

    What is added, why and by whom stays on record. Whoever has more left than that, once the
    machine's clock is right again, keeps it. Raises NotFound, NotEndedByClock or AnotherRuns.
    """
    row, attempt = _ended(actor, handle, now, site, lock=True)
    if minutes not in range(1, MOST_MINUTES + 1):
        raise NotFound
    if live_handle(row.person_id, attempt.kind, row.assignment_id) not in {None, row.handle}:
        raise AnotherRuns
    row.finished_at = row.finish_reason = row.chosen = row.right = None
    take_in_late(row)
    wanted = now + timedelta(minutes=minutes)
    due = attempt.final_deadline() or now
    added = AdjustmentRow(
        attempt_id=row.id,
        seconds=max(0, -((due - wanted) // timedelta(seconds=1))),
        reason=reason.strip(),
        made_at=now,
        made_by=actor.id,
    )
    db.session.add(added)
    db.session.commit()
    log.info("person %d opened attempt %d again for %d minutes", actor.id, row.id, minutes)


def _ended(
    actor: Person, handle: str, now: datetime, site: Site, *, lock: bool = False
) -> tuple[AttemptRow, Attempt]:
    row = storage.find_any_attempt(handle) if may_administer(actor) else None
    if row is None:
        raise NotFound
    if lock:
        lock_person(row.person_id)
        storage.hold(row)
    stored = storage.to_attempt(row, storage.adjustments_of(row.id))
    attempt = finish_if_due(stored, now, site.rules.tolerance_seconds)
    if attempt.finish_reason is not FinishReason.TIME_UP:
        raise NotEndedByClock
    return row, attempt
