"""What an administrator sees of the bank and of mock tries."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from app.domain.access import Person
from app.domain.attempts import FinishReason
from app.services.looks import LookAt, note_look
from app.services.people import normalise_username, username_is_possible
from app.services.site import Site
from app.storage.attempts import AttemptRow
from app.storage.bank import current_pool, latest_load
from app.storage.database import db
from app.storage.people import find_by_username

NEWEST = 50


@dataclass(frozen=True, slots=True)
class MockTryLine:
    """A mock try that may be given back."""

    handle: str
    started_at: datetime
    running: bool
    voided: bool
    void_reason: str | None
    ended_by_clock: bool
    """It may be opened again, where the clock or the site was at fault."""


@dataclass(frozen=True, slots=True)
class MockDay:
    """A day with the number of mock tries that were started on it."""

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class AdministrationPage:
    """The bank's state, and how many mock tries were started of late."""

    items: int
    loaded_at: datetime | None
    problems: tuple[dict[str, Any], ...]
    by_domain: dict[int, int]
    mocks: tuple[MockDay, ...]


@dataclass(frozen=True, slots=True)
class PersonTries:
    """The mock tries of one person."""

    display_name: str
    lines: tuple[MockTryLine, ...]


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
        mocks=_mock_days(site),
    )


def tries_of(actor: Person, username: str, now: datetime) -> PersonTries | None:
    """Somebody's mock tries, newest first; the look at them is noted before.

    None where nobody has this sign-in name.
    """
    name = normalise_username(username)
    row = find_by_username(name) if username_is_possible(name) else None
    if row is None:
        return None
    person_id, display_name = row.id, row.display_name
    note_look(actor, None, [person_id], LookAt.RECORD, now)
    return PersonTries(display_name, _newest_mocks(person_id))


def _mock_days(site: Site) -> tuple[MockDay, ...]:
    """How many tries were started on each of the newest days, and nothing of whose they are."""
    started = db.session.scalars(
        sa.select(AttemptRow.started_at)
        .where(AttemptRow.try_on.is_not(None))
        .order_by(AttemptRow.id.desc())
        .limit(NEWEST)
    )
    return tuple(MockDay(day, count) for day, count in Counter(map(site.day, started)).items())


def _newest_mocks(person_id: int) -> tuple[MockTryLine, ...]:
    rows = db.session.scalars(
        sa.select(AttemptRow)
        .where(AttemptRow.try_on.is_not(None), AttemptRow.person_id == person_id)
        .order_by(AttemptRow.id.desc())
        .limit(NEWEST)
    )
    return tuple(
        MockTryLine(
            handle=row.handle,
            started_at=row.started_at,
            running=row.finished_at is None,
            voided=row.voided_at is not None,
            void_reason=row.void_reason,
            ended_by_clock=row.finish_reason == FinishReason.TIME_UP.value,
        )
        for row in rows
    )
