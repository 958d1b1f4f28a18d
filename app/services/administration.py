"""What an administrator sees of the bank and of mock tries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.services.site import Site
from app.storage.attempts import AttemptRow
from app.storage.bank import current_pool, latest_load
from app.storage.database import db
from app.storage.people import PersonRow

NEWEST = 50


@dataclass(frozen=True, slots=True)
class MockTryLine:
    """A mock try that may be given back."""

    handle: str
    display_name: str
    started_at: datetime
    running: bool
    voided: bool
    void_reason: str | None


@dataclass(frozen=True, slots=True)
class AdministrationPage:
    """The bank's state and the newest mock tries."""

    items: int
    loaded_at: datetime | None
    problems: tuple[dict[str, Any], ...]
    by_domain: dict[int, int]
    mocks: tuple[MockTryLine, ...]


def administration_page(site: Site) -> AdministrationPage:
    """How the site stands."""
    pool, load = current_pool(), latest_load()
    return AdministrationPage(
        items=len(pool),
        loaded_at=load.loaded_at if load else None,
        problems=tuple(load.problems) if load else (),
        by_domain={
            domain: sum(item.oshpd == domain for item in pool) for domain in site.taxonomy.oshpd
        },
        mocks=_newest_mocks(),
    )


def _newest_mocks() -> tuple[MockTryLine, ...]:
    rows = db.session.execute(
        sa.select(AttemptRow, PersonRow.display_name)
        .join(PersonRow, PersonRow.id == AttemptRow.person_id)
        .where(AttemptRow.try_on.is_not(None))
        .order_by(AttemptRow.id.desc())
        .limit(NEWEST)
    )
    return tuple(
        MockTryLine(
            handle=row.handle,
            display_name=name,
            started_at=row.started_at,
            running=row.finished_at is None,
            voided=row.voided_at is not None,
            void_reason=row.void_reason,
        )
        for row, name in rows
    )
