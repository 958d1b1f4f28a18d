"""The second step after the password: codes from an app, and codes kept on paper."""

from typing import cast

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from flask_login import current_user
from flask_security import (
    MfRecoveryForm,
    Totp,
    TwoFactorVerifyCodeForm,
    UserMixin,
)
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.services.throttle import CODE, Try, may_try, was_right
from app.storage.people import PersonRow
from app.web.clock import now
from app.web.passwords import wait_text
from app.web.site import site

ONE_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": "12"}
TYPE_CODE = InputRequired(lazy_gettext("Please type the code."))
LONGEST_CODE = 40


class OneUseTotp(Totp):
    """Codes from an app, each taken once."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        """The newest code that the person has used."""
        return cast("PersonRow", user).tf_last_counter

    def set_last_counter(self, user: UserMixin, tmatch: object) -> None:
        """Remember it."""
        cast("PersonRow", user).tf_last_counter = getattr(tmatch, "counter", None)


class CodeForm(TwoFactorVerifyCodeForm):
    """The code from the app; guesses are slowed down."""

    code = StringField(
        lazy_gettext("Six-digit code"),
        render_kw=ONE_CODE,
        validators=[TYPE_CODE, Length(max=LONGEST_CODE)],
    )

    def validate(self, **kwargs: object) -> bool:
        """Count the try, unless the code only proves that the app is set up."""
        if self.is_setup:
            return bool(super().validate(**kwargs))
        attempt = _attempt(self.user)
        if not may_try(attempt, now(), site().settings):
            self.code.errors = [wait_text()]
            return False
        if not super().validate(**kwargs):
            return False
        was_right(attempt)
        return True


class RecoveryCodeForm(MfRecoveryForm):
    """One of the codes that the person has kept; guesses are slowed down."""

    code = StringField(
        lazy_gettext("Recovery code"),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
        validators=[TYPE_CODE, Length(max=LONGEST_CODE)],
        filters=[lambda text: text.strip().lower() if text else text],
    )

    def validate(self, **kwargs: object) -> bool:
        """Count the try."""
        attempt = _attempt(self.user)
        if not may_try(attempt, now(), site().settings):
            self.code.errors = [wait_text()]
            return False
        if not super().validate(**kwargs):
            return False
        was_right(attempt)
        return True


def lost_phone() -> Response | str:
    """Ways in without the phone; in the place of the library's page, which writes e-mails."""
    if current_user.is_authenticated:
        return redirect(url_for("accounts.account"), code=303)
    return render_template("accounts/lost_phone.html")


def _attempt(person: UserMixin | None) -> Try:
    return Try(CODE, cast("PersonRow", person).username, request.remote_addr)
