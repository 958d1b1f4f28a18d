"""One table from what the rules refuse to a status and words; every error is a kind page."""

import secrets
from dataclasses import dataclass

from flask import Flask, current_app, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.domain import errors as domain
from app.storage.database import db
from app.web.refusals import refused_form, refused_try

HTML_STATUS = 500


@dataclass(frozen=True, slots=True)
class Words:
    """What an error page says and where it leads."""

    status: int
    title: str
    text: str
    way_on: str | None = None
    way_on_label: str | None = None


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
        return jsonify(error=words.title, text=words.text, **data), words.status
    return render_template("errors/error.html", words=words), words.status


def _refused(error: domain.DomainError) -> tuple[Response | str, int]:
    db.session.rollback()
    if isinstance(error, domain.NoTryLeft):
        return refused_try(error), 409
    if isinstance(error, domain.CannotDraw):
        return refused_form(error), 409
    data = {"accepted_seq": error.accepted_seq} if isinstance(error, domain.StaleResponse) else {}
    return _answer(_words(error), code=type(error).__name__, **data)


def _words(error: domain.DomainError) -> Words:
    handle = (request.view_args or {}).get("handle")
    result = url_for("results.result", handle=handle) if handle else None
    resume = url_for("attempts.resume", handle=handle) if handle else None
    to_result, to_attempt = _("See the result"), _("Back to the test")
    table: dict[type[domain.DomainError], Words] = {
        domain.NotFound: _not_found_words(),
        domain.NotOnForm: Words(
            422,
            _("That does not belong to this test"),
            _("The question or option is not part of this test. Nothing was changed."),
            resume,
            to_attempt,
        ),
        domain.AttemptFinished: Words(
            409,
            _("This test has ended"),
            _("Your answers were saved up to its end. Later changes do not count."),
            result,
            to_result,
        ),
        domain.TimeIsUp: Words(
            409,
            _("The time is up"),
            _("Every answer that was saved in time counts."),
            resume,  # in the minute of tolerance there is no result yet
            to_attempt,
        ),
        domain.BreakRunning: Words(
            409,
            _("You are on your break"),
            _("The questions open again when you end the break."),
            resume,
            _("Back to the break"),
        ),
        domain.BreakNotOffered: Words(
            409,
            _("There is no break to take now"),
            _("It was taken or skipped already, or this test has none."),
            resume,
            to_attempt,
        ),
        domain.PartNotReached: Words(
            409,
            _("That question comes after the break"),
            _("Take the break or skip it first. Your answers are saved."),
            resume,
            to_attempt,
        ),
        domain.PartLocked: Words(
            409,
            _("The first part is closed"),
            _("On this site the questions before the break stay closed after it."),
            resume,
            to_attempt,
        ),
        domain.LanguageFixed: Words(
            409,
            _("The language of this test is fixed"),
            _("As in the real exam, it was chosen at the start. Practice tests let you switch."),
            resume,
            to_attempt,
        ),
        domain.AnswerShown: Words(
            409,
            _("The answer to this question has been shown"),
            _("Your first answer stands. You can go on with the next question."),
            resume,
            to_attempt,
        ),
        domain.StaleResponse: Words(
            409,
            _("A newer answer is saved"),
            _("This question was answered in another window or on another device."),
            resume,
            to_attempt,
        ),
        domain.AlreadyVoided: Words(
            409, _("This try was given back before"), _("Nothing was changed.")
        ),
        domain.ResultNotReady: Words(
            409,
            _("The result comes at the end"),
            _("This test is still running. Nothing of it is shown before you submit it."),
            resume,
            to_attempt,
        ),
    }
    return table[type(error)]


def _not_found_words() -> Words:
    return Words(
        404,
        _("This page is not here"),
        _("The address may be mistyped, or the page belongs to somebody else."),
    )


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
        return _answer(_not_found_words())
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
