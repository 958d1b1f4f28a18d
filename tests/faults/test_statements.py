"""Every statement as the last one: nothing half done, and the next try completes it.

Numbers in the tests' names are those of the fault catalogue.
"""

import dataclasses
import itertools
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.bank.files import BankFiles
from app.services.attempts import finish_due
from app.services.bank import load_bank
from app.services.people import delete_person
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.bank import ItemRevisionRow, item_of
from app.storage.database import db, wal_is_safe
from app.storage.people import PersonRow
from app.web.saves_first import KNOWN
from tests.backups import digest, fingerprints
from tests.faults.faultlib import (
    Reply,
    TestClient,
    accepted,
    fail_nth_statement,
    killed_at_statement,
    save,
    watching,
)
from tests.stage_bank import forget_what_was_read
from tests.stage_database import keep_database, let_go
from tests.web.exam_cast import attempts, begin, inside, options, response
from tests.world import NOON

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a child to be killed is forked")
PLACES = 8
"""How many statements of an act the ordinary run tries; the long one tries them all."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that people do, and how to see that it was done once and whole."""

    do: Callable[[], object]
    is_whole: Callable[[], bool]


def state(app: Flask) -> object:
    """The content of every table; of SQLite the file, once what a kill left is rolled back."""
    url = let_go(app)
    address = url.render_as_string(hide_password=False)
    if url.get_backend_name() != "sqlite" or wal_is_safe(sqlite3.sqlite_version_info):
        return fingerprints(address)
    with closing(sqlite3.connect(str(url.database))) as connection:
        connection.execute("select count(*) from sqlite_master")
    return digest(Path(str(url.database)))


def sweep(app: Flask, act: Act, most: int | None) -> int:
    """Kill the act at its statements; each time nothing is half done and the next try completes it.

    How many statements and commits there are.
    """
    kept, before = keep_database(app), state(app)
    act.do()
    kept.put_back()
    total = _statements(app, act)
    for nth in range(1, total + 1) if most is None else spread(total, most):
        kept.put_back()
        with app.app_context():
            forget_what_was_read()  # what has the same number now may be something else
        assert killed_at_statement(app, act.do, nth)
        assert state(app) == before or act.is_whole(), f"half done after statement {nth}"
        act.do()
        assert act.is_whole(), f"not completed after statement {nth}"
    kept.forget()
    return total


def _statements(app: Flask, act: Act) -> int:
    """How many statements and commits the act takes, once what it reads first is known."""
    seen: list[str] = []
    with watching(app, seen.append):
        act.do()
    assert act.is_whole()
    return len(seen)


def spread(total: int, most: int) -> list[int]:
    """So many numbers from 1 to the total, the first and the last with them."""
    most = min(most, total)
    return sorted({1 + round(n * (total - 1) / max(1, most - 1)) for n in range(most)})


# 18: what people do


@pytest.fixture
def start(app: Flask, ana: FlaskClient) -> Act:
    """Ana starts a mock: a try, a form, a first item on screen."""

    def whole() -> bool:
        found = attempts(app)
        opened = [response(app, row.handle) for row in found]
        return [(r.kind, r.try_slot is not None) for r in found] == [("mock", True)] and all(opened)

    fields = {"language": "en", "agree": "yes"}
    return Act(lambda: ana.post("/mock", data=fields), whole)


@pytest.fixture
def save_one(app: Flask, ana: FlaskClient) -> Act:
    """Ana's page saves an answer over an older one."""
    handle = begin(app)
    client, (first, second, *_rest) = TestClient(ana), options(app, handle, 2)
    assert accepted(save(client, handle, 2, 5, first), 2) == 5

    def whole() -> bool:
        row = response(app, handle, 2)
        return row is not None and (row.seq, row.option_id) == (6, second)

    return Act(lambda: save(client, handle, 2, 6, second), whole)


@pytest.fixture
def submit(app: Flask, ana: FlaskClient) -> Act:
    """Ana ends a quiz with one right answer."""
    handle = _answered(app, "ana")
    return Act(lambda: ana.post(f"/attempts/{handle}/submit"), lambda: _finished(app, handle))


@pytest.fixture
def import_bank(app: Flask, bank: BankFiles) -> Act:
    """The bank is loaded anew: some items revised, some gone."""
    first, *others = bank.items
    revised = [dataclasses.replace(item, key=_other(item)) for item in others[:3]]
    files = dataclasses.replace(bank, items=(*revised, *others[3:]))

    def load() -> None:
        with inside(app):
            load_bank(files, NOON)

    def whole() -> bool:
        with inside(app):
            keys = [item_of(r).key for r in _revisions(item.id for item in revised)]
            retired = db.session.scalar(sa.text(f"select status from item where id = '{first.id}'"))  # noqa: S608
        return keys == [item.key for item in revised] and retired == "retired"

    return Act(load, whole)


