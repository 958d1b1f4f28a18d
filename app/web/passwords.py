"""Checking, judging and hashing passwords. No transaction is open while one is hashed."""

import secrets
from enum import Enum

from flask import current_app, request
from flask_babel import gettext, lazy_gettext
from flask_security import PasswordUtil, hash_password, verify_password

from app.domain.passwords import LONGEST, PasswordProblem
from app.services.passwords import problem_of
from app.services.people import username_is_possible
from app.services.throttle import PASSWORD, Try, may_try, was_right
from app.storage.database import db, reading
from app.storage.people import find_by_username
from app.web.clock import now
from app.web.hashing import hashing, take_turn
from app.web.site import site

DUMMY = "peerprep_dummy_hash"

PROBLEMS = {
    PasswordProblem.TOO_SHORT: lazy_gettext("Please use 8 characters or more."),
    PasswordProblem.TOO_LONG: lazy_gettext("Please use 256 characters or fewer."),
    PasswordProblem.COMMON: lazy_gettext(
        "Many people use this password, so it is easy to guess. Please choose another one."
    ),
    PasswordProblem.HOLDS_NAME: lazy_gettext(
        "Please choose a password that does not have your sign-in name in it."
    ),
    PasswordProblem.HOLDS_SITE: lazy_gettext(
        "Please choose a password that does not have this site's name or the exam's in it."
    ),
}


class Verdict(Enum):
    """What a typed password proved."""

    RIGHT = "right"
    WRONG = "wrong"
    WAIT = "wait"


class PasswordRules(PasswordUtil):
    """The site's rules in the library's forms."""

    def validate(
        self,
        password: str,
        is_register: bool,  # noqa: FBT001 (the library's signature)
        **kwargs: object,
    ) -> tuple[list[str] | None, str]:
        """The library's call: messages or None, and the normalised password."""
        del is_register
        plain = self.normalize(password)
        message = problem_text(plain, getattr(kwargs.get("user"), "username", ""))
        return ([message] if message else None), plain


def problem_text(password: str, username: str) -> str | None:
    """Why the password cannot be taken, in the page's language."""
    problem = problem_of(password, username)
    return None if problem is None else str(PROBLEMS[problem])


def wait_text() -> str:
    """What is said after too many tries; the same for names that do not exist."""
    minutes = site().settings.sign_in_wait_minutes
    return str(
        gettext(
            "There were many tries just now. Please wait %(minutes)s minutes, then try again.",
            minutes=minutes,
        )
    )


def make_hash(password: str) -> str:
    """The hash to store."""
    take_turn()
    with hashing:
        return str(hash_password(_normalised(password)))


def make_dummy() -> str:
    """A hash that nothing matches, so that an unknown name costs the same work."""
    return str(hash_password(secrets.token_urlsafe()))


def work_as_usual() -> None:
    """Spend the time of one check."""
    take_turn()
    _matches("", None)


def prove(username: str, password: str) -> Verdict:
    """Judge a password typed for the normalised name; every try counts until it is right."""
    take_turn()
    attempt = Try(PASSWORD, username, request.remote_addr)
    if not may_try(attempt, now(), site().settings):
        current_app.logger.warning("too many tries for a name or from a network")
        return Verdict.WAIT
    if not _matches(password, _stored(username)):
        current_app.logger.info("a password was wrong")
        return Verdict.WRONG
    was_right(attempt)
    return Verdict.RIGHT


def _stored(username: str) -> str | None:
    """The person's hash; None for names that nobody has and for closed accounts."""
    if not username_is_possible(username):
        return None
    with reading():
        row = find_by_username(username)
        stored = row.password if row is not None and row.active else None
        db.session.rollback()
    return stored


def _matches(password: str, stored: str | None) -> bool:
    against = stored or current_app.extensions[DUMMY]
    with hashing:
        return bool(verify_password(_normalised(password[: LONGEST * 2]), against))


def _normalised(password: str) -> str:
    return str(current_app.extensions["security"].password_util.normalize(password))
