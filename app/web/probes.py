"""Answers for the machines that watch over the site; none says more than it must."""

import hmac
import ipaddress
from typing import TYPE_CHECKING

from flask import Blueprint, abort, current_app, request
from werkzeug.wrappers import Response

from app.services.health import parts_not_ready, under_way
from app.web.access import Policy, access
from app.web.site import site

if TYPE_CHECKING:
    from app.web.metrics import Meter

METER = "peerprep_meter"
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8"

bp = Blueprint("probes", __name__)


@bp.get("/health")
@access(Policy.PUBLIC)
def health() -> Response:
    """Whether the process answers. Asks nothing of the database."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/ready")
@access(Policy.PUBLIC)
def ready() -> Response:
    """Whether the site can serve; if not, one word for each part that is missing."""
    missing = parts_not_ready()
    if not missing:
        return Response("ready\n", mimetype="text/plain")
    words = "".join(f"{part}\n" for part in missing)
    return Response(words, status=503, mimetype="text/plain", headers={"Retry-After": "5"})


@bp.get("/metrics")
@access(Policy.PUBLIC)
def metrics() -> Response:
    """Figures for Prometheus, where they are kept and for whom they are meant."""
    meter: Meter | None = current_app.extensions[METER]
    if meter is None or not (_has_token() or _is_this_machine()):
        abort(404)
    return Response(meter.text(under_way()), content_type=PROMETHEUS_TEXT)


def _has_token() -> bool:
    token = site().settings.metrics_token
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _is_this_machine() -> bool:
    """Asked from this machine, and not by way of a proxy, declared or not, that runs on it."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
