"""People who are signed in and sit, put into the database in bulk, so that sitting is measured.

A hash of 30 ms and a form of 120 items for each of 10,000 people would take longer than their
sitting: sign-ins are rows and cookies signed with the instance's key, and the site draws some
forms, which many people share.
"""

import hashlib
import random
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.domain.attempts import AttemptKind
from app.domain.eligibility import TryStanding
from app.services.drawing import attempt_row, drawn_row
from app.services.tries import mock_standing
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.bank import count_exposure, items_of
from app.storage.database import db
from app.storage.people import PersonRow, SignInRow, find_person, to_person
from app.web.signed_in import PERSON, TOKEN, USED
from tests.load.wire import USER_AGENT
from tests.world import Stage, wanted_attempt

BATCH = 2000
SHARE_RIGHT = 0.7
SECONDS_PER_ITEM = 70
BREAK_AFTER = 60
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Seat:
    """One person's place: the cookie of their browser and, where one runs, their attempt."""

    username: str
    cookie: str
    handle: str = ""

    def as_list(self) -> list[str]:
        """As JSON carries it."""
        return [self.username, self.cookie, self.handle]


def seat_people(
    app: Flask, count: int, now: datetime, *, password: str | None = None, source: str = "127.0.0.1"
) -> list[Seat]:
    """So many new people, signed in from `source`, in the order of their rows."""
    prefix = secrets.token_hex(3)
    people: Rows = [
        {
            "username": f"{prefix}-{number:05}",
            "display_name": f"Candidate {number:05}",
            "fs_uniquifier": secrets.token_hex(16),
            "created_at": now,
            "preferences": {},
            "password": password,
        }
        for number in range(count)
    ]
    insert_many(PersonRow, people)
    found = sa.select(PersonRow.username, PersonRow.id).where(
        PersonRow.username.like(f"{prefix}-%")
    )
    ids: dict[str, int] = dict(iter(db.session.execute(found)))
    tokens = [secrets.token_urlsafe(32) for _person in people]
    sign_ins: Rows = [
        {
            "token_hash": hashlib.sha256(token.encode()).hexdigest(),
            "person_id": ids[person["username"]],
            "created_at": now,
            "browser": "Chrome/Linux",
        }
        for person, token in zip(people, tokens, strict=True)
    ]
    insert_many(SignInRow, sign_ins)
    db.session.commit()
    sign = CookieMaker(app, now, source)
    return [
        Seat(person["username"], sign.cookie(person["fs_uniquifier"], token))
        for person, token in zip(people, tokens, strict=True)
    ]


class CookieMaker:
    """Signs what the site's own sign-in puts into the cookie."""

    def __init__(self, app: Flask, now: datetime, source: str) -> None:
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        assert serializer is not None
        self._serializer, self._now = serializer, now.timestamp()
        self._browser = hashlib.sha512(f"{source}|{USER_AGENT}".encode()).hexdigest()

    def cookie(self, uniquifier: str, token: str) -> str:
        """The cookie of one person's browser."""
        signed: str = self._serializer.dumps(
            {
                "_fresh": True,
                "_id": self._browser,
                PERSON: uniquifier,
                "fs_cc": "set",
                "fs_paa": self._now,
                TOKEN: token,
                USED: self._now,
            }
        )
        return signed


def draw_forms(stage: Stage, seats: Sequence[Seat], now: datetime) -> list[list[Any]]:
    """A form for each of these people, drawn and counted as when they start; nobody starts."""
    forms = []
    for number, seat in enumerate(seats):
        request = wanted_attempt(AttemptKind.MOCK)
        row = drawn_row(
            stage.person(seat.username), request, stage.site, now, random.Random(number)
        )
        count_exposure(entry[0] for entry in row.form)
        db.session.commit()
        forms.append(row.form)
    return forms


