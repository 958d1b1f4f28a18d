"""What a process keeps of the bank in memory, put back with the database that it belongs to.

To read 600 items again for every test would take longer than most tests.
"""

from dataclasses import dataclass

from app.domain.items import Item, PoolItem
from app.storage import bank
from app.storage.database import db


@dataclass(frozen=True, slots=True)
class BankRead:
    """Items by revision, and the pool with the loading that it is of."""

    items: dict[int, Item]
    pool: tuple[int, tuple[PoolItem, ...]] | None


def read_whole_bank() -> BankRead:
    """Read everything that is drawn now, and keep it."""
    bank.current_pool()
    found = BankRead(dict(bank._items[db.engine]), bank._pools[db.engine])
    db.session.remove()
    return found


def keep_only(kept: BankRead) -> None:
    """What was read of another state of the database may be something else now."""
    bank._items[db.engine] = dict(kept.items)
    bank._pools.pop(db.engine, None)
    if kept.pool is not None:
        bank._pools[db.engine] = kept.pool


def forget_what_was_read() -> None:
    """Keep nothing."""
    keep_only(BankRead({}, None))
