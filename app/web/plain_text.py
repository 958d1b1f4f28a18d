"""Text that people type: signs that nobody sees are kept out, and no name upsets a sentence."""

import unicodedata
from typing import Any

from flask import Flask
from flask_babel import gettext
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from wtforms import Field, Form, ValidationError

JOINERS = {"\u200c", "\u200d"}
"""Invisible, but some scripts and emoji need them."""
LINE_SIGNS = {"\n", "\t"}
FROM_RIGHT = {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "PDF", "PDI", "FSI"}
ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"


def plain_name(form: Form, field: Field) -> None:
    """Refuse signs that cannot be seen: they could make one name look like another."""
    del form
    hidden = (sign for sign in field.data if unicodedata.category(sign)[0] == "C")
    if any(sign not in JOINERS for sign in hidden) or not field.data.strip():
        raise ValidationError(gettext("Please use letters, numbers and simple signs."))


def without_hidden_signs(text: str | None) -> str | None:
    """The text without signs that nobody sees and some databases refuse: they come by copying.

    Controls, marks of direction and half characters go; the ends of lines stay, one sign each.
    """
    if text is None:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if _is_seen(sign))


def isolated(value: object) -> object:
    """A text that may run from right to left, closed off so that it turns nothing around it."""
    if isinstance(value, str) and any(unicodedata.bidirectional(s) in FROM_RIGHT for s in value):
        return type(value)(f"{ISOLATE}{value}{END_OF_ISOLATE}")
    return value


def isolate_in_sentences(app: Flask) -> None:
    """Let every sentence of a template close off what is put into it."""
    for name in ("gettext", "ngettext"):
        app.jinja_env.globals[name] = _isolating(app.jinja_env.globals[name])


def _isolating(translate: Any) -> Any:  # noqa: ANN401 (Jinja's)
    @pass_context
    def sentence(context: Context, *texts: Any, **values: Any) -> Markup:  # noqa: ANN401
        told = {name: isolated(value) for name, value in values.items()}
        made: Markup = translate(context, *texts, **told)
        return made

    return sentence


def _is_seen(sign: str) -> bool:
    kept = sign in JOINERS or sign in LINE_SIGNS
    return kept or unicodedata.category(sign) not in {"Cc", "Cf", "Cs"}
