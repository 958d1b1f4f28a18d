"""Choosing what to do, and starting it."""

import random
import secrets

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Language
from app.domain.items import Axis
from app.services.attempts import start_attempt
from app.services.drawing import StartRequest
from app.services.home import home_page, practice_page
from app.services.tries import mock_standing
from app.web import attempts
from app.web.access import Policy, access, signed_in_person
from app.web.clock import now
from app.web.forms import MockForm, PracticeForm, QuizForm
from app.web.language import current_language
from app.web.site import site

bp = Blueprint("start", __name__)

Page = str | tuple[str, int] | Response


@bp.get("/home")
@access(Policy.SIGNED_IN)
def home() -> Page:
    """Where a signed-in person stands, and the next step."""
    return render_template("start/home.html", page=home_page(signed_in_person(), site(), now()))


@bp.get("/mock")
@access(Policy.SIGNED_IN)
def mock_rules() -> Page:
    """The rules screen, before any try is used."""
    return _mock_page(MockForm(language=current_language().value))


@bp.post("/mock")
@access(Policy.SIGNED_IN)
def start_mock() -> Page:
    """YES starts the mock; DECLINE uses nothing and says what the real exam would do."""
    form = MockForm()
    if not form.validate_on_submit():
        return _mock_page(form), 422
    if form.agree.data == "decline":
        return render_template("start/declined.html")
    return _start(
        StartRequest(AttemptKind.MOCK, Language(form.language.data), site().blueprint.items)
    )


@bp.get("/practice")
@access(Policy.SIGNED_IN)
def practice() -> Page:
    """The choice of a practice test."""
    form = _practice_form()
    page = practice_page(signed_in_person(), site(), now())
    return render_template("start/practice.html", form=form, page=page)


@bp.post("/practice")
@access(Policy.SIGNED_IN)
def start_practice() -> Page:
    """Start a practice test."""
    form = _practice_form()
    if not form.validate_on_submit():
        page = practice_page(signed_in_person(), site(), now())
        return render_template("start/practice.html", form=form, page=page), 422
    return _start(_request(AttemptKind.PRACTICE, form))


@bp.get("/quiz")
@access(Policy.SIGNED_IN)
def quiz() -> Page:
    """The choice of a quiz; a link from a result brings its area along."""
    axis = _axis(request.args.get("axis"))
    form = _quiz_form(axis)
    known = [area for area in request.args.getlist("area") if area in site().taxonomy.areas(axis)]
    form.areas.data = known
    return _quiz_page(form, axis)


@bp.post("/quiz")
@access(Policy.SIGNED_IN)
def start_quiz() -> Page:
    """Start a quiz."""
    axis = _axis(request.form.get("axis"))
    form = _quiz_form(axis)
    if not form.validate_on_submit():
        return _quiz_page(form, axis), 422
    return _start(_request(AttemptKind.QUIZ, form, axis, tuple(form.areas.data)))


def _request(
    kind: AttemptKind, form: PracticeForm, axis: Axis = Axis.OSHPD, areas: tuple[str, ...] = ()
) -> StartRequest:
    return StartRequest(
        kind=kind,
        language=current_language(),
        items=form.items.data,
        feedback=Feedback(form.feedback.data),
        timed=form.timed.data == "timed",
        axis=axis,
        areas=areas,
    )


def _start(wanted: StartRequest) -> Page:
    rng = random.Random(secrets.randbits(64))
    started = start_attempt(signed_in_person(), wanted, site(), now(), rng)
    # To its item at once, without another way to the server.
    if not started.is_new:
        return attempts.resume(started.handle)
    url = url_for("attempts.item", handle=started.handle, position=1)
    return redirect(url, code=303)


def _mock_page(form: MockForm) -> str:
    person = signed_in_person()
    return render_template(
        "start/mock.html",
        form=form,
        standing=mock_standing(person, site(), now()),
        page=practice_page(person, site(), now()),
    )


def _quiz_page(form: QuizForm, axis: Axis) -> str:
    page = practice_page(signed_in_person(), site(), now())
    return render_template("start/quiz.html", form=form, axis=axis, page=page)


def _practice_form() -> PracticeForm:
    lengths = sorted(site().rules.practice_lengths)
    form = PracticeForm(items=lengths[0])
    form.items.choices = [(n, str(n)) for n in lengths]
    return form


def _quiz_form(axis: Axis) -> QuizForm:
    form = QuizForm(items=site().rules.quiz_lengths[0])
    form.items.choices = [(n, str(n)) for n in site().rules.quiz_lengths]
    language = current_language()
    names = site().taxonomy.areas(axis)
    form.areas.choices = [(area, name.text(language)) for area, name in names.items()]
    return form


def _axis(name: str | None) -> Axis:
    return Axis(name) if name in set(Axis) else Axis.OSHPD
