"""PostgreSQL in trouble: stopped at once, cut off at a commit, and transactions that quarrel.

Numbers in the tests' names are those of the fault catalogue. The server is a real one that flushes.
"""

import os
import random
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from flask import Flask, has_request_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.bank.files import BankFiles
from app.storage.attempts import AttemptRow
from app.storage.database import db, engine_options
from app.storage.people import PersonRow
from app.storage.pings import MOMENT_SECONDS
from app.web.again import MOST_TIMES
from app.web.saves_first import KNOWN
from tests.faults.clients import PATIENCE
from tests.faults.crashing_postgres import CrashingPostgres, pg_immediate
from tests.faults.faultlib import (
    AckLog,
    Savers,
    Scene,
    TestClient,
    accepted,
    running,
    save,
    scene,
    stored,
)
from tests.faults.proxies import Proxy, proxy
from tests.stage_database import Kept, let_go
from tests.web.exam_cast import begin, options, response
from tests.world import build_app, furnish, signed_in

pytestmark = pytest.mark.xdist_group("crashing_postgres")
STOPS, MANY_STOPS = 4, 200
LONGEST_SILENCE = 25
"""Seconds after which nobody may wait any more for a server of which nothing is heard."""


@pytest.fixture(scope="module")
def server(bank: BankFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashingPostgres]:
    """With a furnished site on it."""
    with pg_immediate() as running:
        folder = tmp_path_factory.mktemp("furnished")
        furnish(build_app(folder, bank, database_url=running.address), bank)
        yield running


# 30: stopped at once


def stop_again_and_again(
    server: CrashingPostgres, exam: Scene, acks: AckLog, stops: int
) -> list[str]:
    """Stop the server at random moments while people save; what they had to send again."""
    chance, pause = random.Random(30), threading.Event()
    with running(exam) as site:
        savers = Savers(site.url, exam.exams, acks)
        with savers:
            for _stop in range(stops):
                savers.wait_for(chance.randrange(1, 20))
                pause.wait(chance.random() / 20)
                server.stop_at_once()
                server.start()
            savers.wait_for(20)
        savers.submit()
    return savers.troubles


@pytest.mark.parametrize("stops", [STOPS, pytest.param(MANY_STOPS, marks=pytest.mark.long)])
def test_30_an_immediate_stop_of_postgresql_loses_no_answer_and_needs_no_restart_of_the_site(
    furnished: Kept,
    bank: BankFiles,
    server: CrashingPostgres,
    tmp_path: Path,
    stops: int,
) -> None:
    exam = scene(furnished, bank, tmp_path / "site", people=4, address=server.address)
    acks = AckLog(tmp_path / "acks")
    troubles = stop_again_and_again(server, exam, acks, stops)
    assert {told.split(" ")[0] for told in troubles} <= {"503"}
    assert acks.lost(exam.address) == []
    assert acks.unscored(exam.app) == []
    let_go(exam.app)


# 31: nobody knows whether it was committed


@pytest.fixture
def line(server: CrashingPostgres) -> Iterator[Proxy]:
    """What stands between the site and its database."""
    with proxy(server.socket) as between:
        yield between


@pytest.fixture
def distant(
    server: CrashingPostgres, line: Proxy, bank: BankFiles, tmp_path: Path
) -> Iterator[Flask]:
    """The site, which reaches its database by the line."""
    app = build_app(tmp_path / "distant", bank, database_url=server.address_by(line.port))
    yield app
    let_go(app)


def answered_once(distant: Flask, who: str, position: int) -> tuple[TestClient, str, list[str]]:
    """Somebody whose first answer there is saved: their page, the attempt, the options."""
    client, handle = TestClient(signed_in(distant, who)), begin(distant, who)
    choices = list(options(distant, handle, position))
    assert accepted(save(client, handle, position, 1, choices[0]), position) == 1
    return client, handle, choices


def lose_a_commit(line: Proxy, *, arrives: bool) -> None:
    """Cut the line at the next commit: before PostgreSQL hears of it, or before its answer."""

    def is_commit(data: bytes) -> bool:
        return b"COMMIT\0" in data and not line.cuts

    if arrives:
        line.cut_after = is_commit
    else:
        line.cut_before = is_commit


