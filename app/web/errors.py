"""One table from what the rules refuse to a status and words; every error is a kind page."""

from dataclasses import replace

from flask import Flask, current_app, g, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.domain import errors as domain
from app.storage.database import db
from app.web.access import visitor
from app.web.editions import page_of_form
from app.web.error_words import NOT_FOUND, REFUSALS, WAY_LABELS, Way, Words
from app.web.headers import SOON
from app.web.observed import refused_as, request_id
from app.web.refusals import closed_result, refused_form, refused_try
from app.web.storage_faults import StorageFault, busy, storage_fault

Answer = tuple[Response | str, int] | tuple[Response | str, int, dict[str, str]]

HTML_STATUS = 500
MAINTENANCE_SECONDS = 300
"""When to try again, where somebody is looking after the site."""


def install_errors(app: Flask) -> None:
    """Answer every error with a page in the person's language, or JSON where that was asked."""
    app.register_error_handler(domain.DomainError, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)


def _start_afresh() -> None:
    """Drop what was begun. Where the database cannot say who asks, the page is a stranger's."""
    db.session.rollback()
    try:
        person = visitor()
        if person is not None:
            _ = person.language  # read anew here, where it may fail, and not in the page
    except SQLAlchemyError:
        _be_a_stranger()


def _be_a_stranger() -> None:
    """Drop what was begun, and ask the database nothing more: it would be waited for again."""
    db.session.rollback()
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]  # noqa: SLF001


def wants_json() -> bool:
    """Whether the page's script is asking, not a person."""
    return request.is_json or request.accept_mimetypes.best == "application/json"


def _answer(words: Words, **data: object) -> tuple[Response | str, int]:
    if wants_json():
        return jsonify(error=str(words.title), text=str(words.text), **data), words.status
    label = WAY_LABELS.get(words.way)
    try:
        page: Response | str = render_template(
            "errors/error.html", words=words, way_on=_way_on(words), way_label=label
        )
    except Exception:  # the last resort: words without a page
        current_app.logger.exception("the error page itself failed")
        page = Response(f"{words.title}\n\n{words.text}\n", mimetype="text/plain")
    return page, words.status


def _way_on(words: Words) -> str | None:
    where = request.view_args or {}
    if words.way is Way.PAGE:
        return page_of_form()
    if words.way is Way.COHORT:
        # Trainers' pages alone name the cohort; a candidate's lead to the start page.
        cohort = where.get("cohort")
        return url_for("cohorts.overview", cohort=cohort) if cohort else None
    handle = where.get("handle")
    if handle is None or words.way is Way.NONE:
        return None
    endpoint = "results.result" if words.way is Way.RESULT else "attempts.resume"
    return url_for(endpoint, handle=handle)


def _refused(error: domain.DomainError) -> Answer:
    _start_afresh()
    refused_as(type(error).__name__)
    if isinstance(error, domain.MaintenanceMode):
        return _closed(error)
    if isinstance(error, domain.NoTryLeft):
        return refused_try(error), 409
    if isinstance(error, domain.CannotDraw):
        return refused_form(error), 409
    if isinstance(error, domain.FeedbackLater):
        return _answer(closed_result(error), code=type(error).__name__)
    return _answer(REFUSALS[type(error)], code=type(error).__name__)


def _closed(error: domain.MaintenanceMode) -> tuple[Response | str, int, dict[str, str]]:
    words = REFUSALS[type(error)]
    if error.reason:
        told = _("The reason: %(reason)s", reason=error.reason)
        words = replace(words, text=f"{words.text} {told}")
    body, status = _answer(words, code=type(error).__name__)
    return body, status, {"Retry-After": str(MAINTENANCE_SECONDS)}


def _stale_form(error: CSRFError) -> tuple[Response | str, int]:
    refused_as(type(error).__name__)
    _start_afresh()
    return _answer(
        Words(
            400,
            _("This page had been open for too long"),
            _("Please go back, reload the page and try again. Saved answers are safe."),
        ),
        code="csrf",
    )


def _http(error: HTTPException) -> Answer | HTTPException:
    status = error.code or HTML_STATUS
    if status < 400:  # noqa: PLR2004 (redirects are HTTP exceptions too)
        return error
    _start_afresh()
    known = {
        400: (_("That could not be read"), _("Please go back and try again.")),
        401: (_("Please sign in again"), _("Your saved answers are safe.")),
        405: (_("That is not possible here"), _("Please go back and use the page's buttons.")),
        413: (_("That is too large"), _("Please send less at once.")),
        429: (_("Too many tries"), _("Please wait a little and try again.")),
        503: (
            _("The site is busy"),
            _("Nothing is lost. Please wait a few seconds and try again."),
        ),
    }
    if status == 429:  # noqa: PLR2004
        refused_as(type(error).__name__)
    if status in known:
        body, _same = _answer(Words(status, *known[status]))
        return body, status, {"Retry-After": SOON} if status == 503 else {}  # noqa: PLR2004
    if status == 404:  # noqa: PLR2004
        return _answer(NOT_FOUND)
    if status == 503:  # noqa: PLR2004
        return _in_trouble(error, busy())
    return _answer(Words(status, *known[400]))


def _fault(error: Exception) -> Answer:
    told = storage_fault(error)
    return _unexpected(error) if told is None else _in_trouble(error, told)


def _in_trouble(error: Exception, told: StorageFault) -> Answer:
    refused_as(type(error).__name__)
    current_app.logger.error("database: %s", getattr(error, "orig", None) or error)
    _be_a_stranger()
    body, status = _answer(told.words)
    return body, status, {"Retry-After": str(told.retry_after)}


def _unexpected(error: Exception) -> tuple[Response | str, int]:
    current_app.logger.error("fault", exc_info=error)
    _start_afresh()
    return _answer(
        Words(
            500,
            _("Something went wrong on our side"),
            _(
                "It is not your fault, and saved answers are safe. "
                "If it happens again, tell the people who run this site: %(reference)s",
                reference=request_id(),
            ),
        )
    )