@pytest.fixture
def delete(app: Flask) -> Act:
    """Ana's account goes, with all that hangs on it."""
    _answered(app, "ana")
    with inside(app) as stage:
        person = stage.person("ana").id

    def remove() -> None:
        with inside(app):
            delete_person(person)

    def whole() -> bool:
        with inside(app):
            tables = (PersonRow.id == person, AttemptRow.person_id == person, ResponseRow.seq > 0)
            return not any(db.session.scalar(sa.select(sa.exists().where(t))) for t in tables)

    return Act(remove, whole)


def _other(item: object) -> str:
    ids = [option.id for option in item.options]  # type: ignore[attr-defined]
    return str(next(i for i in ids if i != item.key))  # type: ignore[attr-defined]


def _revisions(ids: object) -> list[int]:
    return [
        db.session.scalars(
            sa.select(sa.func.max(ItemRevisionRow.id)).where(ItemRevisionRow.item_id == item_id)
        ).one()
        for item_id in ids  # type: ignore[attr-defined]
    ]


def _answered(app: Flask, username: str) -> str:
    """A quiz with one right answer."""
    handle = begin(app, username, timed=True)
    with inside(app):
        row = db.session.scalars(sa.select(AttemptRow).filter_by(handle=handle)).one()
        answer = db.session.get(ResponseRow, (row.id, 1))
        assert answer is not None
        answer.option_id, answer.seq = item_of(row.form[0][1]).key, 1
    return handle


def _finished(app: Flask, handle: str) -> bool:
    row = next(row for row in attempts(app) if row.handle == handle)
    blanks = [None] * 9
    ended = row.finished_at is not None and row.right == 1
    return ended and row.chosen is not None and list(row.chosen[1:]) == blanks


ACTS = ["start", "save_one", "submit", "import_bank", "delete"]


@pytest.mark.parametrize("name", ACTS)
def test_18_an_act_killed_at_a_statement_is_done_whole_or_not_at_all(
    app: Flask, request: pytest.FixtureRequest, name: str
) -> None:
    assert sweep(app, request.getfixturevalue(name), PLACES) >= 2


@pytest.mark.long
@pytest.mark.parametrize("name", ACTS)
def test_18_an_act_killed_at_every_statement_is_done_whole_or_not_at_all(
    app: Flask, request: pytest.FixtureRequest, name: str
) -> None:
    assert sweep(app, request.getfixturevalue(name), None) >= 2


def test_18_a_save_refused_at_a_statement_is_a_busy_page_and_works_the_next_time(
    app: Flask, save_one: Act
) -> None:
    before, refused = state(app), list[object]()
    with patch.object(app.extensions[KNOWN], "proof", return_value=None):
        for reply in refused_everywhere(app, save_one):
            refused.append((reply.status, reply.headers.get("Retry-After")))
            assert state(app) == before
    assert len(refused) > 2
    assert set(refused) == {(503, "5")}
    assert save_one.is_whole()


def test_18_a_known_save_refused_at_a_statement_is_done_again_at_once(
    app: Flask, save_one: Act
) -> None:
    saved = 0
    for reply in refused_everywhere(app, save_one):
        assert reply.status == 200
        assert save_one.is_whole()
        saved += 1
    assert saved > 2


def refused_everywhere(app: Flask, act: Act) -> Iterator[Reply]:
    """The answer to the act for each statement at which it is refused once, then do it in peace."""
    kept = keep_database(app)
    for nth in itertools.count(1):
        kept.put_back()
        with fail_nth_statement(app, nth) as struck:
            reply = act.do()
        if not struck:
            return
        assert isinstance(reply, Reply)
        yield reply


# 19: the end of an attempt that nobody returns to


@pytest.mark.parametrize("most", [PLACES, pytest.param(None, marks=pytest.mark.long)])
def test_19_a_finish_killed_at_a_statement_is_one_result_after_the_next_sweep(
    app: Flask, most: int | None
) -> None:
    handles = [_answered(app, "ana"), _answered(app, "eli")]

    def finish() -> int:
        with inside(app) as stage:
            return finish_due(NOON + timedelta(days=1), stage.site)

    def whole() -> bool:
        return all(_finished(app, handle) for handle in handles)

    assert sweep(app, Act(finish, whole), most) >= 4
    ended = state(app)
    assert finish() == 0
    assert state(app) == ended


# The control


def test_control_an_act_of_two_transactions_is_caught(app: Flask) -> None:
    handle = _answered(app, "ana")

    def submit_in_two_steps() -> None:
        with inside(app):
            row = db.session.scalars(sa.select(AttemptRow).filter_by(handle=handle)).one()
            row.finished_at, row.finish_reason = NOON, "submitted"
            db.session.commit()
            row.right, row.chosen = 1, [None] * 10

    with pytest.raises(AssertionError, match="half done"):
        sweep(app, Act(submit_in_two_steps, lambda: _finished(app, handle)), None)
