"""Rosters: looked through, taken whole or not at all, and the invitations they become."""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import email_validator

from app.domain.access import Person
from app.domain.bilingual import Language
from app.domain.codes import make_code
from app.domain.roster_files import FileFault
from app.domain.rosters import Desk, Known, Roster, RosterRow, parse_roster, same_name
from app.services.cohorts import managed_cohort, managed_open_cohort
from app.services.mail import Letter, queue_letter
from app.storage import rosters as storage
from app.storage.cohorts import CohortRow, InvitationRow
from app.storage.database import db

VALID = timedelta(days=30)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RosterPage:
    """What the upload page says about the cohort."""

    cohort: str
    open_invitations: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation for one person."""

    id: int
    code: str
    name: str
    email: str | None
    language: Language
    expires_at: datetime
    written: bool
    """A letter with it was queued."""


@dataclass(frozen=True, slots=True)
class InvitationNews:
    """What a letter with an invitation tells. `time_zone` is the cohort's."""

    reader: str
    language: Language
    trainer: str
    cohort: str
    time_zone: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationWords:
    """Who words that letter, and every subject that it can have, to know it again by."""

    write: Callable[[InvitationNews], Letter]
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvitationsPage:
    """Every open invitation for one person. `time_zone` is the cohort's."""

    cohort: str
    time_zone: str
    archived: bool
    invitations: tuple[Invitation, ...]

    @property
    def unwritten(self) -> int:
        """How many have an e-mail address, and no letter yet."""
        return sum(line.email is not None and not line.written for line in self.invitations)


def roster_page(person: Person, handle: str, now: datetime) -> RosterPage:
    """What the upload page says. Raises NotFound or CohortArchived."""
    cohort = managed_open_cohort(person, handle)
    return RosterPage(cohort.name, len(storage.open_invitations(cohort.id, now)))


def read_roster(person: Person, handle: str, text: str, now: datetime) -> Roster | FileFault:
    """Look a roster through; nothing is written. Raises NotFound or CohortArchived."""
    return _read(managed_open_cohort(person, handle), text, now)


def take_roster(
    person: Person, handle: str, text: str, now: datetime, rng: random.Random
) -> int | Roster | FileFault:
    """Make an invitation for every row and say how many.

    Where a row has a fault or there is none, nothing is written, and what was read is given back.
    Raises NotFound or CohortArchived.
    """
    cohort = managed_open_cohort(person, handle)
    storage.lock_cohort(cohort.id)
    roster = _read(cohort, text, now)
    if isinstance(roster, FileFault) or roster.faults or not roster.rows:
        db.session.rollback()
        return roster
    codes = _new_codes(len(roster.rows), rng)
    for row, code in zip(roster.rows, codes, strict=True):
        db.session.add(_invitation(row, code, cohort, person, now))
    db.session.commit()
    log.info("person %d took a roster of %d rows in", person.id, len(codes))
    return len(codes)


def invitations_page(
    person: Person, handle: str, now: datetime, words: InvitationWords
) -> InvitationsPage:
    """Every open invitation for one person, newest roster first. Raises NotFound."""
    cohort = managed_cohort(person, handle)
    rows = storage.open_invitations(cohort.id, now)
    written = _written(rows, words)
    return InvitationsPage(
        cohort=cohort.name,
        time_zone=cohort.time_zone,
        archived=cohort.archived_at is not None,
        invitations=tuple(
            Invitation(
                id=row.id,
                code=row.code,
                name=row.name or "",
                email=row.email,
                language=Language(row.language),
                expires_at=row.expires_at,
                written=row.id in written,
            )
            for row in rows
        ),
    )


def queue_invitations(person: Person, handle: str, now: datetime, words: InvitationWords) -> int:
    """Write to every invited address that was not written to, and say how many letters it are.

    The letters are the trainer's: they go with that account. Raises NotFound or CohortArchived.
    """
    cohort = managed_open_cohort(person, handle)
    storage.lock_cohort(cohort.id)
    rows = storage.open_invitations(cohort.id, now)
    written = _written(rows, words)
    queued = 0
    for row in rows:
        if row.email is not None and row.id not in written:
            letter = words.write(_news(row, cohort, person))
            queue_letter(person.id, row.email, letter, now)
            queued += 1
    db.session.commit()
    return queued


def address(text: str) -> str | None:
    """An e-mail address as it is kept; None where there can be no such address."""
    try:
        found = email_validator.validate_email(
            text, check_deliverability=False, allow_smtputf8=False
        )
    except email_validator.EmailNotValidError:
        return None
    return found.normalized.lower()


def _written(rows: Sequence[InvitationRow], words: InvitationWords) -> set[int]:
    """Which of the invitations a letter was queued for since they were made."""
    addresses = [row.email for row in rows if row.email is not None]
    letters = storage.written_to(addresses, words.subjects) if addresses else []
    latest: dict[str, datetime] = {}
    for recipient, moment in letters:
        latest[recipient] = max(moment, latest.get(recipient, moment))
    return {row.id for row in rows if row.email in latest and latest[row.email] >= row.made_at}


def _news(row: InvitationRow, cohort: CohortRow, person: Person) -> InvitationNews:
    return InvitationNews(
        reader=row.name or "",
        language=Language(row.language),
        trainer=person.display_name,
        cohort=cohort.name,
        time_zone=cohort.time_zone,
        code=row.code,
        expires_at=row.expires_at,
    )


def _read(cohort: CohortRow, text: str, now: datetime) -> Roster | FileFault:
    members = storage.members_known_by(cohort.id)
    invited = [(row.name, row.email) for row in storage.open_invitations(cohort.id, now)]
    known = Known(members=_keys(members), invited=_keys(invited))
    return parse_roster(text, Desk(address, known))


def _keys(people: Sequence[tuple[str | None, str | None]]) -> frozenset[str]:
    return frozenset(same_name(given) for pair in people for given in pair if given)


def _new_codes(wanted: int, rng: random.Random) -> list[str]:
    """So many codes that no invitation has."""
    codes: set[str] = set()
    while len(codes) < wanted:
        codes |= {make_code(rng) for _ in range(wanted - len(codes))}
        codes -= storage.codes_in_use([*codes])
    return sorted(codes)


def _invitation(
    row: RosterRow, code: str, cohort: CohortRow, person: Person, now: datetime
) -> InvitationRow:
    return InvitationRow(
        cohort_id=cohort.id,
        code=code,
        single_use=True,
        name=row.name,
        email=row.email,
        language=row.language.value,
        made_at=now,
        made_by=person.id,
        expires_at=now + VALID,
    )
