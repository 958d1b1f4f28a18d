"""Watching the site at work: a name for each request, its log line, its figures.

Installed before everything else that looks at requests, so that it begins first and ends last.
"""

import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from flask import Flask, request
from werkzeug.wrappers import Response

from app.config import PRIVATE_FOLDER, Settings
from app.services.throttle import truncated
from app.storage.database import db
from app.storage.statements import install_counting
from app.web import probes
from app.web.logs import FIELDS, REQUESTS
from app.web.observed import HEADER, Observed, begin_observing, method, observed, rule

if TYPE_CHECKING:
    from app.web.metrics import Meter

SHARED_FIGURES = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus-client looks for the folder, once, when it is imported."""
SAVED, FIRST_ERROR = 200, 400
SAVES = {"saves.save", "attempts.save_item"}
"""The two ways to save an answer: by the page's script and by its form."""

log = logging.getLogger(REQUESTS)


@dataclass(frozen=True, slots=True)
class Watch:
    """Where what is noted of a request goes. `slow` is in seconds."""

    behind_proxy: bool
    slow: float
    addresses: bool
    meter: "Meter | None"

    def given(self, request_id: str | None) -> str:
        """The name that a trusted proxy gave the request; empty where there is none."""
        return (request_id or "") if self.behind_proxy else ""

    def end(self, seen: Observed, status: int) -> None:
        """Tell and count what the pages have answered."""
        seconds = perf_counter() - seen.began
        self._tell(seen, status, seconds)
        if self.meter is None:
            return
        self.meter.note(rule(), method(), status, seconds, seen.tally.statements)
        if seen.refusal:
            self.meter.note_refusal(seen.refusal)
        if status < FIRST_ERROR and request.endpoint in SAVES:
            self.meter.note_save()

    def saved(self, seen: Observed, of_rule: str, address: str | None) -> None:
        """The same for a save that was answered before the pages."""
        seconds = perf_counter() - seen.began
        facts = {"request_id": seen.request_id, "method": "POST", "endpoint": of_rule}
        if self.addresses:
            facts["network"] = truncated(address)
        self._tell(seen, SAVED, seconds, **facts)
        if self.meter is not None:
            self.meter.note(of_rule, "POST", SAVED, seconds, seen.tally.statements)
            self.meter.note_save()

    def _tell(self, seen: Observed, status: int, seconds: float, **facts: object) -> None:
        if seconds >= self.slow:
            log.warning("slow request", extra={FIELDS: facts | _figures(seen, status, seconds)})
        if log.isEnabledFor(logging.INFO):
            facts |= {"status": status, "ms": round(seconds * 1000, 1)}
            if seen.refusal:
                facts["refusal"] = seen.refusal
            log.info("request", extra={FIELDS: facts})


def install_observability(app: Flask, settings: Settings) -> Watch:
    """Watch every request of the app, whose database is installed already."""
    with app.app_context():
        install_counting(db.engine)
    meter = _meter(settings)
    app.extensions[probes.METER] = meter
    slow = settings.slow_request_ms / 1000
    watch = Watch(bool(settings.proxies), slow, settings.log_addresses, meter)

    def begin() -> None:
        begin_observing(watch.given(request.headers.get(HEADER)))

    def end(response: Response) -> Response:
        seen = observed()
        if seen is not None:
            response.headers[HEADER] = seen.request_id
            watch.end(seen, response.status_code)
        return response

    app.before_request(begin)
    app.after_request(end)
    app.log_exception = _log_exception  # type: ignore[method-assign] # Flask's names the address
    app.register_blueprint(probes.bp)
    return watch


def shared_figures(settings: Settings) -> Path | None:
    """The folder where the workers keep their figures; None where there is nothing to share."""
    shares = settings.metrics and settings.workers > 1 and os.name != "nt"
    return settings.instance / "metrics" if shares else None


def forget_figures(settings: Settings) -> None:
    """Drop what the workers of an earlier start have left."""
    folder = shared_figures(settings)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)


def forget_worker(settings: Settings, pid: int) -> None:
    """Note that a worker is gone: its gauges, of which there are none so far, end with it."""
    if shared_figures(settings) is not None:
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 (only here)

        mark_process_dead(pid)


def _meter(settings: Settings) -> "Meter | None":
    if not settings.metrics:
        return None
    folder = shared_figures(settings)
    os.environ.pop(SHARED_FIGURES, None)
    if folder is not None:
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        os.environ[SHARED_FIGURES] = str(folder)
    from app.web.metrics import Meter  # noqa: PLC0415 (a site without figures does not load it)

    return Meter(folder)


def _figures(seen: Observed, status: int, seconds: float) -> dict[str, object]:
    return {
        "status": status,
        "ms": round(seconds * 1000, 1),
        "statements": seen.tally.statements,
        "sql_ms": round(seen.tally.seconds * 1000, 1),
    }


def _log_exception(exc_info: object) -> None:
    log.error("fault outside the pages", exc_info=exc_info)  # type: ignore[arg-type]
