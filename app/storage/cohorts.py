"""Cohorts, who teaches and who learns in them, and the codes that let people in."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.database import Base, Handle, db
from app.storage.people import PersonRow


class CohortRow(Base):
    """A trainer's group. An archived one can be read, and nothing starts in it."""

    __tablename__ = "cohort"

    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(Handle(32), unique=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    time_zone: Mapped[str] = mapped_column(sa.String(64))
    """Where its dates and times are meant, as an IANA name."""
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class CohortTrainerRow(Base):
    """A trainer of a cohort."""

    __tablename__ = "cohort_trainer"

    cohort_id: Mapped[int] = mapped_column(
        sa.ForeignKey("cohort.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    since: Mapped[datetime]


class CohortMemberRow(Base):
    """A candidate in a cohort. Leaving deletes the row; the candidate keeps every attempt."""

    __tablename__ = "cohort_member"

    cohort_id: Mapped[int] = mapped_column(
        sa.ForeignKey("cohort.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    joined_at: Mapped[datetime]
    shares_practice: Mapped[bool] = mapped_column(default=False)
    """The candidate lets the trainers see practice and mocks too, and can take it back."""


class InvitationRow(Base):
    """A code that lets people into a cohort: for all who have it, or for one person once."""

    __tablename__ = "cohort_invitation"
    __table_args__ = (sa.CheckConstraint("language in ('en', 'es')", name="language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(
        sa.ForeignKey("cohort.id", ondelete="CASCADE"), index=True
    )
    code: Mapped[str] = mapped_column(Handle(16), unique=True)
    single_use: Mapped[bool]
    name: Mapped[str | None] = mapped_column(sa.String(80))
    """For whom it is, where it is for one person (a row of a roster)."""
    email: Mapped[str | None] = mapped_column(sa.String(255))
    language: Mapped[str] = mapped_column(sa.String(2), default="en")
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    used_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))


def find_cohort(handle: str) -> CohortRow | None:
    """The cohort with this handle, whoever's it is."""
    return db.session.scalar(sa.select(CohortRow).where(CohortRow.handle == handle))


def cohort_of(cohort_id: int) -> CohortRow | None:
    """The cohort with this id."""
    return db.session.get(CohortRow, cohort_id)


def teaches(person_id: int, cohort_id: int) -> bool:
    """Whether the person is one of the cohort's trainers."""
    return db.session.get(CohortTrainerRow, (cohort_id, person_id)) is not None


def membership(person_id: int, cohort_id: int) -> CohortMemberRow | None:
    """The person's place in the cohort as a candidate."""
    return db.session.get(CohortMemberRow, (cohort_id, person_id))


def cohorts_taught_by(person_id: int | None) -> Sequence[tuple[CohortRow, int]]:
    """Cohorts with their number of members, by name; `None` gives everybody's."""
    members = (
        sa.select(sa.func.count())
        .select_from(CohortMemberRow)
        .where(CohortMemberRow.cohort_id == CohortRow.id)
        .scalar_subquery()
    )
    query = sa.select(CohortRow, members).order_by(CohortRow.name, CohortRow.id)
    if person_id is not None:
        query = query.join(CohortTrainerRow, CohortTrainerRow.cohort_id == CohortRow.id).where(
            CohortTrainerRow.person_id == person_id
        )
    return [(row, count) for row, count in db.session.execute(query)]


def cohorts_joined_by(person_id: int) -> Sequence[tuple[CohortRow, CohortMemberRow]]:
    """The person's cohorts as a candidate, by name."""
    query = (
        sa.select(CohortRow, CohortMemberRow)
        .join(CohortMemberRow, CohortMemberRow.cohort_id == CohortRow.id)
        .where(CohortMemberRow.person_id == person_id)
        .order_by(CohortRow.name, CohortRow.id)
    )
    return [(cohort, member) for cohort, member in db.session.execute(query)]


def is_in_open_cohort(person_id: int) -> bool:
    """Whether the person is a candidate in any cohort that is not archived."""
    query = (
        sa.select(CohortRow.id)
        .join(CohortMemberRow, CohortMemberRow.cohort_id == CohortRow.id)
        .where(CohortMemberRow.person_id == person_id, CohortRow.archived_at.is_(None))
    )
    return db.session.scalar(query.limit(1)) is not None


def members_of(cohort_id: int) -> Sequence[tuple[CohortMemberRow, PersonRow]]:
    """The cohort's candidates, by display name."""
    query = (
        sa.select(CohortMemberRow, PersonRow)
        .join(PersonRow, PersonRow.id == CohortMemberRow.person_id)
        .where(CohortMemberRow.cohort_id == cohort_id)
        .order_by(PersonRow.display_name, PersonRow.id)
    )
    return [(member, person) for member, person in db.session.execute(query)]


def trainers_of(cohort_ids: Sequence[int]) -> dict[int, list[PersonRow]]:
    """Each cohort's trainers, by display name."""
    query = (
        sa.select(CohortTrainerRow.cohort_id, PersonRow)
        .join(PersonRow, PersonRow.id == CohortTrainerRow.person_id)
        .where(CohortTrainerRow.cohort_id.in_(cohort_ids))
        .order_by(PersonRow.display_name, PersonRow.id)
    )
    found: dict[int, list[PersonRow]] = {cohort_id: [] for cohort_id in cohort_ids}
    for cohort_id, person in db.session.execute(query):
        found[cohort_id].append(person)
    return found


def find_invitation(code: str) -> InvitationRow | None:
    """The invitation with this code, used or not."""
    return db.session.scalar(sa.select(InvitationRow).where(InvitationRow.code == code))


def invitations_of(cohort_id: int) -> Sequence[InvitationRow]:
    """Every invitation of the cohort, newest first."""
    return db.session.scalars(
        sa.select(InvitationRow)
        .where(InvitationRow.cohort_id == cohort_id)
        .order_by(InvitationRow.id.desc())
    ).all()


def close_invitations(cohort_id: int, person_id: int, now: datetime) -> None:
    """Close what was meant for somebody who is in now: the invitations to the same address."""
    address = sa.select(sa.func.lower(PersonRow.email)).where(PersonRow.id == person_id)
    db.session.execute(
        sa.update(InvitationRow)
        .where(
            InvitationRow.cohort_id == cohort_id,
            InvitationRow.single_use,
            InvitationRow.used_at.is_(None),
            InvitationRow.revoked_at.is_(None),
            InvitationRow.email == address.scalar_subquery(),
        )
        .values(used_at=now, used_by=person_id, name=None, email=None)
        .execution_options(synchronize_session=False)
    )


def use_once(invitation_id: int, person_id: int, now: datetime) -> bool:
    """Take a single-use invitation; False where somebody was first.

    Name and address were only needed to bring it to the person, and are forgotten.
    """
    taken = db.session.execute(
        sa.update(InvitationRow)
        .where(InvitationRow.id == invitation_id, InvitationRow.used_at.is_(None))
        .values(used_at=now, used_by=person_id, name=None, email=None)
    )
    return taken.rowcount == 1  # type: ignore[attr-defined, no-any-return]
