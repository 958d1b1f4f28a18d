"""The refusals that need more than a sentence."""

from dataclasses import replace

from flask import jsonify, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from app.domain.errors import CannotDraw, FeedbackLater, NoTryLeft, Shortfall
from app.web.error_words import REFUSALS, Words
from app.web.site import site
from app.web.templating import moment_in, zone_name

RULES = {
    "items": lazy_gettext("questions in the bank"),
    "oshpd": lazy_gettext("questions of OSHPD domain %(area)s"),
    "samhsa": lazy_gettext("questions of SAMHSA category %(area)s"),
    "focus_area": lazy_gettext("questions of area of focus %(area)s"),
    "seen": lazy_gettext("questions that you have not seen"),
    "enemies": lazy_gettext("questions that do not give one another away"),
    "mean_words_en": lazy_gettext("words to read per question in English"),
    "mean_words_es": lazy_gettext("words to read per question in Spanish"),
    "forms": lazy_gettext("forms that share no question"),
    "key_position": lazy_gettext("places of the right answer"),
}
UNNAMED = lazy_gettext("the test's rules")


def refused_try(error: NoTryLeft) -> Response | str:
    """Why no mock can start now, when one can, and what can be done meanwhile."""
    if request.is_json:
        return jsonify(error=error.reason)
    return render_template("tries/refused.html", refusal=error)


def closed_result(error: FeedbackLater) -> Words:
    """That all is handed in, and when the result opens by the cohort's clock."""
    words = REFUSALS[FeedbackLater]
    zone = error.time_zone or site().settings.time_zone
    opens = _(
        "The result opens on %(moment)s (%(zone)s).",
        moment=moment_in(error.opens_at, zone),
        zone=zone_name(zone),
    )
    return replace(words, text=f"{words.text} {opens}")


def refused_form(error: CannotDraw) -> Response | str:
    """Which rule of the blueprint the bank cannot meet, and by how much."""
    if request.is_json:
        return jsonify(error=[shortfall_text(s) for s in error.shortfalls])
    lines = [shortfall_text(s) for s in error.shortfalls]
    return render_template("errors/cannot_draw.html", lines=lines)


def shortfall_text(shortfall: Shortfall) -> str:
    """One rule in words."""
    name = str(RULES.get(shortfall.rule.removesuffix("_most"), UNNAMED))
    values = {
        "what": name % {"area": shortfall.area} if shortfall.area else name,
        "needed": shortfall.needed,
        "available": shortfall.available,
    }
    if shortfall.rule.endswith("_most"):
        return str(_("%(what)s: at most %(needed)s, but there would be %(available)s", **values))
    return str(_("%(what)s: %(needed)s needed, %(available)s there", **values))
