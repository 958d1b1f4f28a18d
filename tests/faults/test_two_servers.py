"""Two servers, one PostgreSQL, no disk in common: whichever is asked, the site is the same.

A balancer before them may send every request elsewhere. What a server keeps for itself (bank,
pulses, figures, static files, floods) must not show; what decides is in the database.
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import sqlalchemy as sa

from app.bank.reader import read_bank
from app.storage.attempts import AttemptRow
from app.storage.bank import items_of
from app.storage.database import db
from tests.browser.running_site import RunningSite, running_site
from tests.load.databases import database
from tests.world import BANK, PASSWORD, Stage, build_app, furnish

HOST = "exam.test"
FAILURES = 4
PATIENCE = 60
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
SHEET = re.compile(r'href="(/static/[^"]+\.css)"')
OWN_TO_A_PAGE = re.compile(r'value="[^"]{60,}"|nonce="[^"]+"')
QUIZ = {"axis": "oshpd", "areas": "3", "items": "10", "feedback": "at_end", "timed": "timed"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, and from where it was asked in the end."""

    status: int
    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:  # noqa: ANN401 (whatever the site says)
        return json.loads(self.body)


class Balanced:
    """One browser before a balancer that sends each request to the other server."""

    def __init__(self, sites: list[RunningSite]) -> None:
        self.ports = [urlsplit(site.url).port for site in sites]
        self.asked = 0
        self.cookies: dict[str, str] = {}
        self.token = ""

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Reply:
        """One request to whichever is next; redirects go to the one after that."""
        port = self.ports[self.asked % len(self.ports)]
        self.asked += 1
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        every = {"Host": HOST, "Cookie": jar, **headers}
        line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        line.request(method, path, body, every)
        answer = line.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        reply = Reply(answer.status, dict(answer.getheaders()), answer.read(), path)
        line.close()
        if reply.status in {302, 303}:
            return self.ask("GET", reply.headers["Location"].removeprefix(f"http://{HOST}"))
        found = TOKEN.search(reply.text) if "html" in reply.headers["Content-Type"] else None
        self.token = found.group(1) if found else self.token
        return reply

    def form(self, path: str, **fields: str) -> Reply:
        """Send a form."""
        kind = "application/x-www-form-urlencoded"
        filled = {"csrf_token": self.token, **fields}
        headers = {"Content-Type": kind, "Origin": f"http://{HOST}"}
        return self.ask("POST", path, urlencode(filled), **headers)

    def send(self, path: str, value: object) -> Reply:
        """Send JSON, as the page's script does."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.token}
        return self.ask("POST", path, json.dumps(value), Origin=f"http://{HOST}", **headers)

    def sign_in(self, username: str, password: str = PASSWORD, begin_at: int = 0) -> Reply:
        """Open the page at one, send it to the other."""
        self.asked = begin_at
        self.ask("GET", "/sign-in")
        return self.form("/sign-in", username=username, password=password)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two servers and what they share."""

    sites: list[RunningSite]
    stage: Stage

    def browser(self) -> Balanced:
        return Balanced(self.sites)

    def each(self, browser: Balanced, path: str) -> list[Reply]:
        """The same page of both."""
        found = []
        for number, _site in enumerate(self.sites):
            browser.asked = number
            found.append(browser.ask("GET", path))
        return found


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both run in folders of their own; the secret key is all that was carried over."""
    first, second = (tmp_path_factory.mktemp(name) for name in ("first", "second"))
    with database("postgresql") as where, ExitStack() as running:
        app = build_app(first, bank := read_bank(BANK), database_url=where.url)
        furnish(app, bank)
        carry_key(first, second)
        settings: dict[str, Any] = {
            "database_url": where.url,
            "public_url": f"http://{HOST}",
            "sign_in_failures": FAILURES,
            "bank": BANK,
        }
        sites = [
            running.enter_context(running_site(folder, **settings)) for folder in (first, second)
        ]
        with app.app_context():
            yield Pair(sites, Stage(app))
            db.session.remove()
            db.engine.dispose()


def carry_key(first: Path, second: Path) -> None:
    key = second / "secret_key"
    key.touch(mode=0o600)
    key.write_text((first / "secret_key").read_text(encoding="ascii"), encoding="ascii")


def stored(handle: str) -> AttemptRow:
    db.session.rollback()
    return db.session.scalars(sa.select(AttemptRow).where(AttemptRow.handle == handle)).one()


def started(browser: Balanced) -> str:
    """Start a quiz at one server and see its first question at the other; its handle."""
    browser.ask("GET", "/quiz")
    first = browser.form("/quiz", **QUIZ)
    assert first.status == 200, first.text[:500]
    return first.path.split("/")[2]


def test_a_whole_attempt_may_change_servers_with_every_request(pair: Pair) -> None:
    ana = pair.browser()
    assert ana.sign_in("ana").path == "/home"
    handle = started(ana)
    here = f"/attempts/{handle}"
    paper = ana.send(f"{here}/paper", {"writer": None, "take_over": False}).json
    chosen: dict[int, str] = {}
    for item in paper["items"]:
        position = item["position"]
        chosen[position] = item["options"][position % 4]["id"]
        change = {"position": position, "seq": position, "option_id": chosen[position]}
        saved = ana.send(f"{here}/responses", {"writer": paper["writer"], "changes": [change]})
        assert (saved.status, saved.json["accepted"]) == (200, [[position, position]])
    wish = {"writer": paper["writer"], "take_over": False}
    papers = [ana.send(f"{here}/paper", wish).json for _site in pair.sites]
    assert papers[0]["marks"] == papers[1]["marks"]
    held = {int(place): mark["option_id"] for place, mark in papers[0]["marks"].items()}
    assert held == chosen
    clocks = [reply.json["seconds_left"] for reply in pair.each(ana, f"{here}/clock")]
    assert abs(clocks[0] - clocks[1]) <= 1
    pulses = {reply.text for reply in pair.each(ana, f"/pulse/{handle}")}
    assert len(pulses) == 1
    assert ana.form(f"{here}/submit").path == f"{here}/result"
    results = [OWN_TO_A_PAGE.sub("", page.text) for page in pair.each(ana, f"{here}/result")]
    assert results[0] == results[1]
    row = stored(handle)
    keys = items_of(entry[1] for entry in row.form)
    right = sum(
        keys[entry[1]].key == chosen[place] for place, entry in enumerate(row.form, start=1)
    )
    assert (row.right, row.chosen) == (right, list(chosen.values()))


def test_a_save_at_one_server_reaches_what_was_opened_at_the_other(pair: Pair) -> None:
    """The writer's right is in the database: a page that was taken over is told so by both."""
    eli, other = pair.browser(), pair.browser()
    eli.sign_in("eli")
    other.sign_in("eli")
    here = f"/attempts/{started(eli)}"
    first = eli.send(f"{here}/paper", {"writer": None, "take_over": False}).json
    other.ask("GET", here)
    refused = other.send(f"{here}/paper", {"writer": None, "take_over": False})
    assert (refused.status, refused.json["error"]) == (409, "elsewhere")
    assert other.send(f"{here}/paper", {"writer": None, "take_over": True}).status == 200
    option = first["items"][0]["options"][0]["id"]
    change = {"position": 1, "seq": 1, "option_id": option}
    told = [
        eli.send(f"{here}/responses", {"writer": first["writer"], "changes": [change]})
        for _site in pair.sites
    ]
    assert [(one.status, one.json["error"]) for one in told] == [(409, "elsewhere")] * 2


