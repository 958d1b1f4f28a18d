"""The production server: gunicorn with threads, or waitress where there is no gunicorn."""

import gc
import logging
import logging.config
import os
import random
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from app.config import Settings
from app.services.assignment_letters import queue_due_soon
from app.services.attempts import sweep
from app.services.mail import drain_outbox
from app.storage.database import db
from app.web.clock import clock_of, install_steady_clock
from app.web.logs import logging_config
from app.web.observability import forget_figures, forget_worker
from app.web.pulse import PULSE
from app.web.report_makers import start_report_maker
from app.web.site import EXTENSION

AtOnce = Callable[[bytes], bytes | None]

SWEEP_SECONDS = 60
POST_SECONDS = 15
KEEP_ALIVE_SECONDS = 25
"""A page asks for its pulse every 20 s: kept for longer, a connection serves a whole sitting.

Kept for less, every pulse opens a connection; with 10,000 pages that is 500 a second more to make.
One that is kept costs some 3 kB and a descriptor, and no thread.
"""
MOST_CONNECTIONS = 16_000
"""Of one worker. gunicorn's own 1,000 is reached by 1,000 open pages: from then on it takes no new
connection until the next second's look at the old ones, and everybody waits for that."""
BESIDE_CONNECTIONS = 200
"""Descriptors for everything else: database, files, pipes. A worker without any left would end."""
WAITING_TO_BE_TAKEN = 4096
"""Connections that the system holds meanwhile, as when all pages come back after a restart."""
DEAD_RINGS = (20_000, 1, 100)
"""When Python looks for rings of dead objects: after so many new ones (its own 700 are a page's
worth), in those that lived through one look, and in all but what was loaded before the workers
began. With its own 10 for the second, a look while a report is made stopped everybody for 30 ms."""
SWITCH_SECONDS = 0.0005
"""How long a busy thread keeps the others waiting. Python's own 5 ms add up for a save, which lets
go at every step of the database and each time gets behind all trainers' reports being made."""


def port_is_free(settings: Settings) -> bool:
    """Whether the address can be listened on."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return False
    return True


def serve(app: Flask, settings: Settings) -> None:
    """Serve until stopped."""
    set_up_logging(app, settings)
    forget_figures(settings)
    install_steady_clock(app)  # before the workers are forked: all go by the same
    if os.name == "nt":
        from waitress import serve as waitress  # noqa: PLC0415 (that system only)

        start_sweeper(app)
        start_postman(app)
        waitress(app, host=settings.host, port=settings.port, threads=settings.threads)
        return
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 (not on every system)

    class Gunicorn(BaseApplication):
        def load_config(self) -> None:
            for name, value in _gunicorn_settings(app, settings).items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    Gunicorn().run()


def most_connections() -> int:
    """How many connections a worker may hold; it is allowed as many descriptors as can be."""
    import resource  # noqa: PLC0415 (not on every system)

    wanted, unlimited = MOST_CONNECTIONS + BESIDE_CONNECTIONS, resource.RLIM_INFINITY
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if unlimited != allowed < wanted:
        allowed = wanted if most == unlimited else min(wanted, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    if allowed == unlimited:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, max(allowed - BESIDE_CONNECTIONS, allowed // 2))


def set_up_logging(app: Flask, settings: Settings) -> None:
    """Let every line go to stderr in the chosen form."""
    logging.config.dictConfig(logging_config(settings, app.config["SECRET_KEY"]))
    # A line that cannot be written is lost: what Python would print instead quotes its values.
    logging.raiseExceptions = False


def start_sweeper(app: Flask) -> None:
    """Finish the attempts that nobody returns to, once a minute, beside the requests."""
    threading.Thread(target=_sweep, args=(app, threading.Event()), daemon=True).start()


def start_postman(app: Flask) -> None:
    """Send the letters that wait in the outbox, where a mail server is named."""
    if app.extensions[EXTENSION].settings.sends_mail:
        threading.Thread(target=_post, args=(app, threading.Event()), daemon=True).start()


def worker_class(at_once: AtOnce) -> type:
    """Gunicorn's worker that answers some requests without a thread."""
    from app.whole_requests import WholeRequests  # noqa: PLC0415 (needs gunicorn)

    return type("Worker", (WholeRequests,), {"at_once": staticmethod(at_once)})


def _gunicorn_settings(app: Flask, settings: Settings) -> dict[str, Any]:
    return {
        "bind": f"{settings.host}:{settings.port}",
        "worker_class": worker_class(app.extensions[PULSE].at_once),
        "workers": settings.workers,
        "threads": settings.threads,
        "preload_app": True,
        "loglevel": "warning",
        "logconfig_dict": logging_config(settings, app.config["SECRET_KEY"]),
        "timeout": 60,
        "graceful_timeout": 30,
        "keepalive": KEEP_ALIVE_SECONDS,
        "worker_connections": most_connections(),
        "backlog": WAITING_TO_BE_TAKEN,
        "post_fork": lambda _server, worker: _after_fork(app, worker.sockets),
        "child_exit": lambda _server, worker: forget_worker(settings, worker.pid),
        "proc_name": "peerprep",
        "control_socket_disable": True,
    }


def _after_fork(app: Flask, listeners: Iterable[Any]) -> None:
    # Until the worker listens to signals by itself, it would hold what the site's first process
    # is told for its own, and a stop at that moment would wait half a minute for it.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.setswitchinterval(SWITCH_SECONDS)
    random.seed()  # or the workers would give their requests the same names
    gc.freeze()
    gc.set_threshold(*DEAD_RINGS)
    with app.app_context():
        db.engine.dispose(close=False)  # connections do not survive a fork
    start_report_maker(app, listeners)  # before there are threads
    start_sweeper(app)
    start_postman(app)


def _sweep(app: Flask, stop: threading.Event) -> None:
    while not stop.wait(SWEEP_SECONDS):
        try:
            with app.app_context():
                sweep(clock_of(app)(), app.extensions[EXTENSION])
        except Exception:
            app.logger.exception("the sweep of finished attempts failed; it is tried again")


def _post(app: Flask, stop: threading.Event) -> None:
    while not stop.wait(POST_SECONDS):
        try:
            with app.app_context():
                drain_outbox(datetime.now(UTC))
                queue_due_soon(datetime.now(UTC))
        except Exception:
            app.logger.exception("sending letters failed; it is tried again")