@pytest.mark.parametrize(("who", "is_there"), [("ana", True), ("eli", False)])
def test_31_a_known_save_whose_commit_is_lost_is_done_again_at_once(
    distant: Flask, server: CrashingPostgres, line: Proxy, who: str, *, is_there: bool
) -> None:
    client, handle, choices = answered_once(distant, who, 5)
    lose_a_commit(line, arrives=is_there)
    assert accepted(save(client, handle, 5, 2, choices[1]), 5) == 2
    assert line.cuts == 1
    assert stored(server.address)[handle, 5] == (2, choices[1])


@pytest.mark.parametrize(("who", "is_there"), [("ana", True), ("eli", False)])
def test_31_a_commit_whose_outcome_nobody_knows_is_one_row_after_the_retry(
    distant: Flask, server: CrashingPostgres, line: Proxy, who: str, *, is_there: bool
) -> None:
    client, handle, (first, second, *_others) = answered_once(distant, who, 3)
    lose_a_commit(line, arrives=is_there)
    with patch.object(distant.extensions[KNOWN], "proof", return_value=None):
        refused = save(client, handle, 3, 2, second)
    assert (refused.status, refused.headers["Retry-After"], line.cuts) == (503, "5", 1)
    found = stored(server.address)[handle, 3]
    assert found == ((2, second) if is_there else (1, first))
    assert accepted(save(client, handle, 3, 2, second), 3) == 2
    assert stored(server.address)[handle, 3] == (2, second)


def cut_all_off(server: CrashingPostgres) -> None:
    """As when something between the site and its database forgets their connections.

    Returns once all are gone: what is said to one that is going may still be answered.
    """
    others = (
        "select pid from pg_stat_activity where usename is not null and pid <> pg_backend_pid()"
    )
    gone = f"pg_terminate_backend(pid, {PATIENCE * 1000})"
    assert server.run(f"select bool_and({gone}) from ({others}) as other")  # noqa: S608


def test_31_a_connection_that_was_lost_at_rest_is_replaced_before_its_use(
    distant: Flask, server: CrashingPostgres
) -> None:
    client, handle, choices = answered_once(distant, "ana", 6)
    cut_all_off(server)
    threading.Event().wait(MOMENT_SECONDS * 1.5)
    with patch.object(distant.extensions[KNOWN], "proof", return_value=None):
        assert accepted(save(client, handle, 6, 2, choices[1]), 6) == 2
    assert stored(server.address)[handle, 6] == (2, choices[1])


def test_31_one_that_was_lost_just_now_is_a_busy_page_at_most_once(
    distant: Flask, server: CrashingPostgres
) -> None:
    client, handle, choices = answered_once(distant, "ana", 7)
    cut_all_off(server)
    with patch.object(distant.extensions[KNOWN], "proof", return_value=None):
        refused = save(client, handle, 7, 2, choices[1])
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert accepted(save(client, handle, 7, 2, choices[1]), 7) == 2
    assert stored(server.address)[handle, 7] == (2, choices[1])


def test_31_a_known_save_that_meets_a_connection_lost_just_now_is_done_again_at_once(
    distant: Flask, server: CrashingPostgres
) -> None:
    client, handle, choices = answered_once(distant, "ana", 8)
    cut_all_off(server)
    assert accepted(save(client, handle, 8, 2, choices[1]), 8) == 2
    assert stored(server.address)[handle, 8] == (2, choices[1])


def test_31_a_server_that_says_nothing_any_more_is_a_busy_page_in_time(
    distant: Flask, server: CrashingPostgres, line: Proxy
) -> None:
    client, handle, choices = answered_once(distant, "ana", 9)
    let_go(distant)
    line.is_silent, began = True, time.monotonic()
    refused = save(client, handle, 9, 2, choices[1])
    took = time.monotonic() - began
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert took < LONGEST_SILENCE
    line.is_silent = False
    assert accepted(save(client, handle, 9, 2, choices[1]), 9) == 2
    assert stored(server.address)[handle, 9] == (2, choices[1])


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how long it waits")
def test_31_a_machine_that_vanishes_amid_a_statement_is_missed_by_the_system(
    distant: Flask,
) -> None:
    with distant.app_context(), db.engine.connect() as connection:
        number = connection.connection.driver_connection.fileno()  # type: ignore[union-attr]
        with socket.socket(fileno=os.dup(number)) as line:
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            idle, between, count, silence = (
                line.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
                for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
            )
    assert idle + between * count <= LONGEST_SILENCE
    assert 0 < silence <= LONGEST_SILENCE * 1000


