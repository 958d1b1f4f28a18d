"""What the tests of faults do in an exam: a clock to turn, a desk to answer at, many at once."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.errors import DomainError
from app.services import attempts
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.database import db
from app.web.clock import EXTENSION, SteadyClock
from tests.web.exam_cast import inside
from tests.world import NOON

TEN = 10
PATIENCE = 60
"""Seconds after which a thread that should be through counts as stuck."""


class Hands:
    """A machine's clock whose hands a test turns; `up` runs on whatever is done to `wall`."""

    def __init__(self, wall: datetime = NOON) -> None:
        self.wall, self.up = wall, timedelta(days=3)
        self.read = threading.Event()

    def pass_by(self, **length: float) -> None:
        """Let time pass."""
        self.wall += timedelta(**length)
        self.up += timedelta(**length)

    def set_by(self, **length: float) -> None:
        """Set the clock forward, or back by a negative length."""
        self.wall += timedelta(**length)

    def steady(self) -> SteadyClock:
        """The site's clock of a process that starts now."""
        return SteadyClock(lambda: self.wall, lambda: self.up)

    def __call__(self) -> datetime:
        """What the wall says, noting that somebody has looked."""
        self.read.set()
        return self.wall


@contextmanager
def going_by(app: Flask, clock: Callable[[], datetime]) -> Iterator[None]:
    """Let the app's requests go by this clock."""
    app.extensions[EXTENSION] = clock
    try:
        yield
    finally:
        del app.extensions[EXTENSION]


@dataclass(slots=True)
class Desk:
    """Somebody's page of a running attempt."""

    client: FlaskClient
    handle: str
    writer: str | None = None
    seq: int = 0
    items: list[list[str]] = field(default_factory=list)
    """The options of each item in their order."""

    @property
    def address(self) -> str:
        """The attempt's."""
        return f"/attempts/{self.handle}"

    def sit_down(self, *, take_over: bool = True) -> TestResponse:
        """Ask for the paper, and write from here from now on."""
        wanted = {"writer": self.writer, "take_over": take_over}
        answer = self.client.post(f"{self.address}/paper", json=wanted)
        if answer.status_code == 200:
            paper = answer.get_json()
            self.writer, self.seq = paper["writer"], paper["seq"]
            self.items = [[option["id"] for option in item["options"]] for item in paper["items"]]
        return answer

    def choose(self, position: int, place: int = 0, **more: object) -> TestResponse:
        """Choose an option by its place, with the next sequence number."""
        self.seq += 1
        change = {
            "position": position,
            "seq": self.seq,
            "option_id": self.items[position - 1][place],
        }
        return self.send([{**change, **more}])

    def send(self, changes: Sequence[object]) -> TestResponse:
        """Send a batch as it is."""
        body = {"writer": self.writer, "changes": list(changes)}
        return self.client.post(f"{self.address}/responses", json=body)

    def submit(self) -> TestResponse:
        """Hand it in."""
        return self.client.post(f"{self.address}/submit")

    def seconds_left(self) -> int | None:
        """What the server's clock says."""
        left: int | None = self.client.get(f"{self.address}/clock").get_json()["seconds_left"]
        return left


def at_desk(client: FlaskClient, handle: str) -> Desk:
    """A desk that writes."""
    desk = Desk(client, handle)
    assert desk.sit_down().status_code == 200
    return desk


def sweep(app: Flask, now: datetime) -> int:
    """What the sweeper does once a minute."""
    with inside(app) as stage:
        return attempts.sweep(now, stage.site)


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt has ended."""

    at: datetime | None
    reason: str | None
    chosen: tuple[str | None, ...]
    right: int | None


def end_of(app: Flask, handle: str) -> Ended:
    """The end as it is stored."""
    with inside(app):
        row = db.session.scalars(sa.select(AttemptRow).where(AttemptRow.handle == handle)).one()
        return Ended(row.finished_at, row.finish_reason, tuple(row.chosen or ()), row.right)


def stored_options(app: Flask, handle: str) -> dict[int, str | None]:
    """The chosen options as they are stored, by position."""
    with inside(app):
        query = (
            sa.select(ResponseRow.position, ResponseRow.option_id)
            .join(AttemptRow, AttemptRow.id == ResponseRow.attempt_id)
            .where(AttemptRow.handle == handle)
        )
        found = db.session.execute(query).all()
        return {row.position: row.option_id for row in found}


def at_once(app: Flask, acts: Sequence[Callable[[], object]]) -> list[object]:
    """What each act gives, or the name of its refusal or fault, all begun at one moment."""
    barrier = threading.Barrier(len(acts))
    got: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        with app.app_context():
            barrier.wait(PATIENCE)
            try:
                got[place] = act()
            except (DomainError, sa.exc.SQLAlchemyError) as error:
                db.session.rollback()
                got[place] = type(error).__name__

    threads = [
        threading.Thread(target=run, args=(place, act), daemon=True)
        for place, act in enumerate(acts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return got


def short_and_long(short: int, long: int) -> pytest.MarkDecorator:
    """So many repetitions in the ordinary run, and so many when the long ones are asked for."""
    return pytest.mark.parametrize("times", [short, pytest.param(long, marks=pytest.mark.long)])


def ten(app: Flask, act: Callable[[int], object]) -> list[object]:
    """What each of ten gets, all begun at one moment."""
    return at_once(app, [partial(act, n) for n in range(TEN)])
