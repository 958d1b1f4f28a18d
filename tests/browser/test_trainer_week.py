"""A trainer's whole week: a cohort, its code, a quiz, who has begun, what is hard, the gradebook.

In both languages, on a phone and at a desk. The candidate's side runs on a device of its own, and
everything is found by attribute, since the words are in either language.
"""

import re
from dataclasses import dataclass
from io import BytesIO

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, ViewportSize, expect

from app.domain.bilingual import Language
from tests.browser import acts
from tests.browser.acts import Account
from tests.browser.devices import DESKTOP, PHONE, Devices
from tests.browser.test_accessibility import LOCALES
from tests.world import PASSWORD

pytestmark = pytest.mark.xdist_group("browser-2")
DOMAIN = "3"
QUIZ_ITEMS = 10
BEGUN = 4


@dataclass(frozen=True, slots=True)
class Classroom:
    """The trainer's page and the cohort's address."""

    page: Page
    cohort: str

    def go(self, path: str) -> None:
        """One of the cohort's pages."""
        self.page.goto(self.cohort + path)


def press(page: Page, action: str) -> None:
    """Press the button of the form with this end of its address."""
    page.locator(f'main form[action$="{action}"] button').last.click()


def make_cohort(page: Page, name: str) -> Classroom:
    page.goto("/cohorts")
    form = page.locator('main form[action$="/cohorts"]')
    if not form.is_visible():
        page.locator("main details summary").first.click()
    form.locator("[name=name]").fill(name)
    form.locator("button").last.click()
    expect(page).to_have_url(re.compile(r"/cohorts/[\w-]{10,}$"))
    return Classroom(page, page.url)


def make_code(room: Classroom) -> str:
    """A class code; the link that opens it."""
    press(room.page, "/codes")
    link = room.page.locator(".class-code a").get_attribute("href")
    assert link is not None
    return link


def set_quiz(room: Classroom) -> int:
    """Set a quiz on one domain as it is proposed; how many clicks from the cohort's page."""
    room.go("")
    room.page.locator('main a[href$="/assignments"]').first.click()
    room.page.locator('main a[href$="/assignments/new"]').first.click()
    acts.pick(room.page, "areas", DOMAIN)
    room.page.locator(
        'main form[action$="/assignments/new"] button[type=submit].usa-button'
    ).last.click()
    expect(room.page).to_have_url(re.compile(r"/assignments/[\w-]{10,}$"))
    return 4


def join(page: Page, link: str) -> None:
    """Follow the link as somebody new: register, come back, join."""
    page.goto(link)
    page.locator('main a[href$="/register"]').click()
    account = Account("learner-" + link[-4:].lower())
    page.locator("[name=display_name]").fill("Alma")
    page.locator("[name=username]").fill(account.username)
    page.locator("[name=password]").fill(account.password)
    page.locator("main form button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/join/"))
    page.locator("main form button").last.click()


def begin(page: Page) -> None:
    """Start what is set, from the start page."""
    page.goto("/home")
    page.locator('main a[href*="/assigned/"].usa-button').first.click()
    press(page, "/start")
    acts.at_item(page, 1)


def answer(page: Page, first: int, last: int) -> None:
    """Choose the first option of each of these questions."""
    for position in range(first, last + 1):
        acts.at_item(page, position)
        acts.choose(page, 0)
        acts.says_saved(page)
        if position < QUIZ_ITEMS:
            acts.go_next(page, position + 1)


def open_board(room: Classroom) -> None:
    room.go("/board")
    room.page.locator(
        'main a[href*="/board/"]:not([href*="heat-map"]):not([href$="/items"])'
    ).first.click()


def hand_in(page: Page) -> None:
    page.locator('main button[value="review"]').last.click()
    expect(page).to_have_url(re.compile(r"/review"))
    acts.submit(page)


@pytest.mark.parametrize(
    ("language", "device"),
    [
        pytest.param(Language.ES, PHONE, id="es-phone"),
        pytest.param(Language.EN, DESKTOP, id="en-desk"),
        pytest.param(Language.EN, PHONE, id="en-phone", marks=pytest.mark.long),
        pytest.param(Language.ES, DESKTOP, id="es-desk", marks=pytest.mark.long),
    ],
)
def test_a_trainers_week(new_device: Devices, language: Language, device: ViewportSize) -> None:
    page = new_device(LOCALES[language], device)
    acts.sign_in(page, Account("ben", PASSWORD))
    page.locator(f'.language button[lang="{language}"]').click()
    room = make_cohort(page, f"Week {language} {device['width']}")
    link = make_code(room)
    learner = new_device(LOCALES[language.other], PHONE)
    join(learner, link)
    assert set_quiz(room) <= 4

    open_board(room)
    expect(page.locator("[data-count=not_started]")).to_have_text("1")
    begin(learner)
    answer(learner, 1, BEGUN)
    open_board(room)
    expect(page.locator("[data-count=started]")).to_have_text("1")
    expect(page.locator("[data-person='1']")).to_contain_text(
        re.compile(rf"{BEGUN}\D+{QUIZ_ITEMS}")
    )
    expect(page.locator("main")).not_to_contain_text("Alma")

    answer(learner, BEGUN + 1, QUIZ_ITEMS)
    hand_in(learner)
    open_board(room)
    expect(page.locator("[data-count=done]")).to_have_text("1")
    press(page, "/names")
    expect(page.locator("[data-person='1']")).to_contain_text("Alma")
    page.locator('main a[href*="/items"]').first.click()
    expect(page.locator("main")).to_contain_text("5")  # five people, before anything is shown

    room.go("/gradebook")
    acts.pick(page, "format", "xlsx")
    with page.expect_download() as coming:
        press(page, "/file")
    assert coming.value.suggested_filename.endswith(".xlsx")
    sheet = load_workbook(BytesIO(coming.value.path().read_bytes())).active
    assert sheet is not None
    assert "Alma" in [cell.value for cell in next(iter(sheet.iter_cols()))]
    room.go("/gradebook/report")
    expect(page.locator("main")).not_to_contain_text("Alma")

    learner.goto("/my-record")
    expect(learner.locator("main")).to_contain_text("Ben")
