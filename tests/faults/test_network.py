"""Catalogue A: the network, in a real Chromium against a real site."""

import json
import random
import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser import acts, kept
from tests.browser.chromium import find_chromium
from tests.browser.devices import TROUBLE, Devices
from tests.browser.running_site import RunningSite
from tests.faults.seat import (
    RESPONSES,
    Seat,
    everything,
    server_seconds,
    shown_seconds,
    sit,
    submitted,
)

pytestmark = [
    pytest.mark.xdist_group("browser-1"),
    pytest.mark.sqlite_only("the browser's tests look into its file from outside"),
    pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium"),
]


def test_01_ten_answers_chosen_offline_are_the_server_s_once_it_is_reached(
    new_device: Devices, site: RunningSite
) -> None:
    seat = sit(new_device, site, "Rosa")
    seat.page.context.set_offline(offline=True)
    seat.answer(1, 10)
    acts.says(seat.page, "failed")
    expect(seat.page.locator("[data-notice=offline]")).to_be_visible()
    assert seat.stored() == {}
    seat.page.context.set_offline(offline=False)
    seat.all_saved()
    assert seat.stored() == seat.wanted(1, 10)


def test_02_an_answer_whose_receipt_is_lost_is_stored_once(
    new_device: Devices, site: RunningSite
) -> None:
    seat = sit(new_device, site, "Rosa")
    sent: list[list[tuple[int, int]]] = []

    def lose_the_first(route: Route) -> None:
        body = json.loads(route.request.post_data or "")
        sent.append([(change["position"], change["seq"]) for change in body["changes"]])
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    seat.page.route(RESPONSES, lose_the_first)
    acts.choose(seat.page, 2)
    acts.says(seat.page, "failed")
    assert seat.stored() == {1: seat.orders[1][2]}
    seat.all_saved()
    assert sent[0] == sent[1]
    query = (
        "SELECT r.position, r.seq FROM response r JOIN attempt a ON a.id = r.attempt_id"
        " WHERE a.handle = ?"
    )
    assert kept.rows(site, query, seat.handle) == sent[0]


def recorded(seat: Seat) -> list[tuple[str, dict[str, str], str]]:
    """A list that every save of the page is put down in."""
    saves: list[tuple[str, dict[str, str], str]] = []

    def note(route: Route) -> None:
        asked = route.request
        saves.append((asked.url, asked.headers, asked.post_data or ""))
        route.continue_()

    seat.page.route(RESPONSES, note)
    return saves


def test_03_every_save_repeated_three_times_changes_nothing(
    new_device: Devices, site: RunningSite
) -> None:
    seat = sit(new_device, site, "Rosa")
    saves = recorded(seat)
    seat.answer(1, 6)
    acts.choose(seat.page, 0)
    seat.page.locator("[data-flag]").click()
    acts.option(seat.page, 3).locator("[data-strike]").click()
    seat.all_saved()
    before = everything(seat)
    for address, headers, body in [save for save in saves for _ in range(3)]:
        answer = seat.page.request.post(address, headers=headers, data=body)
        assert answer.status == 200
    assert everything(seat) == before


def test_04_of_120_saves_in_any_order_the_newest_of_each_item_stands(
    new_device: Devices, site: RunningSite
) -> None:
    seat = sit(new_device, site, "Rosa")
    saves = recorded(seat)
    acts.choose(seat.page, 0)
    seat.all_saved()
    address, headers, body = saves[0]
    writer = re.search(r'"writer":"([^"]+)"', body)
    assert writer is not None
    rng = random.Random(4)
    numbered = [(100 + n, rng.randint(1, 10), rng.randrange(4)) for n in range(120)]
    wanted = {position: seat.orders[position][place] for _seq, position, place in numbered}
    rng.shuffle(numbered)
    for seq, position, place in numbered:
        change = {"position": position, "seq": seq, "option_id": seat.orders[position][place]}
        data = {"writer": writer[1], "changes": [change]}
        answer = seat.page.request.post(address, headers=headers, data=data)
        [[told, stands]] = answer.json()["accepted"]
        assert (told, stands >= seq) == (position, True)
    assert seat.stored() == wanted


def test_05_on_a_slow_line_that_loses_saves_one_at_a_time_is_sent(
    new_device: Devices, site: RunningSite
) -> None:
    seat = sit(new_device, site, "Rosa")
    line = seat.page.context.new_cdp_session(seat.page)
    line.send("Network.enable")
    slow = {"latency": 800, "downloadThroughput": 20_000, "uploadThroughput": 20_000}
    line.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    flying, most, asked = set[str](), [0], [0]

    def leaves(event: dict[str, object]) -> None:
        request = event["request"]
        assert isinstance(request, dict)
        if str(request["url"]).endswith("/responses"):
            flying.add(str(event["requestId"]))
            most[0] = max(most[0], len(flying))

    def lose_some(route: Route) -> None:
        asked[0] += 1
        route.abort() if asked[0] == 1 else route.continue_()

    line.on("Network.requestWillBeSent", leaves)
    for end in ("Network.loadingFinished", "Network.loadingFailed"):
        line.on(end, lambda event: flying.discard(str(event["requestId"])))
    seat.page.route(RESPONSES, lose_some)
    seat.answer(1, 12)
    seat.all_saved()
    assert (most[0], asked[0] >= 2) == (1, True)
    assert seat.stored() == seat.wanted(1, 12)
    assert abs(shown_seconds(seat.page) - server_seconds(seat)) <= 2


