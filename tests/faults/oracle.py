"""The oracle: what people were promised, against what the database holds and what was scored."""

import itertools
import json
import os
import random
import shutil
import threading
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import sqlalchemy as sa
from flask import Flask
from flask_security import hash_password

from app.bank.files import BankFiles
from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.services.attempts import start_attempt
from app.services.people import Registration, add_person
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.bank import item_of
from app.storage.database import db, set_reading
from app.web.site import EXTENSION
from tests.browser.running_site import RunningSite, running_site
from tests.cohorts import join, make_cohort
from tests.faults.clients import PATIENCE, Client, Reply, accepted, save
from tests.stage_database import Kept, let_go, on_postgres, the_server
from tests.world import BANK, PASSWORD, Stage, build_app, wanted_attempt

_seqs = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Ack:
    """One answer as it was acknowledged."""

    handle: str
    position: int
    seq: int
    option: str


class AckLog:
    """What a client was promised: written to its own file, and to the disk, after the reply."""

    def __init__(self, path: Path) -> None:
        """Begin, or go on, with this file."""
        self._path, self._lock, self.count = path, threading.Lock(), 0

    def note(self, ack: Ack) -> None:
        """Keep it for good."""
        line = json.dumps([ack.handle, ack.position, ack.seq, ack.option]) + "\n"
        with self._lock, self._path.open("a", encoding="ascii") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
            self.count += 1

    def newest(self) -> dict[tuple[str, int], Ack]:
        """The newest promise for each place."""
        found: dict[tuple[str, int], Ack] = {}
        if self._path.exists():
            for line in self._path.read_text(encoding="ascii").splitlines():
                ack = Ack(*json.loads(line))
                known = found.get((ack.handle, ack.position))
                if known is None or known.seq < ack.seq:
                    found[ack.handle, ack.position] = ack
        return found

    def lost(self, address: str) -> list[tuple[Ack, object]]:
        """Every promise that the database does not keep, with what it holds instead.

        A higher number is none: it was sent, and stored, and its reply was lost.
        """
        have = stored(address)
        return [
            (ack, have.get(place))
            for place, ack in self.newest().items()
            if not _keeps(ack, have.get(place))
        ]

    def unscored(self, app: Flask) -> list[object]:
        """Every finished attempt whose score does not follow from what the database holds."""
        address = _address(app)
        have, wrong = stored(address), list[object]()
        set_reading(only=True)
        with app.app_context():
            for handle in {ack.handle for ack in self.newest().values()}:
                row = db.session.scalars(sa.select(AttemptRow).filter_by(handle=handle)).one()
                chosen = [have.get((handle, n + 1), (0, None))[1] for n in range(len(row.form))]
                right = sum(
                    option == item_of(revision).key
                    for option, (_item, revision, _order) in zip(chosen, row.form, strict=True)
                )
                if (row.chosen, row.right) != (chosen, right):
                    wrong.append((handle, row.chosen, chosen, row.right, right))
            db.session.remove()
        return wrong


def stored(address: str) -> dict[tuple[str, int], tuple[int, str | None]]:
    """Sequence number and option at every place of every attempt."""
    query = sa.select(
        AttemptRow.handle, ResponseRow.position, ResponseRow.seq, ResponseRow.option_id
    ).join(AttemptRow, AttemptRow.id == ResponseRow.attempt_id)
    engine = sa.create_engine(address)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    engine.dispose()
    return {(handle, position): (seq, option) for handle, position, seq, option in rows}


def _keeps(ack: Ack, have: tuple[int, str | None] | None) -> bool:
    return have is not None and (have[0] > ack.seq or have == (ack.seq, ack.option))


def _address(app: Flask) -> str:
    with app.app_context():
        return db.engine.url.render_as_string(hide_password=False)


# A site with people in the middle of a test


@dataclass(frozen=True, slots=True)
class Exam:
    """One person's running attempt."""

    username: str
    handle: str
    options: tuple[tuple[str, ...], ...]
    """The option ids by position."""


@dataclass(frozen=True, slots=True)
class Scene:
    """An instance folder with its database, not yet running."""

    instance: Path
    app: Flask
    exams: tuple[Exam, ...]
    cohort: str
    """The handle of Ben's group, in which everybody is."""
    settings: dict[str, object] = field(default_factory=dict)
    """For `running_site`."""

    @property
    def address(self) -> str:
        """The database's."""
        return _address(self.app)


def running(place: Scene, **more: object) -> AbstractContextManager[RunningSite]:
    """The scene's site as a process of its own."""
    return running_site(place.instance, **{**place.settings, **more})  # type: ignore[arg-type]


