"""Time that a trainer adds reaches the open page, and is seen once."""

import random
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.domain.bilingual import Language
from app.services.accommodations import add_time
from app.services.assigned_starts import start_assigned
from app.storage.database import db, set_reading
from tests.browser import acts
from tests.browser.acts import Account
from tests.browser.devices import PHONE, Devices
from tests.cohorts import join, make_cohort, set_quiz
from tests.world import PASSWORD, Stage

pytestmark = pytest.mark.xdist_group("browser-2")

BANNER = "[data-added-banner]"


def begin_quiz(app: Flask) -> tuple[str, str]:
    """Let Ben set a timed quiz and Eli begin it; the handles of cohort and attempt."""
    with app.app_context():
        set_reading(only=False)
        stage, now = Stage(app), datetime.now(UTC)
        cohort = make_cohort(stage, "Added time", now=now)
        join(stage, cohort, "eli", now=now)
        window = {"opens_at": now, "due_at": now + timedelta(days=1)}
        quiz = set_quiz(cohort, timed=True, title="Added time", **window)
        eli, rng = stage.person("eli"), random.Random(3)
        handle = start_assigned(eli, quiz.handle, Language.EN, stage.site, now, rng)
        found = cohort.handle, handle
        db.session.remove()
        return found


def add(app: Flask, cohort: str, handle: str, minutes: int, reason: str) -> None:
    with app.app_context():
        set_reading(only=False)
        stage = Stage(app)
        ben, eli = stage.person("ben"), stage.person("eli").id
        add_time(ben, cohort, eli, handle, minutes, reason, datetime.now(UTC), stage.site)
        db.session.remove()


def test_added_time_comes_with_the_next_save_and_goes_once_it_was_seen(
    backstage: Flask, new_device: Devices
) -> None:
    cohort, handle = begin_quiz(backstage)
    page = new_device(viewport=PHONE)
    acts.sign_in(page, Account("eli", PASSWORD))
    page.goto(f"/attempts/{handle}/items/1")
    left = seconds(page.locator("[data-clock-face]").inner_text())
    add(backstage, cohort, handle, 30, "The power was out.")
    expect(page.locator(BANNER)).to_be_hidden()
    page.locator("[name=option]").first.check()
    expect(page.locator(BANNER)).to_contain_text("30 minutes were added: The power was out.")
    expect(page.locator(BANNER)).to_have_css("position", "static")
    expect(page.locator("[data-added-list]")).to_be_hidden()
    expect(page.locator("[data-added-status]")).to_contain_text("30 minutes")
    assert seconds(page.locator("[data-clock-face]").inner_text()) > left + 29 * 60
    page.reload()
    expect(page.locator(BANNER)).to_be_visible()
    page.locator("[data-added-seen]").click()
    expect(page.locator(BANNER)).to_be_hidden()
    page.locator("[data-next]").click()
    expect(page).to_have_url(re.compile(r"/items/2$"))
    expect(page.locator("[data-added-list]")).to_be_hidden()
    expect(page.locator(BANNER)).to_be_hidden()
    add(backstage, cohort, handle, 1, "A slow start.")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(BANNER)).to_contain_text("1 minute was added: A slow start.")
    expect(page.locator(BANNER)).not_to_contain_text("The power was out.")


def test_without_scripts_added_time_stands_in_a_list(backstage: Flask, new_device: Devices) -> None:
    cohort, handle = begin_quiz(backstage)
    add(backstage, cohort, handle, 30, "The power was out.")
    page = new_device(viewport=PHONE, javascript=False)
    acts.sign_in(page, Account("eli", PASSWORD))
    page.goto(f"/attempts/{handle}/items/1")
    expect(page.locator("[data-added-list] li")).to_have_count(1)
    expect(page.locator("[data-added-list] li")).to_have_css("list-style-type", "none")
    expect(page.locator(BANNER)).to_be_hidden()


def seconds(face: str) -> int:
    """The seconds that a clock face shows."""
    total = 0
    for part in face.split(":"):
        total = total * 60 + int(part)
    return total
