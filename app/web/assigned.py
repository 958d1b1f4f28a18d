"""What is set for a candidate: the page before a start, and starting."""

import random
import secrets

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.services.assigned import assigned_page
from app.services.assigned_starts import assigned, start_assigned
from app.services.tries import mock_standing
from app.web.access import Policy, access, signed_in_person
from app.web.assignment_forms import StartForm
from app.web.clock import now
from app.web.language import current_language
from app.web.site import site

bp = Blueprint("assigned", __name__, url_prefix="/assigned")

Page = str | tuple[str, int] | Response


@bp.get("/<assignment>")
@access(Policy.SIGNED_IN)
def assignment(assignment: str) -> Page:
    """What is set, and what starting it means."""
    return _page(assignment, StartForm(language=current_language().value))


@bp.post("/<assignment>/start")
@access(Policy.SIGNED_IN)
def start(assignment: str) -> Page:
    """Start one more attempt."""
    person = signed_in_person()
    fixed = assigned(person, assignment)[1].language
    form = StartForm()
    if fixed is None and not form.validate_on_submit():
        return _page(assignment, form), 422
    language = fixed or Language(form.language.data)
    rng = random.Random(secrets.randbits(64))
    handle = start_assigned(person, assignment, language, site(), now(), rng)
    return redirect(url_for("attempts.resume", handle=handle), code=303)


def _page(handle: str, form: StartForm) -> str:
    person = signed_in_person()
    page = assigned_page(person, handle, site(), now())
    rules = assigned(person, handle)[1]
    mock = page.line.kind is AttemptKind.MOCK
    standing = mock_standing(person, site(), now()) if mock else None
    may_start = page.line.startable and not rules.archived and (not standing or standing.allowed)
    return render_template(
        "assigned/assignment.html",
        page=page,
        form=form,
        opens_at=rules.opens_at,
        archived=rules.archived,
        standing=standing,
        may_start=may_start,
    )
