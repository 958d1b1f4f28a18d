"""The log as the running site writes it, caught for a test to read."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from app.config import LogFormat, Settings
from app.web.logs import REQUESTS, logging_config
from app.web.site import EXTENSION

LOGGERS = ("", "app", REQUESTS, "gunicorn.error")


class Log:
    """What was written since the test looked."""

    def __init__(self, stream: io.StringIO) -> None:
        """Nothing so far."""
        self._stream = stream

    @property
    def text(self) -> str:
        """All of it."""
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The events of a log for machines."""
        return [json.loads(line) for line in self.text.splitlines()]

    def requests(self) -> list[dict[str, Any]]:
        """The lines that tell of a whole request."""
        return [line for line in self.lines if line["message"] == "request"]


@contextmanager
def written(app: Flask, log_format: LogFormat = LogFormat.JSON) -> Iterator[Log]:
    """Set logging up as the server does, and put everything back in the end."""
    site: Settings = app.extensions[EXTENSION].settings
    settings = Settings(site.instance, log_format=log_format, log_addresses=site.log_addresses)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(log, log.level, log.handlers[:], log.propagate) for log in loggers]
    stream, complains = io.StringIO(), logging.raiseExceptions
    logging.raiseExceptions = False
    logging.config.dictConfig(logging_config(settings, app.config["SECRET_KEY"]))
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    try:
        yield Log(stream)
    finally:
        logging.raiseExceptions = complains
        for log, level, handlers, propagate in before:
            log.setLevel(level)
            log.handlers[:], log.propagate = handlers, propagate
