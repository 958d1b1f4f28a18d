"""What one candidate's mock costs: `python -m tests.load.bench_candidate [--candidates 10]`.

The real server, warm, one candidate after another with no think time, but with everything that a
page's script sends in 150 minutes: the start, the paper, 120 answers with the usual changes, flags
and notes, a pulse each 18 s, the break, the map, the end, the result. CPU seconds are those of the
server's processes (PostgreSQL's own apart), beside two bare routes of the same server in the same
run; statements are those that the site's own figures count; rows and kB are what a mock leaves in
the database. Printed; nothing is asserted.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from app.bank.reader import read_bank
from app.storage.database import Base, db, set_reading
from tests.browser.running_site import RunningSite, running_site
from tests.load.bare_routes import HELLO, UPSERT
from tests.load.databases import Database, add_database_option, database, size_kb
from tests.load.seats import Seat, seat_people
from tests.load.server_cost import BARE_ROUTES, cost, server_seconds
from tests.load.wire import Answer, Browser, Tally
from tests.world import BANK, build_app, furnish

BARE, SAVES = 2000, 1000
WARMING = 6
"""Candidates before the clock begins: enough that each of two workers has made every page."""
ITEMS, BREAK_AFTER, PULSES = 120, 60, 500
EACH_CHANGED, EACH_FLAGGED, EACH_STRUCK, EACH_NOTED = 8, 10, 10, 30
"""On every eighth question an answer is changed later, and so on: 40 saves beside the 120."""
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
HANDLE = re.compile(r"/attempts/([\w-]+)")
Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Candidate:
    """Somebody at the exam page, and the page's script."""

    def __init__(self, url: str, seat: Seat) -> None:
        self.browser = Browser(url, Tally(), {"peerprep": seat.cookie})
        self.token = self.handle = self.writer = self.edition = ""
        self.seq = 0
        self.options: dict[int, list[str]] = {}

    async def read_rules(self) -> None:
        """The page before the start."""
        self.token = found(TOKEN, (await self.browser.get("rules", "/mock")).text)

    async def start(self) -> None:
        """Agree, and see the first question."""
        first = await self.post("/mock", language="en", agree="yes")
        self.handle = found(HANDLE, first.path)
        self.token = found(TOKEN, first.text)

    async def paper(self) -> None:
        """The whole form."""
        wish = {"writer": self.writer or None, "take_over": False, "have": self.edition or None}
        answer = await self.send("paper", wish)
        self.writer, self.seq, self.edition = answer["writer"], answer["seq"], answer["edition"]
        for item in answer["items"] or ():
            self.options[item["position"]] = [option["id"] for option in item["options"]]

    async def save(self, position: int, **what: Any) -> None:  # noqa: ANN401 (the contract's keys)
        """One change."""
        self.seq += 1
        change = {"position": position, "seq": self.seq, "age": 0.1, **what}
        answer = await self.send("responses", {"writer": self.writer, "changes": [change]})
        assert answer["accepted"] == [[position, self.seq]], answer

    async def answer(self, position: int) -> None:
        """One question, with what people do beside choosing."""
        options = self.options[position]
        if position % EACH_FLAGGED == 0:
            await self.save(position, flagged=True)
        if position % EACH_STRUCK == 1:
            await self.save(position, struck=options[3])
        if position % EACH_NOTED == 2:
            await self.save(position, note="Which of the two speaks of choice? Look again.")
        await self.save(position, option_id=options[position % 3], seconds=75)
        if position % EACH_CHANGED == 0:
            await self.save(position - 3, option_id=options_after(self.options[position - 3]))

    async def first_part(self) -> None:
        """To the break."""
        for position in range(1, BREAK_AFTER + 1):
            await self.answer(position)

    async def second_part(self) -> None:
        """To the end."""
        for position in range(BREAK_AFTER + 1, ITEMS + 1):
            await self.answer(position)

    async def pulses(self) -> None:
        """As many as in 150 minutes."""
        for _pulse in range(PULSES):
            asked = await self.browser.get("pulse", f"/pulse/{self.handle}", accept="text/plain")
            assert asked.status == 200, asked.status

    async def take_break(self) -> None:
        """There and back; then the page and the paper again."""
        await self.post(f"/attempts/{self.handle}/break", do="start")
        await self.post(f"/attempts/{self.handle}/break", do="leave")
        await self.paper()

    async def sit(self) -> None:
        """A whole mock, one thing after another."""
        for act in (*BEFORE_THE_END, Candidate.hand_in):
            await act(self)

    async def hand_in(self) -> None:
        """The map, the last question, the result."""
        await self.browser.get("map", f"/attempts/{self.handle}/review")
        await self.browser.get("end", f"/attempts/{self.handle}/submit")
        result = await self.post(f"/attempts/{self.handle}/submit")
        assert "/result" in result.path, result.path

    async def post(self, path: str, **fields: str) -> Answer:
        """A form, followed to where it leads."""
        answer = await self.browser.post("form", path, csrf_token=self.token, **fields)
        assert answer.status == 200, (path, answer.status)
        return answer

    async def send(self, what: str, value: object) -> Any:  # noqa: ANN401 (whatever the site says)
        """JSON, as the script sends it."""
        path = f"/attempts/{self.handle}/{what}"
        answer = await self.browser.send(what, path, value, self.token)
        assert answer.status == 200, (path, answer.status, answer.text)
        return answer.json


