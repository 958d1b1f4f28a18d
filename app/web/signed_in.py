"""From proof to a signed-in browser and back: the hooks beside Flask-Security's views."""

from flask import Flask, current_app, g, request, session
from flask_login import LoginManager, current_user, user_logged_out
from flask_security import user_authenticated
from flask_security.utils import check_and_update_authn_fresh

from app.services.people import drop_links
from app.services.sign_ins import end_sign_in, is_live, start_sign_in
from app.storage.people import PersonRow
from app.web.browsers import browser_of
from app.web.clock import now
from app.web.language import SESSION_KEY
from app.web.security_settings import FRESH

TOKEN = "sign_in"  # noqa: S105 (where the session keeps it)
CSRF = "csrf_token"
CHANGED_PASSWORD = ["change"]
"""What Flask-Security calls the new sign-in after a changed password."""


def install_sign_ins(app: Flask, manager: LoginManager) -> None:
    """Let a session count only while its sign-in is in the table."""
    by_security = manager.user_callback

    def load(uniquifier: str) -> PersonRow | None:
        person: PersonRow | None = by_security(uniquifier)
        token = session.get(TOKEN)
        if person is None or not token or not is_live(token, person.id, now()):
            return None
        return person

    manager.user_loader(load)
    manager.request_loader(lambda _request: None)  # no tokens in headers or addresses
    user_authenticated.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)


def end_dead_sign_ins() -> None:
    """Before each request: forget a session whose sign-in has ended. Nothing is written."""
    if "_user_id" in session and not current_user.is_authenticated:
        forget_session()


def forget_session() -> None:
    """Keep nothing in the browser's session but the language."""
    language = session.get(SESSION_KEY)
    session.clear()
    g.pop(CSRF, None)
    if language:
        session[SESSION_KEY] = language


def is_fresh() -> bool:
    """Whether the person has proved of late who it is."""
    return bool(check_and_update_authn_fresh(FRESH, FRESH, "session"))


def current_token() -> str | None:
    """The token of this browser's sign-in."""
    token: str | None = session.get(TOKEN)
    return token


def _signed_in(
    sender: Flask, user: PersonRow, authn_via: list[str] | None = None, **_rest: object
) -> None:
    """A new token for every sign-in, so that nobody can have planted it; old ones die."""
    del sender
    old = session.pop(TOKEN, None)
    if old:
        end_sign_in(old)
    person_id = user.id
    changed = authn_via == CHANGED_PASSWORD
    if changed:
        drop_links(person_id)
    session[TOKEN] = start_sign_in(
        person_id, browser_of(request.user_agent.string), now(), end_others=changed
    )
    session.pop(CSRF, None)
    g.pop(CSRF, None)
    current_app.logger.info("person %d signed in", person_id)


def _signed_out(sender: Flask, **_rest: object) -> None:
    del sender
    token = session.pop(TOKEN, None)
    if token:
        end_sign_in(token)
