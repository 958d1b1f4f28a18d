"""The account page: what a person may see, change, take along and delete."""

from flask import (
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user
from flask_security import logout_user
from werkzeug.wrappers import Response as AnyResponse

from app.domain.bilingual import Language
from app.services.accommodations import OwnTime, time_set_by_trainer
from app.services.own_data import own_data
from app.services.people import (
    Details,
    delete_person,
    details_edition,
    remove_email,
    save_details,
    set_preferences,
)
from app.services.sign_ins import end_sign_ins, sign_ins
from app.web.access import Policy, access
from app.web.account_forms import DeleteForm, DetailsForm, EmailForm
from app.web.account_pages import bp
from app.web.browsers import browser_text
from app.web.clock import now
from app.web.editions import kept, shown
from app.web.language import SESSION_KEY, current_language
from app.web.record_forms import factor_text
from app.web.registration import send_confirmation
from app.web.sign_in_form import wrong_password
from app.web.signed_in import current_token, forget_session, is_fresh
from app.web.site import site

PREFERENCES = ("shortcuts_off", "clock_hidden")
YES = {"1", "on", "true", "yes"}


@bp.get("/account")
@access(Policy.SIGNED_IN)
def account() -> str:
    """The page."""
    own_time = time_set_by_trainer(current_user.id)
    form = _details_form(own_time)
    form.display_name.data = current_user.display_name
    form.language.data = current_language().value
    if own_time is None:
        form.time_factor.data = current_user.time_factor
    for name in PREFERENCES:
        form[name].data = bool(current_user.preferences.get(name))
    return _page(form, EmailForm(formdata=None), own_time)


@bp.post("/account")
@access(Policy.SIGNED_IN)
def save_account() -> AnyResponse | tuple[str, int]:
    """Keep what was changed about the person."""
    own_time = time_set_by_trainer(current_user.id, hold=True)
    form = _details_form(own_time)
    if not form.validate():
        return _page(form, EmailForm(formdata=None), own_time), 422
    language = Language(form.language.data)
    choices = {name: bool(form[name].data) for name in PREFERENCES}
    factor = own_time.time_factor if own_time else form.time_factor.data
    details = Details(form.display_name.data, language, factor, choices)
    save_details(current_user.id, details, shown(), own_time=own_time is None)
    session[SESSION_KEY] = language.value
    flash(_("Your changes are saved."), "success")
    if own_time and request.form.get("time_factor", factor, float) != factor:
        flash(_("Your time was left as it is: your trainer has set it."), "info")
    return _back()


@bp.post("/account/preferences")
@access(Policy.SIGNED_IN)
def save_preferences() -> AnyResponse | tuple[str, int]:
    """Keep a small choice of display; the exam's script sends JSON, a plain form is fine too."""
    given = request.get_json() if request.is_json else request.form
    if not isinstance(given, dict):
        return "", 400
    chosen = {name: str(given[name]).lower() in YES for name in PREFERENCES if name in given}
    set_preferences(current_user.id, **chosen)
    return jsonify(chosen) if request.is_json else _back()


@bp.post("/account/email")
@access(Policy.SIGNED_IN)
def change_email() -> AnyResponse | tuple[str, int]:
    """Ask a new address for confirmation, or forget the one there is."""
    if not is_fresh():  # whoever holds the address can set a new password
        flash(_("To keep your account safe, please show once more that it is you."), "info")
        return redirect(url_for("security.verify", next=url_for("accounts.account")), code=303)
    if "remove" in request.form:
        remove_email(current_user.id)
        flash(_("Your e-mail address is removed."), "success")
        return _back()
    form = EmailForm()
    if not site().settings.sends_mail or not form.validate():
        own_time = time_set_by_trainer(current_user.id)
        return _page(_details_form(own_time, filled=True), form, own_time), 422
    send_confirmation(current_user, form.email.data)
    return _back()


@bp.post("/account/sign-ins/end")
@access(Policy.SIGNED_IN)
def end_other_sign_ins() -> AnyResponse:
    """Sign out everywhere but here."""
    end_sign_ins(current_user.id, but=current_token())
    flash(_("Every other browser is signed out."), "success")
    return _back()


@bp.get("/account/data")
@access(Policy.SIGNED_IN)
def download() -> Response:
    """Everything that hangs on the person, as a file."""
    response = jsonify(own_data(current_user.id, now()))
    current_app.logger.info("person %d took their data along", current_user.id)
    response.headers["Content-Disposition"] = 'attachment; filename="peerprep-my-data.json"'
    return response


@bp.get("/account/delete")
@access(Policy.SIGNED_IN)
def delete_page() -> str:
    """What deleting means, and the form."""
    return render_template("accounts/delete.html", form=DeleteForm())


@bp.post("/account/delete")
@access(Policy.SIGNED_IN)
def delete() -> AnyResponse | tuple[str, int]:
    """Delete the account and everything in it."""
    form = DeleteForm()
    good = form.validate()
    message = wrong_password(form.password.data) if good else None
    if good and message is None and not delete_person(current_user.id):
        message = _("Nobody else runs this site. Please make somebody else administrator first.")
    if message:
        form.password.errors = [message]
    if form.errors:
        return render_template("accounts/delete.html", form=form), 422
    logout_user()
    forget_session()
    flash(_("Your account and everything in it are deleted."), "success")
    response = redirect("/", code=303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _details_form(own_time: OwnTime | None, *, filled: bool = False) -> DetailsForm:
    """The form; without the time where a trainer has set it."""
    form = DetailsForm(obj=current_user, formdata=None) if filled else DetailsForm()
    if own_time is not None:
        del form.time_factor
        return form
    factors = sorted({*site().rules.time_factors, current_user.time_factor})
    form.time_factor.choices = [(factor, factor_text(factor)) for factor in factors]
    return form


def _page(form: DetailsForm, email_form: EmailForm, own_time: OwnTime | None) -> str:
    return render_template(
        "accounts/account.html",
        form=form,
        email_form=email_form,
        own_time=own_time,
        edition=kept(details_edition(current_user)),
        factor_text=factor_text,
        sign_ins=sign_ins(current_user.id, current_token(), now()),
        browser_text=browser_text,
    )


def _back() -> AnyResponse:
    return redirect(url_for("accounts.account"), code=303)
