"""Registering, and confirming an e-mail address."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_security import login_user
from werkzeug.wrappers import Response

from app.services.mail import queue_letter
from app.services.people import CONFIRM_EMAIL, Registration, add_person, link_is_good, make_link
from app.services.people import confirm_email as confirm
from app.storage.database import db
from app.storage.people import PersonRow
from app.web.access import Policy, access
from app.web.account_forms import RegisterForm, taken_text
from app.web.account_pages import bp
from app.web.clock import now
from app.web.language import current_language
from app.web.letters import confirm_letter
from app.web.passwords import make_hash
from app.web.site import site

START = "start.home"


@bp.get("/register")
@access(Policy.PUBLIC)
def register_page() -> Response | str:
    """The form."""
    if current_user.is_authenticated:
        return redirect(url_for(START), code=303)
    return render_template("accounts/register.html", form=_form())


@bp.post("/register")
@access(Policy.PUBLIC)
def register() -> Response | tuple[str, int]:
    """Register, sign in, and go to the start page."""
    if current_user.is_authenticated:
        return redirect(url_for(START), code=303)
    form = _form()
    person = add_person(registration_of(form), now()) if form.validate() else None
    if person is None:
        name_taken(form)
        return render_template("accounts/register.html", form=form), 422
    login_user(person, authn_via=["register"])
    if "email" in form and form.email.data:
        send_confirmation(person, form.email.data)
    flash(_("Welcome, %(name)s. Your account is ready.", name=person.display_name), "success")
    return redirect(url_for(START), code=303)


@bp.get("/confirm-email/<token>")
@access(Policy.PUBLIC)
def confirm_email_page(token: str) -> str:
    """A button: opening the page alone confirms nothing."""
    address = link_is_good(token, CONFIRM_EMAIL, now()).address
    return render_template("accounts/confirm_email.html", token=token, address=address)


@bp.post("/confirm-email/<token>")
@access(Policy.PUBLIC)
def confirm_email(token: str) -> Response:
    """Take the address as the person's."""
    if confirm(token, now()):
        flash(_("Thank you. Your e-mail address is confirmed."), "success")
    else:
        flash(_("This address belongs to another account, so it was not added."), "error")
    here = "accounts.account" if current_user.is_authenticated else "security.login"
    return redirect(url_for(here), code=303)


def registration_of(form: RegisterForm) -> Registration:
    """What the form says; the password is hashed before any transaction is open."""
    db.session.rollback()
    return Registration(
        username=form.username.data,
        display_name=form.display_name.data,
        password_hash=make_hash(form.password.data),
        language=current_language(),
    )


def name_taken(form: RegisterForm) -> None:
    """Where the form was fine, somebody took the name in between."""
    if not form.errors:
        form.username.errors = [taken_text()]


def send_confirmation(person: PersonRow, address: str) -> None:
    """Queue the letter that asks whether the address is the person's."""
    token = make_link(CONFIRM_EMAIL, now(), person.id, address)
    queue_letter(person.id, address, confirm_letter(token, current_language()), now())
    db.session.commit()
    flash(
        _("We have sent a letter to %(address)s. Please open the link in it.", address=address),
        "success",
    )


def _form() -> RegisterForm:
    form = RegisterForm()
    return form if site().settings.sends_mail else form.without_email()
