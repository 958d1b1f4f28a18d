"""Power cuts: the site's own saves on SQLite, and what a cut at any moment leaves of its files.

Numbers in the tests' names are those of the fault catalogue. See `power` for how a cut is made.
"""

import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.bank.files import BankFiles
from app.storage.database import db
from tests.faults.faultlib import TestClient, accepted, save
from tests.faults.power import Disk, Recorder, can_record, found_after, record
from tests.stage_database import Kept
from tests.web.exam_cast import begin, options
from tests.world import build_app, signed_in

pytestmark = [
    pytest.mark.sqlite_only("the files of SQLite"),
    pytest.mark.skipif(not can_record(), reason="SQLite's library cannot be reached"),
    pytest.mark.xdist_group("faults_power"),
]
SAVES = 30
CUTS, MANY_CUTS = 120, 5000
NAME = "peerprep.db"
QUERY = "select position, seq, option_id from response where seq > 0 order by position"


@dataclass(frozen=True, slots=True)
class Recorded:
    """Saves through the site, and everything that went to the disk for them."""

    before: bytes
    """The database before the first of them, whole and on the disk."""
    recorder: Recorder
    sent: tuple[tuple[int, str], ...]
    """Position and option of each save; its number is its place, from 1."""


@pytest.fixture(scope="module")
def record_saves(
    furnished: Kept, bank: BankFiles, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Recorded]:
    """To let Ana save on a site whose disk is watched; each way once."""
    done: dict[tuple[tuple[str, ...], bool], Recorded] = {}

    def once(*pragmas: str, early: bool = False) -> Recorded:
        if (pragmas, early) not in done:
            folder = tmp_path_factory.mktemp("power")
            (folder / NAME).write_bytes(Path(furnished.copy).read_bytes())
            done[pragmas, early] = _recorded(folder, bank, pragmas, early=early)
        return done[pragmas, early]

    return once


def _recorded(folder: Path, bank: BankFiles, pragmas: tuple[str, ...], *, early: bool) -> Recorded:
    recorder = record()
    address = f"sqlite:///file:{folder / NAME}?vfs={recorder.name}&uri=true"
    app = build_app(folder, bank, database_url=address)
    client, handle = TestClient(signed_in(app, "ana")), begin(app)
    with app.app_context():
        db.engine.dispose()
        sa.event.listen(db.engine, "connect", lambda c, _record: _also(c, pragmas))
    choices = {position: options(app, handle, position) for position in range(1, 11)}
    assert accepted(save(client, handle, 10, 1, None), 10) == 1  # the right to write
    with app.app_context():
        db.engine.dispose()
    before = (folder / NAME).read_bytes()
    recorder.log.clear()
    sent = []
    for number in range(1, SAVES + 1):
        position = number % 9 + 1
        option = choices[position][number // 9 % len(choices[position])]
        if early:
            recorder.ack(number)
        assert accepted(save(client, handle, position, number + 1, option), position) == number + 1
        recorder.ack(number)
        sent.append((position, option))
    log = list(recorder.log)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    recorder.log[:] = log
    return Recorded(before, recorder, tuple(sent))


def _also(connection: sqlite3.Connection, pragmas: tuple[str, ...]) -> None:
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def cut_again_and_again(recorded: Recorded, cuts: int, folder: Path) -> list[str]:
    """Cut the power at moments spread over the whole log; whatever was wrong afterwards."""
    log, wrong = recorded.recorder.log, list[str]()
    moments = sorted(random.Random(20).choices(range(len(log) + 1), k=cuts))
    disk, reached, acknowledged = Disk(recorded.before, NAME), 0, 0
    for number, moment in enumerate(moments):
        for entry in log[reached:moment]:
            disk.take(entry)
            acknowledged = max(acknowledged, entry.at if entry.what == "ack" else 0)
        reached = moment
        # Every tenth cut is the harshest: nothing that was not waited for is there.
        chance = random.Random(number) if number % 10 else None
        wrong += _wrong_after(recorded, disk, chance, acknowledged, folder)
    return wrong


def _wrong_after(
    recorded: Recorded, disk: Disk, chance: random.Random | None, acknowledged: int, folder: Path
) -> Iterator[str]:
    try:
        found = [tuple(row) for row in found_after(disk, chance, folder, QUERY)]
    except sqlite3.DatabaseError as error:
        yield f"broken: {error}"
        return
    stands = max((seq - 1 for _position, seq, _option in found), default=0)
    prefix: dict[int, tuple[int, str]] = {}
    for number, (position, option) in enumerate(recorded.sent[:stands], start=1):
        prefix[position] = (number + 1, option)
    if [row for row in found if row[0] != 10] != [(p, *prefix[p]) for p in sorted(prefix)]:
        yield f"no prefix: {found}"
    if stands < acknowledged:
        yield f"lost: {acknowledged} acknowledged, {stands} there"


WAYS = [(), ("journal_mode=WAL",)]


@pytest.mark.parametrize("pragmas", WAYS, ids=["as here", "with a write-ahead log"])
def test_20_a_power_cut_leaves_every_acknowledged_answer(
    record_saves: Callable[..., Recorded], tmp_path: Path, pragmas: tuple[str, ...]
) -> None:
    assert cut_again_and_again(record_saves(*pragmas), CUTS, tmp_path) == []


@pytest.mark.long
@pytest.mark.parametrize("pragmas", WAYS, ids=["as here", "with a write-ahead log"])
def test_20_five_thousand_power_cuts_leave_every_acknowledged_answer(
    record_saves: Callable[..., Recorded], tmp_path: Path, pragmas: tuple[str, ...]
) -> None:
    assert cut_again_and_again(record_saves(*pragmas), MANY_CUTS, tmp_path) == []


def test_control_acknowledging_before_the_commit_is_caught(
    record_saves: Callable[..., Recorded], tmp_path: Path
) -> None:
    wrong = cut_again_and_again(record_saves(early=True), CUTS, tmp_path)
    assert any(told.startswith("lost") for told in wrong)


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_control_synchronous_off_is_caught(
    record_saves: Callable[..., Recorded], tmp_path: Path, journal: str
) -> None:
    careless = record_saves(f"journal_mode={journal}", "synchronous=OFF")
    wrong = cut_again_and_again(careless, CUTS, tmp_path)
    assert any(told.startswith("lost") for told in wrong)


def test_control_a_journal_whose_deletion_is_not_awaited_is_caught(
    record_saves: Callable[..., Recorded], tmp_path: Path
) -> None:
    wrong = cut_again_and_again(
        record_saves("journal_mode=DELETE", "synchronous=FULL"), CUTS, tmp_path
    )
    assert any(told.startswith("lost") for told in wrong)
