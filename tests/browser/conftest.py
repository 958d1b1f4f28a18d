"""One real site and one real browser per worker; every test gets fresh devices."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from app.bank.files import BankFiles
from tests.browser.chromium import the_browser
from tests.browser.devices import Devices
from tests.browser.running_site import RunningSite, running_site
from tests.world import BANK, build_app, furnish


@pytest.fixture(scope="session")
def browser() -> Browser:
    """Chromium."""
    return the_browser()


@pytest.fixture(scope="session")
def backstage(tmp_path_factory: pytest.TempPathFactory, bank: BankFiles) -> Flask:
    """The site's instance with the cast let in, for what a test prepares without a browser."""
    app = build_app(tmp_path_factory.mktemp("site"), bank)
    furnish(app, bank)
    return app


@pytest.fixture(scope="session")
def site(backstage: Flask) -> Iterator[RunningSite]:
    """The site, running."""
    instance = Path(backstage.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")).parent
    with running_site(instance) as running:
        yield running


@pytest.fixture(scope="session")
def site_url(site: RunningSite) -> str:
    """Where it answers."""
    return site.url


@pytest.fixture(scope="session")
def brief_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """A site just installed, nobody in it, whose exam takes one minute."""
    folder = tmp_path_factory.mktemp("brief")
    bank = shutil.copytree(BANK, folder / "bank")
    blueprint = bank / "blueprint.toml"
    text = blueprint.read_text(encoding="utf-8")
    assert "\nminutes = 150 " in text
    blueprint.write_text(text.replace("\nminutes = 150 ", "\nminutes = 1 "), encoding="utf-8")
    instance = folder / "instance"
    instance.mkdir()
    with running_site(instance, bank=bank) as running:
        yield running


@pytest.fixture
def new_device(browser: Browser, site: RunningSite) -> Iterator[Devices]:
    """Fresh devices; at the end none of them may have had anything to complain of."""
    devices = Devices(browser, site)
    yield devices
    devices.close()
    assert devices.faults == []
