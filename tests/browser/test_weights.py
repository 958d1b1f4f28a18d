"""What a page costs over the air: every byte of every request, with an empty cache and again."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import acts
from tests.browser.devices import PHONE, Devices

pytestmark = pytest.mark.xdist_group("browser-2")

KILOBYTE = 1000
START, ITEM, ITEM_AGAIN, PAPER, RESULT = 15, 30, 7, 60, 25
"""Budgets in kilobytes. The paper, all items of a test at once, is weighed by itself."""


class Scales:
    """Counts the bytes that the browser receives, headers included."""

    def __init__(self, page: Page) -> None:
        self.bytes = self.paper = 0.0
        self._papers: set[str] = set()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._look)
        session.on("Network.loadingFinished", self._add)
        self._session, self._page = session, page

    def cold(self, path: str) -> float:
        """Kilobytes of the page for somebody who was never here."""
        self._session.send("Network.clearBrowserCache")
        return self.warm(path)

    def warm(self, path: str) -> float:
        """Kilobytes of the page for somebody who has seen another one."""
        self.bytes = self.paper = 0.0
        self._page.goto(path, wait_until="networkidle")
        return self.bytes / KILOBYTE

    def _look(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].endswith("/paper"):
            self._papers.add(event["requestId"])

    def _add(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._papers:
            self.paper += event["encodedDataLength"] / KILOBYTE
        else:
            self.bytes += event["encodedDataLength"]


def test_start_page_and_exam_items_are_light(
    new_device: Devices, capsys: pytest.CaptureFixture[str]
) -> None:
    page = new_device("es-MX", PHONE)
    scales = Scales(page)
    start = scales.cold("/")
    acts.register(page, "Rosa")
    handle = acts.start_mock(page, "es")
    page.wait_for_load_state("networkidle")  # the items have come, and stay
    item = scales.cold(f"/attempts/{handle}/items/2")
    again = scales.warm(f"/attempts/{handle}/items/3")
    with capsys.disabled():
        print(f"\nstart {start:.1f} kB, item {item:.1f} kB, item again {again:.1f} kB")  # noqa: T201
    assert start <= START
    assert item <= ITEM
    assert again <= ITEM_AGAIN


def test_a_whole_test_in_both_languages_is_light(
    new_device: Devices, capsys: pytest.CaptureFixture[str]
) -> None:
    page = new_device("es-MX", PHONE)
    scales = Scales(page)
    acts.register(page, "Rosa")
    handle = acts.start_practice(page, items=120)
    acts.ready(page)
    scales.cold(f"/attempts/{handle}/items/1")
    with capsys.disabled():
        print(f"\npaper of 120 questions in both languages {scales.paper:.1f} kB")  # noqa: T201
    assert 1 < scales.paper <= PAPER


def test_the_result_is_light(new_device: Devices, capsys: pytest.CaptureFixture[str]) -> None:
    page = new_device("es-MX", PHONE)
    scales = Scales(page)
    acts.register(page, "Rosa")
    handle = acts.start_mock(page, "es")
    page.goto(f"/attempts/{handle}/review")
    acts.submit(page)
    result = scales.cold(f"/attempts/{handle}/result")
    with capsys.disabled():
        print(f"\nresult {result:.1f} kB")  # noqa: T201
    assert result <= RESULT
