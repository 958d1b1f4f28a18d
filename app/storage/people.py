"""People, their sign-ins, passkeys and one-time links."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_security import AsaList, UserMixin, WebAuthnMixin
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.access import Person, Role
from app.domain.bilingual import Language
from app.storage.database import Base, db


class Texts(AsaList):
    """Several short texts in one column; SQLAlchemy may keep statements that hold it."""

    cache_ok = True


class PersonRow(Base, UserMixin):
    """A person. Only a display name and a sign-in name are ever required."""

    __tablename__ = "person"
    __table_args__ = (
        sa.CheckConstraint("role in ('candidate', 'trainer', 'administrator')", name="role"),
        sa.CheckConstraint("time_factor between 1.0 and 3.0", name="time_factor"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """The sign-in name, normalised: NFKC, stripped, casefolded."""
    display_name: Mapped[str] = mapped_column(sa.String(80))
    # The library's typing wants an address and a passkey handle of everybody; it works without.
    email: Mapped[str | None] = mapped_column(  # type: ignore[assignment]
        sa.String(255), unique=True
    )
    password: Mapped[str | None] = mapped_column(sa.String(255))
    role: Mapped[str] = mapped_column(sa.String(16), default=Role.CANDIDATE.value)
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(sa.String(2), default=Language.EN.value)
    time_factor: Mapped[float] = mapped_column(default=1.0)
    break_seconds: Mapped[int | None]
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Small choices of display: hidden clock, shortcuts off, side-by-side view."""
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True)
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(  # type: ignore[assignment]
        sa.String(64), unique=True
    )
    tf_primary_method: Mapped[str | None] = mapped_column(sa.String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(sa.String(255))
    tf_last_counter: Mapped[int | None]
    """The newest code that was used, so that none is taken twice."""
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(Texts()))
    webauthn: Mapped[list["PasskeyRow"]] = relationship(  # type: ignore[assignment]
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )


class PasskeyRow(Base, WebAuthnMixin):
    """One registered passkey."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(Texts()))
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(sa.String(64))
    extensions: Mapped[str | None] = mapped_column(sa.String(255))
    lastuse_datetime: Mapped[datetime]
    name: Mapped[str] = mapped_column(sa.String(64))
    usage: Mapped[str] = mapped_column(sa.String(64))
    user: Mapped[PersonRow] = relationship(back_populates="webauthn")


class SignInRow(Base):
    """One browser that is signed in; deleting the row ends it, whoever holds the cookie."""

    __tablename__ = "sign_in"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]
    browser: Mapped[str] = mapped_column(sa.String(40), default="")
    """Names of browser and system, as "Firefox/Windows"; no more of it is kept."""


class OneTimeLinkRow(Base):
    """A single-use link: the first administrator's set-up, a new password, an e-mail address."""

    __tablename__ = "one_time_link"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(sa.String(16))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"))
    address: Mapped[str | None] = mapped_column(sa.String(255))
    """The e-mail address that the link confirms."""
    expires_at: Mapped[datetime]


class ThrottleRow(Base):
    """Failed tries per hashed sign-in name and per network in the running window."""

    __tablename__ = "throttle"

    key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    window_ends_at: Mapped[datetime]


def find_person(person_id: int) -> PersonRow | None:
    """The person with this id."""
    return db.session.get(PersonRow, person_id)


def find_by_username(username: str) -> PersonRow | None:
    """The person with this normalised sign-in name."""
    return db.session.scalar(sa.select(PersonRow).where(PersonRow.username == username))


def to_person(row: PersonRow) -> Person:
    """The row as the services see it."""
    return Person(
        id=row.id,
        display_name=row.display_name,
        role=Role(row.role),
        language=Language(row.language),
        time_factor=row.time_factor,
        break_seconds=row.break_seconds,
    )


def find_by_email(email: str) -> PersonRow | None:
    """The person who has confirmed this e-mail address."""
    return db.session.scalar(sa.select(PersonRow).where(PersonRow.email == email))


def all_people() -> Sequence[PersonRow]:
    """Everybody, by name."""
    return db.session.scalars(
        sa.select(PersonRow).order_by(sa.func.lower(PersonRow.display_name), PersonRow.id)
    ).all()


def is_last_administrator(row: PersonRow) -> bool:
    """Whether nobody else runs the site; all who do are held to the transaction's end."""
    found = sa.select(PersonRow.id).where(
        PersonRow.role == Role.ADMINISTRATOR.value, PersonRow.active
    )
    return list(db.session.scalars(found.order_by(PersonRow.id).with_for_update())) == [row.id]


def count_people() -> int:
    """How many people there are."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(PersonRow)) or 0


def has_administrator() -> bool:
    """Whether anyone runs the site."""
    found = sa.select(PersonRow.id).where(PersonRow.role == Role.ADMINISTRATOR.value).limit(1)
    return db.session.scalar(found) is not None


def lock_person(person_id: int) -> None:
    """Hold the person's row to the end of the transaction, so that limits are counted once.

    SQLite needs none of it and is not asked: its write transactions run one at a time.
    """
    if db.engine.dialect.name != "sqlite":
        held = sa.select(PersonRow.id).where(PersonRow.id == person_id)
        db.session.execute(held.with_for_update())
