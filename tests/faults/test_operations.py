"""Operating the site: migrations, backups, secrets, second starts, proxies, missing sweepers.

Numbers in the tests' names are those of the fault catalogue; 97, 99 and 100 are in `test_backup`.
"""

import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask_migrate import upgrade
from werkzeug.serving import make_server

from app.bank.files import BankFiles
from app.config import ROOT, SettingsError, secret_key
from app.domain.attempts import AttemptKind
from app.services.attempts import finish_due, live_handle
from app.services.restore import restore
from app.services.tries import mock_standing, void_try
from app.storage.attempts import AttemptRow
from app.storage.database import db
from app.storage.revisions import migrate, newest_revision, revision_of
from tests.backups import backup_of, filled_site, quiet, site_on, sqlite_settings
from tests.faults.exam_acts import at_once
from tests.faults.faultlib import (
    Client,
    TestClient,
    accepted,
    killed_at_statement,
    save,
    stored,
    watching,
)
from tests.faults.proxies import sends_twice
from tests.faults.test_starting_twice import PATIENCE, environment, start_here
from tests.faults.test_statements import PLACES, spread, state
from tests.stage_database import Kept, keep_database, let_go
from tests.web.exam_cast import attempt, attempts, begin, inside, options, said, words
from tests.world import NOON, Stage, build_app, signed_in

A_DAY = timedelta(days=1)
OLDER = "0001"


# 95: a migration that is interrupted


def older_site(furnished: Kept, bank: BankFiles, instance: Path, revision: str | None) -> Flask:
    """A site whose database is of an older revision, with all that it can hold of the furnished."""
    instance.mkdir()
    app = build_app(instance, bank)
    if revision is None:
        return app
    with furnished.app.app_context():
        source = db.engine
    with app.app_context(), db.engine.begin() as target, source.connect() as full:
        migrate(target, revision)
        made, have = sa.MetaData(), sa.MetaData()
        made.reflect(target)
        have.reflect(full)
        for table in made.sorted_tables:
            if table.name in have.tables and table.name != "alembic_version":
                _copy(full, have.tables[table.name], target, table)
    let_go(app)
    return app


def _copy(full: sa.Connection, source: sa.Table, target: sa.Connection, table: sa.Table) -> None:
    shared = [column for column in source.columns if column.name in table.columns]
    rows = [dict(row._mapping) for row in full.execute(sa.select(*shared))]
    if rows:
        target.execute(sa.insert(table), rows)


def revision(app: Flask) -> str | None:
    with app.app_context(), db.engine.connect() as connection:
        return revision_of(connection)


