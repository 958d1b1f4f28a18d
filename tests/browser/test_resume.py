"""Going on elsewhere, and what the page says while the connection is gone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import acts, kept
from tests.browser.devices import PHONE, TROUBLE, Devices
from tests.browser.running_site import RunningSite

pytestmark = pytest.mark.xdist_group("browser-1")

ELSEWHERE = ("409",)


def test_the_second_device_stands_where_the_first_one_broke_off(new_device: Devices) -> None:
    first = new_device("en-US")
    account = acts.register(first, "Rosa")
    acts.start_mock(first, "en")
    for position in range(1, 5):
        acts.choose(first, position % 4)
        acts.go_next(first, position + 1)
    acts.choose(first, 2)
    first.locator("[data-flag]").click()
    acts.says_saved(first)
    stem = first.locator(".stem").inner_text()
    options = first.locator(".option__text").all_inner_texts()
    first.context.close()

    second = new_device("en-US", PHONE, expected=ELSEWHERE)
    acts.sign_in(second, account)
    second.locator('main .usa-alert a[href^="/attempts/"]').click()
    acts.at_item(second, 5)
    acts.go_on_here(second)
    assert second.locator(".stem").inner_text() == stem
    assert second.locator(".option__text").all_inner_texts() == options
    expect(acts.option(second, 2).locator("input")).to_be_checked()
    expect(second.locator("[data-flag]")).to_have_attribute("aria-pressed", "true")
    for position in range(4, 0, -1):
        second.locator("[data-previous]").click()
        acts.at_item(second, position)
        expect(acts.option(second, position % 4).locator("input")).to_be_checked()


def test_every_answer_is_on_disk_within_a_second_of_the_click(
    new_device: Devices, site: RunningSite
) -> None:
    page = new_device("en-US")
    acts.register(page, "Noor")
    handle = acts.start_mock(page, "en")
    orders = {at: item.order for at, item in kept.form_items(site, handle).items()}
    for position in range(1, 4):
        for index in (position % 4, (position + 1) % 4):
            acts.choose(page, index)
            acts.says_saved(page)
            assert kept.responses(site, handle)[position].option_id == orders[position][index]
        acts.go_next(page, position + 1)


def test_an_answer_given_offline_is_called_unsaved_until_it_is_saved(
    new_device: Devices, site: RunningSite
) -> None:
    page = new_device("en-US", expected=TROUBLE)
    acts.register(page, "Ines")
    handle = acts.start_mock(page, "en")
    order = kept.form_items(site, handle)[1].order
    state = page.locator("[data-save-state]")
    page.context.set_offline(True)
    acts.choose(page, 0)
    expect(state).to_have_text(state.get_attribute("data-failed") or "missing")
    expect(state).to_have_class(re.compile("save-state--failed"))
    acts.choose(page, 3)
    expect(state).to_have_text(state.get_attribute("data-failed") or "missing")
    assert kept.responses(site, handle)[1].option_id is None
    page.context.set_offline(False)
    expect(state).to_have_text(state.get_attribute("data-saved") or "missing")
    expect(state).not_to_have_class(re.compile("save-state--failed"))
    assert kept.responses(site, handle)[1].option_id == order[3]


def test_of_two_windows_one_writes_and_the_other_says_so(
    new_device: Devices, site: RunningSite
) -> None:
    page = new_device("en-US", expected=ELSEWHERE)
    acts.register(page, "Kim")
    handle = acts.start_mock(page, "en")
    order = kept.form_items(site, handle)[1].order
    acts.choose(page, 1)
    acts.says_saved(page)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#take-over")).to_be_visible()
    other.locator("#take-over button[value='']").click()
    expect(other.locator("[data-notice=elsewhere]")).to_be_visible()
    expect(acts.option(other, 3).locator("input")).to_be_disabled()
    expect(acts.option(other, 1).locator("input")).to_be_checked()
    other.locator("[data-go-on-here]").click()
    acts.go_on_here(other)
    acts.choose(other, 3)
    acts.says_saved(other)
    expect(page.locator("[data-notice=elsewhere]")).to_be_visible()
    expect(acts.option(page, 0).locator("input")).to_be_disabled()
    assert kept.responses(site, handle)[1].option_id == order[3]
    page.locator("[data-go-on-here]").click()
    acts.go_on_here(page)
    expect(acts.option(page, 3).locator("input")).to_be_checked()
    acts.choose(page, 0)
    acts.says_saved(page)
    assert kept.responses(site, handle)[1].option_id == order[0]
