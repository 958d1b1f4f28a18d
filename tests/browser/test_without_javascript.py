"""The whole mock exam by plain forms."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts, kept
from tests.browser.devices import PHONE, Devices
from tests.browser.running_site import RunningSite

pytestmark = pytest.mark.xdist_group("browser-2")

LAST = 120
HALF = 60
NOTE = '«Duda»: ask about the "ruler" <b>'


def use_every_tool(page: Page) -> None:
    """Strike out, flag and note on the first item; each keeps what the others did."""
    acts.choose(page, 2)
    acts.option(page, 0).locator("[data-strike]").click()
    expect(acts.option(page, 0).locator("[data-strike]")).to_have_attribute("aria-pressed", "true")
    expect(acts.option(page, 2).locator("input")).to_be_checked()
    page.locator("[data-flag]").click()
    expect(page.locator("[data-flag]")).to_have_attribute("aria-pressed", "true")
    page.locator("details.note summary").click()
    page.locator("[data-note]").fill(NOTE)
    acts.go_next(page, 2)
    page.locator("[data-previous]").click()
    acts.at_item(page, 1)
    expect(page.locator("[data-note]")).to_have_value(NOTE)
    acts.option(page, 1).locator("[data-strike]").click()
    acts.option(page, 1).locator("[data-strike]").click()
    expect(acts.option(page, 1).locator("[data-strike]")).to_have_attribute("aria-pressed", "false")


def jump_by_the_map(page: Page) -> None:
    page.locator("[data-review]").click()
    expect(page.locator(".map__item:disabled")).to_have_count(LAST - HALF)
    page.locator('.map__item[value="40"]').click()
    acts.at_item(page, 40)
    page.locator("[data-review]").click()
    page.locator('.map__item[value="2"]').click()
    acts.at_item(page, 2)


def answer(page: Page, first: int, last: int) -> None:
    for position in range(first, last + 1):
        acts.choose(page, position % 4)
        if position not in {HALF, LAST}:
            acts.go_next(page, position + 1)


def take_the_break(page: Page) -> None:
    page.locator("[data-next]").click()
    expect(page).to_have_url(re.compile(r"/break$"))
    page.locator("button[value=start]").click()
    expect(page.locator("[data-break-clock]")).to_be_visible()
    page.locator("button[value=leave]").click()
    acts.at_item(page, HALF + 1)


def test_the_whole_mock_works_by_plain_forms(new_device: Devices, site: RunningSite) -> None:
    page = new_device("es-MX", PHONE, javascript=False)
    acts.register(page, "Lucía")
    handle = acts.start_mock(page, "es")
    use_every_tool(page)
    jump_by_the_map(page)
    answer(page, 2, HALF)
    take_the_break(page)
    answer(page, HALF + 1, LAST)
    page.locator("[data-review]").click()
    assert acts.numbers(page.locator(".lead")) == [LAST, 0, 1]
    first = kept.responses(site, handle)[1]
    order = kept.form_items(site, handle)[1].order
    assert first == kept.KeptResponse(order[2], flagged=True, struck=order[0], note=NOTE)
    acts.submit(page)
    assert acts.numbers(page.locator("h1")) == [kept.right_answers(site, handle), LAST]
    page.goto(f"/attempts/{handle}/result/items/1")
    expect(page.locator(".narrow > p[dir=auto]")).to_have_text(NOTE)
