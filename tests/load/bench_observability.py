"""What watching the site costs a request: `python -m tests.load.bench_observability`.

A bare Flask route without it and with it, in this process: CPU time of one thread, the least of
several rounds that take turns, so that a busy machine disturbs all alike. Printed; nothing is
asserted.
"""

import io
import logging
import logging.config
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from time import thread_time
from typing import Any

from flask import Flask, Response
from werkzeug.test import EnvironBuilder

from app.config import LogFormat, Settings
from app.storage.database import db
from app.web.logs import logging_config
from app.web.observability import install_observability
from app.web.site import EXTENSION

ROUNDS, REQUESTS = 15, 1000
MICRO = 1_000_000
Environ = dict[str, Any]


class Nowhere(io.StringIO):
    """A stream that costs what writing costs in Python, and keeps nothing."""

    def write(self, text: str) -> int:
        """Forget it."""
        return len(text)


def bare(settings: Settings | None) -> Flask:
    """One route that gives five letters; watched where there are settings."""
    app = Flask(f"bare{id(settings)}", static_folder=None)
    app.config["SECRET_KEY"] = "for the bench"
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    if settings is not None:
        app.extensions[EXTENSION] = settings
        install_observability(app, settings)

    @app.get("/hello")
    def hello() -> Response:
        return Response("hello", mimetype="text/plain")

    return app


def cost(app: Flask, settings: Settings | None) -> float:
    """CPU seconds of one request, over one round."""
    wanted = settings or Settings(Path())
    logging.config.dictConfig(logging_config(wanted, "for the bench"))
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(Nowhere())
    environs = [EnvironBuilder("/hello").get_environ() for _ in range(REQUESTS)]
    before = thread_time()
    for environ in environs:
        answer(app, environ)
    return (thread_time() - before) / REQUESTS


def answer(app: Callable[[Environ, Any], Iterable[bytes]], environ: Environ) -> None:
    """Serve one request as a server does."""
    for _part in app(environ, lambda *_start: None):
        pass


def main() -> None:
    """Print each way's cost beside the bare route's."""
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder)
        ways: dict[str, Settings | None] = {
            "bare route": None,
            "watched, as shipped": Settings(instance),
            "with JSON lines": Settings(instance, log_format=LogFormat.JSON),
            "with figures": Settings(instance, metrics=True),
            "with both": Settings(instance, log_format=LogFormat.JSON, metrics=True),
        }
        apps = {name: bare(settings) for name, settings in ways.items()}
        least = dict.fromkeys(ways, float("inf"))
        for _round in range(ROUNDS):
            for name, settings in ways.items():
                least[name] = min(least[name], cost(apps[name], settings))
    first = least["bare route"]
    for name, seconds in least.items():
        added = (seconds - first) * MICRO
        sys.stdout.write(
            f"{name:24}{seconds * MICRO:8.1f} us  {seconds / first:5.2f} bare  +{added:.1f} us\n"
        )


if __name__ == "__main__":
    main()