BEFORE_THE_END = (
    Candidate.read_rules,
    Candidate.start,
    Candidate.paper,
    Candidate.first_part,
    Candidate.take_break,
    Candidate.second_part,
    Candidate.pulses,
)


@dataclass(slots=True)
class Bench:
    """One run: the site, its database, the bare costs."""

    site: RunningSite
    where: Database
    run: Run
    hello: float = 0.0
    upsert: float = 0.0
    whole: float = 0.0

    def spent(self) -> tuple[float, float]:
        """CPU of the server and of PostgreSQL until now."""
        return server_seconds(self.site.pid), self.where.seconds()

    def bare(self, browser: Browser) -> Iterator[str]:
        """The two bare routes."""
        pid = self.site.pid
        self.hello = cost(lambda: self.run(browser.get("hello", HELLO)), BARE, pid)
        upsert = lambda: self.run(browser.post("upsert", UPSERT, id="1", value="abc"))  # noqa: E731
        self.upsert = cost(upsert, BARE, pid)
        yield f"{'bare hello':24}{self.hello * 1000:9.3f} ms"
        yield f"{'bare upsert':24}{self.upsert * 1000:9.3f} ms"

    def one_save(self, candidate: Candidate) -> str:
        """A save by itself, many times."""
        options = candidate.options[1]

        def save() -> None:
            self.run(candidate.save(1, option_id=options[candidate.seq % len(options)]))

        seconds = cost(save, SAVES, self.site.pid)
        ratio = seconds / self.upsert
        return f"{'save':24}{seconds * 1000:9.3f} ms = {ratio:.2f} bare upserts (aim: 1.5)"

    def stage(self, name: str, candidates: list[Candidate], act: Callable[[Candidate], Any]) -> str:
        """Everybody does one thing; what each costs."""
        before = self.spent()
        for candidate in candidates:
            self.run(act(candidate))
        server, own = (
            (after - was) / len(candidates) for after, was in zip(self.spent(), before, strict=True)
        )
        self.whole += server
        beside = f", PostgreSQL {own * 1000:8.1f} ms" if self.where.pid else ""
        return f"{name:24}{server * 1000:9.1f} ms = {server / self.hello:7.1f} hellos{beside}"


