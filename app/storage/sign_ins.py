"""Queries on who is signed in where."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.storage.database import db
from app.storage.people import PersonRow, SignInRow

_SIGNED_IN = (  # written once: every page asks it
    sa.select(PersonRow)
    .join(SignInRow, SignInRow.person_id == PersonRow.id)
    .where(
        SignInRow.token_hash == sa.bindparam("token_hash"),
        SignInRow.created_at > sa.bindparam("since"),
        PersonRow.active,
        PersonRow.fs_uniquifier == sa.bindparam("uniquifier"),
    )
)


def signed_in_person(token_hash: str, uniquifier: str, since: datetime) -> PersonRow | None:
    """The person who is signed in by this token, begun after `since`, and not kept out."""
    asked = {"token_hash": token_hash, "uniquifier": uniquifier, "since": since}
    return db.session.scalar(_SIGNED_IN, asked)


def sign_ins_of(person_id: int, since: datetime) -> Sequence[SignInRow]:
    """The person's sign-ins begun after `since`, newest first."""
    return db.session.scalars(
        sa.select(SignInRow)
        .where(SignInRow.person_id == person_id, SignInRow.created_at > since)
        .order_by(SignInRow.created_at.desc())
    ).all()


def delete_sign_in(token_hash: str) -> None:
    """End one."""
    db.session.execute(sa.delete(SignInRow).where(SignInRow.token_hash == token_hash))


def delete_sign_ins(person_id: int, but: str | None = None) -> None:
    """End all of the person's, but the one with this hash."""
    chosen = sa.delete(SignInRow).where(SignInRow.person_id == person_id)
    if but is not None:
        chosen = chosen.where(SignInRow.token_hash != but)
    db.session.execute(chosen)


def delete_older(before: datetime) -> None:
    """Forget all that were begun before."""
    db.session.execute(sa.delete(SignInRow).where(SignInRow.created_at <= before))
