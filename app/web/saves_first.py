"""A save of a page that was let through before goes straight to the gate.

Saves are most of what a site with many candidates answers. To look at the same cookie, token and
host again for each of somebody's two hundred saves took longer than the save itself. So whoever
the pages let through with exactly these headers is let through with them again for an hour.
Who it is, whether they are signed in still and whether the attempt is theirs: that the gate asks
of the database each time (`services.saves`). What is no plain save, and what the gate refuses,
goes on to the pages as if nothing had been: a save that is said twice is one save.
"""

from collections.abc import Iterable
from io import BytesIO
from time import monotonic
from typing import TYPE_CHECKING

from flask import Flask, request
from sqlalchemy.exc import TimeoutError as NoConnection

from app.services.saves import save_batch
from app.services.sign_ins import Proof
from app.storage.database import set_reading
from app.web.clock import RECEIVED_AT, clock_of
from app.web.headers import bare_headers, come_again
from app.web.observability import Watch
from app.web.observed import HEADER, begin_observing
from app.web.save_bodies import answer_to_save, batch_from_json
from app.web.site import EXTENSION

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

RULE = "/attempts/<handle>/responses"
BEFORE, AFTER = RULE.split("<handle>")
KNOWN = "peerprep_known_saves"
KEY = "peerprep.save"
LOOKED_AT = (
    "wsgi.url_scheme",
    "HTTP_HOST",
    "HTTP_COOKIE",
    "HTTP_X_CSRFTOKEN",
    "HTTP_ORIGIN",
    "HTTP_SEC_FETCH_SITE",
    "CONTENT_TYPE",
)
"""Everything that the pages look at before they ask the gate, beside where the page is from."""
LET_THROUGH_SECONDS = 3600
"""The age of a cookie is looked at again so often; it lives for weeks."""
MOST_KNOWN = 20_000
LONGEST_BODY = 64 * 1024

Key = tuple[str | None, ...]


class KnownSaves:
    """With which headers this process has let saves through, and as whose."""

    def __init__(self) -> None:
        """None are known."""
        self._known: dict[Key, tuple[Proof, float]] = {}

    def remember(self, key: Key, proof: Proof) -> None:
        """The pages have let a save through with these."""
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[key] = proof, monotonic() + LET_THROUGH_SECONDS

    def proof(self, key: Key) -> Proof | None:
        """As whose, where that was looked at of late."""
        proof, until = self._known.get(key, (None, 0.0))
        return proof if monotonic() < until else None


class SavesFirst:
    """Answers the saves that are known; everything else goes on to the pages."""

    def __init__(self, app: Flask, pages: "WSGIApplication", watch: Watch) -> None:
        """`pages` is what the site has served so far."""
        self._app, self._pages, self._watch = app, pages, watch
        self._known = app.extensions[KNOWN] = KnownSaves()
        self._site = app.extensions[EXTENSION]

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """One request."""
        handle = _handle(environ)
        if handle is None:
            return self._pages(environ, start_response)
        key = _key(environ)
        proof, length = self._known.proof(key), environ.get("CONTENT_LENGTH") or ""
        if proof is None or not length.isdecimal() or int(length) > LONGEST_BODY:
            environ[KEY] = key
            return self._pages(environ, start_response)
        sent = environ["wsgi.input"].read(int(length))
        try:
            with self._app.app_context():
                answer = self._answer(environ, handle, proof, sent)
        except NoConnection:  # the pages would wait for one as long again
            return come_again()(environ, start_response)
        if answer is None:
            environ["wsgi.input"] = BytesIO(sent)
            return self._pages(environ, start_response)
        body, request_id = answer
        headers = bare_headers(environ["wsgi.url_scheme"], "application/json")
        own = [("Content-Length", str(len(body))), (HEADER, request_id)]
        start_response("200 OK", [*headers, *own])
        return [body]

    def _answer(
        self, environ: "WSGIEnvironment", handle: str, proof: Proof, sent: bytes
    ) -> tuple[bytes, str] | None:
        """The answer and the name of the request; None where the pages must answer."""
        seen = begin_observing(self._watch.given(environ.get("HTTP_X_REQUEST_ID")))
        set_reading(only=False)
        now = environ[RECEIVED_AT] = clock_of(self._app)()
        try:
            batch = batch_from_json(self._app.json.loads(sent))
            saved = save_batch(proof, handle, batch, now, self._site)
        except NoConnection:
            raise
        except Exception:  # noqa: BLE001 (the pages meet it again, and say it kindly)
            return None
        if saved.added:  # is told in the page's language
            return None
        body = answer_to_save(saved, []).encode()
        self._watch.saved(seen, RULE, environ.get("REMOTE_ADDR"))
        return body, seen.request_id


def let_through(app: Flask, proof: Proof) -> None:
    """Note that the pages have let the present save through."""
    key = request.environ.get(KEY)
    if key is not None:
        app.extensions[KNOWN].remember(key, proof)


def _handle(environ: "WSGIEnvironment") -> str | None:
    """The attempt that a save is for; None where the request is none."""
    path = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] != "POST" or not path.startswith(BEFORE):
        return None
    handle = path.removeprefix(BEFORE)
    return handle.removesuffix(AFTER) if handle.endswith(AFTER) and handle.count("/") == 1 else None


def _key(environ: "WSGIEnvironment") -> Key:
    page = environ.get("HTTP_REFERER", "").split("/", 3)[:3]
    return (*(environ.get(name) for name in LOOKED_AT), *page)
