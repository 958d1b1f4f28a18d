"""What start pages and records ask for, checked and told kindly."""

from datetime import date

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput

from app.domain.eligibility import SittingResult, SittingState
from app.web.clock import now
from app.web.plain_text import without_hidden_signs
from app.web.site import site

LANGUAGES = [("en", "English"), ("es", "Español")]
EARLIEST_YEAR = 2022
LATEST_YEARS_AHEAD = 3
REQUIRED = InputRequired(_l("Please choose one."))
DATE_REQUIRED = InputRequired(_l("Please enter a date."))


class MockForm(FlaskForm):
    """The rules screen of a mock."""

    language = RadioField(_l("Language of the exam"), choices=LANGUAGES, validators=[REQUIRED])
    agree = RadioField(
        _l("Do you agree to these rules?"),
        choices=[("yes", _l("YES")), ("decline", _l("DECLINE"))],
        validators=[InputRequired(_l("Please answer YES or DECLINE."))],
    )


class PracticeForm(FlaskForm):
    """A practice test: how long, with or without a clock, feedback when."""

    items = RadioField(_l("How many questions?"), coerce=int, validators=[REQUIRED])
    timed = RadioField(
        _l("With a clock?"),
        choices=[
            ("untimed", _l("No clock: take all the time you want")),
            ("timed", _l("With a clock: the exam's time per question")),
        ],
        default="untimed",
        validators=[REQUIRED],
    )
    feedback = RadioField(
        _l("When do you want to see the answers?"),
        choices=[
            ("each_item", _l("After each question")),
            ("at_end", _l("At the end")),
        ],
        default="each_item",
        validators=[REQUIRED],
    )


class QuizForm(PracticeForm):
    """A quiz on chosen areas of one axis."""

    areas = SelectMultipleField(_l("Which subjects?"), option_widget=CheckboxInput())

    def validate_areas(self, field: SelectMultipleField) -> None:
        """At least one."""
        if not field.data:
            raise ValidationError(_l("Please choose at least one subject."))


class PeriodForm(FlaskForm):
    """The approval period."""

    approved_on = DateField(_l("Approval date"), validators=[DATE_REQUIRED])
    valid_through = DateField(_l("Valid-through date"), validators=[Optional()])

    def validate_approved_on(self, field: DateField) -> None:
        """A date that an approval can have."""
        _refuse_far_dates(field.data)

    def validate_valid_through(self, field: DateField) -> None:
        """A date that a period can end on."""
        _refuse_far_dates(field.data)


class SittingForm(FlaskForm):
    """One real try."""

    state = SelectField(
        _l("What is it?"),
        choices=[
            (SittingState.REQUESTED.value, _l("I have asked for the exam or a retake")),
            (SittingState.SCHEDULED.value, _l("I have a date for the exam")),
            (SittingState.SAT.value, _l("I sat the exam")),
            (SittingState.MISSED.value, _l("I had a date but did not sit the exam")),
        ],
        validators=[REQUIRED],
    )
    on = DateField(_l("Date"), validators=[DATE_REQUIRED])
    result = SelectField(
        _l("Result"),
        choices=[
            ("", _l("Not known yet")),
            (SittingResult.PASSED.value, _l("Passed")),
            (SittingResult.NOT_PASSED.value, _l("Not passed")),
        ],
        validators=[Optional()],
    )
    counts = BooleanField(_l("Count a missed exam as a used try"))

    def validate_on(self, field: DateField) -> None:
        """A date near enough to be meant, and not ahead where the exam is behind."""
        _refuse_far_dates(field.data)
        behind = self.state.data in {SittingState.SAT.value, SittingState.MISSED.value}
        if behind and field.data is not None and field.data > site().day(now()):
            raise ValidationError(
                _l("This day is still to come. Please check the date and the choice above.")
            )


class VoidForm(FlaskForm):
    """Giving a mock try back."""

    reason = TextAreaField(
        _l("Reason"),
        filters=[without_hidden_signs],
        validators=[
            DataRequired(_l("Please write the reason: it stays on record.")),
            Length(max=500, message=_l("Please use at most 500 characters.")),
        ],
    )


class NameForm(FlaskForm):
    """A search by name."""

    name = StringField(_l("Name"), validators=[Optional(), Length(max=80)])


def _refuse_far_dates(day: date | None) -> None:
    latest = date.today().year + LATEST_YEARS_AHEAD
    if day is not None and not EARLIEST_YEAR <= day.year <= latest:
        raise ValidationError(_l("Please check the year."))
