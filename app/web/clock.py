"""The one place where the web layer reads the clock: once, when a request enters."""

from datetime import UTC, datetime

from flask import g


def stamp() -> None:
    """Note when the request was received; everything in it goes by this moment."""
    g.received_at = datetime.now(UTC)


def now() -> datetime:
    """When this request was received, in UTC."""
    received: datetime = g.received_at
    return received
