"""Queries on who is signed in where."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.storage.database import db
from app.storage.people import SignInRow


def find_sign_in(token_hash: str, person_id: int, since: datetime) -> SignInRow | None:
    """The person's sign-in, where it was begun after `since`."""
    return db.session.scalar(
        sa.select(SignInRow).where(
            SignInRow.token_hash == token_hash,
            SignInRow.person_id == person_id,
            SignInRow.created_at > since,
        )
    )


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
