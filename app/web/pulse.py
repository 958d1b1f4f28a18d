"""The pulse, answered before the pages: no session, no sign-in, no template.

Every exam page asks each twenty seconds, so this is half of all requests when many sit at once.
The mark tells nothing but that time was added to the attempt with this unguessable handle.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.services.pulse import Pulse
from app.storage.database import db
from app.web.headers import bare_headers, come_again
from app.web.site import EXTENSION

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PULSE = "peerprep_pulse"
PLACE = "/pulse/"
PLAIN_REQUEST = re.compile(rb"GET /pulse/([\w-]+) HTTP/1\.1\r\n")
"""As browsers send it on a connection that they keep; whatever else was sent goes the long way."""
MORE_TO_IT = re.compile(
    rb"\r\n(connection[ \t]*:[ \t]*close|content-length|transfer-encoding|expect)", re.IGNORECASE
)
END = b"\r\n\r\n"
KIND = "text/plain; charset=utf-8"


class PulseFirst:
    """Answers `GET /pulse/<handle>`; everything else goes on to the pages."""

    def __init__(self, app: Flask, pages: "WSGIApplication") -> None:
        """`pages` is what the site has served so far."""
        self._app, self._pages, self._pulse = app, pages, Pulse()
        secure = app.extensions[EXTENSION].settings.address.startswith("https://")
        fixed = bare_headers("https" if secure else "http", KIND)
        self._head = "HTTP/1.1 200 OK\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in fixed
        )

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """One request."""
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "GET" or not path.startswith(PLACE):
            return self._pages(environ, start_response)
        now = datetime.now(UTC)
        if not self._pulse.is_fresh(now) and not self._read(now):
            return come_again()(environ, start_response)
        mark = self._pulse.of(path.removeprefix(PLACE)).encode()
        headers = bare_headers(environ["wsgi.url_scheme"], KIND)
        start_response("200 OK", [*headers, ("Content-Length", str(len(mark)))])
        return [mark]

    def at_once(self, request: bytes) -> bytes | None:
        """The answer to a whole request as it came, for a server that may not wait.

        None where it is no pulse, and where the database would have to be asked.
        """
        asked = PLAIN_REQUEST.match(request)
        if asked is None or request.find(END) != len(request) - len(END):
            return None
        if MORE_TO_IT.search(request) or not self._pulse.is_fresh(datetime.now(UTC)):
            return None
        mark = self._pulse.of(asked.group(1).decode())
        when = formatdate(usegmt=True)
        return f"{self._head}Date: {when}\r\nContent-Length: {len(mark)}\r\n\r\n{mark}".encode()

    def _read(self, now: datetime) -> bool:
        with self._app.app_context():
            try:
                self._pulse.read(now)
            except SQLAlchemyError:
                db.session.rollback()
                return False
        return True
