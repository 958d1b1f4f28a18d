"""The server looked at each minute: CPU, memory, descriptors."""

import threading
from collections.abc import Callable
from time import monotonic

from tests.load.databases import Database
from tests.load.server_cost import descriptors, megabytes, server_seconds

EACH = 60.0


class Watch:
    """Tells a line at the beginning, each minute, and at the end."""

    def __init__(self, pid: int, where: Database, say: Callable[[str], None]) -> None:
        self.pid, self.where, self.say = pid, where, say

    def until(self, begin: float, end: float) -> None:
        """Watch from one moment of the monotonic clock to another."""
        wait = threading.Event()
        wait.wait(max(0.0, begin - monotonic()))
        self.say(
            f"{'minute':>8}{'server CPU':>12}{'PostgreSQL':>12}{'memory':>10}{'descriptors':>13}"
        )
        before = self._spent()
        self._line(0.0, (0.0, 0.0))
        while (now := monotonic()) < end:
            wait.wait(min(EACH, end - now))
            after = self._spent()
            passed = max(0.001, monotonic() - now)
            shares = ((after[0] - before[0]) / passed, (after[1] - before[1]) / passed)
            self._line((monotonic() - begin) / EACH, shares)
            before = after

    def _spent(self) -> tuple[float, float]:
        return server_seconds(self.pid), self.where.seconds()

    def _line(self, minute: float, shares: tuple[float, float]) -> None:
        server, own = shares
        memory = f"{megabytes(self.pid):.0f} MB"
        opened = descriptors(self.pid)
        self.say(f"{minute:8.1f}{server:12.1%}{own:12.1%}{memory:>10}{opened:13}")
