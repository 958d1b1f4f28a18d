"""The worker that gives a thread only requests that have arrived whole.

gunicorn's threads read the requests themselves, so whoever sends one byte now and then holds a
thread for as long as they like, and eight of them hold all eight; its manual asks for a buffering
proxy in front (gunicorn issues 2222 and 2652). Here the loop that waits for connections gathers
their bytes as such a proxy does: a slow sender costs memory and a descriptor, never a thread, and
is let go after a while. Where there are too many of them the oldest is let go first: whoever means
well is never among the oldest for long.

What it does not do: stand against thousands of addresses at once. That is a proxy's, and the
network's, work.
"""

import errno
import re
import selectors
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from itertools import islice

from gunicorn.http import get_parser
from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_SECONDS = 10
"""For the head to arrive, from the connection's first moment."""
BODY_SECONDS = 120
"""For the rest: half a megabyte, the largest list of people, over the slowest line."""
ANSWER_SECONDS = 60
"""For the other side to take what it asked for."""
LEAVING_SECONDS = 2
"""For the other side to hang up, so that it has read its answer; and at the site's stop."""
LONG_WAIT = 1.0
"""After so many seconds of waiting for a thread it is looked whether anybody still waits."""
EACH_LOOK = 1.0
LONGEST_HEAD = 64 * 1024
LONGEST_BODY = 1024 * 1024 + 1
"""What is longer than the site takes is thrown away as it comes: the page says so kindly."""
LONGEST_THROWN_AWAY = 8 * 1024 * 1024
MOST_WAITING = 500
WAITING_SHARE = 4
"""Connections whose request has not arrived: a quarter of all that the worker may hold, but at
least so many. When thousands of pages come back at once after an outage, each is among them for
as long as its line needs, and none may be sent away for that."""
MOST_HELD = 64 * 1024 * 1024
"""Bytes of requests that have not arrived, all together."""
BLOCK = 64 * 1024
NO_DESCRIPTORS = {errno.EMFILE, errno.ENFILE}
END_OF_HEAD = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
IN_CHUNKS = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
ASKS_FIRST = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue", re.IGNORECASE)
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
TOO_LATE, NO_LENGTH, LONG_HEAD = (
    b"408 Request Timeout",
    b"411 Length Required",
    b"431 Request Header Fields Too Large",
)


class Arriving(TConn):
    """A connection with what has come of its next request."""

    def __init__(self, *given: object) -> None:
        """Nothing has come yet."""
        super().__init__(*given)
        self.came = bytearray()
        self.head = 0
        """How long the head is; 0 until its end has come."""
        self.length = 0
        self.thrown_away = 0
        self.deadline = 0.0
        self.whole_since = 0.0
        self.leaving = False

    def init(self) -> None:
        """Begin with an answer: nobody may take for ever over reading it."""
        self.sock.settimeout(ANSWER_SECONDS)

    @property
    def is_too_long(self) -> bool:
        """Whether the body is more than the site takes."""
        return self.length > LONGEST_BODY

    @property
    def is_whole(self) -> bool:
        """Whether the request is here, or as much of it as anybody will look at."""
        if not self.head:
            return False
        if self.is_too_long:
            return self.thrown_away >= min(self.length, LONGEST_THROWN_AWAY)
        return len(self.came) >= self.head + self.length

    def take(self) -> bytes:
        """The request; what came after it stays for the next."""
        end = self.head + (0 if self.is_too_long else self.length)
        request = bytes(self.came[:end])
        del self.came[:end]
        self.head, self.length = 0, 0
        return request


class Idle:
    """Kept connections, the longest unused first; gunicorn's own queue looks each of them up.

    It has what gunicorn asks of the queue, takes one out of ten thousand at once, and threads may
    add to it while the loop looks.
    """

    def __init__(self) -> None:
        """There are none."""
        self._conns: OrderedDict[Arriving, None] = OrderedDict()
        self._lock = threading.Lock()

    def append(self, conn: Arriving) -> None:
        """One more, used just now."""
        with self._lock:
            self._conns[conn] = None

    def remove(self, conn: Arriving) -> None:
        """It is used again, or gone."""
        with self._lock:
            self._conns.pop(conn, None)

    def popleft(self) -> Arriving:
        """Take the longest unused one out."""
        with self._lock:
            return self._conns.popitem(last=False)[0]

    def __getitem__(self, place: int) -> Arriving:
        """The longest unused one, which is all that is asked for."""
        with self._lock:
            return next(islice(self._conns, place, None))

    def __iter__(self) -> Iterator[Arriving]:
        """All, as they stand now."""
        with self._lock:
            return iter(list(self._conns))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._conns)


