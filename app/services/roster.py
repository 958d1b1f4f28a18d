"""What an administrator does about people: roles, closing accounts, one-time reset links."""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime

from app.domain.access import Person, Role, may_administer
from app.domain.errors import NotFound
from app.services.editions import edition_of, require_same
from app.services.people import RESET, make_link
from app.storage import people as storage
from app.storage.database import db
from app.storage.people import PersonRow
from app.storage.sign_ins import delete_sign_ins

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """One person in the administrator's list. It holds no e-mail address."""

    id: int
    display_name: str
    username: str
    role: Role
    active: bool
    two_step: bool
    created_at: datetime
    edition: str
    """The role in short, for the form that changes it."""


def people_page(actor: Person) -> tuple[PersonEntry, ...]:
    """Everybody, by name. Raises NotFound for all but administrators."""
    _check(actor)
    return tuple(
        PersonEntry(
            id=row.id,
            display_name=row.display_name,
            username=row.username,
            role=Role(row.role),
            active=row.active,
            two_step=row.tf_primary_method is not None,
            created_at=row.created_at,
            edition=edition_of(row.role),
        )
        for row in storage.all_people()
    )


def set_role(actor: Person, person_id: int, role: Role, shown: str | None = None) -> bool:
    """Give the person the role and sign them out, so that it holds at once.

    `shown` is the edition that the form was opened with. False where nobody would run the site
    any more. Raises NotFound or ChangedMeanwhile.
    """
    row = _person(actor, person_id)
    storage.lock_person(row.id)
    db.session.refresh(row)
    require_same(shown, row.role)
    if row.role == role.value:
        return True
    if storage.is_last_administrator(row):
        db.session.rollback()
        return False
    row.role = role.value
    delete_sign_ins(row.id)
    db.session.commit()
    log.info("person %d made person %d %s", actor.id, person_id, role.value)
    return True


def set_active(actor: Person, person_id: int, *, active: bool) -> bool:
    """Open or close the account; a closed one is signed out everywhere and keeps its data.

    False where nobody would run the site any more. Raises NotFound.
    """
    row = _person(actor, person_id)
    if not active and storage.is_last_administrator(row):
        db.session.rollback()
        return False
    row.active = active
    delete_sign_ins(row.id)
    db.session.commit()
    log.info("person %d set person %d active: %s", actor.id, person_id, active)
    return True


def make_reset_link(actor: Person, person_id: int, now: datetime) -> str:
    """A token by which the person sets a new password, once. Raises NotFound.

    It is shown to the administrator only now, and leads to `/reset-by-link/<token>`.
    """
    _person(actor, person_id)
    token = make_link(RESET, now, person_id)
    log.info("person %d made a reset link for person %d", actor.id, person_id)
    return token


def drop_second_step(actor: Person, person_id: int) -> None:
    """Let a person who lost the phone sign in by password alone. Raises NotFound."""
    row = _person(actor, person_id)
    row.tf_primary_method = row.tf_totp_secret = row.mf_recovery_codes = None
    row.webauthn = [passkey for passkey in row.webauthn if passkey.usage != "secondary"]
    row.fs_uniquifier = secrets.token_hex(16)
    delete_sign_ins(row.id)
    db.session.commit()
    log.info("person %d dropped the second step of person %d", actor.id, person_id)


def _check(actor: Person) -> None:
    if not may_administer(actor):
        raise NotFound


def _person(actor: Person, person_id: int) -> PersonRow:
    _check(actor)
    row = storage.find_person(person_id)
    if row is None:
        raise NotFound
    return row
