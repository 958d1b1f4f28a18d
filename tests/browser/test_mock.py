"""A whole mock exam, from the rules to the review of its items, in either language."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts, kept
from tests.browser.devices import PHONE, Devices
from tests.browser.running_site import RunningSite

pytestmark = pytest.mark.xdist_group("browser-1")

LAST = 120
HALF = 60
FLAGGED = (3, 44, 101)
SKIPPED = (7, 31, 90)


def sit_by_clicks(page: Page, first: int, last: int) -> None:
    for position in range(first, last + 1):
        if position not in SKIPPED:
            acts.choose(page, position % 4)
        if position in FLAGGED:
            page.locator("[data-flag]").click()
            expect(page.locator("[data-flag]")).to_have_attribute("aria-pressed", "true")
        if position not in {HALF, LAST}:
            acts.go_next(page, position + 1)


def sit_by_keys(page: Page, first: int, last: int) -> None:
    for position in range(first, last + 1):
        acts.listening(page)
        if position not in SKIPPED:
            page.keyboard.press("1234"[position % 4] if position % 2 else "abcd"[position % 4])
        if position in FLAGGED:
            page.keyboard.press("f")
        if position not in {HALF, LAST}:
            page.keyboard.press("n")
            acts.at_item(page, position + 1)


def check_review(page: Page) -> None:
    """Counts and filters, then a walk through the flagged items only."""
    wanted = [LAST - len(SKIPPED), len(SKIPPED), len(FLAGGED)]
    assert acts.numbers(page.locator(".lead")) == wanted
    filters = page.locator(".filters a")
    assert [acts.numbers(f) for f in filters.all()] == [[LAST], [len(SKIPPED)], [len(FLAGGED)], [0]]
    filters.nth(1).click()
    expect(page.locator(".map__item")).to_have_count(len(SKIPPED))
    filters.nth(3).click()
    expect(page.locator(".map__item")).to_have_count(0)
    filters.nth(2).click()
    expect(page.locator(".map__item")).to_have_count(len(FLAGGED))
    page.locator("[data-walk]:visible").click()
    for position in FLAGGED:
        acts.at_item(page, position)
        if position != FLAGGED[-1]:
            page.locator("[data-next]").click()
    expect(page.locator("[data-next]")).to_have_count(0)
    page.locator("[data-review]").click()
    expect(page).to_have_url(re.compile(r"/review(\?show=\w+)?$"))


def check_submission(page: Page, site: RunningSite, handle: str) -> None:
    """The last question says the counts; the result says what the database holds."""
    page.locator('main a[href$="/submit"]').click()
    expect(page).to_have_url(re.compile(r"/submit$"))
    wanted = [LAST - len(SKIPPED), len(SKIPPED), len(FLAGGED)]
    assert acts.numbers(page.locator(".lead")) == wanted
    expect(page.locator('main a[href$="show=incomplete"]')).to_be_visible()
    expect(page.locator('main a[href$="show=flagged"]')).to_be_visible()
    page.locator("main form button").click()
    expect(page).to_have_url(re.compile(r"/result$"))
    assert acts.numbers(page.locator("h1")) == [kept.right_answers(site, handle), LAST]
    assert kept.finish_reason(site, handle) == "submitted"
    blanks = page.locator(".map__item--missed")
    expect(blanks).to_have_count(LAST - kept.right_answers(site, handle))


def check_item_review(page: Page, site: RunningSite, handle: str) -> None:
    """Key and rationales of an item, in either language, whatever the exam was in."""
    item = kept.form_items(site, handle)[3]
    page.goto(f"/attempts/{handle}/result/items/3")
    for language in ("en", "es"):
        page.locator(f'.plain-links a[lang="{language}"]').click()
        expect(page.locator(".stem")).to_have_text(item.stem(language))
        key = page.locator(".option--key .option__line")
        expect(key).to_contain_text(item.options(language)[item.order.index(item.key)])
        rationales = page.locator(".rationale p:not(.verdict)")
        assert rationales.all_inner_texts() == item.options(language, "rationale")


def test_a_whole_mock_in_english_by_clicks_with_the_break(
    new_device: Devices, site: RunningSite
) -> None:
    page = new_device("en-US")
    acts.register(page, "Rosa")
    handle = acts.start_mock(page, "en")
    sit_by_clicks(page, 1, HALF)
    page.locator("[data-next]").click()
    expect(page).to_have_url(re.compile(r"/break$"))
    assert acts.numbers(page.locator(".lead")) == [58, 2, 2]
    page.locator("button[value=start]").click()
    expect(page.locator("[data-break-clock] [data-clock-face]")).to_have_text(
        re.compile(r"^(10:00|9:5\d)$")
    )
    page.goto(f"/attempts/{handle}/items/5")
    expect(page).to_have_url(re.compile(r"/break$"))
    page.locator("button[value=leave]").click()
    acts.at_item(page, HALF + 1)
    sit_by_clicks(page, HALF + 1, LAST)
    page.locator("[data-review]").click()
    check_review(page)
    check_submission(page, site, handle)
    check_item_review(page, site, handle)


def test_a_whole_mock_in_spanish_by_keys_without_the_break(
    new_device: Devices, site: RunningSite
) -> None:
    page = new_device("en-US", PHONE)
    acts.register(page, "Tomás")
    handle = acts.start_mock(page, "es")
    first = kept.form_items(site, handle)[1]
    expect(page.locator(".stem")).to_have_text(first.stem("es"))
    assert page.locator(".option__text").all_inner_texts() == first.options("es")
    sit_by_keys(page, 1, HALF)
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile(r"/break$"))
    page.locator("button[value=leave]").click()
    acts.at_item(page, HALF + 1)
    sit_by_keys(page, HALF + 1, LAST)
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile(r"/review(\?show=\w+)?$"))
    check_review(page)
    check_submission(page, site, handle)
    check_item_review(page, site, handle)