class WholeRequests(ThreadWorker):
    """gunicorn's worker with threads, where no thread ever waits for a sender."""

    at_once: Callable[[bytes], bytes | None]
    """The answer to a request that needs no thread; None to all others."""

    def init_process(self) -> None:
        """Begin with nobody waiting."""
        self.arriving: dict[Arriving, None] = {}
        """Who is sending or leaving, the oldest first."""
        self.held = 0
        self.looked = 0.0
        self.most_waiting = max(MOST_WAITING, self.cfg.worker_connections // WAITING_SHARE)
        self.keepalived_conns = Idle()
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and begin to gather."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno in NO_DESCRIPTORS:  # the oldest makes room
                self._let_oldest_go(len(self.arriving) - 1)
            return  # else it is gone already, or another worker's
        self.nr_conns += 1
        self._gather(Arriving(self.cfg, sock, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Arriving, client: socket.socket) -> None:
        """Answer the next request of a connection that was kept, or gather it."""
        came = _read(client)
        answer = self.at_once(came) if came and self.alive else None
        self.keepalived_conns.remove(conn)
        if answer is not None and _send(client, answer):
            conn.set_timeout()
            self.keepalived_conns.append(conn)
            return
        self.poller.unregister(client)
        if answer is not None:
            self._close(conn)
            return
        conn.came += came
        self._gather(conn)

    def enqueue_req(self, conn: Arriving) -> None:
        """Let a thread answer; most often it keeps the connection itself and wakes nobody."""
        conn.whole_since = time.monotonic()
        self.tpool.submit(self._answer, conn)

    def _answer(self, conn: Arriving) -> None:
        done: Future[object] = Future()
        try:
            # Who has given up has most likely asked again: to answer both would be twice the work
            # just when there is too much of it, and the site would never catch up.
            gone = time.monotonic() - conn.whole_since > LONG_WAIT and _hung_up(conn.sock)
            keep = not gone and self.handle(conn)
        except BaseException as error:  # noqa: BLE001 (the loop sees to it)
            done.set_exception(error)
        else:
            keep = keep and not conn.thrown_away
            if keep and self.alive and not conn.came and self._keep(conn):
                return
            done.set_result(keep)
        self.method_queue.defer(self.finish_request, conn, done)

    def _keep(self, conn: Arriving) -> bool:
        """Let the loop listen to it again; whether it could."""
        listen = partial(self.on_client_socket_readable, conn)
        try:
            conn.sock.settimeout(0)
            conn.set_timeout()
            self.keepalived_conns.append(conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, listen)
        except (OSError, ValueError, KeyError):  # it is closed already
            self.keepalived_conns.remove(conn)
            return False
        return True

    def finish_request(self, conn: Arriving, done: "Future[object]") -> None:
        """Keep the connection, or see the other side out without waiting for it."""
        keep = not done.cancelled() and done.exception() is None and bool(done.result())
        if not keep or conn.thrown_away:
            self._see_out(conn)
        elif conn.came:
            self._gather(conn)
        else:
            super().finish_request(conn, done)

    def murder_pending(self) -> None:
        """Let go whoever took too long; looked at once a second."""
        now = time.monotonic()
        if self.alive and now - self.looked < EACH_LOOK:
            return
        self.looked = now
        for conn in list(self.arriving):
            if not self.alive:
                conn.deadline = min(conn.deadline, now + LEAVING_SECONDS)
            if conn.deadline <= now:
                self._refuse(conn, TOO_LATE)

    def _gather(self, conn: Arriving) -> None:
        """Read without waiting, now and whenever something comes."""
        conn.sock.settimeout(0)
        conn.deadline = time.monotonic() + HEAD_SECONDS
        self._watch(conn, self._on_bytes)
        self.held += len(conn.came)
        if conn.came:
            self._look_at(conn)
        else:
            self._on_bytes(conn, conn.sock)
        self._let_oldest_go(self.most_waiting)

    def _watch(self, conn: Arriving, callback: Callable[[Arriving, socket.socket], None]) -> None:
        self.arriving[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(callback, conn))

    def _forget(self, conn: Arriving) -> None:
        del self.arriving[conn]
        self.held -= len(conn.came)
        self.poller.unregister(conn.sock)

    def _on_bytes(self, conn: Arriving, client: socket.socket) -> None:
        try:
            block = client.recv(BLOCK)
        except BlockingIOError:
            return
        except OSError:
            block = b""
        if not block:
            self._let_go(conn)
        elif conn.leaving:
            pass
        elif conn.head and conn.is_too_long:
            conn.thrown_away += len(block)
            self._hand_over_when_whole(conn)
        else:
            conn.came += block
            self.held += len(block)
            self._look_at(conn)

    def _look_at(self, conn: Arriving) -> None:
        """Find the head's end and what it says of the body."""
        if not conn.head:
            end = conn.came.find(END_OF_HEAD, 0, LONGEST_HEAD)
            if end < 0:
                if len(conn.came) >= LONGEST_HEAD:
                    self._refuse(conn, LONG_HEAD)
                return
            conn.head = end + len(END_OF_HEAD)
            head = bytes(conn.came[: conn.head])
            if IN_CHUNKS.search(head):
                self._refuse(conn, NO_LENGTH)
                return
            conn.length = _length(head)
            conn.deadline = time.monotonic() + BODY_SECONDS
            if conn.is_too_long:
                self._throw_away(conn)
            elif ASKS_FIRST.search(head) and not conn.is_whole:
                with suppress(OSError):
                    conn.sock.send(GO_ON)
        self._hand_over_when_whole(conn)

    def _throw_away(self, conn: Arriving) -> None:
        conn.thrown_away = len(conn.came) - conn.head
        del conn.came[conn.head :]
        self.held -= conn.thrown_away

    def _hand_over_when_whole(self, conn: Arriving) -> None:
        if not conn.is_whole:
            if self.held > MOST_HELD:
                self._let_go(max(self.arriving, key=lambda one: len(one.came)))
            return
        self._forget(conn)
        conn.sock.settimeout(None)
        # From bytes alone: a thread that reads on finds the end, not a sender to wait for.
        conn.parser = get_parser(self.cfg, iter([conn.take()]), conn.client)
        conn.initialized = True
        self.enqueue_req(conn)

    def _refuse(self, conn: Arriving, why: bytes) -> None:
        """Say why in a line, where anything was asked, and hang up."""
        asked = conn.came and not conn.leaving
        self._forget(conn)
        if not asked:
            self._close(conn)
            return
        with suppress(OSError):
            conn.sock.send(
                b"HTTP/1.1 " + why + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        self._see_out(conn)

    def _see_out(self, conn: Arriving) -> None:
        """Hang up on our side and wait for theirs in the loop, not in its way.

        A connection that is closed while bytes are still coming takes the answer back with it.
        """
        conn.leaving = True
        conn.came.clear()
        conn.deadline = time.monotonic() + LEAVING_SECONDS
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.settimeout(0)
            self._watch(conn, self._on_bytes)
        except (OSError, ValueError):
            self.arriving.pop(conn, None)
            self._close(conn)

    def _let_oldest_go(self, most: int) -> None:
        while len(self.arriving) > max(0, most):
            self._let_go(next(iter(self.arriving)))

    def _let_go(self, conn: Arriving) -> None:
        self._forget(conn)
        self._close(conn)

    def _close(self, conn: Arriving) -> None:
        self.nr_conns -= 1
        conn.close()


def _read(client: socket.socket) -> bytes:
    """What has come; nothing where nothing did, or the connection is gone: asked again, it says."""
    try:
        return client.recv(BLOCK)
    except OSError:
        return b""


def _hung_up(client: socket.socket) -> bool:
    """Whether the other side has closed the connection; nothing of it is taken away."""
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _send(client: socket.socket, answer: bytes) -> bool:
    """Whether all of it went at once: a few hundred bytes, to somebody who reads."""
    try:
        return client.send(answer) == len(answer)
    except OSError:
        return False


def _length(head: bytes) -> int:
    """The body's length; 0 where the head says none, or nonsense, which gunicorn then refuses."""
    found = LENGTH.findall(head)
    text = found[0].strip() if len(found) == 1 else b""
    return int(text) if text.isdigit() and len(text) <= len(str(2**63)) else 0
