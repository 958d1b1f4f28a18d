"""Saves that go straight to the gate: for whom, for how long, and that nobody can tell."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from time import monotonic
from unittest.mock import patch

import pytest
import time_machine
from flask import Flask, request_started
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.test import TestResponse

from app.domain.attempts import AttemptKind
from app.services import sign_ins
from app.web import saves_first
from app.web.saves_first import KNOWN, LET_THROUGH_SECONDS, LONGEST_BODY, RULE
from tests.web.accounts_cast import contents
from tests.web.exam_cast import begin, inside, options, response
from tests.web.records_cast import open_classroom
from tests.world import NOON, signed_in

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
THERE = {
    "Origin": "http://localhost",
    "Sec-Fetch-Site": "same-origin",
    "Content-Type": "application/json",
}

pytestmark = pytest.mark.usefixtures("noon")


class Page:
    """Somebody's exam page and its script."""

    def __init__(self, app: Flask, username: str = "ana", handle: str = "") -> None:
        self.app, self.reached_pages = app, False
        app.config["WTF_CSRF_ENABLED"] = False
        self.client = signed_in(app, username)
        app.config["WTF_CSRF_ENABLED"] = True
        self.handle = handle or begin(app, username, AttemptKind.MOCK)
        page = self.client.get(f"/attempts/{self.handle}/items/1").text
        found = TOKEN.search(page)
        assert found
        self.token, self.seq = found[1], 0

    def change(self, **what: object) -> dict[str, object]:
        self.seq += 1
        chosen = options(self.app, self.handle)[self.seq % 4]
        return {"position": 1, "seq": self.seq, "option_id": chosen, **what}

    def send(self, body: object, handle: str = "", **headers: str) -> TestResponse:
        reached: list[object] = []
        note = partial(lambda site, **_more: reached.append(site))
        with request_started.connected_to(note, self.app):
            answer = self.client.post(
                f"/attempts/{handle or self.handle}/responses",
                data=body if isinstance(body, bytes) else json.dumps(body).encode(),
                headers=THERE | {"X-CSRFToken": self.token} | headers,
            )
        self.reached_pages = bool(reached)
        return answer

    def save(self, **headers: str) -> TestResponse:
        return self.send({"changes": [self.change()]}, **headers)


@pytest.fixture(autouse=True)
def _as_it_was(app: Flask, watched: Flask) -> Iterator[None]:
    """Forms need no token after the test, nor before."""
    yield
    for site in (app, watched):
        site.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def page(app: Flask) -> Page:
    """Ana's page, whose saves are known."""
    one = Page(app)
    assert one.save().status_code == 200
    return one


def test_the_rule_is_the_page_s(app: Flask) -> None:
    assert RULE in {rule.rule for rule in app.url_map.iter_rules("saves.save")}


def test_a_known_save_is_stored_and_answered_like_the_first(app: Flask) -> None:
    page = Page(app)
    first = page.save()
    assert page.reached_pages
    second = page.save()
    assert not page.reached_pages
    told = {"refused": [], "seconds_left": 9000, "added": [], "late": False}
    assert first.get_json() == {"accepted": [[1, 1]], **told}
    assert second.get_json() == {"accepted": [[1, 2]], **told}
    assert {*first.headers.keys()} == {*second.headers.keys()}
    differ = {name for name, value in first.headers if second.headers[name] != value}
    assert differ == {"X-Request-ID"}
    kept = response(app, page.handle)
    assert kept is not None
    assert (kept.seq, kept.option_id) == (2, options(app, page.handle)[2])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-CSRFToken": "x"}, 400),
        ({"X-CSRFToken": ""}, 400),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "elsewhere.example"}, 400),
        ({"Cookie": ""}, 400),
        ({"Content-Type": "text/plain"}, 422),
    ],
)
def test_with_any_other_header_the_pages_look_again(
    app: Flask, page: Page, headers: dict[str, str], status: int
) -> None:
    before = contents(app)
    if "Cookie" in headers:
        page.client.delete_cookie("peerprep")
    answer = page.save(**headers)
    assert answer.status_code == status
    assert contents(app) == before


def test_somebody_else_s_token_is_no_key_to_a_known_save(app: Flask, page: Page) -> None:
    other = Page(app, "ben")
    before = contents(app)
    assert other.save(**{"X-CSRFToken": page.token}).status_code == 400
    assert other.send({"changes": [page.change()]}, page.handle).status_code == 404
    assert contents(app) == before


