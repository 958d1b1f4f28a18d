"""What the pages of assignments ask for, checked and told kindly."""

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import (
    DateTimeLocalField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput

from app.domain.assignments import MOST_ATTEMPTS
from app.domain.attempts import AttemptKind, Feedback
from app.domain.wall_clock import year_is_likely
from app.services.assignments import unknown_items
from app.web.clock import now
from app.web.forms import LANGUAGES, REQUIRED
from app.web.plain_text import plain_name

OTHER_LENGTH = 0
"""The choice "another number" among the lengths."""
LONGEST_QUIZ = 120
LONGEST_TITLE = 120
MOST_ITEM_TEXT = 8000
BETWEEN_ITEMS = re.compile(r"[\s,;]+")
DATE_AND_TIME = _l("Please enter a date and a time.")
FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


class MomentField(DateTimeLocalField):
    """A date with a time, as the clock on the wall shows it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was sent. Raises ValueError with kind words."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(DATE_AND_TIME) from None


class CountField(IntegerField):
    """A whole number, or none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was sent. Raises ValueError with kind words."""
        sent = [value for value in valuelist if value.strip()]
        self.data = None
        try:
            super().process_formdata(sent)
        except ValueError:
            raise ValueError(_l("Please enter a whole number.")) from None


def picked_ids(text: str) -> tuple[str, ...]:
    """The ids in a text, each once, in their order."""
    found = (part.lower() for part in BETWEEN_ITEMS.split(text) if part)
    return tuple(dict.fromkeys(found))


def likely_year(form: FlaskForm, field: MomentField) -> None:
    """Refuse a year that nobody can have meant."""
    del form
    if field.data is not None and not year_is_likely(field.data, now()):
        raise ValidationError(_l("Please check the year."))


def _title(label: str, *first: object) -> StringField:
    long = Length(max=LONGEST_TITLE, message=_l("Please use 120 letters or fewer."))
    return StringField(
        label, render_kw={"maxlength": str(LONGEST_TITLE)}, validators=[*first, long, plain_name]
    )


def _opens() -> MomentField:
    return MomentField(
        _l("Opens"), validators=[InputRequired(DATE_AND_TIME), likely_year], format=FORMATS
    )


def _due() -> MomentField:
    return MomentField(_l("Due date"), validators=[Optional(), likely_year], format=FORMATS)


def _attempts() -> SelectField:
    numbers = [(n, str(n)) for n in range(1, MOST_ATTEMPTS + 1)]
    return SelectField(
        _l("Attempts allowed"), choices=numbers, coerce=int, default=1, validators=[REQUIRED]
    )


class AssignmentForm(FlaskForm):
    """Everything that setting an assignment asks; made for one axis of areas at a time."""

    kind = RadioField(
        _l("What do you set?"),
        choices=[("quiz", _l("Quiz")), ("mock", _l("Full mock exam"))],
        default="quiz",
        validators=[REQUIRED],
    )
    areas = SelectMultipleField(_l("From which subjects?"), option_widget=CheckboxInput())
    levels = SelectMultipleField(
        _l("Only questions of these levels"), option_widget=CheckboxInput()
    )
    item_ids = TextAreaField(
        _l("Question numbers"),
        render_kw={"rows": "5"},
        validators=[Length(max=MOST_ITEM_TEXT, message=_l("Please use fewer questions."))],
    )
    length = RadioField(_l("How many questions?"), coerce=int, validators=[REQUIRED])
    other_length = CountField(
        _l("Another number"), render_kw={"min": "1", "max": str(LONGEST_QUIZ)}
    )
    title = _title(_l("Title"), Optional())
    opens = _opens()
    due = _due()
    timed = RadioField(
        _l("With a clock?"),
        choices=[
            ("untimed", _l("No clock: they take all the time they want")),
            ("timed", _l("With a clock: the exam's time per question, and each person's own time")),
        ],
        default="untimed",
        validators=[REQUIRED],
    )
    attempts = _attempts()
    feedback = RadioField(
        _l("When do answers and results open?"),
        choices=[
            ("each_item", _l("After each question")),
            ("at_end", _l("At the end of the attempt")),
            ("after_due", _l("After the due date, for everybody at once")),
        ],
        default="at_end",
        validators=[REQUIRED],
    )
    test_language = RadioField(
        _l("Language of the assignment"),
        choices=[("choice", _l("Each candidate chooses")), *LANGUAGES],
        default="choice",
        validators=[REQUIRED],
    )
    same = RadioField(
        _l("Which questions does each person get?"),
        choices=[
            ("same", _l("The same questions for all")),
            ("own", _l("Each person's own, the ones they have met least first")),
        ],
        default="same",
        validators=[REQUIRED],
    )
    order = RadioField(
        _l("In which order?"),
        choices=[
            ("shuffled", _l("Mixed for each person, the options too")),
            ("fixed", _l("The same order for all")),
        ],
        default="shuffled",
        validators=[REQUIRED],
    )

    def validate_item_ids(self, field: TextAreaField) -> None:
        """Every id names an item that can be drawn."""
        picked = self.picked
        if len(picked) > LONGEST_QUIZ:
            raise ValidationError(_("Please use at most %(most)s questions.", most=LONGEST_QUIZ))
        unknown = unknown_items(picked)
        if unknown:
            raise ValidationError(
                ngettext(
                    "This number is not in the question bank: %(ids)s",
                    "These numbers are not in the question bank: %(ids)s",
                    len(unknown),
                    ids=", ".join(unknown),
                )
            )
        del field

    def validate_other_length(self, field: CountField) -> None:
        """A number that a quiz can have, where one is asked for or typed: typing is choosing."""
        typed, chosen = field.data, self.length.data
        if not self.is_quiz or self.picked or (typed is None and chosen != OTHER_LENGTH):
            return
        if not 1 <= (typed or 0) <= LONGEST_QUIZ:
            raise ValidationError(_("Please enter a number from 1 to %(most)s.", most=LONGEST_QUIZ))
        # The first length is ticked from the start, so a number beside it contradicts nothing.
        if chosen not in {OTHER_LENGTH, typed, self.usual_length}:
            raise ValidationError(
                _(
                    "Please choose one: %(chosen)s or %(typed)s questions.",
                    chosen=chosen,
                    typed=typed,
                )
            )

    def validate_feedback(self, field: RadioField) -> None:
        """A mock keeps its answers to the end."""
        if not self.is_quiz and field.data == Feedback.EACH_ITEM.value:
            raise ValidationError(
                _("A mock exam shows answers at its end or later, as the real exam shows none.")
            )

    @property
    def is_quiz(self) -> bool:
        """Whether subjects and length matter."""
        return bool(self.kind.data != AttemptKind.MOCK.value)

    @property
    def picked(self) -> tuple[str, ...]:
        """The ids picked by hand, each once, in their order."""
        return picked_ids(self.item_ids.data or "")

    @property
    def wanted_items(self) -> int:
        """How long the quiz is to be."""
        if self.picked:
            return len(self.picked)
        return int(self.other_length.data or self.length.data or 0)

    @property
    def usual_length(self) -> int:
        """The length that is ticked before anybody has chosen."""
        return int(self.length.choices[0][0])


class EditForm(FlaskForm):
    """What can be changed afterwards."""

    title = _title(_l("Title"), InputRequired(_l("Please type a title.")))
    opens = _opens()
    due = _due()
    attempts = _attempts()


class StartForm(FlaskForm):
    """The candidate's choice before a start."""

    language = RadioField(
        _l("Language of the assignment"), choices=LANGUAGES, validators=[REQUIRED]
    )
