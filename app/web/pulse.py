"""The pulse, answered before the pages: no session, no sign-in, no template.

Every exam page asks each twenty seconds, so this is half of all requests when many sit at once.
The mark tells nothing but that time was added to the attempt with this unguessable handle.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Flask, Response
from sqlalchemy.exc import SQLAlchemyError

from app.services.pulse import Pulse
from app.storage.database import db
from app.web.headers import ALWAYS, TLS_ONLY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PLACE = "/pulse/"
HEADERS = [("Content-Type", "text/plain; charset=utf-8"), *ALWAYS.items()]
TRY_AGAIN = "5"


class PulseFirst:
    """Answers `GET /pulse/<handle>`; everything else goes on to the pages."""

    def __init__(self, app: Flask, pages: "WSGIApplication") -> None:
        """`pages` is what the site has served so far."""
        self._app, self._pages, self._pulse = app, pages, Pulse()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """One request."""
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "GET" or not path.startswith(PLACE):
            return self._pages(environ, start_response)
        now = datetime.now(UTC)
        if not self._pulse.is_fresh(now) and not self._read(now):
            refusal = Response("", 503, {**ALWAYS, "Retry-After": TRY_AGAIN})
            return refusal(environ, start_response)
        mark = self._pulse.of(path.removeprefix(PLACE)).encode()
        secure = [("Strict-Transport-Security", TLS_ONLY)]
        more = secure if environ["wsgi.url_scheme"] == "https" else []
        start_response("200 OK", [*HEADERS, ("Content-Length", str(len(mark))), *more])
        return [mark]

    def _read(self, now: datetime) -> bool:
        with self._app.app_context():
            try:
                self._pulse.read(now)
            except SQLAlchemyError:
                db.session.rollback()
                return False
        return True
