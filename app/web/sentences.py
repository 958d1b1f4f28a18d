"""The `_` of templates: what Jinja's own gives, at far less cost. A page asks for a hundred.

Which language it is, is looked up once for each request; what a sentence is in it, once for all.
"""

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, g
from flask_babel import get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app.web.plain_text import isolated

LIBRARY, KEPT = "_flask_babel", "peerprep_sentences"
"""Where Flask-Babel keeps a request's locale, and we beside it the sentences of that locale."""


class Sentences:
    """One language's sentences as pages show them; `%` and all, where something is put in."""

    def __init__(self, texts: NullTranslations) -> None:
        """None has been looked up."""
        self._texts = texts
        self._pages: dict[str, Markup] = {}

    def of_page(self, text: str) -> Markup:
        """The sentence in a page: a text of ours, so that only what is put in is escaped."""
        found = self._pages.get(text)
        if found is None:
            found = self._pages[text] = Markup(self.of_letter(text))  # noqa: S704 (ours)
        return found

    def of_letter(self, text: str) -> str:
        """The sentence where nothing is escaped."""
        told: str = self._texts.ugettext(text)
        return told


def install_sentences(app: Flask) -> None:
    """Give it to every template."""
    by_locale: dict[Locale | None, Sentences] = {}

    def spoken() -> Sentences:
        page = vars(g._get_current_object()).get(LIBRARY)  # noqa: SLF001
        known: tuple[Locale, Sentences] | None = getattr(page, KEPT, None)
        if known is not None and known[0] is page.babel_locale:
            return known[1]
        locale = get_locale()
        found = by_locale.get(locale)
        if found is None:
            found = by_locale[locale] = Sentences(get_translations())
        setattr(g.get(LIBRARY), KEPT, (locale, found))
        return found

    @pass_eval_context
    def sentence(around: EvalContext, text: str, **values: object) -> str:
        sentences = spoken()
        told = sentences.of_page(text) if around.autoescape else sentences.of_letter(text)
        if not values and "%" not in told:
            return told
        return told % {name: isolated(value) for name, value in values.items()}

    app.jinja_env.globals["_"] = sentence
