"""Being signed in: a token in the browser, its hash in the table, and nothing else.

Whoever holds a copy of the browser's cookie is signed out as soon as the row is gone.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.access import Person
from app.storage import sign_ins as storage
from app.storage import throttle
from app.storage.database import db
from app.storage.people import PersonRow, SignInRow, to_person

LIFETIME = timedelta(days=30)
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Proof:
    """What a browser's session holds of its sign-in; `of_token` hashes the token."""

    token_hash: str
    uniquifier: str

    @classmethod
    def of_token(cls, token: str, uniquifier: str) -> "Proof":
        """The proof that a session with this token gives."""
        return cls(_hash(token), uniquifier)


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


def since(now: datetime) -> datetime:
    """Sign-ins begun after this moment have not run out."""
    return now - LIFETIME


def signed_in_row(proof: Proof, now: datetime) -> PersonRow | None:
    """The person whose live sign-in this is; None where it has ended or they are kept out."""
    return storage.signed_in_person(proof.token_hash, proof.uniquifier, since(now))


def person_of(proof: Proof, now: datetime) -> Person | None:
    """The same, as the services see them."""
    row = signed_in_row(proof, now)
    return None if row is None else to_person(row)


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
