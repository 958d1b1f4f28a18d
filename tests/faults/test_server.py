"""The server's processes and its disk: an acknowledged answer survives whatever befalls them.

Numbers in the tests' names are those of the fault catalogue. The sites are real ones.
"""

import os
import random
import resource
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.bank.files import BankFiles
from tests.browser.running_site import RunningSite, running_site
from tests.faults.faultlib import (
    ARMED,
    Ack,
    AckLog,
    Client,
    Savers,
    Scene,
    accepted,
    children,
    disk,
    kill_at,
    may_mount,
    running,
    save,
    scene,
    stored,
    wait_until,
)
from tests.stage_database import Kept, let_go
from tests.world import BANK

pytestmark = [
    pytest.mark.sqlite_only("the tests' PostgreSQL does not flush; one that does: test_postgres"),
    pytest.mark.xdist_group("faults_server"),
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks Linux who serves"),
]
PEOPLE = 16
NINETY_NINE = 0.99
SLOWEST_SAVE = 3.0
"""Seconds that a save may take beside heavy reports, on a machine with other work."""


@pytest.fixture(scope="module")
def exam(furnished: Kept, bank: BankFiles, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """People in the middle of a test."""
    return scene(furnished, bank, tmp_path_factory.mktemp("faults") / "site", PEOPLE)


@pytest.fixture(scope="module")
def site(exam: Scene) -> Iterator[RunningSite]:
    """Their site, with one worker of many threads, which can be told where to kill itself."""
    with running(exam, program=ARMED, threads=64) as site:
        yield site


@pytest.fixture
def acks(tmp_path: Path) -> AckLog:
    return AckLog(tmp_path / "acks")


def kept_and_scored(exam: Scene, acks: AckLog) -> bool:
    """Whether every promise is in the database, and every score follows from it."""
    lost, unscored = acks.lost(exam.address), acks.unscored(exam.app)
    assert (lost, unscored) == ([], [])
    return acks.count > 0


# 16, 17: kills


def kill_workers(site: RunningSite) -> None:
    """Kill all that serve, and wait until others do."""
    old = children(site.pid)
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: bool(children(site.pid) - old), "a new worker")


def kill_again_and_again(site: RunningSite, savers: Savers, kills: int) -> None:
    """Kill the worker at random moments while people save."""
    chance, pause = random.Random(16), threading.Event()
    with savers:
        for _kill in range(kills):
            savers.wait_for(chance.randrange(1, 6))
            pause.wait(chance.random() / 50)
            kill_workers(site)
        savers.wait_for(4)
    savers.submit()


def test_16_killed_workers_lose_no_acknowledged_answer(
    exam: Scene, site: RunningSite, acks: AckLog
) -> None:
    kill_again_and_again(site, Savers(site.url, exam.exams[:4], acks), kills=20)
    assert kept_and_scored(exam, acks)


def makers(site: RunningSite) -> set[int]:
    """The processes beside the workers that make reports."""
    return {maker for worker in children(site.pid) for maker in children(worker)}


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").exists() and "\nState:\tZ" not in status_of(pid)


def status_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/status").read_text()
    return "\nState:\tZ"


def test_16_makers_of_reports_end_with_their_workers_and_with_the_site(
    tmp_path: Path,
) -> None:
    with running_site(tmp_path, workers=2, bank=BANK) as site:
        wait_until(lambda: len(makers(site)) == 2, "a maker for each worker")
        old = makers(site)
        kill_workers(site)
        wait_until(lambda: not any(map(is_alive, old)), "their end")
        wait_until(lambda: len(makers(site)) == 2, "new ones")
        left = makers(site) | children(site.pid)
    wait_until(lambda: not any(map(is_alive, left)), "the end of all")


@pytest.mark.long
def test_16_a_thousand_killed_workers_lose_no_acknowledged_answer(
    exam: Scene, site: RunningSite, acks: AckLog
) -> None:
    kill_again_and_again(site, Savers(site.url, exam.exams[12:16], acks), kills=1000)
    assert kept_and_scored(exam, acks)


@pytest.mark.parametrize(("point", "is_there"), [("before_commit", False), ("after_commit", True)])
def test_17_a_save_whose_reply_died_with_its_worker_is_one_row_after_the_retry(
    exam: Scene, site: RunningSite, point: str, *, is_there: bool
) -> None:
    one = exam.exams[4]
    client, position, seq = Client(site.url, one.username), 2 + is_there, 7
    client.insist(lambda: save(client, one.handle, 1, 1 + is_there, one.options[0][0]))
    option = one.options[position - 1][1]
    with kill_at(exam.instance, point) as file:
        with pytest.raises((OSError, HTTPException)):
            save(client, one.handle, position, seq, option)
        assert not file.exists()
    found = stored(exam.address).get((one.handle, position))
    assert found == ((seq, option) if is_there else None)
    again = client.insist(lambda: save(client, one.handle, position, seq, option))
    assert accepted(again, position) == seq
    assert stored(exam.address)[one.handle, position] == (seq, option)


# 23: many writers


@contextmanager
def lock_held(exam: Scene, seconds: float) -> Iterator[None]:
    """Somebody else's connection keeps everybody from writing for so long."""
    engine, done = sa.create_engine(exam.address), threading.Event()

    def hold() -> None:
        lock = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "LOCK TABLE response"
        with engine.connect() as connection:
            connection.exec_driver_sql(lock)
            done.wait(seconds)
            connection.rollback()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        yield
    finally:
        holder.join()
        engine.dispose()


