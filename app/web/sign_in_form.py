"""The library's forms in the site's words: sign in, prove it again, change the password."""

from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from flask_security import ChangePasswordForm, LoginForm, VerifyForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from app.services.people import normalise_username
from app.storage.people import PersonRow, find_by_username
from app.web.passwords import Verdict, problem_text, prove, wait_text
from app.web.safe_paths import safe_path

TYPE_PASSWORD = lazy_gettext("Please type your password.")
CURRENT = {"autocomplete": "current-password", "maxlength": "512"}
NEW = {"autocomplete": "new-password", "maxlength": "512"}
NAME = {
    "autocomplete": "username",
    "autocapitalize": "none",
    "spellcheck": "false",
    "maxlength": "64",
}


class SignInForm(LoginForm):
    """Sign-in name and password."""

    username = StringField(lazy_gettext("Sign-in name"), render_kw=NAME)
    password = PasswordField(lazy_gettext("Password"), render_kw=CURRENT)
    email = HiddenField()  # never shown: the library's view looks at its errors
    remember = None

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Let `next` lead to the site's own pages only."""
        super().__init__(*args, **kwargs)
        if self.next.data:
            self.next.data = safe_path(self.next.data)

    def validate(self, **kwargs: object) -> bool:
        """One answer for a wrong password, an unknown name and a closed account."""
        if not super(LoginForm, self).validate(**kwargs):
            return False
        username = normalise_username(self.username.data or "")
        if not username or not self.password.data:
            self.form_errors.append(gettext("Please type your sign-in name and your password."))
            return False
        verdict = prove(username, self.password.data)
        if verdict is Verdict.RIGHT:
            self.ifield, self.user = self.username, find_by_username(username)
            return self.user is not None
        self.form_errors.append(wait_text() if verdict is Verdict.WAIT else wrong_text())
        return False


class ProveAgainForm(VerifyForm):
    """The password once more, before something that matters."""

    password = PasswordField(
        lazy_gettext("Password"), render_kw=CURRENT, validators=[InputRequired(TYPE_PASSWORD)]
    )

    def __init__(self, *args: object, user: PersonRow, **kwargs: object) -> None:
        """Let `next` lead to the site's own pages only."""
        super().__init__(*args, user=user, **kwargs)
        if self.next.data:
            self.next.data = safe_path(self.next.data)

    def validate(self, **kwargs: object) -> bool:
        """Judge the password of the person who is signed in."""
        if not super(VerifyForm, self).validate(**kwargs):
            return False
        message = wrong_password(self.password.data)
        if message:
            self.password.errors = [message]
        return message is None


class NewPasswordForm(ChangePasswordForm):
    """The present password and a new one, typed once: it can be shown."""

    password = PasswordField(
        lazy_gettext("Password now"), render_kw=CURRENT, validators=[InputRequired(TYPE_PASSWORD)]
    )
    new_password = PasswordField(
        lazy_gettext("New password"),
        render_kw=NEW,
        validators=[InputRequired(lazy_gettext("Please type a new password."))],
    )
    new_password_confirm = None

    def validate(self, **kwargs: object) -> bool:
        """Judge the new one first: that costs no try."""
        if not super(ChangePasswordForm, self).validate(**kwargs):
            return False
        problem = problem_text(self.new_password.data, current_user.username)
        if problem is None and self.new_password.data == self.password.data:
            problem = gettext("That is the password that you have now. Please choose another one.")
        if problem:
            self.new_password.errors = [problem]
            return False
        message = wrong_password(self.password.data)
        if message:
            self.password.errors = [message]
        return message is None


def wrong_password(password: str) -> str | None:
    """What to say where this is not the password of the person who is signed in."""
    verdict = prove(current_user.username, password)
    if verdict is Verdict.WAIT:
        return wait_text()
    if verdict is Verdict.WRONG:
        return str(gettext("That is not your password. Please try again."))
    return None


def wrong_text() -> str:
    """The one answer to a sign-in that failed."""
    return str(
        gettext(
            "That sign-in name and password do not go together. Please check both and try again."
        )
    )
