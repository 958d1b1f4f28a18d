"""Registering, remembering and deleting people; the one-time links that prove something."""

import hashlib
import logging
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.domain.access import Role
from app.domain.bilingual import Language
from app.domain.errors import LinkGone, NotFound
from app.services.editions import edition_of, require_same
from app.services.throttle import forget_name
from app.storage import people as storage
from app.storage.database import db, held
from app.storage.people import OneTimeLinkRow, PersonRow
from app.storage.sign_ins import delete_sign_ins

SET_UP = "set_up"
RESET = "reset"
CONFIRM_EMAIL = "confirm_email"
MINUTES = {SET_UP: 15, RESET: 30, CONFIRM_EMAIL: 24 * 60}
"""How long a link of each kind may be used."""
TOKEN_BYTES = 32
NAME_LENGTHS = range(3, 41)
NAME_SIGNS = frozenset("._-@")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Registration:
    """What a person gives to register. `password_hash` is made by the caller's hasher."""

    username: str
    display_name: str
    password_hash: str
    language: Language
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """What a person may change about themselves."""

    display_name: str
    language: Language
    time_factor: float
    preferences: dict[str, bool]


@dataclass(frozen=True, slots=True)
class UsedLink:
    """For whom a one-time link was, and the address that it confirms."""

    person_id: int | None
    address: str | None


def normalise_username(name: str) -> str:
    """One form for every way of typing the same sign-in name."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def username_is_possible(username: str) -> bool:
    """Whether a normalised sign-in name can be registered: letters, digits and a few signs."""
    return len(username) in NAME_LENGTHS and all(
        sign in NAME_SIGNS or unicodedata.category(sign)[0] in "LMN" for sign in username
    )


def username_is_taken(username: str) -> bool:
    """Whether somebody signs in by this normalised name."""
    return storage.find_by_username(username) is not None


def add_person(
    registration: Registration, now: datetime, role: Role = Role.CANDIDATE
) -> PersonRow | None:
    """Store a new person; None where the sign-in name or the e-mail is taken."""
    row = PersonRow(
        username=normalise_username(registration.username),
        display_name=registration.display_name.strip(),
        email=registration.email or None,
        password=registration.password_hash,
        role=role.value,
        active=True,
        language=registration.language.value,
        time_factor=1.0,
        preferences={},
        created_at=now,
        fs_uniquifier=secrets.token_hex(16),
        fs_webauthn_user_handle=secrets.token_hex(16),
    )
    db.session.add(row)
    try:
        db.session.commit()
    except sa.exc.IntegrityError:
        db.session.rollback()
        return None
    log.info("person %d registered as %s", row.id, role.value)
    return row


def remember_language(person_id: int, language: Language) -> None:
    """Keep the language for the account."""
    row = storage.find_person(person_id)
    if row is not None and row.language != language.value:
        row.language = language.value
        db.session.commit()


def set_accommodation(person_id: int, time_factor: float) -> None:
    """Keep the time factor that the person practises with. Raises NotFound."""
    row = _person(person_id)
    row.time_factor = time_factor
    db.session.commit()


def set_preferences(person_id: int, **choices: bool) -> None:
    """Keep small choices of display, and those that somebody makes at once. Raises NotFound."""
    row = _held_person(person_id)
    row.preferences = {**row.preferences, **choices}
    db.session.commit()


def details_edition(row: PersonRow) -> str:
    """What the account page shows of the person, in short."""
    return edition_of(row.display_name, row.language, _preferences(row), row.time_factor)


def save_details(
    person_id: int, details: Details, shown: str | None = None, *, own_time: bool = True
) -> None:
    """Keep what the person says about themselves.

    `shown` is the edition that the form was opened with, and `own_time` whether it shows the
    time. Raises NotFound or ChangedMeanwhile.
    """
    row = _held_person(person_id)
    time = row.time_factor if own_time else None
    require_same(shown, row.display_name, row.language, _preferences(row), time)
    row.display_name = details.display_name.strip()
    row.language = details.language.value
    row.time_factor = details.time_factor
    row.preferences = {**row.preferences, **details.preferences}
    db.session.commit()


def delete_person(person_id: int) -> bool:
    """Delete the person and everything that hangs on them; False for the last administrator."""
    row = storage.find_person(person_id)
    if row is None:
        return True
    if storage.is_last_administrator(row):
        db.session.rollback()
        return False
    forget_name(row.username)
    db.session.execute(sa.delete(PersonRow).where(PersonRow.id == person_id))
    db.session.commit()
    log.info("person %d was deleted", person_id)
    return True


def make_link(
    purpose: str, now: datetime, person_id: int | None = None, address: str | None = None
) -> str:
    """Make a one-time token; only its hash is kept, and older ones of the kind die."""
    whose = OneTimeLinkRow.person_id
    same = whose.is_(None) if person_id is None else whose == person_id
    db.session.execute(sa.delete(OneTimeLinkRow).where(OneTimeLinkRow.purpose == purpose, same))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.session.add(
        OneTimeLinkRow(
            token_hash=_hash(token),
            purpose=purpose,
            person_id=person_id,
            address=address,
            expires_at=now + timedelta(minutes=MINUTES[purpose]),
        )
    )
    db.session.commit()
    return token


def link_is_good(token: str, purpose: str, now: datetime) -> OneTimeLinkRow:
    """The link's row, while it may be used. Raises LinkGone."""
    row = db.session.get(OneTimeLinkRow, _hash(token))
    if row is None or row.purpose != purpose or row.expires_at <= now:
        raise LinkGone
    return row


