"""Catalogue A: who is signed in changes while the exam page is open."""

import re

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.browser import acts
from tests.browser.chromium import find_chromium
from tests.browser.devices import Devices
from tests.browser.running_site import RunningSite
from tests.faults.seat import (
    end_sign_ins,
    everything,
    shown_seconds,
    sit,
)

pytestmark = [
    pytest.mark.xdist_group("browser-2"),
    pytest.mark.sqlite_only("the browser's tests look into its file from outside"),
    pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium"),
]

KEPT = """async () => {
  const db = await new Promise((done) => {
    const asked = indexedDB.open("peerprep", 1);
    asked.onsuccess = () => done(asked.result);
  });
  const all = [];
  for (const store of db.objectStoreNames) {
    const asked = db.transaction(store).objectStore(store).getAllKeys();
    await new Promise((done) => { asked.onsuccess = done; });
    all.push(...asked.result);
  }
  db.close();
  return [all, await caches.keys()];
}"""


def test_12_what_another_person_left_in_the_browser_is_put_away_and_never_sent(
    new_device: Devices, site: RunningSite
) -> None:
    seat = sit(new_device, site, "Rosa")
    seat.answer(1, 2)
    seat.all_saved()
    context = seat.page.context
    context.set_offline(offline=True)
    acts.choose(seat.page, 0)
    acts.says(seat.page, "failed")
    seat.page.close(run_before_unload=False)
    context.set_offline(offline=False)
    context.clear_cookies()
    before = everything(seat)
    page = context.new_page()
    acts.register(page, "Noor")
    handle = acts.start_mock(page, "en")
    acts.choose(page, 1)
    acts.says_saved(page)
    expect(page.locator("#item[data-ready]")).to_be_attached()
    assert page.evaluate(KEPT) == [[handle, handle], [f"exam-{handle}"]]
    assert everything(seat) == before


def test_13_a_sign_in_that_ended_is_made_anew_in_the_page(
    new_device: Devices, site: RunningSite, backstage: Flask
) -> None:
    seat = sit(new_device, site, "Rosa")
    end_sign_ins(backstage, seat.account)
    seat.answer(1, 1)
    dialog = seat.page.locator("#sign-in-again")
    expect(dialog).to_be_visible()
    expect(dialog.locator("[data-clock-copy]")).to_have_text(re.compile(r"^2:2\d:\d\d$"))
    left = shown_seconds(seat.page)
    dialog.locator("[name=username]").fill(seat.account.username)
    dialog.locator("[name=password]").fill("not the password")
    dialog.locator("form button").click()
    expect(dialog.locator("[data-sign-in-error]")).to_contain_text("do not go together")
    dialog.locator("[name=password]").fill(seat.account.password)
    dialog.locator("form button").click()
    expect(dialog).to_be_hidden()
    seat.all_saved()
    assert seat.stored() == seat.wanted(1, 1)
    assert 0 <= left - shown_seconds(seat.page) <= 20
    acts.go_next(seat.page, 2)
    seat.answer(2, 3)
    seat.all_saved()
    assert seat.stored() == seat.wanted(1, 3)


def test_13_where_another_person_signed_in_nothing_is_sent(
    new_device: Devices, site: RunningSite
) -> None:
    seat = sit(new_device, site, "Rosa")
    seat.page.context.clear_cookies()
    other = seat.page.context.new_page()
    acts.register(other, "Noor")
    acts.choose(seat.page, 1)
    expect(seat.page.locator("[data-notice=not-mine]")).to_be_visible()
    acts.says(seat.page, "failed")
    assert seat.stored() == {}
    other.context.clear_cookies()
    acts.sign_in(other, seat.account)
    seat.page.locator("[data-came-back]").click()
    seat.all_saved()
    assert seat.stored() == {1: seat.orders[1][1]}


def test_14_a_refused_form_token_is_renewed_once_and_nothing_is_lost(
    new_device: Devices, site: RunningSite
) -> None:
    seat = sit(new_device, site, "Rosa")
    statuses: list[int] = []
    seat.page.on(
        "response",
        lambda got: statuses.append(got.status) if got.url.endswith("/responses") else None,
    )
    seat.page.evaluate(
        "for (const field of document.querySelectorAll('[name=csrf_token]')) field.value = 'old'"
    )
    seat.answer(1, 1)
    seat.all_saved()
    assert statuses == [400, 200]
    assert seat.stored() == seat.wanted(1, 1)
