"""Accounts, wired: Flask-Security for the proofs, own pages for the rest."""

from urllib.parse import parse_qsl, urlencode

from flask import Flask, Response, abort, redirect, request, url_for
from flask_login import current_user
from flask_mailman import Mail
from flask_principal import Principal
from flask_security import RoleMixin, Security, SQLAlchemyUserDatastore
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import SecurityError
from werkzeug.wrappers import Response as AnyResponse

from app.config import Settings
from app.services.throttle import truncated
from app.storage.database import db
from app.storage.people import PasskeyRow, PersonRow
from app.web import account, registration, reset, setup
from app.web.access import declare
from app.web.account_pages import bp
from app.web.hashing import install_turns
from app.web.letters import OutboxMail
from app.web.passkeys import (
    NewPasskeyForm,
    PasskeyForm,
    PasskeyProofForm,
    Passkeys,
    passkey_values,
)
from app.web.passwords import DUMMY, PasswordRules, make_dummy
from app.web.safe_paths import HOME, safe_path
from app.web.second_step import CodeForm, OneUseTotp, RecoveryCodeForm, lost_phone
from app.web.security_settings import POLICIES, mail_config, security_config
from app.web.security_texts import SecurityTexts
from app.web.sign_in_form import NewPasswordForm, ProveAgainForm, SignInForm
from app.web.signed_in import end_dead_sign_ins, install_sign_ins

__all__ = [
    "account",
    "bp",
    "end_dead_sign_ins",
    "install_accounts",
    "registration",
    "reset",
    "setup",
]

LIBRARY = "security"
NOT_SIGNED_IN = {"security.two_factor_token_validation", "security.tf_select"}
"""Pages in the middle of a sign-in; the library would sign out whoever opens them later."""
FOR_SCRIPTS = {"saves.save", "saves.paper", "accounts.save_preferences"}
"""What the pages' own scripts send JSON to."""
FLOODS = {
    "security.login": "200 per minute",
    "security.wan_signin": "200 per minute",
    "security.two_factor_token_validation": "200 per minute",
    "accounts.register": "60 per minute",
    "accounts.ask_for_reset": "30 per minute",
    "accounts.reset_by_link": "30 per minute",
    "accounts.set_up": "30 per minute",
    "joining.join_page": "200 per minute",
}
"""Requests from one network. Generous: a classroom shares one address."""
CLEAR = '"cache", "storage"'


def install_accounts(app: Flask, settings: Settings) -> None:
    """Everything about people's accounts, but the pages themselves (`bp`)."""
    app.config.update(security_config(app.config["SECRET_KEY"]), **mail_config(settings))
    app.config["TRUSTED_HOSTS"] = settings.trusted_hosts
    Mail(app)
    security = _security()
    security.init_app(app)
    security.i18n_domain = SecurityTexts(app)
    security.want_json(lambda _request: False)
    security.wan_register_context_processor(passkey_values)
    security.wan_signin_context_processor(passkey_values)
    app.view_functions["security.two_factor_rescue"] = lost_phone
    _ask_for_no_roles(app)
    install_sign_ins(app, app.login_manager)  # type: ignore[attr-defined]
    declare(app, POLICIES)
    with app.app_context():
        app.extensions[DUMMY] = make_dummy()
    app.before_request(_refuse_strange_hosts)
    app.before_request(_keep_to_forms)
    app.after_request(_keep_to_own_pages)
    install_turns(app)
    _install_flood_limits(app, settings)


def _security() -> Security:
    # A person's role is one column, and the pages' own policies look at it: the library is
    # given its bare mixin where it wants a table of roles, and asks for none.
    store = SQLAlchemyUserDatastore(db, PersonRow, RoleMixin, PasskeyRow)
    return Security(
        datastore=store,
        login_form=SignInForm,
        verify_form=ProveAgainForm,
        change_password_form=NewPasswordForm,
        two_factor_verify_code_form=CodeForm,
        mf_recovery_form=RecoveryCodeForm,
        wan_register_form=PasskeyForm,
        wan_register_response_form=NewPasskeyForm,
        wan_signin_response_form=PasskeyProofForm,
        mail_util_cls=OutboxMail,
        password_util_cls=PasswordRules,
        totp_cls=OneUseTotp,
        webauthn_util_cls=Passkeys,
    )


def _ask_for_no_roles(app: Flask) -> None:
    """Take away the library's look-up of roles before each request: policies stand in for them.

    It would ask the database who is there even where nobody needs to know.
    """
    before = app.before_request_funcs[None]
    before[:] = [
        hook for hook in before if not isinstance(getattr(hook, "__self__", None), Principal)
    ]


def _refuse_strange_hosts() -> Response | None:
    """Answer a host that is not this site without a page: none could be linked from it."""
    if isinstance(request.routing_exception, SecurityError):
        return Response("400\n", status=400, mimetype="text/plain")
    return None


def _keep_to_forms() -> AnyResponse | None:
    """Pages take forms only, and the library's sign-in pages only people not signed in."""
    if request.is_json and request.endpoint not in FOR_SCRIPTS:
        abort(400)
    if request.blueprint != LIBRARY:
        return None
    if request.endpoint in NOT_SIGNED_IN and current_user.is_authenticated:
        return redirect(url_for("accounts.account"), code=303)
    return None


def _keep_to_own_pages(response: Response) -> Response:
    """The library's redirects lead to this site's pages, whatever `next` said."""
    if request.blueprint != LIBRARY:
        return response
    if response.location:
        response.location = _own_page(response.location)
    if request.endpoint == "security.logout":
        response.headers["Clear-Site-Data"] = CLEAR
    return response


def _own_page(location: str) -> str:
    """The address where it is the site's own, with a `next` that is the site's own too."""
    path, _, query = safe_path(location).partition("?")
    kept = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True)
        if name != "next" or safe_path(value) != HOME
    ]
    return f"{path}?{urlencode(kept, safe='/')}" if kept else path


def _install_flood_limits(app: Flask, settings: Settings) -> None:
    """Refuse what comes in too fast from one network; the count is each process's own."""
    app.config.setdefault("STEM_FLOODS", settings.limit_floods)
    window = FixedWindowRateLimiter(MemoryStorage())
    limits = {endpoint: parse(most) for endpoint, most in FLOODS.items()}

    def stem_floods() -> None:
        limit = limits.get(request.endpoint or "")
        if limit is None or not app.config["STEM_FLOODS"]:
            return
        if not window.hit(limit, request.endpoint or "", truncated(request.remote_addr)):
            abort(429)

    app.before_request(stem_floods)
