"""Catalogue A: the network and the browser, in a real Chromium against a real site."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, Route, expect

from app.domain.bilingual import Language
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.database import db, set_reading
from app.storage.people import SignInRow
from tests.browser import acts, kept
from tests.browser.acts import Account
from tests.browser.chromium import find_chromium
from tests.browser.conftest import (  # noqa: F401 (fixtures)
    backstage,
    browser,
    new_device,
    site,
)
from tests.browser.devices import Devices
from tests.browser.running_site import RunningSite
from tests.world import Stage

pytestmark = [
    pytest.mark.xdist_group("browser-1"),
    pytest.mark.sqlite_only,
    pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium"),
]

RESPONSES = "**/responses"
TROUBLE = ("net::", "Failed to load resource", "error occurred when fetching the script")
EXAM = timedelta(minutes=150)
TOLERANCE = timedelta(seconds=60)
DAY = timedelta(days=1)


@dataclass
class Seat:
    """Somebody at a mock exam."""

    page: Page
    account: Account
    handle: str
    site: RunningSite
    orders: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        items = kept.form_items(self.site, self.handle)
        self.orders = {position: item.order for position, item in items.items()}

    def answer(self, first: int, last: int, shift: int = 0) -> None:
        """Choose on these items, going from one to the next."""
        for position in range(first, last + 1):
            acts.choose(self.page, (position + shift) % 4)
            if position < last:
                acts.go_next(self.page, position + 1)

    def wanted(self, first: int, last: int, shift: int = 0) -> dict[int, str]:
        """What `answer` chose."""
        return {p: self.orders[p][(p + shift) % 4] for p in range(first, last + 1)}

    def stored(self) -> dict[int, str]:
        """What the server has."""
        found = kept.responses(self.site, self.handle)
        return {p: given.option_id for p, given in found.items() if given.option_id}

    def all_saved(self) -> None:
        """Nothing waits any more: leaving asks nothing."""
        acts.says(self.page, "saved")
        expect(self.page.locator("[data-notice=offline]")).to_be_hidden()


def sit(
    new_device: Devices, site: RunningSite, name: str, app: Flask | None = None, **left: float
) -> Seat:
    """Start a mock; with `left` of its time only, where that is said."""
    page = new_device("en-US", expected=TROUBLE)
    account = acts.register(page, name)
    if app is None:
        acts.start_mock(page, "en")
    else:
        begin_late(app, account, timedelta(**left))
        page.goto("/home")
        page.locator('main .usa-alert a[href^="/attempts/"]').click()
    acts.ready(page)
    return Seat(page, account, acts.handle_of(page), site)


def begin_late(app: Flask, account: Account, left: timedelta) -> None:
    with behind(app):
        start = datetime.now(UTC) - EXAM + left
        Stage(app).start(account.username, now=start, language=Language.EN)


@contextmanager
def behind(app: Flask) -> Iterator[None]:
    """Write to the site's database beside it."""
    with app.app_context():
        set_reading(only=False)
        yield
        db.session.commit()
        db.session.remove()


def let_pass(app: Flask, handle: str, length: timedelta) -> None:
    """Let so much of the attempt's time pass at the server."""
    with behind(app):
        row = db.session.scalars(sa.select(AttemptRow).filter_by(handle=handle)).one()
        row.started_at -= length
        for response in db.session.scalars(sa.select(ResponseRow).filter_by(attempt_id=row.id)):
            response.saved_at -= length


def seconds(face: str) -> int:
    """The seconds that a clock face shows."""
    total = 0
    for part in face.split(":"):
        total = total * 60 + int(part)
    return total


def shown_seconds(page: Page) -> int:
    return seconds(page.locator("[data-clock-face]").inner_text())


def server_seconds(seat: Seat) -> int:
    answer = seat.page.request.get(f"/attempts/{seat.handle}/clock").json()
    left: int = answer["seconds_left"]
    return left


def submitted(seat: Seat) -> None:
    """From the item over the map to the result."""
    seat.page.locator("[data-review]").click()
    acts.submit(seat.page)


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
        body = route.request.post_data_json
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


def everything(seat: Seat) -> list[tuple[object, ...]]:
    query = (
        "SELECT r.position, r.option_id, r.first_option_id, r.seq, r.flagged, r.struck, r.seconds"
        " FROM response r JOIN attempt a ON a.id = r.attempt_id WHERE a.handle = ? ORDER BY 1"
    )
    return kept.rows(seat.site, query, seat.handle)


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
        route.abort() if asked[0] == 2 else route.continue_()

    line.on("Network.requestWillBeSent", leaves)
    for end in ("Network.loadingFinished", "Network.loadingFailed"):
        line.on(end, lambda event: flying.discard(str(event["requestId"])))
    seat.page.route(RESPONSES, lose_some)
    seat.answer(1, 12)
    seat.all_saved()
    assert (most[0], asked[0] > 2) == (1, True)
    assert seat.stored() == seat.wanted(1, 12)
    assert abs(shown_seconds(seat.page) - server_seconds(seat)) <= 2


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


def end_sign_ins(app: Flask, account: Account) -> None:
    with behind(app):
        person = Stage(app).person(account.username).id
        db.session.execute(sa.delete(SignInRow).where(SignInRow.person_id == person))


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
