"""The parts of the security plan that only a browser can answer: its own reading of addresses,
what it keeps, what it shows after signing out, and whom it asks."""

import json
import re
from collections.abc import Iterable
from contextlib import suppress

import pytest
from flask import Flask
from playwright.sync_api import Error, Page, Response, expect

from app.domain.bilingual import Language
from app.storage.attempts import AttemptRow
from app.storage.bank import item_of
from app.storage.database import db, set_reading
from tests.browser import acts
from tests.browser.acts import Account
from tests.browser.devices import Devices
from tests.browser.running_site import RunningSite
from tests.security.test_part_04_redirects import NEXT_ELSEWHERE
from tests.world import PASSWORD

pytestmark = pytest.mark.xdist_group("browser-2")

LED = """async (payloads) => {
  const token = document.querySelector('[name=csrf_token]').value;
  const led = [];
  for (const next of payloads) {
    const form = new URLSearchParams({ csrf_token: token, language: "en", next });
    const ways = [
      () => fetch("/language", { method: "POST", body: form }),
      () => fetch("/sign-in?" + new URLSearchParams({ next })),
    ];
    for (const way of ways) {
      try { led.push([next, (await way()).url]); }
      catch (error) { led.push([next, String(error)]); }
    }
  }
  return led;
}"""
KEPT = """async () => {
  const kept = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
  for (const { name } of await indexedDB.databases()) {
    const opened = await new Promise((done) => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => done(asked.result);
    });
    for (const store of opened.objectStoreNames) {
      const all = await new Promise((done) => {
        const asked = opened.transaction(store).objectStore(store).getAll();
        asked.onsuccess = () => done(asked.result);
      });
      kept.push(JSON.stringify(all));
    }
    opened.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) kept.push(await (await cache.match(request)).text());
  }
  return kept.join("\\n");
}"""
TELLING = ("is_key", "rationale", "misconception", "option--key")


def secrets_of(app: Flask, handle: str) -> list[str]:
    """Every reason for every option on the attempt's form, in both languages."""
    with app.app_context():
        set_reading(only=False)
        form = db.session.query(AttemptRow.form).filter_by(handle=handle).scalar()
        found = [
            option.rationale.text(language)
            for _item, revision, _order in form
            for option in item_of(revision).options
            for language in Language
        ]
        db.session.remove()
    return found


def within(secrets: Iterable[str], text: str) -> list[str]:
    """Which of them the text holds, also as JSON writes them."""
    return [s for s in secrets if s in text or json.dumps(s, ensure_ascii=False)[1:-1] in text]


def signed_in(new_device: Devices, who: str = "ana") -> Page:
    page = new_device()
    acts.sign_in(page, Account(who, PASSWORD))
    return page


@pytest.mark.long
def test_part_04_chromium_follows_no_next_to_another_site(
    new_device: Devices, site: RunningSite
) -> None:
    page = signed_in(new_device)
    led = page.evaluate(LED, NEXT_ELSEWHERE)
    assert len(led) == 2 * len(NEXT_ELSEWHERE)
    assert [(sent, where) for sent, where in led if not where.startswith(f"{site.url}/")] == []


def test_part_04_a_real_sign_in_leads_home(new_device: Devices, site: RunningSite) -> None:
    for payload in ("//evil.example", "/\\evil.example", "/%09/evil.example"):
        page = new_device()
        page.goto("/sign-in?next=" + payload.replace("%", "%25").replace("\\", "%5C"))
        page.locator("[name=username]").fill("ana")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main form button[type=submit]").click()
        expect(page).to_have_url(re.compile(rf"^{re.escape(site.url)}/(home)?$"))


def test_part_05_the_browser_keeps_no_key_of_a_running_test(
    new_device: Devices, backstage: Flask
) -> None:
    """Nothing that arrives over the wire, and nothing that stays in the browser."""
    page = signed_in(new_device, "eli")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 (the library asks for it)
    handle = acts.start_mock(page, "en")
    page.wait_for_load_state("networkidle")  # the items come once, and are gone with the next page
    arrived = texts_of(answers)
    for position in (1, 2, 3):
        page.goto(f"/attempts/{handle}/items/{position}", wait_until="networkidle")
        page.locator(".option label").nth(position % 4).click()
        arrived += texts_of(answers)
    page.goto(f"/attempts/{handle}/review", wait_until="networkidle")
    arrived += texts_of(answers)
    text = "\n".join([*arrived, page.evaluate(KEPT), page.content()])
    assert within(secrets_of(backstage, handle), text) == []
    papers = [body for body in arrived if body.startswith("{")]
    assert [mark for mark in TELLING if any(mark in body for body in papers)] == []
    assert any('"stem"' in body for body in papers)


def texts_of(answers: list[Response]) -> list[str]:
    """What has arrived since the last time, where it is text and the browser still has it."""
    texts = ("text/html", "application/json", "javascript", "text/plain")
    found = []
    for answer in answers:
        kind = answer.headers.get("content-type", "")
        if answer.status == 200 and any(text in kind for text in texts):
            with suppress(Error):
                found.append(answer.text())
    answers.clear()
    return found


def test_part_09_after_signing_out_going_back_shows_nothing(new_device: Devices) -> None:
    page = signed_in(new_device)
    page.goto("/account")
    expect(page.locator("[name=display_name]")).to_have_value("Ana")
    page.locator("form[action='/sign-out'] button").first.click()
    page.wait_for_url(re.compile(r"/$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/sign-in"))
    assert "Ana" not in page.content()
    assert page.evaluate(KEPT).strip() in {"{}\n{}", ""}


@pytest.mark.long
def test_part_21_no_page_asks_another_site(new_device: Devices) -> None:
    """The devices note every request to another origin and every breach of the policy."""
    page = signed_in(new_device, "dev")
    for path in (
        "/", "/home", "/help", "/about", "/privacy", "/account", "/account/two-step", "/history",
        "/account/passkeys", "/mock", "/practice", "/quiz", "/tries", "/my-record", "/join",
        "/cohorts", "/administration", "/administration/people", "/nothing",
    ):  # fmt: skip
        page.goto(path)
    assert [fault for fault in new_device.faults if "404" not in fault] == []
    new_device.faults.clear()