def main() -> None:
    """Run the site, measure, print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--candidates", type=int, default=10)
    add_database_option(words)
    given = words.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        database(given.database) as where,
        asyncio.Runner() as runner,
    ):
        instance = Path(folder)
        seats = prepare(instance, where, given.candidates + WARMING + 1)
        settings = where.settings | {"metrics": "true"}
        with running_site(instance, program=BARE_ROUTES, **settings) as site:
            for line in measure(Bench(site, where, runner.run), seats):
                sys.stdout.write(line + "\n")
                sys.stdout.flush()


def prepare(instance: Path, where: Database, people: int) -> list[Seat]:
    """A furnished site with so many candidates, signed in."""
    app = build_app(instance, bank := read_bank(BANK), database_url=where.url)
    furnish(app, bank)
    set_reading(only=False)
    with app.app_context():
        seats = seat_people(app, people, datetime.now(UTC))
        db.session.remove()
        db.engine.dispose()
    return seats


def measure(bench: Bench, seats: list[Seat]) -> Iterator[str]:
    """The figures, line by line."""
    candidates = [Candidate(bench.site.url, seat) for seat in seats]
    for warming in candidates[:WARMING]:  # what each process does once, like making its templates
        bench.run(warming.sit())
    first, *others = candidates[WARMING:]
    yield from bench.bare(first.browser)
    for act in (Candidate.read_rules, Candidate.start, Candidate.paper):
        bench.run(act(first))
    yield bench.one_save(first)
    before, statements = left_in(bench), statements_of(bench.site)
    yield bench.stage("rules", others, Candidate.read_rules)
    yield bench.stage("start (aim: 40 hellos)", others, Candidate.start)
    yield bench.stage("paper", others, Candidate.paper)
    yield bench.stage("80 saves", others, Candidate.first_part)
    yield bench.stage("break, page, paper", others, Candidate.take_break)
    yield bench.stage("80 saves", others, Candidate.second_part)
    yield bench.stage(f"{PULSES} pulses", others, Candidate.pulses)
    yield bench.stage("map, end, result", others, Candidate.hand_in)
    yield f"{'whole mock':24}{bench.whole:9.3f} s per candidate (aim: 0.6)"
    yield from per_mock(before, left_in(bench), len(others))
    yield from sent_per_mock(statements, statements_of(bench.site), len(others))


def left_in(bench: Bench) -> dict[str, float]:
    """Rows of every table, and kB of them all."""
    engine = sa.create_engine(bench.where.url or f"sqlite:///{bench.site.database}")
    with engine.connect() as connection:
        found = {
            name: float(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
            for name, table in Base.metadata.tables.items()
        }
        found["kB"] = size_kb(connection)
    engine.dispose()
    return found


def per_mock(before: dict[str, float], after: dict[str, float], mocks: int) -> Iterator[str]:
    """What each mock has left."""
    left = {name: (after[name] - before[name]) / mocks for name in after}
    kilobytes = left.pop("kB")
    rows = ", ".join(f"{name} {count:g}" for name, count in left.items() if count)
    yield f"left by a mock: {kilobytes:.1f} kB; rows: {rows}"


def statements_of(site: RunningSite) -> dict[str, tuple[float, float]]:
    """Requests and statements by rule, as the site counts them."""
    with urllib.request.urlopen(f"{site.url}/metrics") as page:  # noqa: S310 (our own)
        text = page.read().decode()
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.startswith("peerprep_request_statements_"):
                kind = sample.name.rpartition("_")[2]
                found.setdefault(sample.labels["endpoint"], {})[kind] = sample.value
    return {rule: (one.get("count", 0.0), one.get("sum", 0.0)) for rule, one in found.items()}


def sent_per_mock(
    before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]], mocks: int
) -> Iterator[str]:
    """Requests and statements of each mock."""
    total = 0.0
    for rule, counted in sorted(after.items()):
        was = before.get(rule, (0.0, 0.0))
        requests, statements = (now - then for now, then in zip(counted, was, strict=True))
        if requests and not rule.startswith(("/metrics", "/health")):
            total += statements
            yield (
                f"  {rule:44}{requests / mocks:7.1f} requests"
                f"{statements / mocks:8.1f} statements, {statements / requests:.2f} each"
            )
    yield f"statements of a mock: {total / mocks:.0f}"


def options_after(options: list[str]) -> str:
    """Another choice than the first one."""
    return next(later for _earlier, later in pairwise(options))


def found(pattern: re.Pattern[str], text: str) -> str:
    """The one thing that the pattern finds."""
    match = pattern.search(text)
    assert match is not None, (pattern.pattern, text[:300])
    return match.group(1)


if __name__ == "__main__":
    main()