def use_link(token: str, purpose: str, now: datetime) -> UsedLink:
    """Use the link up, once, and return what it was for. Raises LinkGone.

    Commit together with what it was used for: until then nothing has happened.
    """
    row = link_is_good(token, purpose, now)
    used = UsedLink(row.person_id, row.address)
    deleted = db.session.execute(
        sa.delete(OneTimeLinkRow).where(OneTimeLinkRow.token_hash == row.token_hash)
    )
    if deleted.rowcount != 1:  # type: ignore[attr-defined]
        raise LinkGone
    return used


def drop_links(person_id: int) -> None:
    """Void the person's links that are still out, as a new password does; the caller commits."""
    db.session.execute(sa.delete(OneTimeLinkRow).where(OneTimeLinkRow.person_id == person_id))


def add_first_administrator(
    registration: Registration, token: str, now: datetime
) -> PersonRow | None:
    """Make the one who runs the site, by the set-up link; None where the name is taken.

    Raises NotFound where the link is used up or somebody runs the site already.
    """
    use_link(token, SET_UP, now)
    if storage.has_administrator():
        raise NotFound
    return add_person(registration, now, Role.ADMINISTRATOR)


def ask_for_reset(email: str, now: datetime) -> tuple[PersonRow, str] | None:
    """Whose confirmed address it is, with a token to reset by; None where it is nobody's."""
    row = storage.find_by_email(email)
    if row is None or not row.active:
        return None
    token = make_link(RESET, now, row.id)
    return row, token


def reset_password(token: str, password_hash: str, now: datetime) -> PersonRow:
    """Set the password by a one-time link and sign the person out everywhere.

    Raises NotFound.
    """
    row = _person(use_link(token, RESET, now).person_id)
    row.password = password_hash
    row.fs_uniquifier = secrets.token_hex(16)
    forget_name(row.username)
    delete_sign_ins(row.id)
    drop_links(row.id)
    db.session.commit()
    log.info("person %d reset the password", row.id)
    return row


def confirm_email(token: str, now: datetime) -> bool:
    """Take the link's address as the person's; False where somebody else has it.

    Raises NotFound.
    """
    used = use_link(token, CONFIRM_EMAIL, now)
    row = _person(used.person_id)
    row.email, row.confirmed_at = used.address, now
    try:
        db.session.commit()
    except sa.exc.IntegrityError:
        db.session.rollback()
        return False
    return True


def remove_email(person_id: int) -> None:
    """Forget the e-mail address. Raises NotFound."""
    row = _person(person_id)
    row.email = row.confirmed_at = None
    db.session.commit()


def _preferences(row: PersonRow) -> list[tuple[str, object]]:
    return sorted((name, choice) for name, choice in row.preferences.items() if choice)


def _held_person(person_id: int) -> PersonRow:
    """The person's row as it is now, held to the end of the transaction. Raises NotFound."""
    found = sa.select(PersonRow).where(PersonRow.id == person_id)
    row = db.session.scalar(held(found, PersonRow))
    if row is None:
        raise NotFound
    return row


def _person(person_id: int | None) -> PersonRow:
    row = None if person_id is None else storage.find_person(person_id)
    if row is None:
        raise NotFound
    return row


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
