"""The exam as one page: moving about without the server, and what the page says of its saves."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser import acts, kept
from tests.browser.devices import PHONE, TROUBLE, Devices
from tests.browser.running_site import RunningSite

pytestmark = pytest.mark.xdist_group("browser-2")


def begin(page: Page, name: str = "Rosa") -> str:
    acts.register(page, name)
    handle = acts.start_mock(page, "en")
    acts.ready(page)
    return handle


def count_pages(page: Page) -> list[str]:
    """A list of every page load from now on."""
    loads: list[str] = []
    page.on(
        "request", lambda asked: loads.append(asked.url) if asked.is_navigation_request() else None
    )
    return loads


def test_a_page_that_is_opened_again_uses_the_items_that_it_has_kept(new_device: Devices) -> None:
    page = new_device("en-US", PHONE)
    begin(page)
    acts.go_next(page, 2)
    stem = page.locator(".stem").inner_text()
    with page.expect_response("**/paper") as answer:
        page.reload()
    assert answer.value.json()["items"] is None
    acts.ready(page)
    assert page.locator(".stem").inner_text() == stem
    acts.choose(page, 1)
    acts.says_saved(page)
    acts.go_next(page, 3)
    assert page.locator(".stem").inner_text() not in {stem, ""}


def test_next_previous_map_flag_strike_out_and_note_load_no_page(
    new_device: Devices, site: RunningSite
) -> None:
    page = new_device("en-US")
    handle = begin(page)
    loads = count_pages(page)
    items = kept.form_items(site, handle)
    acts.choose(page, 1)
    acts.go_next(page, 2)
    expect(page.locator(".stem")).to_have_text(items[2].stem("en"))
    assert page.locator(".option__text").all_inner_texts() == items[2].options("en")
    expect(page.locator("#item-heading")).to_be_focused()
    assert page.title().startswith("Question 2 of 120")
    page.locator("[data-flag]").click()
    acts.option(page, 0).locator("[data-strike]").click()
    page.locator("details.note summary").click()
    page.locator("[data-note]").fill("Look again")
    acts.go_next(page, 3)
    expect(page.locator("[data-note]")).to_have_value("")
    page.go_back()
    acts.at_item(page, 2)
    expect(page.locator("[data-note]")).to_have_value("Look again")
    expect(page.locator("[data-flag]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#item-heading")).to_be_focused()
    page.go_forward()
    acts.at_item(page, 3)
    page.locator("[data-review]").click()
    expect(page.locator("#map-heading")).to_be_focused()
    assert acts.numbers(page.locator(".lead")) == [1, 119, 117, 1]
    page.locator('.map__item[value="1"]').click()
    acts.at_item(page, 1)
    expect(acts.option(page, 1).locator("input")).to_be_checked()
    acts.says(page, "saved")
    assert loads == []
    given = kept.responses(site, handle)
    assert (given[1].option_id, given[2].flagged) == (items[1].order[1], True)
    assert (given[2].struck, given[2].note) == (items[2].order[0], "Look again")


def test_the_map_in_the_page_says_what_the_server_s_map_says(new_device: Devices) -> None:
    page = new_device("en-US")
    begin(page)
    acts.choose(page, 0)
    acts.go_next(page, 2)
    page.locator("[data-flag]").click()
    acts.go_next(page, 3)
    acts.says(page, "none")
    page.locator("[data-review]").click()
    expect(page.locator("#map-view")).to_be_visible()
    told = said_by_the_map(page)
    expect(page.locator("[data-last-saved]")).not_to_be_empty()
    page.reload()
    expect(page.locator("#map-view")).to_have_count(0)
    assert said_by_the_map(page) == told


def said_by_the_map(page: Page) -> list[object]:
    return [
        page.locator(".lead").inner_text(),
        [" ".join(link.inner_text().split()) for link in page.locator(".filters a").all()],
        [" ".join(item.inner_text().split()) for item in page.locator(".map__item").all()[:4]],
        page.locator("main h2:visible").all_inner_texts(),
        [link.inner_text() for link in page.locator(".exam-actions a:visible").all()],
    ]


def test_while_the_line_is_down_item_and_map_say_what_is_not_saved(new_device: Devices) -> None:
    page = new_device("en-US", PHONE, expected=TROUBLE)
    begin(page)
    page.context.set_offline(offline=True)
    acts.choose(page, 2)
    acts.says(page, "failed")
    acts.go_next(page, 2)
    page.locator("[data-review]").click()
    expect(page.locator('.map__item[value="1"]')).to_contain_text("complete, not saved yet")
    expect(page.locator('.map__item[value="2"]')).to_have_text(re.compile(r"incomplete$"))
    page.context.set_offline(offline=False)
    expect(page.locator('.map__item[value="1"]')).to_have_text(re.compile(r"complete$"))


def test_leaving_with_something_unsaved_asks_first(new_device: Devices) -> None:
    page = new_device("en-US", expected=TROUBLE)
    begin(page)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    acts.choose(page, 1)
    acts.says_saved(page)
    page.context.set_offline(offline=True)
    acts.choose(page, 2)
    acts.says(page, "failed")
    page.close(run_before_unload=True)
    expect(page.locator("#item")).to_be_visible()
    assert asked == ["beforeunload"]


def test_after_a_minute_without_a_line_the_answers_can_be_downloaded(
    new_device: Devices, tmp_path: Path
) -> None:
    page = new_device("en-US", expected=TROUBLE)
    page.clock.install(time=datetime.now(UTC))
    begin(page)
    page.context.set_offline(offline=True)
    acts.choose(page, 2)
    acts.says(page, "failed")
    expect(page.locator("[data-download]")).to_be_hidden()
    page.clock.fast_forward("01:01")
    with page.expect_download() as saved:
        page.locator("[data-download]").click()
    assert saved.value.suggested_filename == "my-answers.txt"
    saved.value.save_as(tmp_path / "copy.txt")
    lines = (tmp_path / "copy.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.match(r"\d+: ", line)][:3] == ["1: C", "2: -", "3: -"]
    page.context.set_offline(offline=False)
    acts.says(page, "saved")
    expect(page.locator("[data-download]")).to_be_hidden()


def test_both_languages_stand_together_without_a_page_load_and_after_one(
    new_device: Devices,
) -> None:
    page = new_device("es-MX", PHONE)
    acts.register(page, "Luis")
    acts.start_practice(page)
    acts.ready(page)
    acts.choose(page, 3)
    acts.says_saved(page)
    loads = count_pages(page)
    with page.expect_response(re.compile(r"/items/1$")):
        page.locator("#item [data-stack]").click()
    expect(page.locator(".item--stacked")).to_be_visible()
    expect(acts.option(page, 3).locator("input")).to_be_checked()
    acts.choose(page, 0)
    acts.says_saved(page)
    assert loads == []
    page.reload()
    acts.ready(page)
    expect(page.locator(".item--stacked")).to_be_visible()
    expect(acts.option(page, 0).locator("input")).to_be_checked()


def test_checked_answers_are_shown_by_the_server_s_page(new_device: Devices) -> None:
    page = new_device("en-US")
    acts.register(page, "Luis")
    acts.start_practice(page, feedback="each_item")
    acts.ready(page)
    acts.choose(page, 1)
    page.locator("[data-reveal]").click()
    expect(page.locator(".rationale").first).to_be_visible()
    acts.ready(page)
    acts.go_next(page, 2)
    expect(page.locator(".rationale")).to_have_count(0)
    page.locator("[data-previous]").click()
    acts.at_item(page, 1)
    expect(page.locator(".rationale").first).to_be_visible()
    expect(acts.option(page, 1).locator("input")).to_be_disabled()
