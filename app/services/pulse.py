"""What a waiting exam page asks every twenty seconds: whether time was added to its attempt.

Asked far more often than anything else, so a process asks the database at most once in `FRESH`
for all attempts at once, and answers everybody from that.
"""

from datetime import datetime, timedelta

from app.storage.attempts import adjustment_marks
from app.storage.database import reading

FRESH = timedelta(seconds=2)
NOTHING_ADDED = "0"


class Pulse:
    """What this process knows of time that was added."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._read_at: datetime | None = None
        self._marks: dict[str, int] = {}

    def is_fresh(self, now: datetime) -> bool:
        """Whether the database need not be asked."""
        return self._read_at is not None and timedelta(0) <= now - self._read_at < FRESH

    def read(self, now: datetime) -> None:
        """Ask the database."""
        with reading():
            self._marks = adjustment_marks()
        self._read_at = now

    def of(self, handle: str) -> str:
        """A mark that changes when time is added; the same for an attempt that is not there."""
        return str(self._marks.get(handle, NOTHING_ADDED))
