"""Reports over many attempts are made in a process of their own, which gives way to all others.

Python runs one thread of a process at a time: while a report is made, every save of the same
process waits at each of its steps. So each worker has a process beside it, forked before there
are threads, that answers the requests for reports with the same pages and gets the processor when
nobody else wants it. Where there is none (one that was killed, a system without forks) the pages
make the report themselves.
"""

import gc
import io
import os
import random
import signal
import socket
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from multiprocessing.connection import Connection, Pipe
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from flask import Flask
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.test import run_wsgi_app

from app.storage.database import db
from app.web.probes import METER
from app.web.report_turns import is_report, report_turn
from app.web.signed_in import PERSON

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAKER = "peerprep_report_maker"
PLACE = "/cohorts/"
LONGEST_SECONDS = 60
NICENESS = 10
"""Its share of a busy processor is a tenth of what a worker's is."""
LONGEST_BODY = 64 * 1024
NOTES = ("note", "note_refusal")
"""How figures are counted: the maker says which, and the worker does it."""


class Made(NamedTuple):
    """A whole answer."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    figures: list[tuple[Any, ...]]
    """What is to be counted of it, where the worker keeps its figures to itself."""


class ReportMaker:
    """The process beside this one; one request at a time, so whoever asks has the turn."""

    def __init__(self, app: Flask, listeners: Iterable[socket.socket]) -> None:
        """Fork it. It keeps none of the listening sockets: they end with the site."""
        ours, theirs = Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                ours.close()
                for listener in listeners:
                    listener.close()
                _make_reports(app, theirs)
            except Exception:
                app.logger.exception("the maker of reports has failed")
            finally:
                os._exit(0)
        theirs.close()
        self._line: Connection | None = ours

    @property
    def is_there(self) -> bool:
        """Whether it has not failed yet."""
        return self._line is not None

    def make(self, environ: Mapping[str, Any], body: bytes) -> Made | None:
        """Its answer; None where it is gone or took too long, and is given up for good."""
        line = self._line
        if line is None:
            return None
        try:
            line.send((_plain(environ), body))
            if line.poll(LONGEST_SECONDS):
                return cast("Made", line.recv())
        except (EOFError, OSError):
            pass
        self.give_up()
        return None

    def give_up(self) -> None:
        """Let it go; its process ends at once."""
        line, self._line = self._line, None
        if line is not None:
            line.close()
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


class ReportsApart:
    """Lets the maker answer what asks for a report; everything else goes on to the pages."""

    def __init__(self, app: Flask, pages: "WSGIApplication") -> None:
        """`pages` is what the site has served so far."""
        self._app, self._pages = app, pages

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """One request."""
        maker: ReportMaker | None = self._app.extensions.get(MAKER)
        if maker is None or not maker.is_there or not self._asks_for_report(environ):
            return self._pages(environ, start_response)
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            return self._pages(environ, start_response)
        body = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            with report_turn():
                made = maker.make(environ, body)
        except ServiceUnavailable:  # the pages find the same, and say it kindly
            return self._pages(environ, start_response)
        if made is None:
            return self._pages(environ, start_response)
        for note, *figure in made.figures:
            getattr(self._app.extensions[METER], note)(*figure)
        start_response(made.status, made.headers)
        return [made.body]

    def _asks_for_report(self, environ: "WSGIEnvironment") -> bool:
        if not environ["PATH_INFO"].startswith(PLACE):
            return False
        try:
            endpoint, _values = self._app.url_map.bind_to_environ(environ).match()
        except HTTPException:
            return False
        return is_report(self._app.view_functions[endpoint]) and self._is_somebody(environ)

    def _is_somebody(self, environ: "WSGIEnvironment") -> bool:
        """Whether the cookie is a signed-in one: strangers take nobody's turn."""
        request = self._app.request_class(environ)
        session = self._app.session_interface.open_session(self._app, request)
        return session is not None and PERSON in session


def start_report_maker(app: Flask, listeners: Iterable[socket.socket]) -> None:
    """Fork the maker of this process; before it has threads. Without room for it there is none."""
    try:
        app.extensions[MAKER] = ReportMaker(app, listeners)
    except OSError:
        app.logger.warning("no process for reports could be begun: they are made among the pages")


def _plain(environ: Mapping[str, Any]) -> dict[str, Any]:
    """What of the request can be sent: everything that says something of it."""
    return {
        name: value
        for name, value in environ.items()
        if isinstance(value, str | int | bool | tuple)
    }


def _make_reports(app: Flask, line: Connection) -> None:
    """In the maker: answer until the worker is gone."""
    for name in (signal.SIGTERM, signal.SIGQUIT, signal.SIGCHLD, signal.SIGUSR1, signal.SIGHUP):
        signal.signal(name, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's goes to all; the worker ends us
    os.nice(NICENESS)
    random.seed()
    app.extensions.pop(MAKER, None)
    with app.app_context():
        db.engine.dispose(close=False)  # connections do not survive a fork
    figures: list[tuple[Any, ...]] = []
    meter = app.extensions[METER]
    if meter is not None and not meter.is_shared:
        for note in NOTES:
            setattr(meter, note, lambda *figure, note=note: figures.append((note, *figure)))
    with closing(line):
        while True:
            try:
                environ, body = line.recv()
            except (EOFError, OSError):
                return
            line.send(Made(*_answer(app, environ, body), figures))
            figures.clear()
            gc.collect()  # a report leaves many rings of dead objects


def _answer(
    app: Flask, environ: dict[str, Any], body: bytes
) -> tuple[str, list[tuple[str, str]], bytes]:
    streams = {"wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr}
    pages, status, headers = run_wsgi_app(app.wsgi_app, environ | streams, buffered=True)
    return status, list(headers), b"".join(pages)
