"""An assignment's board that is left open: it stays fresh, and stays out of the way."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, ViewportSize, expect

from app.storage.assignments import AssignmentRow
from app.storage.cohorts import CohortRow
from app.storage.database import db, set_reading
from tests.boards import add_members, items_on, sit
from tests.browser import acts
from tests.browser.acts import Account
from tests.browser.devices import DESKTOP, PHONE, Devices
from tests.cohorts import make_cohort, set_quiz
from tests.world import PASSWORD, Stage

pytestmark = pytest.mark.xdist_group("browser-2")
ROUND = 15_500
NAMES = ("Zoe", "Abe", "Mia")


class Class:
    """A cohort with a quiz that nobody has begun, and what happens in it meanwhile."""

    def __init__(self, app: Flask) -> None:
        """Ben's cohort of three."""
        self.app = app
        with app.app_context():
            set_reading(only=False)
            now = datetime.now(UTC)
            cohort: CohortRow = make_cohort(Stage(app), "Open all day", now=now)
            due = now + timedelta(days=7)
            quiz = set_quiz(cohort, title="Left open", opens_at=now, due_at=due)
            self.people = add_members(cohort, *NAMES)
            self.path = f"/cohorts/{cohort.handle}/board/{quiz.handle}"
            self.quiz_id = quiz.id
            db.session.remove()

    def finish(self, number: int) -> None:
        """One of them finishes the quiz with everything right."""
        with self.app.app_context():
            set_reading(only=False)
            quiz = db.session.get_one(AssignmentRow, self.quiz_id)
            sit(quiz, self.people[number - 1], items_on(3, 10), 10, now=datetime.now(UTC))
            db.session.remove()


@pytest.fixture
def room(backstage: Flask) -> Class:
    """The cohort of this test."""
    return Class(backstage)


def open_board(new_device: Devices, room: Class, device: ViewportSize) -> Page:
    page = new_device(viewport=device)
    page.clock.install()
    acts.sign_in(page, Account("ben", PASSWORD))
    page.locator('.language button[lang="en"]').click()  # another test may have left him Spanish
    page.goto(room.path)
    expect(page.locator("[data-fresh-line]")).to_be_visible()
    return page


@pytest.mark.parametrize("device", [DESKTOP, PHONE])
def test_it_shows_who_is_done_and_says_only_the_counts_that_changed(
    new_device: Devices, room: Class, device: ViewportSize
) -> None:
    page = open_board(new_device, room, device)
    expect(page.locator("[data-count=done]")).to_have_text("0")
    room.finish(2)
    page.clock.run_for(ROUND)
    expect(page.locator("[data-count=done]")).to_have_text("1")
    expect(page.locator("[data-board-status]")).to_have_text("Not started: 2. Finished: 1")
    expect(page.locator("[data-person]").filter(has_text="of 10")).to_have_count(1)


def test_focus_stays_where_it_was(new_device: Devices, room: Class) -> None:
    page = open_board(new_device, room, DESKTOP)
    page.locator("[data-board] .scroll").focus()
    room.finish(1)
    page.clock.run_for(ROUND)
    expect(page.locator("[data-count=done]")).to_have_text("1")
    expect(page.locator("[data-board] .scroll")).to_be_focused()


def test_it_can_be_paused_and_go_on(new_device: Devices, room: Class) -> None:
    page = open_board(new_device, room, DESKTOP)
    page.locator("[data-fresh-pause]").click()
    room.finish(1)
    page.clock.run_for(2 * ROUND)
    expect(page.locator("[data-count=done]")).to_have_text("0")
    page.locator("[data-fresh-pause]").click()
    expect(page.locator("[data-count=done]")).to_have_text("1")


def test_names_stay_shown_while_it_refreshes(new_device: Devices, room: Class) -> None:
    page = open_board(new_device, room, DESKTOP)
    page.locator("main form button").click()
    expect(page.locator("tbody th")).to_have_text(sorted(NAMES))
    room.finish(1)
    page.clock.run_for(ROUND)
    expect(page.locator("[data-count=done]")).to_have_text("1")
    expect(page.locator("tbody th")).to_have_text(sorted(NAMES))


def test_after_signing_out_elsewhere_it_asks_no_more(new_device: Devices, room: Class) -> None:
    page = open_board(new_device, room, DESKTOP)
    page.context.clear_cookies()
    page.clock.run_for(ROUND)
    expect(page.locator("[data-fresh-line]")).to_be_hidden()
    expect(page.locator("tbody tr")).to_have_count(3)