def test_a_known_save_still_asks_whose_the_attempt_is(app: Flask, page: Page) -> None:
    other = Page(app, "ben")
    before = contents(app)
    for handle in (other.handle, "x" * 22):
        answer = page.send({"changes": [{"position": 1, "seq": 9}]}, handle)
        assert (answer.status_code, answer.get_json()["error"]) == (404, "not_found")
    assert contents(app) == before


def test_whoever_signs_out_is_let_through_no_more(app: Flask, page: Page) -> None:
    with inside(app), page.client.session_transaction() as session:
        sign_ins.end_sign_in(session["sign_in"])
    answer = page.save()
    assert (answer.status_code, answer.get_json()["error"]) == (401, "signed_out")


def test_after_some_minutes_the_pages_look_again(page: Page) -> None:
    began = monotonic()
    for later, looked in ((LET_THROUGH_SECONDS - 9, False), (LET_THROUGH_SECONDS, True)):
        with patch.object(saves_first, "monotonic", return_value=began + later):
            assert page.save().status_code == 200
        assert page.reached_pages is looked


WRONG: dict[str, tuple[object, int]] = {
    "nothing": (b"", 422),
    "half": (b"{", 422),
    "other bytes": (b"\xff", 422),
    "a name twice": (b'{"changes": [], "changes": []}', 422),
    "deep lists": (b"[" * 20_000, 422),
    "another item's option": ({"changes": [{"position": 1, "seq": 7, "option_id": "zzz"}]}, 422),
    "another page's": ({"changes": [], "writer": "somebody else"}, 409),
    "much air": (b" " * LONGEST_BODY + b'{"changes": []}', 200),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_refused_as_by_the_pages(app: Flask, page: Page, what: str) -> None:
    body, status = WRONG[what]
    before = contents(app)
    known = page.send(body)
    with patch.object(app.extensions[KNOWN], "proof", return_value=None):
        afresh = page.send(body)
    assert (known.status_code, known.data) == (afresh.status_code, afresh.data)
    assert known.status_code == status
    assert contents(app) == before


def test_a_fault_on_the_way_is_met_by_the_pages(page: Page) -> None:
    with patch.object(saves_first, "save_batch", side_effect=RuntimeError):
        assert page.save().status_code == 200
    assert page.reached_pages


def test_a_save_that_waited_before_the_pages_counts_from_its_entry(
    app: Flask, page: Page, noon: time_machine.Traveller
) -> None:
    def wait(*_given: object) -> None:
        noon.shift(timedelta(hours=3))
        raise RuntimeError

    with patch.object(saves_first, "save_batch", side_effect=wait):
        assert page.save().get_json()["accepted"] == [[1, 2]]
    assert page.reached_pages
    kept = response(app, page.handle)
    assert kept is not None
    assert kept.saved_at == NOON


def test_where_no_connection_is_free_nobody_waits_for_one_twice(page: Page) -> None:
    with patch.object(saves_first, "save_batch", side_effect=NoConnection):
        answer = page.save()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Cache-Control"] == "no-store"
    assert not page.reached_pages


def test_time_that_was_added_is_told_in_words(app: Flask) -> None:
    room = open_classroom(app)
    page = Page(app, handle=room.handle)
    assert page.save().get_json()["added"] == []
    room.add_time(10)
    for _time in range(2):
        (added,) = page.save().get_json()["added"]
        assert (added["minutes"], bool(added["text"])) == (10, True)


def test_a_process_forgets_rather_than_grow(app: Flask, page: Page) -> None:
    with patch.object(saves_first, "MOST_KNOWN", 1):
        assert Page(app, "ben").save().status_code == 200
    assert page.save().status_code == 200
    assert page.reached_pages


def test_known_saves_are_counted_and_logged(
    watched: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    page = Page(watched)
    caplog.set_level(logging.INFO, "app.requests")
    assert page.save().status_code == page.save().status_code == 200
    lines = [record.fields for record in caplog.records if record.msg == "request"]  # type: ignore[attr-defined]
    assert [line.get("status") for line in lines[-2:]] == [200, 200]
    assert lines[-1]["endpoint"] == RULE
    assert lines[-1]["method"] == "POST"
    assert lines[-1]["request_id"]
