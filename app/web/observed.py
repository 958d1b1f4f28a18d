"""What is noted of one request while it is served: for its log lines and the metrics.

Never the address that was asked for, only the rule that it matched: addresses hold handles,
codes and tokens.
"""

import random
import re
from dataclasses import dataclass
from time import perf_counter

import sqlalchemy as sa
from flask import g, request

from app.storage.people import PersonRow
from app.storage.statements import Tally, count_statements

HEADER = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"}
OTHER = "other"
"""Whatever else was sent as a verb: anybody can send anything there."""
NO_RULE = "unmatched"


@dataclass(slots=True)
class Observed:
    """One request from its entry on; `began` by the monotonic clock, in seconds."""

    request_id: str
    began: float
    tally: Tally
    refusal: str | None = None
    """The kind of refusal that it met."""


def begin_observing(given: str = "") -> Observed:
    """Begin, with the name that a trusted proxy gave the request or one of our own."""
    request_id = given if given and GIVEN.fullmatch(given) else _new_id()
    g.observed = seen = Observed(request_id, perf_counter(), count_statements())
    return seen


def observed() -> Observed | None:
    """What is noted of this request; None before it has begun."""
    found: Observed | None = g.get("observed")
    return found


def request_id() -> str:
    """The name of this request in the log, for people to quote."""
    seen = observed()
    return seen.request_id if seen else _new_id()


def refused_as(kind: str) -> None:
    """Note that the request is refused; `kind` is one of a fixed few, never what was sent."""
    seen = observed()
    if seen:
        seen.refusal = kind


def rule() -> str:
    """The rule that the address matched, with its places unfilled."""
    return request.url_rule.rule if request.url_rule else NO_RULE


def method() -> str:
    """The verb, where it is one."""
    return request.method if request.method in METHODS else OTHER


def signed_in_id() -> int | None:
    """Who is signed in, where that is known already: nothing is asked of the database."""
    row = g.get("_login_user")
    identity = sa.inspect(row).identity if isinstance(row, PersonRow) else None
    return identity[0] if identity else None


def _new_id() -> str:
    """A name that no other request has; it opens nothing, so it need not be hard to guess."""
    return f"{random.getrandbits(64):016x}"
