"""Items and their immutable revisions."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.item_content import item_from_content
from app.domain.items import Item, ItemStatus, PoolItem
from app.storage.database import Base, db
from app.storage.driver_sql import DriverStatement

_NEWEST_LOAD = DriverStatement("SELECT coalesce(max(id), 0) FROM bank_load")
_EXPOSURES = DriverStatement("SELECT id, exposure FROM item WHERE exposure > 0")
_COUNT_ON_SQLITE = DriverStatement(
    "UPDATE item SET exposure = exposure + 1 WHERE id IN (SELECT value FROM json_each(:ids))"
)
_COUNT_ON_POSTGRES = DriverStatement("UPDATE item SET exposure = exposure + 1 WHERE id = ANY(:ids)")
_HOLD_IN_ORDER = DriverStatement(
    "SELECT id FROM item WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"
)

_items: WeakKeyDictionary[sa.Engine, dict[int, Item]] = WeakKeyDictionary()
_pools: WeakKeyDictionary[sa.Engine, tuple[int, tuple[PoolItem, ...]]] = WeakKeyDictionary()


class ItemRow(Base):
    """An item: which revision is drawn now, and whether it is drawn at all."""

    __tablename__ = "item"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    status: Mapped[str] = mapped_column(sa.String(16))
    revision_id: Mapped[int] = mapped_column(sa.ForeignKey("item_revision.id"))
    exposure: Mapped[int] = mapped_column(default=0)
    """On how many forms it has stood."""


class ItemRevisionRow(Base):
    """An item's content as it once was; never changed, so attempts never change."""

    __tablename__ = "item_revision"
    __table_args__ = (sa.UniqueConstraint("item_id", "content_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[str] = mapped_column(sa.String(32), index=True)
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class BankLoadRow(Base):
    """One loading of the bank's files, with what was wrong in them."""

    __tablename__ = "bank_load"

    id: Mapped[int] = mapped_column(primary_key=True)
    loaded_at: Mapped[datetime]
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    problems: Mapped[list[Any]]


def latest_load() -> BankLoadRow | None:
    """The newest loading."""
    return db.session.scalar(sa.select(BankLoadRow).order_by(BankLoadRow.id.desc()).limit(1))


def hold_loading() -> None:
    """Let nobody else load a bank until the transaction ends: two at once would be mixed.

    SQLite needs no hold: its write transactions run one at a time.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(sa.text("LOCK TABLE bank_load IN EXCLUSIVE MODE"))


def current_pool() -> tuple[PoolItem, ...]:
    """Every reviewed item as it is drawn now; kept in memory until the bank is loaded again."""
    version = _NEWEST_LOAD.run(db.session.connection(), {}).fetchone()[0]
    kept = _pools.get(db.engine)
    if kept is None or kept[0] != version:
        kept = (version, _read_pool())
        _pools[db.engine] = kept
    return kept[1]


def _read_pool() -> tuple[PoolItem, ...]:
    """The pool; the items themselves are kept as well, since a form will soon ask for them."""
    rows = db.session.execute(
        sa.select(ItemRevisionRow.id, ItemRevisionRow.content)
        .join(ItemRow, ItemRow.revision_id == ItemRevisionRow.id)
        .where(ItemRow.status == ItemStatus.REVIEWED.value)
        .order_by(ItemRow.id)
    )
    found = {revision: item_from_content(content) for revision, content in rows}
    _items.setdefault(db.engine, {}).update(found)
    return tuple(PoolItem.of(item, revision) for revision, item in found.items())


def item_of(revision: int) -> Item:
    """The item as it was in `revision`. Raises KeyError where there is none."""
    return items_of((revision,))[revision]


def items_of(revisions: Iterable[int]) -> dict[int, Item]:
    """Items by revision; each is read from the database once per process."""
    kept = _items.setdefault(db.engine, {})
    wanted = set(revisions)
    missing = wanted - kept.keys()
    if missing:
        rows = db.session.execute(
            sa.select(ItemRevisionRow.id, ItemRevisionRow.content).where(
                ItemRevisionRow.id.in_(missing)
            )
        )
        kept.update({revision: item_from_content(content) for revision, content in rows})
    return {revision: kept[revision] for revision in wanted}


def exposures() -> dict[str, int]:
    """On how many forms each item has stood."""
    return dict(_EXPOSURES.run(db.session.connection(), {}))


def count_exposure(item_ids: Iterable[str]) -> None:
    """Note that these items now stand on one more form.

    Where rows are held one by one, these are held in one order first: starts of several people
    would else wait for each other.
    """
    noted, connection = sorted(item_ids), db.session.connection()
    if connection.dialect.name == "sqlite":
        _COUNT_ON_SQLITE.run(connection, {"ids": json.dumps(noted)})
        return
    _HOLD_IN_ORDER.run(connection, {"ids": noted})
    _COUNT_ON_POSTGRES.run(connection, {"ids": noted})