def counts(app: Flask) -> dict[str, int]:
    """How many rows every table of the bank and of people has."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            name: connection.exec_driver_sql(f"select count(*) from {name}").scalar() or 0  # noqa: S608
            for name in ("person", "item", "item_revision")
        }


@pytest.mark.parametrize("most", [PLACES, pytest.param(None, marks=pytest.mark.long)])
@pytest.mark.parametrize("older", [None, OLDER], ids=["from nothing", "from the first"])
def test_95_a_migration_killed_at_a_statement_is_undone_and_completes_the_next_time(
    furnished: Kept, bank: BankFiles, tmp_path: Path, older: str | None, most: int | None
) -> None:
    app = older_site(furnished, bank, tmp_path / "older", older)
    with app.app_context():
        db.session.execute(sa.text("select 1"))
    kept, before = keep_database(app), state(app)

    def migrate_all() -> None:
        with app.app_context():
            upgrade()

    seen: list[str] = []
    with watching(app, seen.append):
        migrate_all()
    total, newest = len(seen), newest_revision()
    assert revision(app) == newest
    rows = counts(app)
    for nth in range(1, total + 1) if most is None else spread(total, most):
        kept.put_back()
        assert killed_at_statement(app, migrate_all, nth)
        assert state(app) == before or revision(app) == newest
        migrate_all()
        assert revision(app) == newest
        assert counts(app) == rows
    assert total > PLACES
    let_go(app)


# 98: a backup with attempts that run


def test_98_an_attempt_that_ran_when_the_backup_was_made_ends_and_can_be_given_back(
    bank: BankFiles, tmp_path: Path
) -> None:
    old, new = filled_site(tmp_path / "old", bank), sqlite_settings(tmp_path / "new")
    restore(new, backup_of(old), NOON, quiet)
    app, later = site_on(new, bank), NOON + A_DAY
    with inside(app) as stage:
        assert finish_due(later, stage.site) > 0
    row = next(row for row in attempts(app) if row.kind == "mock")
    assert row.finish_reason == "time_up"
    assert row.finished_at is not None
    assert row.finished_at < NOON + timedelta(hours=3)
    with time_machine.travel(later):
        page = words(signed_in(app, "ana").get(f"/attempts/{row.handle}/result"))
    assert said(app, "es", "The time ran out; every answer saved before counts.") in page
    with inside(app) as stage:
        left = mock_standing(stage.person("ana"), stage.site, later).left
        void_try(stage.person("dev"), row.handle, "The server was down.", later)
        assert mock_standing(stage.person("ana"), stage.site, later).left == left + 1
    let_go(app)


# 101: the secret


def test_101_of_ten_first_starts_at_once_all_have_the_same_secret(tmp_path: Path) -> None:
    barrier, got = threading.Barrier(10), list[str]()

    def first() -> None:
        barrier.wait()
        got.append(secret_key(tmp_path))

    threads = [threading.Thread(target=first) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(set(got)), len(got[0])) == (10, 1, 64)
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize("left", ["", "short"])
def test_101_a_secret_that_is_none_is_refused(tmp_path: Path, left: str) -> None:
    file = tmp_path / "secret_key"
    file.touch(0o600)
    file.write_text(left)
    with pytest.raises(SettingsError) as refused:
        secret_key(tmp_path)
    assert refused.value.why == "too_short"


def test_101_a_start_with_a_secret_that_is_none_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch(0o600)
    told = start_here(tmp_path, "bank", "load")
    assert (told.exit_code, "delete the file" in told.output) == (1, True)


def test_101_a_changed_secret_asks_for_a_sign_in_and_loses_no_answer(
    app: Flask, bank: BankFiles, tmp_path: Path
) -> None:
    instance, handle = tmp_path / "site", begin(app)
    option = options(app, handle, 2)[1]
    client = signed_in(app, "ana")
    assert accepted(save(TestClient(client), handle, 2, 1, option), 2) == 1
    cookie = client.get_cookie("peerprep")
    assert cookie is not None
    instance.mkdir()
    address = let_go(app).render_as_string(hide_password=False)
    other = build_app(instance, bank, database_url=address)
    stale = other.test_client()
    stale.set_cookie("peerprep", cookie.value)
    assert stale.get(f"/attempts/{handle}").location.startswith("/sign-in")
    refused = TestClient(stale)
    assert save(refused, handle, 2, 2, option).status == 401
    again = TestClient(signed_in(other, "ana"))
    assert accepted(save(again, handle, 3, 3, options(app, handle, 3)[0]), 3) == 3
    assert stored(address)[handle, 2] == (1, option)
    let_go(other)


# 102: two sweepers; a second start on the same folder is in `test_starting_twice`


def test_102_two_sweepers_at_once_finish_every_attempt_once(stage: Stage) -> None:
    handles = {stage.start("ana"), stage.start("eli")}
    db.session.rollback()

    def sweep() -> int:
        done = finish_due(NOON + A_DAY, stage.site)
        db.session.commit()
        return done

    got = at_once(stage.app, [sweep] * 6)
    assert sorted(map(str, got)) == ["0"] * 5 + ["2"]
    rows = db.session.scalars(sa.select(AttemptRow)).all()
    assert {row.handle for row in rows if row.finish_reason == "time_up"} == handles


# 103: a proxy that sends again


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The app behind a real socket; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_103_posts_that_a_proxy_sends_twice_count_once(app: Flask) -> None:
    with served(app) as address, sends_twice(address) as proxied:
        client = Client(proxied, "eli")
        client.form("/practice", items="30", feedback="at_end", timed="untimed")
        (row,) = attempts(app)
        option = options(app, row.handle, 4)[2]
        assert accepted(save(client, row.handle, 4, 5, option), 4) == 5
        assert client.form(f"/attempts/{row.handle}/submit").status == 200
    (row,) = attempts(app)
    assert (row.finish_reason, (row.chosen or [])[3]) == ("submitted", option)
    with app.app_context():
        found = stored(db.engine.url.render_as_string(hide_password=False))
    assert found[row.handle, 4] == (5, option)


# 104: a machine without time zones

WITHOUT_ZONES = """
import sys
from datetime import UTC, datetime
from zoneinfo import TZPATH, ZoneInfo
assert TZPATH == ()
day = datetime(2027, 1, 1, 7, 30, tzinfo=UTC).astimezone(ZoneInfo("America/Los_Angeles")).date()
print(day)
from app.cli import main
sys.argv[1:1] = ["--instance", sys.argv.pop()]
main()
"""
WITHOUT_ANY = "import sys; sys.modules['tzdata'] = None; from app.cli import main; main()"


def python(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        env={**environment(), "PYTHONTZPATH": ""},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_104_a_machine_without_time_zones_uses_those_of_the_pinned_package(tmp_path: Path) -> None:
    started = python(WITHOUT_ZONES, "bank", "load", str(tmp_path))
    assert started.returncode == 0, started.stderr
    assert started.stdout.splitlines()[0] == "2026-12-31"
    for lock in ("app", "tests"):
        assert "\ntzdata==" in (ROOT / lock / "requirements.lock").read_text(encoding="utf-8")


def test_104_without_that_package_the_start_says_what_is_missing(tmp_path: Path) -> None:
    refused = python(WITHOUT_ANY, "--instance", str(tmp_path), "bank", "load")
    assert refused.returncode == 1, refused.stderr
    assert "install the package tzdata" in refused.stderr
    assert "Traceback" not in refused.stderr


# 105: no sweeper


def test_105_without_a_sweeper_an_attempt_of_yesterday_shows_its_result_and_the_next_can_start(
    app: Flask,
) -> None:
    handle = begin(app, kind=AttemptKind.MOCK)
    option = options(app, handle, 1)[0]
    with time_machine.travel(NOON + timedelta(minutes=1)):
        assert accepted(save(TestClient(signed_in(app, "ana")), handle, 1, 1, option), 1) == 1
    with time_machine.travel(NOON + A_DAY):
        late = signed_in(app, "ana")
        assert late.get(f"/attempts/{handle}").location == f"/attempts/{handle}/result"
        assert late.get(f"/attempts/{handle}/result").status_code == 200
        assert late.get("/history").status_code == 200
        assert attempt(app, handle).finished_at is None  # nothing has written it yet
        late.post("/mock", data={"language": "en", "agree": "yes"})
        with inside(app) as stage:
            running = live_handle(stage.person("ana").id, AttemptKind.MOCK)
    row = attempt(app, handle)
    assert (row.finish_reason, (row.chosen or [])[0]) == ("time_up", option)
    assert running not in {None, handle}