def test_31_what_the_address_says_of_patience_goes_before() -> None:
    address = "postgresql+psycopg://site@db.example/peerprep?connect_timeout=30"
    patience = engine_options(address)["connect_args"]
    assert "connect_timeout" not in patience
    assert patience["tcp_user_timeout"] > 0


# 32: quarrels


@dataclass(slots=True)
class Quarrel:
    """What befalls a request, so many times, once it holds its attempt."""

    begin: Callable[[sa.Connection], None]
    left: int
    times: int = 0

    def watch(self, connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        """Begin a quarrel where the request has just taken hold of its attempt."""
        if self.left and has_request_context() and "FOR UPDATE" in statement:
            self.left -= 1
            self.times += 1
            self.begin(connection)


@contextmanager
def quarrels(app: Flask, begin: Callable[[sa.Connection], None], times: int) -> Iterator[Quarrel]:
    quarrel = Quarrel(begin, times)
    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "after_cursor_execute", quarrel.watch)
    try:
        yield quarrel
    finally:
        sa.event.remove(engine, "after_cursor_execute", quarrel.watch)


def deadlock(connection: sa.Connection) -> None:
    """Somebody holds Ben and wants the attempt, and the request wants Ben: one of them must end."""
    holds, engine = threading.Event(), connection.engine
    ben = sa.select(PersonRow.id).where(PersonRow.username == "ben").with_for_update()

    def other() -> None:
        with engine.connect() as mine, suppress(sa.exc.OperationalError):
            mine.exec_driver_sql("set local deadlock_timeout = '30s'")  # so it is the request
            mine.execute(ben)
            # Where the request is there again before this one wakes, this one gives way.
            mine.exec_driver_sql("set local lock_timeout = '5s'")
            holds.set()
            mine.execute(sa.select(AttemptRow.id).with_for_update())
            mine.rollback()

    threading.Thread(target=other).start()
    assert holds.wait(PATIENCE)
    connection.execute(ben)


def no_order(connection: sa.Connection) -> None:
    """The server finds no order for the request's transaction and another."""
    connection.exec_driver_sql("do $$ begin raise exception using errcode = '40001'; end $$")


@pytest.fixture
def near(server: CrashingPostgres, bank: BankFiles, tmp_path: Path) -> Iterator[Flask]:
    """The site beside its database."""
    app = build_app(tmp_path / "near", bank, database_url=server.address)
    yield app
    let_go(app)


def answer(client: FlaskClient, app: Flask, handle: str) -> TestResponse:
    """Save by the plain form."""
    option = options(app, handle, 2)[0]
    return client.post(f"/attempts/{handle}/items/2", data={"option": option})


@pytest.mark.parametrize("begin_quarrel", [deadlock, no_order])
def test_32_a_transaction_that_a_quarrel_ended_is_begun_again(
    near: Flask, begin_quarrel: Callable[[sa.Connection], None]
) -> None:
    client, handle = signed_in(near, "dev"), begin(near, "dev")
    with quarrels(near, begin_quarrel, MOST_TIMES - 1) as quarrel:
        assert answer(client, near, handle).status_code == 303
    assert quarrel.times == MOST_TIMES - 1
    assert response(near, handle, 2) is not None


@pytest.mark.parametrize("begin_quarrel", [deadlock, no_order])
def test_32_after_three_quarrels_the_site_is_busy_and_nothing_is_stored(
    near: Flask, begin_quarrel: Callable[[sa.Connection], None]
) -> None:
    client, handle = signed_in(near, "caro"), begin(near, "caro")
    with quarrels(near, begin_quarrel, 99) as quarrel:
        refused = answer(client, near, handle)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert quarrel.times == MOST_TIMES
    assert response(near, handle, 2) is None
