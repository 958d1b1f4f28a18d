"""Proxies between two that talk: they drop replies, cut lines, and send things twice."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Address = tuple[str, int] | str
"""A host and port, or the path of a socket."""
AT_ONCE = 65536


@dataclass(slots=True)
class Proxy:
    """Where it listens, and what it does with what passes."""

    port: int
    target: Address
    cut_before: Callable[[bytes], bool] = field(default=lambda _data: False)
    """Whether what the client sends is not passed on and both lines are cut."""
    cut_after: Callable[[bytes], bool] = field(default=lambda _data: False)
    """Whether both lines are cut once what the client sent was passed on and answered."""
    is_silent: bool = False
    """Whether it takes what the client sends and does nothing with it."""
    cuts: int = 0


@contextmanager
def proxy(target: Address) -> Iterator[Proxy]:
    """A proxy to the target; what it cuts can be set while it runs."""
    listener = socket.create_server(("127.0.0.1", 0))
    between = Proxy(listener.getsockname()[1], target)
    threading.Thread(target=_accept, args=(listener, between), daemon=True).start()
    try:
        yield between
    finally:
        listener.close()


def _accept(listener: socket.socket, between: Proxy) -> None:
    while True:
        try:
            client, _address = listener.accept()
        except OSError:  # closed
            return
        threading.Thread(target=_pass_on, args=(client, between), daemon=True).start()


def _pass_on(client: socket.socket, between: Proxy) -> None:
    with client, suppress(OSError), _connected(between.target) as server:
        muted = threading.Event()
        back = threading.Thread(target=_pass_back, args=(server, client, muted), daemon=True)
        back.start()
        while data := client.recv(AT_ONCE):
            if between.is_silent:
                continue
            if between.cut_before(data):
                between.cuts += 1
                break
            if between.cut_after(data):
                muted.set()
                server.sendall(data)
                between.cuts += 1
                back.join()  # the other side has answered, and nobody hears it
                break
            server.sendall(data)
        for line in (server, client):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def _pass_back(server: socket.socket, client: socket.socket, muted: threading.Event) -> None:
    with suppress(OSError):
        while data := server.recv(AT_ONCE):
            if muted.is_set():
                return
            client.sendall(data)
    if not muted.is_set():  # else the line is cut elsewhere, once it has been counted
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def _connected(target: Address) -> socket.socket:
    if isinstance(target, tuple):
        return socket.create_connection(target)
    line = socket.socket(socket.AF_UNIX)
    line.connect(target)
    return line


@contextmanager
def sends_twice(target: str) -> Iterator[str]:
    """A web proxy that sends every POST twice, as if the first reply had been lost; its address."""
    place = urlsplit(target)

    class Twice(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(self._ask())

        def do_POST(self) -> None:
            self._body = self.rfile.read(int(self.headers["Content-Length"]))
            self._ask()
            self._answer(self._ask())

        def log_message(self, *_words: object) -> None:
            """Nothing."""

        def _ask(self) -> tuple[int, list[tuple[str, str]], bytes]:
            line = HTTPConnection(str(place.hostname), place.port, timeout=60)
            line.request(self.command, self.path, getattr(self, "_body", None), dict(self.headers))
            reply = line.getresponse()
            told = reply.status, reply.getheaders(), reply.read()
            line.close()
            return told

        def _answer(self, told: tuple[int, list[tuple[str, str]], bytes]) -> None:
            status, headers, body = told
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() != "connection":
                    self.send_header(name, value.replace(target, own))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Twice)
    own = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield own
    finally:
        server.shutdown()
        server.server_close()
