"""Stages for the tests: one app per process, its database fresh for every test that asks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from app.bank.files import BankFiles
from app.bank.reader import read_bank
from app.storage.bank import forget_what_was_read
from app.storage.database import db, set_reading
from tests.world import BANK, Stage, build_app, furnish, signed_in

hypothesis_settings.register_profile(
    "peerprep", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
hypothesis_settings.load_profile("peerprep")


@pytest.fixture(scope="session")
def bank() -> BankFiles:
    """The shipped bank, read once."""
    return read_bank(BANK)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, bank: BankFiles) -> tuple[Flask, Path]:
    """An app and the database that every test begins with."""
    instance = tmp_path_factory.mktemp("instance")
    app = build_app(instance, bank)
    furnish(app, bank)
    kept = instance / "kept.db"
    shutil.copy(instance / "peerprep.db", kept)
    return app, kept


@pytest.fixture
def app(furnished: tuple[Flask, Path]) -> Iterator[Flask]:
    """The app with its database as it was furnished."""
    app, kept = furnished
    database = kept.with_name("peerprep.db")
    with app.app_context():
        forget_what_was_read()
        db.engine.dispose()
    for leftover in database.parent.glob("peerprep.db-*"):
        leftover.unlink()
    shutil.copy(kept, database)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


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
