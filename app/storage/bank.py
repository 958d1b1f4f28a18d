"""Items and their immutable revisions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.item_content import item_from_content
from app.domain.items import Item, ItemStatus, PoolItem
from app.storage.database import Base, db

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


def current_pool() -> tuple[PoolItem, ...]:
    """Every reviewed item as it is drawn now; kept in memory until the bank is loaded again."""
    version = db.session.scalar(sa.select(sa.func.max(BankLoadRow.id))) or 0
    kept = _pools.get(db.engine)
    if kept is None or kept[0] != version:
        kept = (version, _read_pool())
        _pools[db.engine] = kept
    return kept[1]


def _read_pool() -> tuple[PoolItem, ...]:
    rows = db.session.execute(
        sa.select(ItemRevisionRow.id, ItemRevisionRow.content)
        .join(ItemRow, ItemRow.revision_id == ItemRevisionRow.id)
        .where(ItemRow.status == ItemStatus.REVIEWED.value)
        .order_by(ItemRow.id)
    )
    return tuple(PoolItem.of(item_from_content(content), revision) for revision, content in rows)


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


def forget_what_was_read() -> None:
    """Drop what is kept in memory: for when the database itself was put in another's place."""
    _items.pop(db.engine, None)
    _pools.pop(db.engine, None)


def exposures() -> dict[str, int]:
    """On how many forms each item has stood."""
    rows = db.session.execute(sa.select(ItemRow.id, ItemRow.exposure).where(ItemRow.exposure > 0))
    return dict(iter(rows))


def count_exposure(item_ids: Iterable[str]) -> None:
    """Note that these items now stand on one more form.

    They are held in one order first: starts of several people would else wait for each other.
    """
    noted = sorted(item_ids)
    held_in_order = sa.select(ItemRow.id).where(ItemRow.id.in_(noted)).order_by(ItemRow.id)
    db.session.execute(held_in_order.with_for_update(key_share=True))
    db.session.execute(
        sa.update(ItemRow).where(ItemRow.id.in_(noted)).values(exposure=ItemRow.exposure + 1)
    )
