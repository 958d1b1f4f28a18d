"""One table from what the rules refuse to a status and words; every error is a kind page."""

import secrets

from flask import Flask, current_app, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.domain import errors as domain
from app.storage.database import db
from app.web.error_words import NOT_FOUND, REFUSALS, WAY_LABELS, Way, Words
from app.web.refusals import refused_form, refused_try

HTML_STATUS = 500


def install_errors(app: Flask) -> None:
    """Answer every error with a page in the person's language, or JSON where that was asked."""
    app.register_error_handler(domain.DomainError, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(Exception, _fault)


def wants_json() -> bool:
    """Whether the page's script is asking, not a person."""
    return request.is_json or request.accept_mimetypes.best == "application/json"


def _answer(words: Words, **data: object) -> tuple[Response | str, int]:
    if wants_json():
        return jsonify(error=str(words.title), text=str(words.text), **data), words.status
    page = render_template(
        "errors/error.html", words=words, way_on=_way_on(words), way_label=WAY_LABELS.get(words.way)
    )
    return page, words.status


def _way_on(words: Words) -> str | None:
    handle = (request.view_args or {}).get("handle")
    if handle is None or words.way is Way.NONE:
        return None
    endpoint = "results.result" if words.way is Way.RESULT else "attempts.resume"
    return url_for(endpoint, handle=handle)


def _refused(error: domain.DomainError) -> tuple[Response | str, int]:
    db.session.rollback()
    if isinstance(error, domain.NoTryLeft):
        return refused_try(error), 409
    if isinstance(error, domain.CannotDraw):
        return refused_form(error), 409
    data = {"accepted_seq": error.accepted_seq} if isinstance(error, domain.StaleResponse) else {}
    return _answer(REFUSALS[type(error)], code=type(error).__name__, **data)


def _stale_form(error: CSRFError) -> tuple[Response | str, int]:
    del error
    db.session.rollback()
    return _answer(
        Words(
            400,
            _("This page had been open for too long"),
            _("Please go back, reload the page and try again. Saved answers are safe."),
        ),
        code="csrf",
    )


def _http(error: HTTPException) -> tuple[Response | str, int] | HTTPException:
    status = error.code or HTML_STATUS
    if status < 400:  # noqa: PLR2004 (redirects are HTTP exceptions too)
        return error
    db.session.rollback()
    known = {
        400: (_("That could not be read"), _("Please go back and try again.")),
        401: (_("Please sign in again"), _("Your saved answers are safe.")),
        405: (_("That is not possible here"), _("Please go back and use the page's buttons.")),
        413: (_("That is too large"), _("Please send less at once.")),
        429: (_("Too many tries"), _("Please wait a little and try again.")),
    }
    if status in known:
        return _answer(Words(status, *known[status]))
    if status == 404:  # noqa: PLR2004
        return _answer(NOT_FOUND)
    return _answer(Words(status, *known[400]))


def _busy(error: OperationalError) -> tuple[Response | str, int, dict[str, str]]:
    current_app.logger.error("database: %s", error.orig)
    db.session.rollback()
    body, status = _answer(
        Words(
            503,
            _("The site is busy"),
            _("Nothing is lost. Please wait a few seconds and try again."),
        )
    )
    return body, status, {"Retry-After": "5"}


def _fault(error: Exception) -> tuple[Response | str, int]:
    reference = secrets.token_hex(4)
    current_app.logger.error("fault %s", reference, exc_info=error)
    db.session.rollback()
    return _answer(
        Words(
            500,
            _("Something went wrong on our side"),
            _(
                "It is not your fault, and saved answers are safe. "
                "If it happens again, tell the people who run this site: %(reference)s",
                reference=reference,
            ),
        )
    )
