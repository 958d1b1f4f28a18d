"""One selector for everything: kept in the session, remembered for the account."""

from flask import Blueprint, redirect, request, session
from flask_babel import refresh
from werkzeug.wrappers import Response

from app.domain.bilingual import Language
from app.services.people import remember_language
from app.web.access import Policy, access, visitor
from app.web.safe_paths import safe_path

SESSION_KEY = "language"

bp = Blueprint("language", __name__)


@bp.post("/language")
@access(Policy.PUBLIC)
def choose() -> Response:
    """Switch the language and stay on the same page."""
    wanted = request.form.get("language")
    if wanted in set(Language):
        switch_language(Language(wanted))
    return redirect(safe_path(request.form.get("next")), code=303)


def switch_language(language: Language) -> None:
    """Keep the language for the session and, where somebody is signed in, the account."""
    session[SESSION_KEY] = language.value
    person = visitor()
    if person is not None:
        remember_language(person.id, language)
    refresh()


def select_language() -> str:
    """The session's language, else the account's, else the browser's, else English."""
    chosen = session.get(SESSION_KEY)
    if chosen in set(Language):
        return str(chosen)
    person = visitor()
    if person is not None:
        return person.language
    return request.accept_languages.best_match([*Language]) or Language.EN.value


def current_language() -> Language:
    """The language of this page."""
    return Language(select_language())
