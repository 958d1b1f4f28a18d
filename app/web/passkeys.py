"""Passkeys: a phone's or computer's own, or a security key."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import cast
from urllib.parse import urlsplit

from flask import request, session
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from flask_security import (
    UserMixin,
    WebAuthnRegisterForm,
    WebAuthnRegisterResponseForm,
    WebAuthnSigninResponseForm,
    WebauthnUtil,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length

from app.storage.people import PersonRow
from app.web.plain_text import plain_name
from app.web.site import site

UNREADABLE = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)
"""What the parsers raise for a made-up proof."""
FIRST = "first"


class Passkeys(WebauthnUtil):
    """What the site asks of a passkey."""

    def origin(self) -> str:
        """The address in the browser's bar, also where a proxy speaks TLS for the site."""
        address = site().settings.address
        same = urlsplit(address).netloc == request.host
        return address if same else request.host_url.rstrip("/")

    def authenticator_selection(
        self, user: UserMixin, usage: str
    ) -> AuthenticatorSelectionCriteria:
        """Any kind will do; one that replaces the password must know its owner."""
        del user
        if usage == FIRST:
            return AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.DISCOURAGED,
        )

    def user_verification(
        self, user: UserMixin | None, usage: Sequence[str]
    ) -> UserVerificationRequirement:
        """A passkey alone must ask for finger, face or PIN."""
        del user
        if list(usage) == [FIRST]:
            return UserVerificationRequirement.REQUIRED
        return UserVerificationRequirement.DISCOURAGED


class PasskeyForm(WebAuthnRegisterForm):
    """A name for the new passkey, and what it is for."""

    name = StringField(
        lazy_gettext("A name for it, such as “My phone”"),
        render_kw={"autocomplete": "off", "maxlength": "64"},
        validators=[
            InputRequired(lazy_gettext("Please give the passkey a name.")),
            Length(max=64),
            plain_name,
        ],
    )
    usage = RadioField(
        lazy_gettext("Use it"),
        choices=[
            ("first", lazy_gettext("instead of the password")),
            ("secondary", lazy_gettext("as a second step after the password")),
        ],
        default="first",
    )


class NewPasskeyForm(WebAuthnRegisterResponseForm):
    """What the browser answers when a passkey is made."""

    def validate(self, **kwargs: object) -> bool:
        """Refuse what cannot be read instead of failing, and keep nothing that is not used."""
        try:
            good = super().validate(**kwargs)
        except UNREADABLE:
            return _refuse(self)
        self.extensions = ""
        return bool(good)


class PasskeyProofForm(WebAuthnSigninResponseForm):
    """What the browser answers when a passkey is used."""

    def validate(self, **kwargs: object) -> bool:
        """Beside the proof itself: an open account, and the person whose turn it is."""
        try:
            good = super().validate(**kwargs)
        except UNREADABLE:
            return _refuse(self)
        if good and not self._is_expected(cast("PersonRow", self.user)):
            self.credential.errors = [gettext("This passkey is not for this account.")]
            return False
        return bool(good)

    def _is_expected(self, person: PersonRow) -> bool:
        if not person.active:
            return False
        if self.is_verify:
            return bool(person.id == current_user.id)
        if self.is_secondary:
            return bool(person.fs_uniquifier == session.get("tf_user_id"))
        return True


def passkey_values() -> dict[str, bool]:
    """What the passkey pages need beside their forms: browsers refuse passkeys for numbers."""
    try:
        ip_address(urlsplit(request.host_url).hostname or "")
    except ValueError:
        return {"address_is_number": False}
    return {"address_is_number": True}


def _refuse(form: NewPasskeyForm | PasskeyProofForm) -> bool:
    form.credential.errors = [gettext("That passkey could not be read. Please try again.")]
    return False
