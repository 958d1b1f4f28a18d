"""The forms of the account pages."""

import email_validator
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    Form,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional

from app.domain.bilingual import Language
from app.services.people import normalise_username, username_is_possible, username_is_taken
from app.web.passwords import problem_text
from app.web.plain_text import plain_name
from app.web.sign_in_form import CURRENT, NAME, NEW, TYPE_PASSWORD


def possible_username(form: Form, field: Field) -> None:
    """Refuse what cannot be a sign-in name, and one that somebody has."""
    del form
    username = normalise_username(field.data)
    if not username_is_possible(username):
        raise ValidationError(
            gettext("Please use 3 to 40 letters or numbers. The signs . _ - @ are fine too.")
        )
    if username_is_taken(username):
        raise ValidationError(taken_text())


def good_password(form: Form, field: Field) -> None:
    """Refuse a password that is easy to guess."""
    username = form.username.data if "username" in form else form.reset_for
    message = problem_text(field.data, normalise_username(username or ""))
    if message:
        raise ValidationError(message)


def possible_email(form: Form, field: Field) -> None:
    """Refuse what is no address, without asking the network; keep it in small letters."""
    del form
    try:
        found = email_validator.validate_email(field.data, check_deliverability=False)
    except email_validator.EmailNotValidError:
        raise ValidationError(
            gettext("Please check the e-mail address, for example name@example.org.")
        ) from None
    field.data = found.normalized.lower()


def taken_text() -> str:
    """What is said where somebody has the sign-in name."""
    return str(gettext("Somebody has this sign-in name already. Please choose another one."))


def display_name_field() -> StringField:
    """How the site greets the person."""
    return StringField(
        lazy_gettext("Name to show"),
        render_kw={"autocomplete": "nickname", "maxlength": "80"},
        validators=[
            InputRequired(lazy_gettext("Please type a name.")),
            Length(max=80, message=lazy_gettext("Please use 80 letters or fewer.")),
            plain_name,
        ],
    )


def new_password_field() -> PasswordField:
    """A password that is set now."""
    return PasswordField(
        lazy_gettext("Password"),
        render_kw=NEW,
        validators=[InputRequired(lazy_gettext("Please choose a password.")), good_password],
    )


class RegisterForm(FlaskForm):
    """What is asked to register; the e-mail address only where letters can be sent."""

    display_name = display_name_field()
    username = StringField(
        lazy_gettext("Sign-in name"),
        render_kw=NAME,
        validators=[
            InputRequired(lazy_gettext("Please choose a sign-in name.")),
            possible_username,
        ],
    )
    password = new_password_field()
    email = EmailField(
        lazy_gettext("E-mail address (optional)"),
        render_kw={"autocomplete": "email", "maxlength": "255"},
        validators=[Optional(), Length(max=255), possible_email],
    )

    def without_email(self) -> "RegisterForm":
        """The same form, where no letters can be sent."""
        del self.email
        return self


class EmailForm(FlaskForm):
    """An e-mail address."""

    email = EmailField(
        lazy_gettext("E-mail address"),
        render_kw={"autocomplete": "email", "maxlength": "255"},
        validators=[
            InputRequired(lazy_gettext("Please type an e-mail address.")),
            Length(max=255),
            possible_email,
        ],
    )


class ResetForm(FlaskForm):
    """The new password of a person who came by a one-time link."""

    reset_for = ""
    """The person's sign-in name."""
    password = new_password_field()


class DetailsForm(FlaskForm):
    """What a person may change about themselves."""

    display_name = display_name_field()
    language = RadioField(
        lazy_gettext("Language"), choices=[(Language.EN, "English"), (Language.ES, "Español")]
    )
    time_factor = SelectField(lazy_gettext("Time to practice with"), coerce=float)
    shortcuts_off = BooleanField(lazy_gettext("Turn single-key shortcuts off"))
    clock_hidden = BooleanField(lazy_gettext("Hide the clock until I ask for it"))


class DeleteForm(FlaskForm):
    """The password, before everything is deleted."""

    password = PasswordField(
        lazy_gettext("Password"), render_kw=CURRENT, validators=[InputRequired(TYPE_PASSWORD)]
    )
