"""The whole test without a connection, and what the browser keeps and puts away."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Error, Page, Request, expect

from tests.browser import acts, kept
from tests.browser.devices import PHONE, TROUBLE, Devices
from tests.browser.line import Line, line_to
from tests.browser.running_site import RunningSite

pytestmark = pytest.mark.xdist_group("browser-1")

NO_LINE = "ERR_INTERNET_DISCONNECTED|ERR_FAILED"
LAST, HALF = 120, 60
KEPT_ADDRESSES = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) {
      found.push(new URL(request.url).pathname.replace(/^\\/static\\/\\w+/, "/static"));
    }
  }
  return found.sort();
}"""
KEPT_TESTS = """async () => {
  const db = await new Promise((done) => {
    const asked = indexedDB.open("peerprep");
    asked.onsuccess = () => done(asked.result);
  });
  const all = [];
  for (const store of db.objectStoreNames) {
    const asked = db.transaction(store).objectStore(store).getAllKeys();
    await new Promise((done) => { asked.onsuccess = done; });
    all.push(...asked.result);
  }
  db.close();
  return all;
}"""


@pytest.fixture
def line(site: RunningSite) -> Iterator[Line]:
    """A line to the site that can be cut."""
    with line_to(site) as whole:
        yield whole


def begin(page: Page, name: str = "Rosa") -> str:
    acts.register(page, name)
    handle = acts.start_mock(page, "en")
    acts.ready(page)
    kept_on_the_device(page)
    return handle


def kept_on_the_device(page: Page) -> None:
    """The page can be reloaded without a connection from now on."""
    settled(page, KEPT_ADDRESSES, lambda found: "/static/exam.js" in found)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def settled(page: Page, script: str, wanted: Callable[[Any], bool]) -> None:
    """Wait until the browser's answer is the wanted one."""
    for _round in range(100):
        if wanted(page.evaluate(script)):
            return
        page.wait_for_timeout(100)
    raise AssertionError(page.evaluate(script))


def test_the_whole_test_is_answered_offline_with_a_reload_and_handed_in_once(
    new_device: Devices, line: Line, site: RunningSite
) -> None:
    page = new_device("en-US", PHONE, site=line.site, expected=TROUBLE)
    handle = begin(page)
    line.cut()
    sit(page, 1, HALF)
    acts.says(page, "failed")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    acts.at_item(page, HALF)
    expect(acts.option(page, HALF % 4).locator("input")).to_be_checked()
    expect(page.locator("[data-clock-face]")).to_have_text(re.compile(r"^2:2\d:\d\d$"))
    page.locator("[data-next]").click()
    dialog = page.locator("#no-break")
    expect(dialog).to_contain_text("the server stops the clock")
    dialog.locator("button[value=skip]").click()
    acts.at_item(page, HALF + 1)
    sit(page, HALF + 1, LAST)
    page.locator("[data-review]").click()
    assert acts.numbers(page.locator(".lead")) == [LAST, 0, 0]
    page.locator('#map-view a[href$="/submit"]').click()
    expect(page.locator("[data-notice=needs-connection]")).to_be_visible()
    assert answers(site, handle) == {}
    sent = every_save(page)
    line.mend()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-notice=offline]")).to_be_hidden()
    acts.submit(page)
    items = kept.form_items(site, handle)
    assert answers(site, handle) == {p: items[p].order[p % 4] for p in range(1, LAST + 1)}
    assert acts.numbers(page.locator("h1")) == [kept.right_answers(site, handle), LAST]
    assert kept.finish_reason(site, handle) == "submitted"
    assert sorted(position for position, _seq in sent) == list(range(1, LAST + 1))
    settled(page, KEPT_TESTS, lambda found: found == [])
    assert page.evaluate(KEPT_ADDRESSES) == []


def every_save(page: Page) -> list[tuple[int, int]]:
    """A list of every answer that the page sends from now on: its item and its number."""
    sent: list[tuple[int, int]] = []

    def note(asked: Request) -> None:
        if asked.url.endswith("/responses"):
            changes = json.loads(asked.post_data or "{}")["changes"]
            sent.extend((c["position"], c["seq"]) for c in changes if "option_id" in c)

    page.on("request", note)
    return sent


def sit(page: Page, first: int, last: int) -> None:
    for position in range(first, last + 1):
        acts.choose(page, position % 4)
        if position < last:
            acts.go_next(page, position + 1)


def answers(site: RunningSite, handle: str) -> dict[int, str]:
    found = kept.responses(site, handle)
    return {p: given.option_id for p, given in found.items() if given.option_id}


def test_only_the_running_test_s_page_is_kept_and_no_other_is_served(new_device: Devices) -> None:
    page = new_device("en-US", expected=TROUBLE)
    handle = begin(page)
    page.goto("/home")
    page.goto("/account")
    page.goto(f"/attempts/{handle}/submit")
    pages = [where for where in page.evaluate(KEPT_ADDRESSES) if not where.startswith("/static")]
    assert pages == [f"/attempts/{handle}"]
    page.context.set_offline(offline=True)
    for path in ("/home", f"/attempts/{handle}/submit", f"/attempts/{handle}/result"):
        with pytest.raises(Error, match=NO_LINE):
            page.context.new_page().goto(path)
    again = page.context.new_page()
    again.goto(f"/attempts/{handle}/items/1")
    acts.ready(again)


def test_the_kept_page_has_the_server_s_content_policy(new_device: Devices) -> None:
    page = new_device("en-US", expected=TROUBLE)
    handle = begin(page)
    page.context.set_offline(offline=True)
    answer = page.goto(f"/attempts/{handle}/items/1")
    assert answer is not None
    assert answer.from_service_worker
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_signing_out_puts_everything_away(new_device: Devices) -> None:
    page = new_device("en-US", expected=TROUBLE)
    handle = begin(page)
    assert page.evaluate(KEPT_TESTS) == [handle, handle]
    page.goto("/home")
    page.locator('form[action$="/sign-out"] button').click()
    expect(page).to_have_url(re.compile(r"/$"))
    assert page.evaluate(KEPT_ADDRESSES) == []
    assert (
        page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    )
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0


def test_another_person_finds_nothing_of_the_first(new_device: Devices) -> None:
    page = new_device("en-US", expected=TROUBLE)
    handle = begin(page)
    page.context.clear_cookies()
    acts.register(page, "Noor")
    settled(page, KEPT_TESTS, lambda found: found == [])
    assert page.evaluate(KEPT_ADDRESSES) == []
    page.context.set_offline(offline=True)
    with pytest.raises(Error, match=NO_LINE):
        page.goto(f"/attempts/{handle}/items/1")


def test_without_a_service_worker_all_else_works(new_device: Devices, site: RunningSite) -> None:
    page = new_device("en-US", expected=TROUBLE)
    page.add_init_script(
        "delete Navigator.prototype.serviceWorker; delete Navigator.prototype.locks;"
        "delete globalThis.caches"
    )
    acts.register(page, "Rosa")
    handle = acts.start_mock(page, "en")
    acts.ready(page)
    page.context.set_offline(offline=True)
    sit(page, 1, 3)
    page.context.set_offline(offline=False)
    acts.says(page, "saved")
    page.reload()
    acts.ready(page)
    expect(page.locator("#take-over")).to_be_hidden()
    assert sorted(answers(site, handle)) == [1, 2, 3]