def begin_mocks(
    stage: Stage,
    seats: Sequence[Seat],
    positions: Sequence[int],
    forms: list[list[Any]],
    now: datetime,
) -> list[Seat]:
    """Let each person have come to a position, all before it answered; their seats."""
    names = [seat.username for seat in seats]
    ids = _ids_of(names)
    first = find_person(ids[names[0]])
    assert first is not None
    standing = mock_standing(to_person(first), stage.site, now)
    attempts: Rows = []
    for number, (name, position) in enumerate(zip(names, positions, strict=True)):
        row = _attempt(stage, ids[name], position, now)
        row.form = forms[number % len(forms)]
        _take_first_try(row, standing, stage, now)
        attempts.append(_values(row))
    insert_many(AttemptRow, attempts)
    db.session.commit()
    insert_many(ResponseRow, _earlier_responses(attempts, random.Random(5), now))
    db.session.commit()
    return [
        Seat(seat.username, seat.cookie, attempt["handle"])
        for seat, attempt in zip(seats, attempts, strict=True)
    ]


def insert_many(table: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    """Insert without asking the rows back; commit is the caller's."""
    batch: Rows = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            db.session.execute(sa.insert(table), batch)
            batch = []
    if batch:
        db.session.execute(sa.insert(table), batch)


def catch_up_sequences() -> None:
    """Rows that came with their own numbers are counted; SQLite does so by itself."""
    if db.engine.dialect.name == "postgresql":
        highest = "select setval(pg_get_serial_sequence('attempt', 'id'), max(id)) from attempt"
        db.session.execute(sa.text(highest))
        db.session.commit()


def _take_first_try(row: AttemptRow, standing: TryStanding, stage: Stage, now: datetime) -> None:
    """As the service does; all these people stand before their first try."""
    start = standing.period.approved_on.isoformat()
    row.try_on, row.try_slot = stage.site.day(now), f"{start}#1"


def _ids_of(names: list[str]) -> dict[str, int]:
    prefix = names[0].split("-")[0]
    found = sa.select(PersonRow.username, PersonRow.id).where(
        PersonRow.username.like(f"{prefix}-%")
    )
    return dict(iter(db.session.execute(found)))


def _attempt(stage: Stage, person_id: int, position: int, now: datetime) -> AttemptRow:
    person = to_person(PersonRow(**_NOBODY, id=person_id))
    begun = now - timedelta(seconds=(position - 1) * SECONDS_PER_ITEM)
    request = wanted_attempt(AttemptKind.MOCK)
    row = attempt_row(person, request, stage.site, stage.site.blueprint, begun)
    row.position = position
    row.break_skipped = position > BREAK_AFTER
    return row


_NOBODY: dict[str, Any] = {
    "display_name": "Candidate",
    "role": "candidate",
    "language": "en",
    "time_factor": 1.0,
    "break_seconds": None,
}


def _values(row: AttemptRow) -> dict[str, Any]:
    """The row's columns as a bulk insert takes them."""
    every = {column.key: getattr(row, column.key) for column in sa.inspect(AttemptRow).column_attrs}
    every.pop("id")
    left_out = {name for name, value in every.items() if value is None} & {"chosen"}
    return {name: value for name, value in every.items() if name not in left_out}


def _earlier_responses(
    attempts: Rows, rng: random.Random, now: datetime
) -> Iterable[dict[str, Any]]:
    """What each has answered by now, mostly right; the item on screen is open."""
    handles = [attempt["handle"] for attempt in attempts]
    ids: dict[str, int] = {}
    for start in range(0, len(handles), BATCH):
        found = sa.select(AttemptRow.handle, AttemptRow.id).where(
            AttemptRow.handle.in_(handles[start : start + BATCH])
        )
        ids.update(dict(iter(db.session.execute(found))))
    keys = {revision: item.key for revision, item in _items(attempts).items()}
    for attempt in attempts:
        here = attempt["position"]
        for position, (_item, revision, order) in enumerate(attempt["form"][:here], start=1):
            options = order.split()
            right = rng.random() < SHARE_RIGHT
            option = keys[revision] if right else rng.choice(options)
            yield {
                "attempt_id": ids[attempt["handle"]],
                "position": position,
                "option_id": None if position == here else option,
                "first_option_id": None if position == here else option,
                "seq": 0 if position == here else position,
                "seconds": SECONDS_PER_ITEM,
                "language": "en",
                "saved_at": now - timedelta(seconds=(here - position) * SECONDS_PER_ITEM),
            }


def _items(attempts: Rows) -> dict[int, Any]:
    return items_of({entry[1] for attempt in attempts for entry in attempt["form"]})
