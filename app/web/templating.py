"""What every template may use: dates, numbers and texts in the page's language."""

from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_time, get_timezone_name
from flask import Flask, g, request
from flask_babel import format_date, format_decimal, get_locale, gettext
from flask_wtf import FlaskForm
from markupsafe import Markup, escape

from app.domain.bilingual import Bilingual, Language
from app.web.access import visitor
from app.web.added_time import added_sentence
from app.web.language import current_language
from app.web.plain_text import isolate_in_sentences
from app.web.sentences import install_sentences
from app.web.site import site

MINUTE = 60
HOUR = 60 * MINUTE
NARROW_SPACE = "\u202f"
MOST_PERCENTS = 1000


def install_template_helpers(app: Flask) -> None:
    """Give the helpers to every template."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        local=local_text,
        day=day_text,
        moment=moment_text,
        moment_in=moment_in,
        zone_name=zone_name,
        language_name=language_name,
        duration=duration_text,
        clock=clock_text,
        percent=percent_text,
        in_both=in_both,
        added_sentence=added_sentence,
    )
    isolate_in_sentences(app)
    install_sentences(app)
    app.jinja_env.globals.update(note_wrong_form=note_wrong_form, wrong_forms=wrong_forms)
    app.context_processor(_page_values)


def note_wrong_form(form: FlaskForm) -> None:
    """Keep a form with errors for the top of the page that is being made."""
    g.wrong_forms = [*wrong_forms(), form]


def wrong_forms() -> list[FlaskForm]:
    """The forms with errors on the page that is being made."""
    return list(g.get("wrong_forms", []))


def local_text(text: Bilingual) -> str:
    """The text in the page's language."""
    return text.text(current_language())


def in_both(text: Bilingual, language: Language) -> Markup:
    """The text in one language, marked as such for screen readers."""
    return Markup('<span lang="{}">{}</span>').format(language.value, escape(text.text(language)))


def day_text(day: date) -> str:
    """A calendar day in words."""
    return str(format_date(day, format="long", rebase=False))


def moment_text(moment: datetime) -> str:
    """A moment as day and time where the exam is held."""
    return moment_in(moment, site().settings.time_zone)


def moment_in(moment: datetime, zone: str) -> str:
    """A moment as day and time in a zone of its own, a cohort's."""
    there = moment.astimezone(ZoneInfo(zone))
    hour = time_text(there.time(), current_language())
    return str(gettext("%(day)s, %(time)s", day=day_text(there.date()), time=hour))


def time_text(hour: time, language: Language) -> str:
    """A time of day as people in the United States write it in the language."""
    return format_time(hour, "short", locale=f"{language.value}_US").replace(NARROW_SPACE, " ")


def language_name(code: str) -> str:
    """A language by its name in the page's language, where it is data and nothing to press."""
    return str(get_locale().languages[code])


def zone_name(zone: str) -> str:
    """A time zone as people call it: "Pacific Time"; one without a place by its own name."""
    if "/" not in zone or zone.startswith("Etc/"):
        return zone
    return str(get_timezone_name(ZoneInfo(zone), locale=get_locale()))


def duration_text(seconds: float) -> str:
    """A length in words, exact: Babel would call 118 minutes two hours."""
    minutes, rest = divmod(round(seconds), MINUTE)
    hours, minutes_left = divmod(minutes, MINUTE)
    if hours:
        return str(gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes_left))
    if minutes:
        return str(gettext("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=rest))
    return str(gettext("%(seconds)s s", seconds=rest))


def clock_text(seconds: int) -> str:
    """A clock face: 1:58:07 or 4:09."""
    hours, rest = divmod(max(0, seconds), HOUR)
    minutes, second = divmod(rest, MINUTE)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"


def percent_text(share: float) -> str:
    """A share as a whole percentage."""
    return _percent(round(share * 100), str(get_locale()))


@lru_cache(MOST_PERCENTS)
def _percent(whole: int, locale: str) -> str:
    """The same, kept for each locale: a result shows a hundred of them."""
    del locale  # is the present one
    return str(gettext("%(number)s%%", number=format_decimal(whole)))


def _page_values() -> dict[str, object]:
    return {
        "language": current_language(),
        "Language": Language,
        "site": site(),
        "person": visitor(),
        "here": request.full_path.rstrip("?"),
    }
