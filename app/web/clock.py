"""The one place where the web layer reads the clock: once, when a request enters.

Deadlines are counted by the clock of the one machine that serves the site, read in UTC: never by
the browser's, and never by the database's. All workers are processes of that machine.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Flask, current_app, g, request

EXTENSION = "peerprep_clock"
RECEIVED_AT = "peerprep.received_at"
"""Where a request that waited before the pages brings its moment: it counts from its entry."""
LEAST_TOLD = timedelta(seconds=1)
"""A clock that is slewed by less than this is not worth a line in the log."""

log = logging.getLogger(__name__)


def wall_clock() -> datetime:
    """What the machine's clock says."""
    return datetime.now(UTC)


def uptime() -> timedelta:
    """How long the machine has run: nobody sets this one."""
    return timedelta(seconds=time.monotonic())


class SteadyClock:
    """The machine's clock, which never goes back: where it is set back, time goes on as before.

    Nobody gains time in an exam by a clock that is corrected. It holds until the site is
    restarted; a clock that is set forward is followed at once.
    """

    def __init__(
        self, wall: Callable[[], datetime] = wall_clock, up: Callable[[], timedelta] = uptime
    ) -> None:
        """Go by these two from now on."""
        self._wall, self._up = wall, up
        self._lock = threading.Lock()
        self._began = wall() - up()
        self._told = timedelta()

    def __call__(self) -> datetime:
        """Now."""
        with self._lock:
            up, wall = self._up(), self._wall()
            self._began = max(self._began, wall - up)
            now = self._began + up
            behind = now - wall
            news = behind - self._told >= LEAST_TOLD
            self._told = behind if news else min(self._told, behind)
        if news:
            log.warning(
                "the machine's clock was set back: it is %d seconds behind the site's, which goes "
                "on as before until the site is restarted",
                behind.total_seconds(),
            )
        return now


def install_steady_clock(app: Flask) -> None:
    """Let every request of the app, and what runs beside, go by one steady clock."""
    app.extensions[EXTENSION] = SteadyClock()


def clock_of(app: Flask) -> Callable[[], datetime]:
    """The clock that the app goes by; the machine's own where it is not served."""
    clock: Callable[[], datetime] = app.extensions.get(EXTENSION, wall_clock)
    return clock


def stamp() -> None:
    """Note when the request was received; everything in it goes by this moment."""
    g.received_at = request.environ.get(RECEIVED_AT) or clock_of(current_app)()


def now() -> datetime:
    """When this request was received, in UTC."""
    received: datetime = g.received_at
    return received
