"""A site that is watched as closely as it can be."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.bank.files import BankFiles
from tests.stage_database import Kept, keep_database
from tests.world import build_app, furnish

TOKEN = "a-token-that-is-long-enough"


@pytest.fixture(scope="session")
def kept_watched(tmp_path_factory: pytest.TempPathFactory, bank: BankFiles) -> Kept:
    """A site behind a proxy that finds everything slow and keeps figures."""
    app = build_app(
        tmp_path_factory.mktemp("watched"),
        bank,
        proxies=1,
        slow_request_ms=1,
        metrics=True,
        metrics_token=TOKEN,
        log_addresses=True,
    )
    furnish(app, bank)
    return keep_database(app)


@pytest.fixture
def watched(kept_watched: Kept) -> Iterator[Flask]:
    """That site as it was furnished; its figures go on from test to test."""
    kept_watched.put_back()
    yield kept_watched.app
    kept_watched.put_back()
