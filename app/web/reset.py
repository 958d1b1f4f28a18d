"""A new password for somebody who forgot it: by e-mail, or by a link from an administrator."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_security import logout_user
from werkzeug.wrappers import Response

from app.domain.errors import NotFound
from app.services.mail import queue_letter
from app.services.people import RESET, link_is_good, reset_password
from app.services.people import ask_for_reset as ask
from app.storage.database import db
from app.storage.people import find_person
from app.web.access import Policy, access
from app.web.account_forms import EmailForm, ResetForm
from app.web.account_pages import bp
from app.web.clock import now
from app.web.letters import reset_letter, was_reset_letter
from app.web.passwords import make_hash, work_as_usual
from app.web.site import site


@bp.get("/reset")
@access(Policy.PUBLIC)
def ask_for_reset_page() -> str:
    """The form, or where no letters are sent, whom to ask."""
    return render_template("accounts/reset.html", form=EmailForm())


@bp.post("/reset")
@access(Policy.PUBLIC)
def ask_for_reset() -> Response | tuple[str, int]:
    """Send a link where the address is somebody's; the answer never tells."""
    if not site().settings.sends_mail:
        raise NotFound
    form = EmailForm()
    if not form.validate():
        return render_template("accounts/reset.html", form=form), 422
    work_as_usual()
    found = ask(form.email.data, now())
    if found is not None:
        person, token = found
        queue_letter(person.id, form.email.data, reset_letter(person, token), now())
        db.session.commit()
    flash(_("If an account has this address, a letter with a link is on its way to it."), "success")
    return redirect(url_for("security.login"), code=303)


@bp.get("/reset-by-link/<token>")
@access(Policy.PUBLIC)
def reset_by_link_page(token: str) -> str:
    """The form, while the link is good."""
    form = _form(token)
    return render_template("accounts/reset_by_link.html", form=form, token=token)


@bp.post("/reset-by-link/<token>")
@access(Policy.PUBLIC)
def reset_by_link(token: str) -> Response | tuple[str, int]:
    """Set the password; every browser is signed out."""
    form = _form(token)
    if not form.validate():
        return render_template("accounts/reset_by_link.html", form=form, token=token), 422
    db.session.rollback()
    person = reset_password(token, make_hash(form.password.data), now())
    if person.email:
        queue_letter(person.id, person.email, was_reset_letter(person), now())
        db.session.commit()
    if current_user.is_authenticated:
        logout_user()
    flash(_("Your new password is set. Please sign in with it."), "success")
    return redirect(url_for("security.login"), code=303)


def _form(token: str) -> ResetForm:
    person = find_person(link_is_good(token, RESET, now()).person_id or 0)
    if person is None:
        raise NotFound
    form = ResetForm()
    form.reset_for = person.username
    return form
