"""The administrator's pages: the bank's problems, mock tries, people and roles."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired

from app.domain.access import Role
from app.services import reopening, roster
from app.services.administration import administration_page, tries_of
from app.web.access import Policy, access, signed_in_person
from app.web.bank_texts import problem_text
from app.web.clock import now
from app.web.cohort_forms import AS_TYPED
from app.web.editions import shown
from app.web.record_forms import OpenAgainForm
from app.web.site import site

bp = Blueprint("administration", __name__, url_prefix="/administration")


class TriesForm(FlaskForm):
    """Whose mock tries are asked for."""

    username = StringField(
        _l("Sign-in name of the candidate"),
        render_kw={**AS_TYPED, "maxlength": "64"},
        validators=[InputRequired(_l("Please type a sign-in name."))],
    )


@bp.get("")
@access(Policy.ADMINISTRATOR)
def overview() -> str:
    """The bank's state, its faults by file and line, and the number of mock tries."""
    return _overview(TriesForm(formdata=None))


@bp.post("/mock-tries")
@access(Policy.ADMINISTRATOR)
def mock_tries() -> str | tuple[str, int]:
    """Note the look at one person's mock tries, then show them."""
    form = TriesForm()
    if not form.validate():
        return _overview(form), 422
    page = tries_of(signed_in_person(), form.username.data, now())
    if page is None:
        form.username.errors = [_("Nobody here has this sign-in name. Please check it.")]
        return _overview(form), 422
    return render_template("administration/mock_tries.html", page=page)


@bp.get("/attempts/<handle>/open-again")
@access(Policy.ADMINISTRATOR)
def open_again_page(handle: str) -> str:
    """What opening an attempt again means, once its clock has ended it."""
    return _open_again(handle, None)


@bp.post("/attempts/<handle>/open-again")
@access(Policy.ADMINISTRATOR)
def open_again(handle: str) -> str | tuple[str, int] | Response:
    """Open it again, with a reason."""
    form = OpenAgainForm()
    if not form.validate():
        return _open_again(handle, form), 422
    minutes, reason = int(form.minutes.data or 0), form.reason.data
    reopening.open_again(signed_in_person(), handle, minutes, reason, now(), site())
    flash(_("The test is open again. The reason stays on record."))
    return redirect(url_for("administration.overview"), code=303)


@bp.get("/people")
@access(Policy.ADMINISTRATOR)
def people() -> str:
    """Everybody, with their role."""
    page = roster.people_page(signed_in_person())
    return render_template("administration/people.html", page=page, roles=tuple(Role))


@bp.post("/people/<int:person_id>/role")
@access(Policy.ADMINISTRATOR)
def set_role(person_id: int) -> Response:
    """Give a person a role."""
    wanted = request.form.get("role")
    if wanted not in set(Role):
        abort(422)
    return _back(done=roster.set_role(signed_in_person(), person_id, Role(wanted), shown()))


@bp.post("/people/<int:person_id>/active")
@access(Policy.ADMINISTRATOR)
def set_active(person_id: int) -> Response:
    """Let a person in, or keep them out without deleting anything."""
    wanted = request.form.get("active")
    if wanted not in {"yes", "no"}:
        abort(422)
    return _back(done=roster.set_active(signed_in_person(), person_id, active=wanted == "yes"))


@bp.post("/people/<int:person_id>/reset-link")
@access(Policy.ADMINISTRATOR)
def reset_link(person_id: int) -> str:
    """Make a one-time link for a new password and show it, this once."""
    token = roster.make_reset_link(signed_in_person(), person_id, now())
    address = site().settings.address + url_for("accounts.reset_by_link_page", token=token)
    return render_template("administration/reset_link.html", address=address)


@bp.post("/people/<int:person_id>/second-step/drop")
@access(Policy.ADMINISTRATOR)
def drop_second_step(person_id: int) -> Response:
    """Take the second step off, for somebody whose phone is lost."""
    roster.drop_second_step(signed_in_person(), person_id)
    return _back(done=True)


def _overview(form: TriesForm) -> str:
    page = administration_page(site())
    return render_template(
        "administration/overview.html", page=page, form=form, problem_text=problem_text
    )


def _open_again(handle: str, form: OpenAgainForm | None) -> str:
    page = reopening.ended_attempt(signed_in_person(), handle, now(), site())
    fresh = OpenAgainForm(formdata=None, minutes=page.minutes_left)
    return render_template("administration/open_again.html", page=page, form=form or fresh)


def _back(*, done: bool) -> Response:
    if done:
        flash(_("Done."))
    else:
        flash(_("The last administrator stays one: give somebody else the role first."), "error")
    return redirect(url_for("administration.people"), code=303)
