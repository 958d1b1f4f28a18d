"""The first administrator, by the one-time link that the site prints at its first start."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import login_user
from werkzeug.wrappers import Response

from app.domain.errors import LinkGone
from app.services.people import SET_UP, add_first_administrator, link_is_good
from app.storage.people import has_administrator
from app.web.access import Policy, access
from app.web.account_forms import RegisterForm
from app.web.account_pages import bp
from app.web.clock import now
from app.web.registration import name_taken, registration_of

START = "start.home"


@bp.get("/setup/<token>")
@access(Policy.PUBLIC)
def set_up_page(token: str) -> str:
    """The form, while the link is good."""
    _check(token)
    return render_template("accounts/setup.html", form=RegisterForm().without_email(), token=token)


@bp.post("/setup/<token>")
@access(Policy.PUBLIC)
def set_up(token: str) -> Response | tuple[str, int]:
    """Make the administrator and sign in."""
    _check(token)
    form = RegisterForm().without_email()
    good = form.validate()
    person = add_first_administrator(registration_of(form), token, now()) if good else None
    if person is None:
        name_taken(form)
        return render_template("accounts/setup.html", form=form, token=token), 422
    login_user(person, authn_via=["register"])
    flash(_("You run this site now, %(name)s.", name=person.display_name), "success")
    return redirect(url_for(START), code=303)


def _check(token: str) -> None:
    link_is_good(token, SET_UP, now())
    if has_administrator():
        raise LinkGone
