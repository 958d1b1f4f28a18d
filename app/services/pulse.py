"""What a waiting exam page asks every twenty seconds: whether time was added to its attempt.

Asked far more often than anything else, so a process asks the database at most once in
`FRESH` for all attempts at once, and answers everybody from that.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from app.storage.attempts import adjustment_marks
from app.storage.database import db

FRESH = timedelta(seconds=2)
NOTHING_ADDED = "0"


@dataclass(frozen=True, slots=True)
class _Marks:
    read_at: datetime
    by_handle: dict[str, int]


_kept: WeakKeyDictionary[sa.Engine, _Marks] = WeakKeyDictionary()


def pulse_of(handle: str, now: datetime) -> str:
    """A mark that changes when time is added to the attempt; the same for one that is not there."""
    kept = _kept.get(db.engine)
    if kept is None or not timedelta(0) <= now - kept.read_at < FRESH:
        kept = _Marks(now, adjustment_marks())
        _kept[db.engine] = kept
    found = kept.by_handle.get(handle)
    return NOTHING_ADDED if found is None else str(found)