def test_signing_out_at_one_server_ends_the_sign_in_at_the_other(pair: Pair) -> None:
    caro = pair.browser()
    caro.sign_in("caro")
    copied = dict(caro.cookies)
    assert [page.path for page in pair.each(caro, "/home")] == ["/home", "/home"]
    caro.form("/sign-out")
    caro.cookies = copied
    assert [page.path.partition("?")[0] for page in pair.each(caro, "/home")] == ["/sign-in"] * 2


def test_failed_sign_ins_are_counted_over_both_servers(pair: Pair) -> None:
    """The lock-out is no server's own; only what stems floods is, and that is per network."""
    stranger = pair.browser()
    for number in range(FAILURES):
        assert stranger.sign_in("dev", "not the word", begin_at=number).path != "/home"
    locked = [stranger.sign_in("dev", begin_at=number) for number in range(len(pair.sites))]
    assert [page.path.partition("?")[0] for page in locked] == ["/sign-in"] * 2


def test_a_page_of_one_server_finds_its_style_at_the_other(pair: Pair) -> None:
    visitor = pair.browser()
    sheets = [SHEET.findall(page.text) for page in pair.each(visitor, "/sign-in")]
    assert sheets[0] == sheets[1]
    found = [[page.body for page in pair.each(visitor, path)] for path in sheets[0]]
    assert found
    assert all(both[0] == both[1] for both in found)
