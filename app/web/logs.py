"""Log lines, for people or for machines, that hold nothing of what people sent.

A line names the rule that matched, not the address; a person is a keyed hash; of an exception
stand its kind and its frames, not its message, which may quote a form's field; and a network
address stands only where the site was told to keep them, without its last part.
"""

import hmac
import json
import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType

from flask import has_request_context, request

from app.config import ROOT, LogFormat, Settings
from app.services.throttle import truncated
from app.web.observed import method, observed, rule, signed_in_id

REQUESTS = "app.requests"
PERSON = re.compile(r"\bperson (\d+)\b")
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
ABOUT_REQUESTS = ("Invalid request", "Error handling request")
"""The server's own lines that go on with the address or the sender: they are cut there."""
FIELDS = "fields"
HASH_LENGTH = 16
MOST_CAUSES = 5


class JsonLines(logging.Formatter):
    """One JSON object per event and line, in ASCII."""

    def __init__(self, key: str, *, addresses: bool = False) -> None:
        """`key` keeps people's hashes from being guessed."""
        super().__init__()
        self._key, self._addresses = key.encode(), addresses

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return json.dumps(self.facts(record), default=str)

    def facts(self, record: logging.LogRecord) -> dict[str, object]:
        """Everything that the line says."""
        facts: dict[str, object] = {
            "time": _utc(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": self._message(record),
        }
        if has_request_context():
            facts |= self._request()
        facts |= getattr(record, FIELDS, {})
        if record.exc_info and record.exc_info[1]:
            facts["exception"] = list(_without_messages(record.exc_info[1]))
        return facts

    def person(self, person_id: int) -> str:
        """The person's name in the log: the same on every line, and nobody's but ours to make."""
        digest = hmac.digest(self._key, b"log person %d" % person_id, "sha256")
        return digest.hex()[:HASH_LENGTH]

    def _message(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        for beginning in ABOUT_REQUESTS:
            if text.startswith(beginning):
                return beginning
        return PERSON.sub(lambda found: f"person {self.person(int(found.group(1)))}", text)

    def _request(self) -> dict[str, object]:
        seen, person_id = observed(), signed_in_id()
        facts: dict[str, object] = {
            "request_id": seen.request_id if seen else None,
            "method": method(),
            "endpoint": rule(),
        }
        if person_id is not None:
            facts["person"] = self.person(person_id)
        if self._addresses:
            facts["network"] = truncated(request.remote_addr)
        return facts


class TextLines(JsonLines):
    """The same facts for people: one line, and a traceback's frames below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The lines."""
        facts = self.facts(record)
        time, level, logger, message = (str(facts.pop(name)) for name in list(facts)[:4])
        frames = facts.pop("exception", [])
        rest = " ".join(f"{name}={value}" for name, value in facts.items())
        line = f"{time} {level} {logger}: {message}" + (f" [{rest}]" if rest else "")
        below = [f"  {frame}" for frame in frames] if isinstance(frames, list) else []
        return "\n".join(_visible(text) for text in (line, *below))


def logging_config(settings: Settings, key: str) -> dict[str, object]:
    """What `logging.config.dictConfig` is told: everything to stderr, in the chosen form.

    People are spared a line for each request; machines get it.
    """
    for_machines = settings.log_format is LogFormat.JSON
    lines = JsonLines if for_machines else TextLines
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": lines, "key": key, "addresses": settings.log_addresses}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "app": {"level": "INFO", "handlers": []},
            REQUESTS: {"level": "INFO" if for_machines else "WARNING"},
            "gunicorn.error": {"level": "WARNING", "handlers": [], "propagate": True},
        },
    }


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def _visible(text: str) -> str:
    """Without anything that begins another line or steers a terminal."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _without_messages(error: BaseException) -> Iterator[str]:
    """The exception's kind and frames, then those of its causes."""
    cause: BaseException | None = error
    for _step in range(MOST_CAUSES):
        if cause is None:
            return
        yield f"{type(cause).__module__}.{type(cause).__qualname__}"
        yield from _frames(cause.__traceback__)
        cause = cause.__cause__ or cause.__context__


def _frames(found: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(found):
        yield f"{frame.filename.removeprefix(f'{ROOT}/')}:{frame.lineno} in {frame.name}"
