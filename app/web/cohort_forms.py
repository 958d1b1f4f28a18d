"""What the pages of cohorts ask for, checked and told kindly."""

from functools import cache
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    RadioField,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length

from app.services.cohorts import CODE_DAYS
from app.web.forms import REQUIRED
from app.web.plain_text import plain_name

LONGEST_ZONE = 64
US_ZONES = {
    "America/Los_Angeles": _l("Pacific (Los Angeles)"),
    "America/Denver": _l("Mountain (Denver)"),
    "America/Phoenix": _l("Arizona (Phoenix)"),
    "America/Chicago": _l("Central (Chicago)"),
    "America/New_York": _l("Eastern (New York)"),
    "America/Anchorage": _l("Alaska (Anchorage)"),
    "Pacific/Honolulu": _l("Hawaii (Honolulu)"),
}
AS_TYPED = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


@cache
def _zones() -> dict[str, str]:
    """Every zone by its name in small letters; only names that mean the same on any machine."""
    names = (name for name in available_timezones() if "/" in name or name == "UTC")
    return {name.casefold(): name for name in names if len(name) <= LONGEST_ZONE}


class CohortForm(FlaskForm):
    """A cohort's name and the clocks that its dates go by."""

    name = StringField(
        _l("Name of the cohort"),
        render_kw={"autocomplete": "off", "maxlength": False},  # told, not cut by the browser
        validators=[
            InputRequired(_l("Please type a name.")),
            Length(max=80, message=_l("Please use 80 letters or fewer.")),
            plain_name,
        ],
    )
    time_zone = SelectField(_l("Time zone"), validators=[REQUIRED])
    other_zone = StringField(
        _l("Another time zone (optional)"), render_kw={**AS_TYPED, "maxlength": str(LONGEST_ZONE)}
    )

    def __init__(self, *args: object, here: str, **kwargs: object) -> None:
        """Let the list hold the zone that the page begins with."""
        kwargs.setdefault("time_zone", here)
        super().__init__(*args, **kwargs)
        known = dict(US_ZONES) if here in US_ZONES else {here: here, **US_ZONES}
        self.time_zone.choices = list(known.items())

    @property
    def zone(self) -> str:
        """The zone that was meant: one that is typed goes before the list's."""
        typed = (self.other_zone.data or "").strip()
        chosen: str = _zones()[typed.casefold()] if typed else self.time_zone.data
        return chosen

    def validate_other_zone(self, field: StringField) -> None:
        """A zone that there is."""
        typed = (field.data or "").strip()
        if typed and typed.casefold() not in _zones():
            raise ValidationError(
                _l("Please check the time zone: a region and a city, as in Europe/Madrid.")
            )


class TrainerForm(FlaskForm):
    """Another trainer, by sign-in name."""

    username = StringField(
        _l("Sign-in name of the trainer"),
        render_kw={**AS_TYPED, "maxlength": "64"},
        validators=[InputRequired(_l("Please type a sign-in name."))],
    )


class CodeForm(FlaskForm):
    """How long a new class code works."""

    days = RadioField(
        _l("How long does the code work?"),
        coerce=int,
        choices=list(zip(CODE_DAYS, (_l("7 days"), _l("30 days"), _l("90 days")), strict=True)),
        default=30,
        validators=[REQUIRED],
    )


class EnterCodeForm(FlaskForm):
    """The code that somebody was given."""

    code = StringField(
        _l("Code"),
        render_kw={
            "autocomplete": "off",
            "autocapitalize": "characters",
            "spellcheck": "false",
            "maxlength": "40",
        },
        validators=[InputRequired(_l("Please type the code."))],
    )


class JoinForm(FlaskForm):
    """What a candidate decides on the way in."""

    shares = BooleanField(_l("Let the trainers see my own practice too"))
