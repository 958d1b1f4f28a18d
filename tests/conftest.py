"""Stages for the tests: one app per process, its database fresh for every test that asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from app.bank.files import BankFiles
from app.bank.reader import read_bank
from app.storage.database import set_reading
from tests import stage_database
from tests.stage_bank import BankRead, keep_only, read_whole_bank
from tests.stage_database import Kept, keep_database, let_go
from tests.world import BANK, Stage, build_app, furnish, signed_in

hypothesis_settings.register_profile(
    "peerprep", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
hypothesis_settings.load_profile("peerprep")
LONG = "long"
ONLY = {"sqlite_only": "sqlite", "postgres_only": "postgresql"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which database the tests run on."""
    parser.addoption(
        "--database",
        choices=stage_database.KINDS,
        default=stage_database.KINDS[0],
        help="sqlite (the default) or postgresql, which the tests start themselves",
    )
    parser.addoption(
        "--long", action="store_true", help="run the long tests too, which are left out otherwise"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose the database before anything is collected."""
    stage_database.choose(config.getoption("--database"))
    for marker, kind in ONLY.items():
        config.addinivalue_line("markers", f"{marker}(why): runs on {kind} alone")


def pytest_sessionfinish() -> None:
    """Leave no server behind; a worker has no time for it once it has said that it is through."""
    stage_database.stop_server()


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """The browser's tests look into SQLite's file from outside: they run on SQLite alone."""
    browsers = Path(__file__).with_name("browser")
    return True if stage_database.on_postgres() and collection_path == browsers else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out by name what the chosen database does not have."""
    for item in items:
        for marker in ONLY.keys() & {mark.name for mark in item.iter_markers()}:
            (why,) = next(item.iter_markers(marker)).args
            if ONLY[marker] != config.getoption("--database"):
                item.add_marker(pytest.mark.skip(reason=f"{marker}: {why}"))
        if item.get_closest_marker(LONG) and not config.getoption("--long"):
            item.add_marker(
                pytest.mark.skip(reason=f"{LONG}: many repetitions; python3 -m tests --long")
            )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count and name what runs on the other database alone, or with `--long`."""
    for marker in (*ONLY, LONG):
        left_out = [
            report.nodeid
            for report in terminalreporter.stats.get("skipped", [])
            if f"{marker}: " in str(report.longrepr)
        ]
        if left_out:
            terminalreporter.section(f"{marker}: {len(left_out)} left out")
            terminalreporter.write_line("\n".join(sorted(left_out)))


@pytest.fixture(scope="session")
def bank() -> BankFiles:
    """The shipped bank, read once."""
    return read_bank(BANK)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, bank: BankFiles) -> Kept:
    """An app and the database that every test begins with."""
    app = build_app(tmp_path_factory.mktemp("instance"), bank)
    furnish(app, bank)
    return keep_database(app)


@pytest.fixture(scope="session")
def bank_read(furnished: Kept) -> BankRead:
    """The bank as it was furnished, read once."""
    furnished.put_back()
    set_reading(only=True)
    with furnished.app.app_context():
        return read_whole_bank()


@pytest.fixture
def app(furnished: Kept, bank_read: BankRead) -> Iterator[Flask]:
    """The app with its database as it was furnished."""
    furnished.put_back()
    with furnished.app.app_context():
        keep_only(bank_read)
    yield furnished.app
    let_go(furnished.app)


@pytest.fixture
def stage(app: Flask) -> Iterator[Stage]:
    """The app inside an application context, for tests of services."""
    set_reading(only=False)
    with app.app_context():
        yield Stage(app)


@pytest.fixture
def ana(app: Flask) -> FlaskClient:
    """Ana, signed in."""
    return signed_in(app, "ana")


@pytest.fixture
def eli(app: Flask) -> FlaskClient:
    """Eli, another candidate, signed in."""
    return signed_in(app, "eli")


@pytest.fixture
def ben(app: Flask) -> FlaskClient:
    """Ben, a trainer, signed in."""
    return signed_in(app, "ben")


@pytest.fixture
def dev(app: Flask) -> FlaskClient:
    """Dev, the administrator, signed in."""
    return signed_in(app, "dev")


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """Somebody who is not signed in."""
    return app.test_client()
