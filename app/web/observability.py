"""Watching the site at work: a name for each request, its log line, its figures.

Installed before everything else that looks at requests, so that it begins first and ends last.
"""

import logging
import os
import shutil
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from flask import Flask, request
from werkzeug.wrappers import Response

from app.config import PRIVATE_FOLDER, Settings
from app.storage.database import db
from app.storage.statements import install_counting
from app.web import probes
from app.web.logs import FIELDS, REQUESTS
from app.web.observed import HEADER, Observed, method, observe, observed, rule

if TYPE_CHECKING:
    from app.web.metrics import Meter

SHARED_FIGURES = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus-client looks for the folder, once, when it is imported."""
FIRST_ERROR = 400
SAVES = {"saves.save", "attempts.save_item"}
"""The two ways to save an answer: by the page's script and by its form."""

log = logging.getLogger(REQUESTS)


def install_observability(app: Flask, settings: Settings) -> None:
    """Watch every request of the app, whose database is installed already."""
    with app.app_context():
        install_counting(db.engine)
    meter = _meter(settings)
    app.extensions[probes.METER] = meter
    behind_proxy, slow = bool(settings.proxies), settings.slow_request_ms / 1000

    def begin() -> None:
        observe(behind_proxy=behind_proxy)

    def end(response: Response) -> Response:
        seen = observed()
        if seen is not None:
            response.headers[HEADER] = seen.request_id
            _tell(seen, response.status_code, perf_counter() - seen.began, slow)
            if meter is not None:
                _count(meter, seen, response.status_code, perf_counter() - seen.began)
        return response

    app.before_request(begin)
    app.after_request(end)
    app.log_exception = _log_exception  # type: ignore[method-assign] # Flask's names the address
    app.register_blueprint(probes.bp)


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


def _tell(seen: Observed, status: int, seconds: float, slow: float) -> None:
    if seconds >= slow:
        log.warning("slow request", extra={FIELDS: _figures(seen, status, seconds)})
    if log.isEnabledFor(logging.INFO):
        fields: dict[str, object] = {"status": status, "ms": round(seconds * 1000, 1)}
        if seen.refusal:
            fields["refusal"] = seen.refusal
        log.info("request", extra={FIELDS: fields})


def _figures(seen: Observed, status: int, seconds: float) -> dict[str, object]:
    return {
        "status": status,
        "ms": round(seconds * 1000, 1),
        "statements": seen.tally.statements,
        "sql_ms": round(seen.tally.seconds * 1000, 1),
    }


def _count(meter: "Meter", seen: Observed, status: int, seconds: float) -> None:
    meter.note(rule(), method(), status, seconds, seen.tally.statements)
    if seen.refusal:
        meter.note_refusal(seen.refusal)
    if status < FIRST_ERROR and request.endpoint in SAVES:
        meter.note_save()


def _log_exception(exc_info: object) -> None:
    log.error("fault outside the pages", exc_info=exc_info)  # type: ignore[arg-type]
