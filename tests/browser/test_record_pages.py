"""The pages of a member's record, narrow and wide, in both languages: nothing cut or unreadable."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import Page, ViewportSize

from app.domain.bilingual import Language
from app.services.accommodations import Standing, add_time, give_back, set_standing
from app.storage.database import db, set_reading
from tests.browser import acts
from tests.browser.acts import Account
from tests.browser.devices import DESKTOP, PHONE, Devices
from tests.browser.test_accessibility import (
    CUT,
    LOCALES,
    OVERLAPPING,
    WIDER_THAN_THE_SCREEN,
    faults,
)
from tests.browser.test_added_time import begin_quiz
from tests.world import PASSWORD, Stage

pytestmark = pytest.mark.xdist_group("browser-2")

REASON = "The power was out in the whole street for a quarter of an hour."


@pytest.fixture(scope="module")
def cohort(backstage: Flask) -> str:
    """A cohort with a member about whom there is something to read; its handle."""
    handle, attempt = begin_quiz(backstage)
    with backstage.app_context():
        set_reading(only=False)
        stage, now = Stage(backstage), datetime.now(UTC)
        ben, eli = stage.person("ben"), stage.person("eli").id
        standing = Standing(1.5, 20, "scratch paper, a screen reader", "An approved request.")
        set_standing(ben, handle, eli, standing, now)
        add_time(ben, handle, eli, attempt, 15, REASON, now, stage.site)
        give_back(ben, handle, eli, attempt, REASON, now)
        db.session.remove()
    return handle


def looks_right(page: Page) -> None:
    """Nothing that a checker finds, nothing beyond the screen, nothing cut or on top of another."""
    found = {
        "axe": faults(page),
        "wide": page.evaluate(WIDER_THAN_THE_SCREEN),
        "cut": page.evaluate(CUT),
        "over": page.evaluate(OVERLAPPING),
    }
    assert {name: faulty for name, faulty in found.items() if faulty} == {}, page.url


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desk"])
def test_trainers_and_candidates_can_read_it(
    cohort: str, new_device: Devices, language: Language, viewport: ViewportSize
) -> None:
    page = new_device(LOCALES[language], viewport, expected=["status of 422"])
    acts.sign_in(page, Account("ben", PASSWORD))
    page.locator(f'.language button[lang="{language}"]').click()
    page.goto(f"/cohorts/{cohort}/people")
    looks_right(page)
    page.locator("form[action$='/names'] button").click()
    looks_right(page)
    page.locator("form[action*='/look'] button").first.click()
    looks_right(page)
    record = page.url
    page.locator("main details summary").click()
    page.locator("main form[action*='/accommodations'] [type=submit]").click()
    looks_right(page)
    page.goto(record)
    page.locator("main a[href*='/time']").first.click()
    page.locator("main [type=submit]").click()
    looks_right(page)
    page = new_device(LOCALES[language], viewport)
    acts.sign_in(page, Account("eli", PASSWORD))
    page.locator(f'.language button[lang="{language}"]').click()
    for path in ("/my-record", "/account"):
        page.goto(path)
        looks_right(page)
