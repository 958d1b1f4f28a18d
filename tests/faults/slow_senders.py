"""Clients that send a byte now and then, and one candidate who wants to save meanwhile."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit
from urllib.request import Request

from tests.browser.running_site import RunningSite
from tests.load.server_cost import signed_in_at, token_in

DRIP_SECONDS = 0.2
FORM = b"Host: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
DRIBBLES = {
    "nothing at all": b"",
    "half a word": b"GE",
    "a head without end": b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ",
    "a form without end": b"POST /sign-in HTTP/1.1\r\n" + FORM + b"Content-Length: 9000\r\n\r\na=",
    "a large form": b"POST /sign-in HTTP/1.1\r\n" + FORM + b"Content-Length: 1048576\r\n\r\na=",
    "too large a form": b"POST /sign-in HTTP/1.1\r\n" + FORM + b"Content-Length: 7000000\r\n\r\na=",
    "pieces": b"POST /sign-in HTTP/1.1\r\n"
    + FORM
    + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
    "one request and half of another": b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /h",
}
"""How each begins; then it goes on with a letter at a time."""


@contextmanager
def dribbling(site: RunningSite, count: int) -> Iterator[list[socket.socket]]:
    """So many connections of every kind that go on sending until the end of the block."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(connected(site)) for _one in range(count)]
        for number, one in enumerate(sockets):
            one.sendall(list(DRIBBLES.values())[number % len(DRIBBLES)])
        stop = threading.Event()
        drip = threading.Thread(target=_drip, args=(sockets, stop), daemon=True)
        drip.start()
        stack.callback(drip.join)
        stack.callback(stop.set)
        yield sockets


def connected(site: RunningSite) -> socket.socket:
    """A bare connection to the site."""
    address = urlsplit(site.url)
    return socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30)


def _drip(sockets: list[socket.socket], stop: threading.Event) -> None:
    while not stop.wait(DRIP_SECONDS):
        for one in sockets:
            try:
                one.send(b"a")
            except OSError:  # the site has hung up
                continue


class Saver:
    """A candidate's page that saves its choices one by one."""

    def __init__(self, site: RunningSite, username: str, handle: str, patience: float) -> None:
        """Sign in, and ask for the paper of the attempt."""
        self.client = signed_in_at(site, username)
        self.token = token_in(self.client, f"{site.url}/account")
        self.address = f"{site.url}/attempts/{handle}"
        self.patience = patience
        paper = self._post("paper", writer=None, take_over=True)
        self.writer, self.items, self.seq = paper["writer"], paper["items"], paper["seq"]

    def save(self, position: int) -> float:
        """Save a choice; how many seconds it took."""
        self.seq += 1
        option = self.items[position - 1]["options"][self.seq % 4]["id"]
        change = {"position": position, "seq": self.seq, "option_id": option}
        before = time.monotonic()
        saved = self._post("responses", writer=self.writer, changes=[change])
        assert saved["accepted"] == [[position, self.seq]]
        return time.monotonic() - before

    def request(self, position: int) -> bytes:
        """The bytes of a save of one more choice, as a browser sends them."""
        self.seq += 1
        option = self.items[position - 1]["options"][self.seq % 4]["id"]
        change = {"position": position, "seq": self.seq, "option_id": option}
        body = json.dumps({"writer": self.writer, "changes": [change]}).encode()
        handlers: list[object] = getattr(self.client, "handlers")  # noqa: B009 (it has no stub)
        jars = (getattr(handler, "cookiejar", ()) for handler in handlers)
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for jar in jars for cookie in jar)
        lines = (
            f"POST {urlsplit(self.address).path}/responses HTTP/1.1",
            f"Host: {urlsplit(self.address).netloc}",
            f"Cookie: {cookies}",
            f"X-CSRFToken: {self.token}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        )
        return "\r\n".join((*lines, "", "")).encode() + body

    def _post(self, what: str, **body: object):  # type: ignore[no-untyped-def]  # noqa: ANN202
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.token}
        data = json.dumps(body).encode()
        request = Request(f"{self.address}/{what}", data, headers)  # noqa: S310 (our own)
        with self.client.open(request, timeout=self.patience) as answer:
            return json.loads(answer.read())
