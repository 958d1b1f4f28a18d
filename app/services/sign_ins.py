"""Being signed in: a token in the browser, its hash in the table, and nothing else.

Whoever holds a copy of the browser's cookie is signed out as soon as the row is gone.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.storage import sign_ins as storage
from app.storage import throttle
from app.storage.database import db
from app.storage.people import SignInRow

LIFETIME = timedelta(days=30)
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SignIn:
    """One browser that is signed in, as the account page lists it."""

    since: datetime
    browser: str
    here: bool


def start_sign_in(person_id: int, browser: str, now: datetime, *, end_others: bool = False) -> str:
    """Sign a browser in and return its token; sign-ins that are too old are swept out."""
    if end_others:
        storage.delete_sign_ins(person_id)
    storage.delete_older(now - LIFETIME)
    throttle.forget_over(now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = SignInRow(token_hash=_hash(token), person_id=person_id, created_at=now, browser=browser)
    db.session.add(row)
    db.session.commit()
    return token


def is_live(token: str, person_id: int, now: datetime) -> bool:
    """Whether the token's sign-in is the person's and has not ended."""
    return storage.find_sign_in(_hash(token), person_id, now - LIFETIME) is not None


def end_sign_in(token: str) -> None:
    """Sign the browser out."""
    storage.delete_sign_in(_hash(token))
    db.session.commit()


def end_sign_ins(person_id: int, but: str | None = None) -> None:
    """Sign the person out everywhere, except in the browser with the token `but`."""
    storage.delete_sign_ins(person_id, None if but is None else _hash(but))
    db.session.commit()


def sign_ins(person_id: int, token: str | None, now: datetime) -> tuple[SignIn, ...]:
    """Where the person is signed in, newest first."""
    here = None if token is None else _hash(token)
    rows = storage.sign_ins_of(person_id, now - LIFETIME)
    return tuple(SignIn(row.created_at, row.browser, row.token_hash == here) for row in rows)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
