"""Cohorts: making and keeping them, who teaches in them, the codes that let people in."""

import random
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import sqlalchemy as sa

from app.domain.access import Person, Role, may_administer, may_manage_cohort, may_teach
from app.domain.codes import make_code, shown_code
from app.domain.errors import CohortArchived, LastTrainer, NotFound
from app.services.editions import edition_of, require_same
from app.services.people import normalise_username, username_is_possible
from app.storage import cohorts as storage
from app.storage.cohorts import CohortMemberRow, CohortRow, CohortTrainerRow, InvitationRow
from app.storage.database import db, held
from app.storage.people import PersonRow, find_by_username

HANDLE_BYTES = 12
CODE_DAYS = (7, 30, 90)
"""How long a class code may be valid."""
TEACHING_ROLES = (Role.TRAINER.value, Role.ADMINISTRATOR.value)


class Adding(Enum):
    """What became of adding a trainer."""

    ADDED = "added"
    THERE = "there"
    """Teaches the cohort already."""
    NO = "no"


@dataclass(frozen=True, slots=True)
class CohortLine:
    """One cohort in its trainers' list."""

    handle: str
    name: str
    members: int
    trainers: tuple[str, ...]
    archived: bool


@dataclass(frozen=True, slots=True)
class TrainerLine:
    """One trainer of a cohort."""

    id: int
    name: str
    teaches: bool
    """False for somebody who is no trainer on this site any more, or whose account is closed."""


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A class code that works now."""

    id: int
    shown: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CohortPage:
    """A cohort as its trainers see it first: without anybody's results."""

    handle: str
    name: str
    time_zone: str
    archived_at: datetime | None
    members: int
    trainers: tuple[TrainerLine, ...]
    codes: tuple[CodeLine, ...]
    edition: str
    """Name and zone in short, for the form that changes them."""


def managed_cohort(person: Person, handle: str) -> CohortRow:
    """The cohort, for those who run it. Raises NotFound, also where it is another's."""
    row = storage.find_cohort(handle)
    teaches = row is not None and storage.teaches(person.id, row.id)
    if row is None or not may_manage_cohort(person, teaches=teaches):
        raise NotFound
    return row


def managed_open_cohort(person: Person, handle: str) -> CohortRow:
    """The same, where something is to be changed in it. Raises NotFound or CohortArchived."""
    row = managed_cohort(person, handle)
    if row.archived_at is not None:
        raise CohortArchived
    return row


