"""Catalogue A and C: the end of the time, and clocks that are wrong or slept, in the browser."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.browser import acts, kept
from tests.browser.chromium import find_chromium
from tests.browser.devices import TROUBLE, Devices
from tests.browser.running_site import RunningSite
from tests.faults.seat import (
    EXAM,
    TOLERANCE,
    Seat,
    let_pass,
    server_seconds,
    shown_seconds,
    sit,
)

pytestmark = [
    pytest.mark.xdist_group("browser-2"),
    pytest.mark.sqlite_only("the browser's tests look into its file from outside"),
    pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium"),
]

DAY = timedelta(days=1)


def test_06_what_was_chosen_offline_before_the_end_counts_within_the_tolerance(
    new_device: Devices, site: RunningSite, backstage: Flask
) -> None:
    seat = sit(new_device, site, "Rosa", backstage, seconds=8)
    seat.page.context.set_offline(offline=True)
    acts.choose(seat.page, 1)
    expect(seat.page.locator("[data-notice=time-up]")).to_be_visible()
    expect(acts.option(seat.page, 0).locator("input")).to_be_disabled()
    assert seat.stored() == {}
    seat.page.context.set_offline(offline=False)
    expect(seat.page).to_have_url(re.compile(r"/result$"))
    assert seat.stored() == {1: seat.orders[1][1]}
    assert kept.finish_reason(site, seat.handle) == "time_up"


def test_07_what_was_chosen_in_time_in_an_outage_counts_though_it_comes_late(
    new_device: Devices, site: RunningSite, backstage: Flask
) -> None:
    seat = sit(new_device, site, "Rosa", backstage, seconds=20)
    seat.page.context.set_offline(offline=True)
    acts.choose(seat.page, 1)
    acts.says(seat.page, "failed")
    let_pass(backstage, seat.handle, TOLERANCE * 2)
    seat.page.clock.fast_forward(TOLERANCE.seconds * 2000 - 8000)
    expect(seat.page.locator("[data-notice=time-up]")).to_be_visible()
    seat.page.context.set_offline(offline=False)
    expect(seat.page).to_have_url(re.compile(r"/result$"))
    assert seat.stored() == {1: seat.orders[1][1]}
    assert acts.numbers(seat.page.locator("h1"))[0] == kept.right_answers(site, seat.handle)


def test_07_what_comes_too_late_is_refused_and_named_and_the_rest_is_scored(
    new_device: Devices, site: RunningSite, backstage: Flask
) -> None:
    seat = sit(new_device, site, "Rosa")
    acts.choose(seat.page, 1)
    acts.says_saved(seat.page)
    acts.go_next(seat.page, 2)
    seat.page.context.set_offline(offline=True)
    let_pass(backstage, seat.handle, EXAM + TOLERANCE + timedelta(seconds=5))
    seat.answer(2, 4)
    acts.says(seat.page, "failed")
    seat.page.context.set_offline(offline=False)
    notice = seat.page.locator("[data-notice=ended]")
    expect(notice).to_contain_text("2, 3, 4")
    assert seat.stored() == {1: seat.orders[1][1]}
    notice.locator("a").click()
    expect(seat.page).to_have_url(re.compile(r"/result$"))
    assert acts.numbers(seat.page.locator("h1"))[0] == kept.right_answers(site, seat.handle)


@pytest.mark.parametrize("shift", [-DAY, DAY], ids=["a day behind", "a day ahead"])
def test_36_the_clock_is_the_server_s_whatever_the_device_thinks(
    new_device: Devices, site: RunningSite, shift: timedelta
) -> None:
    page = new_device("en-US", expected=TROUBLE)
    page.clock.install(time=datetime.now(UTC) + shift)
    account = acts.register(page, "Rosa")
    seat = Seat(page, account, acts.start_mock(page, "en"), site)
    acts.ready(page)
    assert abs(shown_seconds(page) - server_seconds(seat)) <= 2
    seat.answer(1, 2)
    seat.all_saved()
    assert abs(shown_seconds(page) - server_seconds(seat)) <= 2
    assert seat.stored() == seat.wanted(1, 2)


def test_37_a_page_that_slept_asks_the_server_how_late_it_is(
    new_device: Devices, site: RunningSite, backstage: Flask
) -> None:
    page = new_device("en-US", expected=TROUBLE)
    page.clock.install()
    account = acts.register(page, "Rosa")
    seat = Seat(page, account, acts.start_mock(page, "en"), site)
    acts.ready(page)
    acts.choose(page, 2)
    acts.says_saved(page)
    page.clock.fast_forward("40:00")
    expect(page.locator("[data-clock-face]")).to_have_text(re.compile(r"^2:29:"))
    assert abs(shown_seconds(page) - server_seconds(seat)) <= 3
    let_pass(backstage, seat.handle, EXAM + TOLERANCE + timedelta(seconds=5))
    page.clock.fast_forward("03:00:00")
    expect(page).to_have_url(re.compile(r"/result$"))
    assert seat.stored() == {1: seat.orders[1][2]}
    assert acts.numbers(page.locator("h1"))[0] == kept.right_answers(site, seat.handle)