def test_08_after_a_crash_the_browser_sends_what_it_had_not_sent(
    new_device: Devices, site: RunningSite
) -> None:
    seat = sit(new_device, site, "Rosa")
    seat.answer(1, 3)
    seat.all_saved()
    acts.go_next(seat.page, 4)
    context = seat.page.context
    context.set_offline(offline=True)
    seat.answer(4, 6)
    acts.says(seat.page, "failed")
    address = seat.page.url
    seat.page.close(run_before_unload=False)
    assert seat.stored() == seat.wanted(1, 3)
    context.set_offline(offline=False)
    seat.page = context.new_page()
    seat.page.goto(address)
    acts.ready(seat.page)
    expect(seat.page.locator("#take-over")).to_be_hidden()
    seat.all_saved()
    assert seat.stored() == seat.wanted(1, 6)


def test_09_going_back_after_the_end_leads_to_the_result(
    new_device: Devices, site: RunningSite
) -> None:
    seat = sit(new_device, site, "Rosa")
    seat.answer(1, 2)
    submitted(seat)
    before = everything(seat)
    seat.page.go_back()
    expect(seat.page).to_have_url(re.compile(r"/result$"))
    seat.page.goto(f"/attempts/{seat.handle}/items/1")
    expect(seat.page).to_have_url(re.compile(r"/result$"))
    assert everything(seat) == before


def test_10_without_javascript_every_page_saves_by_its_form(
    new_device: Devices, site: RunningSite
) -> None:
    page = new_device("en-US", javascript=False)
    account = acts.register(page, "Rosa")
    seat = Seat(page, account, acts.start_mock(page, "en"), site)
    seat.answer(1, 5)
    page.locator("[data-review]").click()
    assert seat.stored() == seat.wanted(1, 5)


@pytest.mark.parametrize(
    "stub",
    [
        "IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError') }",
        "Object.defineProperty(globalThis, 'indexedDB', { value: undefined })",
    ],
    ids=["full", "missing"],
)
def test_11_where_the_browser_keeps_nothing_the_page_says_so_and_saves(
    new_device: Devices, site: RunningSite, stub: str
) -> None:
    page = new_device("en-US", expected=TROUBLE)
    page.add_init_script(stub)
    account = acts.register(page, "Rosa")
    seat = Seat(page, account, acts.start_mock(page, "en"), site)
    acts.ready(page)
    seat.answer(1, 3)
    expect(page.locator("[data-notice=memory]")).to_be_visible()
    seat.all_saved()
    page.context.set_offline(offline=True)
    acts.go_next(page, 4)
    acts.choose(page, 0)
    acts.says(page, "failed")
    page.context.set_offline(offline=False)
    seat.all_saved()
    assert seat.stored() == seat.wanted(1, 4)


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (200, "text/html", "<h1>Please sign in to the network</h1>"),
        (200, "application/json", '{"status": "ok"}'),
        (404, "text/html", "<h1>Not here</h1>"),
        (200, "application/json", '{"accepted": [[2, 900]]}'),
    ],
)
def test_15_only_an_answer_that_names_the_item_counts_as_saved(
    new_device: Devices, site: RunningSite, status: int, kind: str, body: str
) -> None:
    seat = sit(new_device, site, "Rosa")
    seat.page.route(
        RESPONSES, lambda route: route.fulfill(status=status, content_type=kind, body=body)
    )
    acts.choose(seat.page, 3)
    acts.says(seat.page, "failed")
    assert seat.stored() == {}
    seat.page.unroute(RESPONSES)
    seat.all_saved()
    assert seat.stored() == {1: seat.orders[1][3]}


def test_control_numbers_that_go_by_arrival_are_caught(
    new_device: Devices, site: RunningSite
) -> None:
    seat = sit(new_device, site, "Rosa")
    saves = recorded(seat)
    acts.choose(seat.page, 0)
    seat.all_saved()
    address, headers, body = saves[0]
    writer = json.loads(body)["writer"]
    for arrival, place in enumerate((1, 3, 2), start=100):  # chosen in the order 1, 2, 3
        change = {"position": 1, "seq": arrival, "option_id": seat.orders[1][place]}
        data = {"writer": writer, "changes": [change]}
        assert seat.page.request.post(address, headers=headers, data=data).status == 200
    assert seat.stored() != {1: seat.orders[1][3]}


def test_control_a_page_that_believes_any_200_is_caught(
    new_device: Devices, site: RunningSite
) -> None:
    seat = sit(new_device, site, "Rosa")
    portal = "<h1>Please sign in to the network</h1>"
    seat.page.route(RESPONSES, lambda route: route.fulfill(status=200, body=portal))
    naive = "(where) => fetch(where, { method: 'POST', body: '{}' }).then((got) => got.ok)"
    assert seat.page.evaluate(naive, f"/attempts/{seat.handle}/responses") is True
    assert seat.stored() == {}
