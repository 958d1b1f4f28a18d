"""A candidate's side of cohorts: joining by a code, saying what trainers may see, leaving."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

import sqlalchemy as sa

from app.config import Settings
from app.domain.access import Person
from app.domain.codes import normal_code, shown_code
from app.domain.errors import AlreadyMember, CodeGone, NotFound, OwnCohort
from app.domain.wall_clock import wall_at
from app.services.throttle import Try, may_try
from app.storage import cohorts as storage
from app.storage import throttle
from app.storage.cohorts import CohortMemberRow, CohortRow, InvitationRow
from app.storage.database import db, held
from app.storage.people import lock_person

JOIN = "join"
"""A kind of try, beside passwords and second steps."""


class Verdict(Enum):
    """What a typed code proved."""

    RIGHT = "right"
    WRONG = "wrong"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class InvitationPage:
    """What a code leads to, before anybody joins."""

    code: str
    cohort: str
    trainers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JoinedLine:
    """One of a candidate's cohorts."""

    handle: str
    name: str
    trainers: tuple[str, ...]
    joined_on: date
    """The day on the cohort's own calendar."""
    shares_practice: bool
    archived: bool


def judge_code(
    person: Person, code: str, address: str | None, now: datetime, settings: Settings
) -> Verdict:
    """Judge a code that the person sent; every try counts until it is right.

    A right code takes back its own try and no other: whoever holds one could else go on guessing.
    """
    guess = Try(JOIN, str(person.id), address)
    if not may_try(guess, now, settings):
        return Verdict.WAIT
    row = storage.find_invitation(normal_code(code))
    if row is None or not (_is_open(row, now) or storage.membership(person.id, row.cohort_id)):
        db.session.rollback()
        return Verdict.WRONG
    throttle.take_back(guess.name_key)
    throttle.take_back(guess.network_key)
    db.session.commit()
    return Verdict.RIGHT


def invitation_page(person: Person | None, code: str, now: datetime) -> InvitationPage:
    """What the code leads to; None stands for somebody who is not signed in.

    Raises CodeGone, AlreadyMember or OwnCohort.
    """
    row = storage.find_invitation(normal_code(code))
    cohort = _cohort_of(person, row, now)
    return InvitationPage(
        code=shown_code(normal_code(code)),
        cohort=cohort.name,
        trainers=tuple(row.display_name for row in storage.trainers_of([cohort.id])[cohort.id]),
    )


def join(person: Person, code: str, now: datetime, *, shares_practice: bool) -> str:
    """Let the person into the code's cohort and give its name.

    Raises CodeGone, AlreadyMember or OwnCohort.
    """
    lock_person(person.id)
    found = sa.select(InvitationRow).where(InvitationRow.code == normal_code(code))
    row = db.session.scalar(held(found, InvitationRow))
    cohort = _cohort_of(person, row, now)
    if row is None or (row.single_use and not storage.use_once(row.id, person.id, now)):
        raise CodeGone
    name = cohort.name
    storage.close_invitations(cohort.id, person.id, now)
    db.session.add(
        CohortMemberRow(
            cohort_id=cohort.id,
            person_id=person.id,
            joined_at=now,
            shares_practice=shares_practice,
        )
    )
    db.session.commit()
    return name


def joined_cohorts(person: Person) -> tuple[JoinedLine, ...]:
    """The person's cohorts as a candidate, by name."""
    found = storage.cohorts_joined_by(person.id)
    trainers = storage.trainers_of([cohort.id for cohort, _ in found])
    return tuple(
        JoinedLine(
            handle=cohort.handle,
            name=cohort.name,
            trainers=tuple(row.display_name for row in trainers[cohort.id]),
            joined_on=wall_at(member.joined_at, cohort.time_zone).date(),
            shares_practice=member.shares_practice,
            archived=cohort.archived_at is not None,
        )
        for cohort, member in found
    )


def share_practice(person: Person, handle: str, *, shares: bool) -> None:
    """Let the cohort's trainers see practice too, or no more; an archived one's as well.

    Raises NotFound.
    """
    _own_membership(person, handle).shares_practice = shares
    db.session.commit()


def leave(person: Person, handle: str) -> None:
    """Leave the cohort, archived or not; every attempt stays the person's. Raises NotFound."""
    db.session.delete(_own_membership(person, handle))
    db.session.commit()


def _own_membership(person: Person, handle: str) -> CohortMemberRow:
    cohort = storage.find_cohort(handle)
    member = storage.membership(person.id, cohort.id) if cohort is not None else None
    if member is None:
        raise NotFound
    return member


def _cohort_of(person: Person | None, row: InvitationRow | None, now: datetime) -> CohortRow:
    """Where an invitation leads. Who is there already is told so, even by a code that is gone."""
    if row is None:
        raise CodeGone
    if person is not None and storage.membership(person.id, row.cohort_id):
        raise AlreadyMember
    if person is not None and storage.teaches(person.id, row.cohort_id):
        raise OwnCohort
    cohort = storage.cohort_of(row.cohort_id)
    if cohort is None or not _is_open(row, now):
        raise CodeGone
    return cohort


def _is_open(row: InvitationRow, now: datetime) -> bool:
    """Whether the code lets somebody in now."""
    cohort = storage.cohort_of(row.cohort_id)
    gone = row.revoked_at is not None or row.used_at is not None or row.expires_at <= now
    return not gone and cohort is not None and cohort.archived_at is None