def create_cohort(person: Person, name: str, time_zone: str, now: datetime) -> str:
    """Make a cohort with the person as its trainer and give its handle. Raises NotFound."""
    if not may_teach(person):
        raise NotFound
    row = CohortRow(
        handle=secrets.token_urlsafe(HANDLE_BYTES),
        name=name.strip(),
        time_zone=time_zone,
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    db.session.add(CohortTrainerRow(cohort_id=row.id, person_id=person.id, since=now))
    db.session.commit()
    return row.handle


def cohorts_of(person: Person) -> list[tuple[CohortRow, int]]:
    """The cohorts that the person runs, with their number of members, by name."""
    return [*storage.cohorts_taught_by(None if may_administer(person) else person.id)]


def cohort_lines(person: Person) -> tuple[CohortLine, ...]:
    """The cohorts that the person runs, by name."""
    found = cohorts_of(person)
    trainers = storage.trainers_of([row.id for row, _ in found])
    return tuple(
        CohortLine(
            handle=row.handle,
            name=row.name,
            members=members,
            trainers=tuple(trainer.display_name for trainer in trainers[row.id]),
            archived=row.archived_at is not None,
        )
        for row, members in found
    )


def cohort_page(person: Person, handle: str, now: datetime) -> CohortPage:
    """The cohort's own page. Raises NotFound."""
    row = managed_cohort(person, handle)
    return CohortPage(
        handle=row.handle,
        name=row.name,
        time_zone=row.time_zone,
        archived_at=row.archived_at,
        members=_count_members(row.id),
        trainers=tuple(
            TrainerLine(trainer.id, trainer.display_name, _can_teach(trainer))
            for trainer in storage.trainers_of([row.id])[row.id]
        ),
        codes=tuple(
            CodeLine(code.id, shown_code(code.code), code.expires_at)
            for code in storage.invitations_of(row.id)
            if not code.single_use and code.revoked_at is None and now < code.expires_at
        ),
        edition=edition_of(row.name, row.time_zone),
    )


def rename_cohort(
    person: Person, handle: str, name: str, time_zone: str, shown: str | None = None
) -> None:
    """Give the cohort another name, or other clocks.

    `shown` is the edition that the form was opened with. Raises NotFound, CohortArchived or
    ChangedMeanwhile.
    """
    row = _held_cohort(person, handle)
    require_same(shown, row.name, row.time_zone)
    row.name, row.time_zone = name.strip(), time_zone
    db.session.commit()


def archive_cohort(person: Person, handle: str, now: datetime) -> None:
    """Put the cohort away: it can be read, and nothing starts in it. Raises NotFound."""
    managed_open_cohort(person, handle).archived_at = now
    db.session.commit()


def restore_cohort(person: Person, handle: str) -> None:
    """Take the cohort out of the archive. Raises NotFound."""
    managed_cohort(person, handle).archived_at = None
    db.session.commit()


def add_trainer(person: Person, handle: str, username: str, now: datetime) -> Adding:
    """Let somebody else teach the cohort too, by sign-in name.

    `Adding.NO` where nobody with this name can be a trainer, whatever the reason.
    Raises NotFound or CohortArchived.
    """
    cohort = _held_cohort(person, handle)
    name = normalise_username(username)
    trainer = find_by_username(name) if username_is_possible(name) else None
    if trainer is None or not _can_teach(trainer):
        db.session.rollback()
        return Adding.NO
    if storage.teaches(trainer.id, cohort.id):
        db.session.rollback()
        return Adding.THERE
    db.session.add(CohortTrainerRow(cohort_id=cohort.id, person_id=trainer.id, since=now))
    db.session.commit()
    return Adding.ADDED


def remove_trainer(person: Person, handle: str, person_id: int) -> None:
    """Let a trainer teach the cohort no more. Raises NotFound, CohortArchived or LastTrainer."""
    cohort = _held_cohort(person, handle)
    teaching = db.session.get(CohortTrainerRow, (cohort.id, person_id))
    if teaching is None:
        raise NotFound
    trainers = storage.trainers_of([cohort.id])[cohort.id]
    if not any(_can_teach(trainer) for trainer in trainers if trainer.id != person_id):
        raise LastTrainer
    db.session.delete(teaching)
    db.session.commit()


def make_class_code(
    person: Person, handle: str, days: int, now: datetime, rng: random.Random
) -> str:
    """Make a code for everybody who gets it. Raises NotFound or CohortArchived."""
    cohort = managed_open_cohort(person, handle)
    code = unused_code(rng)
    row = InvitationRow(
        cohort_id=cohort.id,
        code=code,
        single_use=False,
        language=person.language.value,
        made_at=now,
        made_by=person.id,
        expires_at=now + timedelta(days=days),
    )
    db.session.add(row)
    db.session.commit()
    return code


def unused_code(rng: random.Random) -> str:
    """A code that no invitation has or had."""
    code = make_code(rng)
    while storage.find_invitation(code) is not None:
        code = make_code(rng)
    return code


def revoke_invitation(person: Person, handle: str, invitation_id: int, now: datetime) -> None:
    """Take a code back; one that was used or taken back before stays as it is.

    Raises NotFound or CohortArchived.
    """
    cohort = managed_open_cohort(person, handle)
    row = db.session.get(InvitationRow, invitation_id)
    if row is None or row.cohort_id != cohort.id:
        raise NotFound
    # Name and address were only needed to bring it to the person. In one step, so that somebody
    # who uses it at this moment is not also turned away.
    db.session.execute(
        sa.update(InvitationRow)
        .where(
            InvitationRow.id == row.id,
            InvitationRow.revoked_at.is_(None),
            InvitationRow.used_at.is_(None),
        )
        .values(revoked_at=now, name=None, email=None)
    )
    db.session.commit()


def remove_member(person: Person, cohort_handle: str, person_id: int) -> None:
    """Take a candidate out of the cohort; every attempt, a running one too, stays the candidate's.

    Raises NotFound or CohortArchived.
    """
    cohort = managed_open_cohort(person, cohort_handle)
    member = storage.membership(person_id, cohort.id)
    if member is None:
        raise NotFound
    db.session.delete(member)
    db.session.commit()


def _can_teach(row: PersonRow) -> bool:
    return row.active and row.role in TEACHING_ROLES


def _held_cohort(person: Person, handle: str) -> CohortRow:
    """An open cohort, held to the transaction's end: of two trainers only one can be the last.

    SQLite needs no hold: its write transactions run one at a time.
    """
    cohort = managed_open_cohort(person, handle)
    query = held(sa.select(CohortRow).where(CohortRow.id == cohort.id), CohortRow)
    db.session.scalars(query).all()  # what is not fetched is not read into the row
    return cohort


def _count_members(cohort_id: int) -> int:
    counted = sa.select(sa.func.count()).where(CohortMemberRow.cohort_id == cohort_id)
    return db.session.scalar(counted) or 0
