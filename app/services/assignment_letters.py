"""Letters about what is set: one when it is new, one when it is soon due.

The words are the web layer's, which hands them over once when the site starts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from flask.sansio.app import App

from app.domain.bilingual import Bilingual, Language
from app.services.mail import Letter, queue_letter
from app.storage import assignment_letters as storage
from app.storage.assignments import AssignmentRow
from app.storage.cohorts import CohortRow, cohort_of
from app.storage.database import db, reading
from app.storage.people import PersonRow

DUE_SOON = timedelta(hours=24)
EXTENSION = "peerprep_assignment_letters"


@dataclass(frozen=True, slots=True)
class AssignmentNews:
    """What a letter about an assignment tells one reader."""

    reader: str
    """The reader's display name."""
    language: Language
    title: Bilingual
    cohort: str
    time_zone: str
    """The cohort's: the due date is told in it."""
    handle: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class LetterWords:
    """Who words the letters."""

    new_assignment: Callable[[AssignmentNews], Letter]
    due_soon: Callable[[AssignmentNews], Letter]


def use_words(app: App, words: LetterWords) -> None:
    """Let the site's letters about assignments be worded so."""
    app.extensions[EXTENSION] = words


def queue_new_assignment(row: AssignmentRow, now: datetime) -> None:
    """Tell every member with a confirmed address what is set; the caller commits.

    What is due within a day is told with its due date now, so no reminder follows it.
    """
    cohort = cohort_of(row.cohort_id)
    assert cohort is not None  # noqa: S101 - an assignment goes with its cohort
    if row.due_at is not None and row.due_at <= now + DUE_SOON:
        row.reminded_at = now
    write = _words().new_assignment
    for person in storage.readers_of([cohort.id])[cohort.id]:
        _queue(write, person, row, cohort, now)


def queue_due_soon(now: datetime) -> int:
    """Remind, once, of what is due within a day, and say how many letters were queued.

    Only members who have not finished it are written to.
    """
    with reading():  # most of the time there is nothing to do, and nobody waits for it
        nothing = not storage.due_between(now, now + DUE_SOON)
        db.session.rollback()
    if nothing:
        return 0
    due = storage.due_between(now, now + DUE_SOON, hold=True)
    finished = storage.finished_on([row.id for row, _ in due])
    readers = storage.readers_of([*{cohort.id for _, cohort in due}])
    queued = 0
    for row, cohort in due:
        row.reminded_at = now
        for person in readers[cohort.id]:
            if (row.id, person.id) not in finished:
                _queue(_words().due_soon, person, row, cohort, now)
                queued += 1
    db.session.commit()
    return queued


def _words() -> LetterWords:
    words: LetterWords = current_app.extensions[EXTENSION]
    return words


def _queue(
    write: Callable[[AssignmentNews], Letter],
    person: PersonRow,
    row: AssignmentRow,
    cohort: CohortRow,
    now: datetime,
) -> None:
    news = AssignmentNews(
        reader=person.display_name,
        language=Language(person.language),
        title=row.title,
        cohort=cohort.name,
        time_zone=cohort.time_zone,
        handle=row.handle,
        due_at=row.due_at,
    )
    if person.email is not None:
        queue_letter(person.id, person.email, write(news), now)
