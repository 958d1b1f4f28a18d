"""The time runs out: one minute, waited for once, with JavaScript and without it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts, kept
from tests.browser.devices import PHONE, Devices
from tests.browser.running_site import RunningSite

pytestmark = pytest.mark.xdist_group("browser-2")

RUN_OUT = 75_000


def answer_three(page: Page, site: RunningSite, handle: str, *, scripted: bool) -> None:
    for position in (1, 2, 3):
        acts.choose(page, 1)
        if scripted:
            acts.says_saved(page)
        acts.go_next(page, position + 1)
    assert sum(r.option_id is not None for r in kept.responses(site, handle).values()) == 3


def counts_what_was_saved(page: Page, site: RunningSite, handle: str) -> None:
    expect(page).to_have_url(re.compile(r"/result$"))
    assert acts.numbers(page.locator("h1")) == [kept.right_answers(site, handle), 120]
    assert kept.finish_reason(site, handle) == "time_up"


def test_the_end_comes_by_itself_and_without_javascript_with_the_next_step(
    new_device: Devices, brief_site: RunningSite
) -> None:
    plain = new_device(viewport=PHONE, javascript=False, site=brief_site)
    acts.register(plain, "Lucía")
    plain_handle = acts.start_mock(plain, "es")
    answer_three(plain, brief_site, plain_handle, scripted=False)
    acts.choose(plain, 2)

    page = new_device(site=brief_site)
    acts.register(page, "Omar")
    handle = acts.start_mock(page, "en")
    answer_three(page, brief_site, handle, scripted=True)
    acts.choose(page, 0)
    expect(page.locator("[data-time-warning]")).to_be_visible(timeout=RUN_OUT)
    expect(page.locator("[data-announce]")).to_have_text(re.compile(r"0:1\d"))
    expect(page).to_have_url(re.compile(r"/result$"), timeout=RUN_OUT)
    assert kept.responses(brief_site, handle)[4].option_id is not None
    counts_what_was_saved(page, brief_site, handle)

    plain.locator("[data-next]").click()
    expect(plain.locator(f'form[action="/attempts/{plain_handle}/submit"]')).to_be_visible()
    plain.locator("main form button").click()
    assert kept.responses(brief_site, plain_handle)[4].option_id is not None
    counts_what_was_saved(plain, brief_site, plain_handle)
