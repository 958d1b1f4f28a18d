"""Reading the browser's session cookie and a script's form token, without doing so twice.

A candidate's script sends the same cookie with every save; to check its signature and unpack it
took a tenth of what a save costs.
"""

from copy import deepcopy
from datetime import UTC, datetime
from functools import lru_cache

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf import CSRFProtect
from itsdangerous import BadSignature

MOST_COOKIES = 20_000
"""More than sit at once on one machine; each is a few hundred bytes."""
HEADER = "X-CSRFToken"


class KnownSessions(SecureCookieSessionInterface):
    """Flask's signed cookies; those that were checked before are known again, until too old."""

    def __init__(self) -> None:
        """None is known yet."""
        self._read = lru_cache(MOST_COOKIES)(self._read_afresh)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """What the cookie holds; nothing where it is not signed by this site, or too old."""
        cookie = request.cookies.get(self.get_cookie_name(app))
        if not cookie:
            return self.session_class()
        try:
            kept, signed_at = self._read(app, cookie)
        except BadSignature:
            return self.session_class()
        if datetime.now(UTC) - signed_at > app.permanent_session_lifetime:
            return self.session_class()
        return self.session_class(
            {k: deepcopy(v) if isinstance(v, list | dict) else v for k, v in kept.items()}
        )

    def _read_afresh(self, app: Flask, cookie: str) -> tuple[dict[str, object], datetime]:
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            raise BadSignature(cookie)
        kept, signed_at = serializer.loads(cookie, return_timestamp=True)
        return kept, signed_at


class FormTokens(CSRFProtect):
    """The library's check; a script's token is looked for where scripts send it."""

    def _get_csrf_token(self) -> str | None:
        return request.headers.get(HEADER) or super()._get_csrf_token()