def test_23_sixty_four_writers_and_a_lock_of_five_seconds_meet_no_error(
    exam: Scene, site: RunningSite, acks: AckLog
) -> None:
    savers = Savers(site.url, exam.exams[5:13], acks, each=8)
    with savers:
        savers.wait_for(150)
        with lock_held(exam, seconds=5):
            savers.wait_for(1)
        savers.wait_for(150)
    savers.submit()
    assert savers.troubles == []
    assert max(savers.times) > 4  # somebody has waited for the lock
    assert kept_and_scored(exam, acks)


@pytest.mark.long
def test_23_sixty_four_writers_meet_no_error_for_a_minute(
    exam: Scene, site: RunningSite, acks: AckLog
) -> None:
    savers = Savers(site.url, exam.exams[8:16], acks, each=8)
    with savers:
        threading.Event().wait(60)
    savers.submit()
    assert savers.troubles == []
    assert kept_and_scored(exam, acks)


# 33: no memory


def test_33_a_worker_without_memory_loses_no_acknowledged_answer(
    exam: Scene, site: RunningSite, acks: AckLog
) -> None:
    savers, heavy = Savers(site.url, exam.exams[13:14], acks), Client(site.url, "ben")
    large = {"csrf_token": heavy.token, "names": "x" * 900_000}

    def import_much(_n: int) -> str:
        with suppress(OSError, HTTPException):
            return str(heavy.form("/cohorts", **large).status)
        return "no reply"

    kill_workers(site)  # a fresh one has no memory to spare from earlier work
    with savers:
        savers.wait_for(5)
        for pid in children(site.pid):
            # Below what it has already: whatever it asks for beyond that, it does not get.
            resource.prlimit(pid, resource.RLIMIT_AS, (2**20, resource.RLIM_INFINITY))
        with ThreadPoolExecutor(48) as pool:
            told = set(pool.map(import_much, range(96)))
        for pid in children(site.pid):
            free = resource.RLIM_INFINITY
            resource.prlimit(pid, resource.RLIMIT_AS, (free, free))
        savers.wait_for(20)
    savers.submit()
    assert told & {"500", "503", "no reply"}, told  # memory did run out
    assert kept_and_scored(exam, acks)


# 26: reports beside the saves


def test_26_saves_stay_quick_beside_four_who_draw_reports(
    exam: Scene, site: RunningSite, acks: AckLog
) -> None:
    ben, enough = Client(site.url, "ben"), threading.Event()
    path, drawn = f"/cohorts/{exam.cohort}/gradebook/file", list[int]()

    def draw() -> None:
        while not enough.is_set():
            drawn.append(ben.form(path, format="xlsx").status)

    reporters = [threading.Thread(target=draw) for _ in range(4)]
    savers = Savers(site.url, exam.exams[14:16], acks)
    for reporter in reporters:
        reporter.start()
    with savers:
        savers.wait_for(100)
    enough.set()
    for reporter in reporters:
        reporter.join()
    assert (set(drawn), savers.troubles) == ({200}, [])
    assert sorted(savers.times)[int(len(savers.times) * NINETY_NINE)] < SLOWEST_SAVE
    assert acks.lost(exam.address) == []


# 27: no room on the disk


def test_27_a_full_disk_says_so_keeps_what_was_saved_and_recovers(
    furnished: Kept, bank: BankFiles, tmp_path: Path, acks: AckLog
) -> None:
    if not may_mount(tmp_path):
        pytest.skip("no file system may be mounted here")
    with disk(tmp_path / "small", 32 * 2**20) as folder:
        exam = scene(furnished, bank, folder / "site", people=1)
        (one,) = exam.exams
        with running(exam) as site:
            client = Client(site.url, one.username)
            for position in (1, 2, 3):
                option = one.options[position - 1][0]
                reply = save(client, one.handle, position, position, option)
                assert accepted(reply, position) == position
                acks.note(Ack(one.handle, position, position, option))
            with filled(folder):
                refused = save(client, one.handle, 4, 4, one.options[3][0])
                page = client.form(f"/attempts/{one.handle}/items/4", option=one.options[3][0])
                assert client.get(f"/attempts/{one.handle}/items/1").status == 200
            assert [refused.status, page.status] == [507, 507]
            assert refused.headers["Retry-After"] == "30"
            assert "The site has no room to save" in page.body.decode()
            assert acks.lost(exam.address) == []
            reply = save(client, one.handle, 4, 4, one.options[3][0])
            assert accepted(reply, 4) == 4
        assert acks.lost(exam.address) == []
        let_go(exam.app)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not a byte left on the folder's disk."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        filler.unlink()


# 34: restarts


def test_34_reloads_and_a_restart_under_load_lose_nothing(
    furnished: Kept, bank: BankFiles, tmp_path: Path, acks: AckLog
) -> None:
    exam = scene(furnished, bank, tmp_path / "restarted", people=4)
    first = ExitStack()
    site = first.enter_context(running(exam))
    savers = Savers(site.url, exam.exams, acks)
    with savers:
        for _reload in range(2):
            savers.wait_for(10)
            old = children(site.pid)
            os.kill(site.pid, signal.SIGHUP)
            wait_until(lambda old=old: not children(site.pid) & old, "the old workers' end")  # type: ignore[misc]
        savers.wait_for(10)
        first.close()  # SIGTERM, and waits until it has ended
        with running(exam) as site:
            savers.move(site.url)
            savers.wait_for(20)
            savers.stop()
            savers.submit()
    assert kept_and_scored(exam, acks)
    let_go(exam.app)
