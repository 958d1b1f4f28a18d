"""Reports over many attempts are made one at a time in each process.

Several at once would be ready no sooner, and the answers that candidates save meanwhile would wait
behind all of them. A few people wait for their turn; more are asked to come again.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from werkzeug.exceptions import ServiceUnavailable

Given = ParamSpec("Given")
Page = TypeVar("Page")

MOST_WAITING = 3
"""Each waits in a thread that could answer others."""
PATIENCE_SECONDS = 20
MARK = "peerprep_makes_report"

_places = threading.BoundedSemaphore(MOST_WAITING + 1)
_making = threading.Lock()


@contextmanager
def report_turn() -> Iterator[None]:
    """Wait for the turn. Raises ServiceUnavailable where too many wait, or for too long."""
    if not _places.acquire(blocking=False):
        raise ServiceUnavailable
    try:
        if not _making.acquire(timeout=PATIENCE_SECONDS):
            raise ServiceUnavailable
        try:
            yield
        finally:
            _making.release()
    finally:
        _places.release()


def in_turn(view: Callable[Given, Page]) -> Callable[Given, Page]:
    """Let the view wait for its turn; only for views that hold no write lock."""

    @wraps(view)
    def waiting(*args: Given.args, **kwargs: Given.kwargs) -> Page:
        with report_turn():
            return view(*args, **kwargs)

    return makes_report(waiting)


def makes_report(view: Callable[Given, Page]) -> Callable[Given, Page]:
    """Mark a view that makes a report: it is better made where it keeps nobody waiting."""
    setattr(view, MARK, True)
    return view


def is_report(view: Callable[..., object]) -> bool:
    """Whether the view makes a report."""
    return getattr(view, MARK, False)