def scene(
    furnished: Kept, bank: BankFiles, instance: Path, people: int, address: str | None = None
) -> Scene:
    """A copy of the furnished site with so many people in a quiz that began now."""
    instance.mkdir(exist_ok=True)
    settings: dict[str, object] = {"limit_floods": "false", "bank": BANK}
    if address is None and on_postgres():
        server = the_server()
        address = server.address(server.new_database(furnished.copy))
    elif address is None:
        shutil.copy(furnished.copy, instance / "peerprep.db")
    if address is not None:
        settings["database_url"] = address
    app = build_app(instance, bank, database_url=address or "")
    set_reading(only=False)
    with app.app_context():
        secret = hash_password(PASSWORD)
        exams = tuple(_exam(app, f"person{n}", secret, n) for n in range(people))
        stage = Stage(app)
        cohort = make_cohort(stage, now=datetime.now(UTC))
        join(stage, cohort, *(exam.username for exam in exams), now=datetime.now(UTC))
        handle = cohort.handle
        db.session.remove()
    let_go(app)
    return Scene(instance, app, exams, handle, settings)


def _exam(app: Flask, username: str, secret: str, seed: int) -> Exam:
    now = datetime.now(UTC)
    add_person(Registration(username, username, secret, Language.EN), now)
    person, chance = Stage(app).person(username), random.Random(seed)
    wanted = wanted_attempt(AttemptKind.QUIZ)
    handle = start_attempt(person, wanted, app.extensions[EXTENSION], now, chance).handle
    row = db.session.scalars(sa.select(AttemptRow).filter_by(handle=handle)).one()
    return Exam(username, handle, tuple(tuple(order.split()) for _i, _r, order in row.form))


class Savers:
    """People who save one answer after the other, and keep what they were promised.

    `each` is how many pages of one person save at once, every one of them other items.
    """

    def __init__(self, url: str, exams: tuple[Exam, ...], acks: AckLog, each: int = 1) -> None:
        """Sign everybody in."""
        self.acks = acks
        self.failed: list[BaseException] = []
        self.url, self._stop = url, threading.Event()
        self._seats = [(Client(url, exam.username), exam) for exam in exams]
        for client, exam in self._seats:
            client.insist(lambda c=client, e=exam: save(c, e.handle, 1, next(_seqs), None))  # type: ignore[misc]
            client.troubles.clear()
        self._threads = [
            threading.Thread(target=self._sit, args=(*seat, n, each))
            for seat in self._seats
            for n in range(each)
        ]
        self.times: list[float] = []
        """Seconds that each acknowledged save took, with everything that went wrong."""

    def __enter__(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, once what is under way has been answered."""
        self.stop()

    def stop(self) -> None:
        """The same, before the end of the block."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Wait until so many more answers are acknowledged."""
        wanted, until = self.acks.count + more, time.monotonic() + PATIENCE
        while self.acks.count < wanted and not self.failed:
            assert time.monotonic() < until, "nothing is acknowledged any more"
            self._stop.wait(0.005)
        assert self.failed == []

    def move(self, url: str) -> None:
        """Go on at another address."""
        self.url = url

    def submit(self) -> None:
        """Everybody ends the test."""
        for client, exam in self._seats:
            client.url = self.url
            path = f"/attempts/{exam.handle}/submit"
            assert client.insist(lambda c=client, p=path: c.form(p)).status == 200  # type: ignore[misc]

    @property
    def troubles(self) -> list[str]:
        """Everything that had to be sent again, and why."""
        return [told for client, _exam in self._seats for told in client.troubles]

    def _sit(self, client: Client, exam: Exam, page: int, pages: int) -> None:
        try:
            for position in itertools.cycle(range(1 + page, len(exam.options) + 1, pages)):
                if self._stop.is_set():
                    return
                self._save_one(client, exam, position)
        except BaseException as error:  # noqa: BLE001 (told by the test)
            self.failed.append(error)

    def _save_one(self, client: Client, exam: Exam, position: int) -> None:
        seq = next(_seqs)
        choices = exam.options[position - 1]
        option = choices[seq % len(choices)]

        def send() -> Reply:
            client.url = self.url
            return save(client, exam.handle, position, seq, option)

        began = time.monotonic()
        reply = client.insist(send)
        assert accepted(reply, position) == seq, reply
        self.acks.note(Ack(exam.handle, position, seq, option))
        self.times.append(time.monotonic() - began)
