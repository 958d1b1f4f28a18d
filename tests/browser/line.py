"""A line from the browser to the site that can be cut: also for pages that are loaded anew.

Chromium's own "offline" begins for a new page, or a worker, a moment after it has begun to load.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

from tests.browser.running_site import RunningSite

CHUNK = 65_536


class Line:
    """Carries every connection to the site while it is whole."""

    def __init__(self, site: RunningSite) -> None:
        """Begin to listen."""
        self._there = (urlsplit(site.url).hostname or "", urlsplit(site.url).port or 0)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._whole = threading.Event()
        self._whole.set()
        self.site = replace(site, url=f"http://127.0.0.1:{self._door.getsockname()[1]}")
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """Break every connection, and let no other through."""
        self._whole.clear()
        for end in list(self._open):
            self._drop(end)

    def mend(self) -> None:
        """Let connections through again."""
        self._whole.set()

    def close(self) -> None:
        """Stop listening."""
        self.cut()
        self._door.close()

    def _listen(self) -> None:
        while True:
            try:
                near, _address = self._door.accept()
            except OSError:
                return
            if not self._whole.is_set():
                near.close()
                continue
            far = socket.create_connection(self._there)
            self._open |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                target.sendall(data)
        for end in (source, target):
            self._drop(end)

    def _drop(self, end: socket.socket) -> None:
        self._open.discard(end)
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def line_to(site: RunningSite) -> Iterator[Line]:
    """A whole line, until the end of the block."""
    line = Line(site)
    try:
        yield line
    finally:
        line.close()
