"""A client of the site as the page's script is one, on a real server or on Flask's test client."""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from flask.testing import FlaskClient

from tests.world import PASSWORD

PATIENCE = 60
"""Seconds after which what should have come counts as not coming."""
AGAIN_SECONDS = 0.05
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
BUSY = (500, 502, 503, 504, 507)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""

    @property
    def json(self) -> dict[str, object]:
        """The body as JSON; empty where it is a page."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Client:
    """Somebody signed in at a running site, who keeps trying where the site does not answer."""

    def __init__(self, url: str, username: str) -> None:
        """Sign in."""
        self.url, self.token = url, ""
        self.writers: dict[str, str] = {}
        self.troubles: list[str] = []
        """What had to be sent again, and why."""
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        page = self.insist(lambda: self.get("/sign-in"))
        self._take_token(page)
        self.insist(lambda: self.form("/sign-in", username=username, password=PASSWORD))
        self._take_token(self.insist(lambda: self.get("/practice")))

    def get(self, path: str) -> Reply:
        """Ask for a page. Raises OSError where nothing answers."""
        return self._send(Request(self.url + path))  # noqa: S310 (our own)

    def form(self, path: str, **fields: str) -> Reply:
        """Send a form."""
        data = urlencode({"csrf_token": self.token, **fields}).encode()
        return self._send(Request(self.url + path, data))  # noqa: S310 (our own)

    def post_json(self, path: str, body: object) -> Reply:
        """Send what the page's script sends."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-CSRFToken": self.token,
        }
        return self._send(Request(self.url + path, json.dumps(body).encode(), headers))  # noqa: S310 (our own)

    def insist(self, ask: Callable[[], Reply]) -> Reply:
        """Ask again until something answers that is not in trouble."""
        until, wait = time.monotonic() + PATIENCE, threading.Event()
        while True:
            try:
                reply = ask()
                if reply.status not in BUSY:
                    return reply
                told = f"{reply.status} {reply.body[:500]!r}"
            except (OSError, HTTPException) as error:
                told = repr(error)
            self.troubles.append(told)
            assert time.monotonic() < until, f"the site does not answer: {told}"
            wait.wait(AGAIN_SECONDS)

    def _send(self, request: Request) -> Reply:
        try:
            with self._opener.open(request, timeout=PATIENCE) as page:
                return Reply(page.status, dict(page.headers), page.read(), page.url)
        except HTTPError as error:
            with error:
                return Reply(error.code, dict(error.headers), error.read())

    def _take_token(self, page: Reply) -> None:
        found = TOKEN.search(page.body.decode())
        assert found is not None, page
        self.token = found.group(1)


class TestClient:
    """The same on a test client of Flask."""

    __test__ = False

    def __init__(self, client: FlaskClient) -> None:
        """Use this client, which has signed in."""
        self._client = client
        self.writers: dict[str, str] = {}

    def post_json(self, path: str, body: object) -> Reply:
        """Send what the page's script sends."""
        answer = self._client.post(path, json=body, headers={"Accept": "application/json"})
        return Reply(answer.status_code, dict(answer.headers), answer.data)


def save(
    client: Client | TestClient, handle: str, position: int, seq: int, option: str | None
) -> Reply:
    """Send one answer, with the right to write, asked for once. Raises OSError."""
    if handle not in client.writers:
        paper = client.post_json(f"/attempts/{handle}/paper", {"writer": None, "take_over": True})
        if paper.status != HTTPStatus.OK:
            return paper
        client.writers[handle] = str(paper.json["writer"])
    change = {"position": position, "seq": seq, "option_id": option}
    body = {"writer": client.writers[handle], "changes": [change]}
    return client.post_json(f"/attempts/{handle}/responses", body)


def accepted(reply: Reply, position: int) -> int | None:
    """The sequence number that the reply acknowledges for the position."""
    told = reply.json.get("accepted") if reply.status == HTTPStatus.OK else None
    return dict(told).get(position) if isinstance(told, list) else None
