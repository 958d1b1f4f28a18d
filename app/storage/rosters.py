"""Invitations for one person each, and who must not be invited again."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.storage.cohorts import CohortMemberRow, CohortRow, InvitationRow
from app.storage.database import db
from app.storage.mail import OutboxRow
from app.storage.people import PersonRow


def lock_cohort(cohort_id: int) -> None:
    """Hold the cohort to the end of the transaction, so that a roster is taken once."""
    db.session.execute(sa.select(CohortRow.id).where(CohortRow.id == cohort_id).with_for_update())


def open_invitations(cohort_id: int, now: datetime) -> Sequence[InvitationRow]:
    """Invitations for one person that can still be used, newest roster first."""
    return db.session.scalars(
        sa.select(InvitationRow)
        .where(
            InvitationRow.cohort_id == cohort_id,
            InvitationRow.single_use,
            InvitationRow.used_at.is_(None),
            InvitationRow.revoked_at.is_(None),
            InvitationRow.expires_at > now,
        )
        .order_by(InvitationRow.made_at.desc(), InvitationRow.id)
    ).all()


def members_known_by(cohort_id: int) -> Sequence[tuple[str, str | None]]:
    """Display name and e-mail address of every member."""
    query = (
        sa.select(PersonRow.display_name, PersonRow.email)
        .join(CohortMemberRow, CohortMemberRow.person_id == PersonRow.id)
        .where(CohortMemberRow.cohort_id == cohort_id)
    )
    return [(name, email) for name, email in db.session.execute(query)]


def codes_in_use(codes: Sequence[str]) -> set[str]:
    """Those of the codes that some invitation has."""
    found = sa.select(InvitationRow.code).where(InvitationRow.code.in_(codes))
    return set(db.session.scalars(found))


def written_to(addresses: Sequence[str], subjects: Sequence[str]) -> Sequence[tuple[str, datetime]]:
    """When a letter with one of the subjects was queued for each of the addresses."""
    query = sa.select(OutboxRow.recipient, OutboxRow.created_at).where(
        OutboxRow.recipient.in_(addresses), OutboxRow.subject.in_(subjects)
    )
    return [(recipient, moment) for recipient, moment in db.session.execute(query)]
