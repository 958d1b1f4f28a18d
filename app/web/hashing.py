"""How much hashing of passwords the site does: few at once, and no flood of it.

A hash takes some 30 ms of a processor. A class that signs in together is let in, one after the
other; what comes faster than that for longer is told at once to come again, before it costs
anything, so that answers are saved meanwhile.
"""

import threading
import time
from collections.abc import Callable

from flask import Flask, current_app
from werkzeug.exceptions import ServiceUnavailable

AT_ONCE = 2
"""More would starve the saving of answers on a small machine."""
TOGETHER = 60
"""So many may come at the same moment: two classes."""
PER_SECOND = 10.0
"""So many may come for as long as they like: a third of what two processors can hash."""


class Turns:
    """Turns that are given out up to `together` at a time, and come back `per_second`."""

    def __init__(
        self, together: int, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """All are there; `clock` gives seconds."""
        self._together, self._per_second, self._clock = together, per_second, clock
        self._left, self._at = float(together), clock()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether there was a turn left."""
        with self._lock:
            now = self._clock()
            back = (now - self._at) * self._per_second
            self._left, self._at = min(self._together, self._left + back), now
            if self._left < 1:
                return False
            self._left -= 1
            return True


TURNS = "peerprep_turns"
hashing = threading.BoundedSemaphore(AT_ONCE)


def install_turns(app: Flask) -> None:
    """Give this process its turns."""
    app.extensions[TURNS] = Turns(TOGETHER, PER_SECOND)


def take_turn() -> None:
    """Come before anything that hashes. Raises ServiceUnavailable in a flood."""
    turns: Turns = current_app.extensions[TURNS]
    if current_app.config["STEM_FLOODS"] and not turns.take():
        raise ServiceUnavailable
