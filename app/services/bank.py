"""Loading the bank's files into the database, as immutable revisions."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from app.bank.files import BankFiles
from app.bank.revisions import content_hash
from app.domain.item_content import content_of
from app.domain.items import Item, ItemStatus
from app.storage.bank import BankLoadRow, ItemRevisionRow, ItemRow, hold_loading, latest_load
from app.storage.database import db


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a loading did, in items."""

    unchanged: int
    added: int
    revised: int
    retired: int
    problems: int


def load_bank(files: BankFiles, now: datetime) -> LoadReport:
    """Bring the database up to the files, in one transaction; the same files twice change nothing.

    An item whose file is gone or broken keeps its last revision but is drawn no more.
    """
    fingerprint = _fingerprint(files)
    hold_loading()
    before = latest_load()
    if before is not None and before.fingerprint == fingerprint:
        return LoadReport(len(files.items), 0, 0, 0, len(files.problems))
    report = _store_items(files, now)
    problems = [asdict(problem) for problem in files.problems]
    db.session.add(BankLoadRow(loaded_at=now, fingerprint=fingerprint, problems=problems))
    db.session.commit()
    return report


def _store_items(files: BankFiles, now: datetime) -> LoadReport:
    known = {row.id: row for row in db.session.scalars(sa.select(ItemRow))}
    revisions = {
        (item_id, digest): revision
        for item_id, digest, revision in db.session.execute(
            sa.select(ItemRevisionRow.item_id, ItemRevisionRow.content_hash, ItemRevisionRow.id)
        )
    }
    added = revised = 0
    for item in files.items:
        revision = _revision(item, revisions, now)
        row = known.pop(item.id, None)
        if row is None:
            added += 1
            db.session.add(ItemRow(id=item.id, status=item.status.value, revision_id=revision))
            continue
        revised += row.revision_id != revision
        row.revision_id, row.status = revision, item.status.value
    for row in known.values():
        row.status = ItemStatus.RETIRED.value
    unchanged = len(files.items) - added - revised
    return LoadReport(unchanged, added, revised, len(known), len(files.problems))


def _revision(item: Item, known: dict[tuple[str, str], int], now: datetime) -> int:
    digest = content_hash(item)
    found = known.get((item.id, digest))
    if found is not None:
        return found
    row = ItemRevisionRow(
        item_id=item.id, content_hash=digest, content=content_of(item), created_at=now
    )
    db.session.add(row)
    db.session.flush()
    return row.id


def _fingerprint(files: BankFiles) -> str:
    digest = hashlib.sha256()
    for item in files.items:
        digest.update(f"{item.id} {item.status} {content_hash(item)}\n".encode())
    for problem in files.problems:
        digest.update(f"{problem}\n".encode())
    return digest.hexdigest()
