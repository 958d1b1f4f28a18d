"""What the pages of a member's record ask for."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.form import BaseForm
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    StopValidation,
    ValidationError,
)

from app.services.accommodations import (
    LONGEST_REASON,
    LONGEST_TOOLS,
    MOST_ADDED_MINUTES,
    MOST_BREAK_MINUTES,
    MOST_FACTOR,
)
from app.services.reopening import MOST_MINUTES
from app.web.plain_text import without_hidden_signs
from app.web.site import site

DIGITS = 4
ASKED_ABOVE = 60
"""Minutes; whoever adds more is asked whether that is meant."""


def factor_text(factor: float) -> str:
    """A time factor in words."""
    if factor == 1:
        return str(_l("Standard time"))
    return str(_l("%(percent)s%% more time", percent=round((factor - 1) * 100)))


class MinutesField(IntegerField):
    """Whole minutes, in plain digits; anything else is told kindly."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the digits. Raises ValueError with the text that the page shows."""
        text = str(valuelist[0]).strip() if valuelist else ""
        if not text:
            self.data = None
        elif text.isascii() and text.isdigit() and len(text) <= DIGITS:
            self.data = int(text)
        else:
            self.data = None
            raise ValueError(_l("Please enter whole minutes in digits, for example 10."))

    def pre_validate(self, form: BaseForm) -> None:
        """Say one thing about what is no number, not two."""
        del form
        if self.process_errors:
            raise StopValidation


def reason_field() -> TextAreaField:
    """Why: always asked, always on record."""
    return TextAreaField(
        _l("Reason"),
        filters=[without_hidden_signs],
        render_kw={"maxlength": str(LONGEST_REASON), "rows": "3"},
        validators=[
            DataRequired(_l("Please write the reason: it stays on record.")),
            Length(max=LONGEST_REASON, message=_l("Please use at most 500 characters.")),
        ],
    )


class StandingForm(FlaskForm):
    """A member's standing accommodations."""

    time_factor = SelectField(_l("Time in tests"), coerce=float)
    break_minutes = MinutesField(
        _l("Break in minutes"),
        render_kw={"inputmode": "numeric"},
        validators=[
            Optional(),
            NumberRange(0, MOST_BREAK_MINUTES, _l("Please choose 0 to 60 minutes.")),
        ],
    )
    tools = StringField(
        _l("Tools and support (optional)"),
        filters=[without_hidden_signs],
        render_kw={"maxlength": str(LONGEST_TOOLS)},
        validators=[Length(max=LONGEST_TOOLS, message=_l("Please use at most 200 characters."))],
    )
    reason = reason_field()

    def offer(self, current: float) -> "StandingForm":
        """Offer the site's time factors, and the one that the member has now."""
        factors = sorted({*site().rules.time_factors, current})
        self.time_factor.choices = [(f, factor_text(f)) for f in factors if f <= MOST_FACTOR]
        return self


class AddTimeForm(FlaskForm):
    """Time added to a running attempt."""

    minutes = MinutesField(
        _l("Minutes to add"),
        render_kw={"inputmode": "numeric"},
        validators=[
            InputRequired(_l("Please enter how many minutes.")),
            NumberRange(1, MOST_ADDED_MINUTES, _l("Please choose 1 to 120 minutes.")),
        ],
    )
    sure = BooleanField(_l("Yes, I want to add more than an hour"))
    reason = reason_field()

    def validate_sure(self, field: BooleanField) -> None:
        """More than an hour is asked about: it cannot be taken off again."""
        if (self.minutes.data or 0) > ASKED_ABOVE and not field.data:
            raise ValidationError(
                _l("This is more than an hour and cannot be taken off again. Please confirm it.")
            )


class GiveBackForm(FlaskForm):
    """An attempt given back."""

    reason = reason_field()


class OpenAgainForm(FlaskForm):
    """An attempt opened again after its clock has ended it."""

    minutes = MinutesField(
        _l("Minutes from now"),
        render_kw={"inputmode": "numeric"},
        validators=[
            InputRequired(_l("Please enter how many minutes.")),
            NumberRange(1, MOST_MINUTES, _l("Please choose 1 to 240 minutes.")),
        ],
    )
    reason = reason_field()
