"""A whole state sits at once: `python -m tests.load.soak --candidates 10000 --minutes 16`.

Everybody sits a mock at real think time and is somewhere in it when the clock begins; whoever ends
is followed by somebody else. In the middle a trainer has the gradebook and the heat map made again
and again. Printed: errors, answers lost (by what the browsers noted), latencies, CPU, memory,
descriptors; nothing is asserted but that no acknowledged answer is lost.

`--database postgresql` runs on a PostgreSQL that is started for it; `--start-over 120` lets the
people come within 120 seconds.
"""

import argparse
import random
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from flask import Flask

from app.bank.reader import read_bank
from app.storage.database import db, set_reading
from tests.browser.running_site import RunningSite, running_site
from tests.load.bare_routes import HELLO, UPSERT
from tests.load.bench_board import fill
from tests.load.crowd import Crowd, Outcome, milliseconds, run_crowd
from tests.load.databases import Database, add_database_option, database
from tests.load.oracle import Verdict, compare, held_by, read_notes
from tests.load.reports import ReportsMade, make_reports
from tests.load.seats import Seat, begin_mocks, catch_up_sequences, draw_forms, seat_people
from tests.load.server_cost import BARE_ROUTES, cost, server_seconds, signed_in_at
from tests.load.watching import Watch
from tests.world import BANK, Stage, build_app, furnish

FURTHEST = 112
"""The furthest position where somebody stands when the clock begins."""
FORMS = 100
BARE = 500
SETTLING_SECONDS = 60
"""After the last one has come: opening a page costs as much as twenty saves, so while many come at
once everybody waits for them."""
REPORTS_FROM, REPORTS_UNTIL = 0.4, 0.7
"""The part of the run in which reports are made."""
PEOPLE_PER_GENERATOR = 5000
LOG_LINES = 40


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    candidates: int
    minutes: float
    start_over: float
    kind: str
    reports: bool
    seconds_per_item: float

    @property
    def seconds(self) -> float:
        """How long the run is."""
        return self.minutes * 60

    @property
    def followers(self) -> int:
        """How many people wait to follow those who end: more than will be needed."""
        ending = self.candidates * (self.seconds / self.seconds_per_item + 10) / FURTHEST
        return int(ending * 1.3) + 10


@dataclass(frozen=True, slots=True)
class Furnished:
    """A database with everybody in it."""

    app: Flask
    seats: list[Seat]
    followers: list[Seat]
    pages: dict[str, str]


def main() -> None:
    """Furnish, run, compare, print."""
    wanted = _wanted()
    # The server and the generators hold one connection for each person.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder, database(wanted.kind) as where:
        instance = Path(folder)
        began = perf_counter()
        furnished = build(instance, wanted, where)
        say(f"{wanted.candidates} people sit, {len(furnished.followers)} wait to follow")
        say(f"furnished in {perf_counter() - began:.0f} s, {FORMS} forms drawn")
        before = _held(furnished)
        with running_site(instance, program=BARE_ROUTES, **where.settings) as site:
            bare_costs(site)
            outcome, reports = run(site, wanted, where, furnished, instance)
            verdict = _verdict(furnished, outcome, before)
            say_log(site)
        for line in (*told(outcome, reports, wanted.start_over), *verdict.lines()):
            say(line)
    sys.exit(1 if verdict.lost or verdict.wrong_scores else 0)


def build(instance: Path, wanted: Wanted, where: Database) -> Furnished:
    """A cohort with a past for the reports, and everybody in their seats."""
    bank = read_bank(BANK)
    app = build_app(instance, bank, database_url=where.url)
    furnish(app, bank)
    set_reading(only=False)
    with app.app_context():
        pages = fill(app)
        catch_up_sequences()
        stage, now = Stage(app), datetime.now(UTC)
        seats = seat_people(app, wanted.candidates + wanted.followers, now)
        forms = draw_forms(stage, seats[:FORMS], now)
        rng = random.Random(3)
        positions = [rng.randint(1, FURTHEST) for _seat in range(wanted.candidates)]
        positions += [1] * wanted.followers
        seats = begin_mocks(stage, seats, positions, forms, datetime.now(UTC))
        db.session.remove()
        db.engine.dispose()
    return Furnished(app, seats[: wanted.candidates], seats[wanted.candidates :], pages)


def bare_costs(site: RunningSite) -> None:
    """Print what the two bare routes cost of the same server."""
    with closing(signed_in_at(site, "ben")) as client:
        hello = cost(lambda: client.open(site.url + HELLO).read(), BARE, site.pid)
        form = b"id=1&value=abc"
        upsert = cost(lambda: client.open(site.url + UPSERT, data=form).read(), BARE, site.pid)
    say(f"bare hello {hello * 1000:.3f} ms, bare upsert {upsert * 1000:.3f} ms of the server's CPU")


def run(
    site: RunningSite, wanted: Wanted, where: Database, furnished: Furnished, folder: Path
) -> tuple[Outcome, ReportsMade | None]:
    """The run itself, watched each minute, with reports in its middle."""
    crowd = Crowd(
        site.url,
        "sit",
        furnished.seats,
        over=wanted.start_over,
        seconds=wanted.seconds,
        seconds_per_item=wanted.seconds_per_item,
        waiting=furnished.followers,
        generators=-(-wanted.candidates // PEOPLE_PER_GENERATOR),
    )
    made: list[ReportsMade] = []
    watch = Watch(site.pid, where, say)

    def meanwhile(begin: float) -> None:
        window = (begin + wanted.seconds * REPORTS_FROM, begin + wanted.seconds * REPORTS_UNTIL)
        with make_reports(site, furnished.pages, window if wanted.reports else None) as reports:
            watch.until(begin, begin + wanted.seconds)
        made.append(reports)

    before = server_seconds(site.pid), where.seconds(), perf_counter()
    outcome = run_crowd(crowd, folder, meanwhile)
    server, own = server_seconds(site.pid) - before[0], where.seconds() - before[1]
    say_cpu(outcome, server, own, perf_counter() - before[2])
    return outcome, made[0] if wanted.reports else None


def told(outcome: Outcome, reports: ReportsMade | None, start_over: float) -> Iterator[str]:
    """Latencies; those of the saves also once everybody sits, and beside reports."""
    yield from outcome.lines()
    settled = outcome.begin + start_over + SETTLING_SECONDS
    for kind in ("save", "pulse"):
        samples = [sample for sample in outcome.samples[kind] if sample[0] >= settled]
        yield f"{kind + ', everybody there':28}{len(samples):9}{milliseconds(samples)}"
    if reports is None:
        return
    yield from reports.lines()
    start, end = reports.window
    for kind in ("save", "pulse"):
        samples = outcome.samples[kind]
        beside = [sample for sample in samples if start <= sample[0] < end]
        alone = [sample for sample in samples if not start <= sample[0] < end]
        yield f"{kind + ', no reports':28}{len(alone):9}{milliseconds(alone)}"
        yield f"{kind + ', reports beside':28}{len(beside):9}{milliseconds(beside)}"


def say_log(site: RunningSite) -> None:
    """Print how the server's log ends, where it tells of faults."""
    lines = site.log.read_text(encoding="utf-8").splitlines()
    if any("Traceback" in line for line in lines):
        say(f"the server's log has {len(lines)} lines; it ends:")
        for line in lines[-LOG_LINES:]:
            say(f"  {line[:300]}")


def say(line: str) -> None:
    """Print at once: a run is long."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say_cpu(outcome: Outcome, server: float, own: float, wall: float) -> None:
    requests = outcome.requests()
    say(f"{requests} answers in {wall:.0f} s: {requests / wall:.0f} a second")
    for name, seconds in (
        ("server", server),
        ("PostgreSQL", own),
        ("generators", outcome.cpu),
    ):
        share, each = seconds / wall, seconds / max(1, requests) * 1000
        say(f"CPU of {name:11}{seconds:8.1f} s = {share:6.1%} of one core, {each:.2f} ms an answer")


def _held(furnished: Furnished) -> dict[str, dict[int, tuple[int, str]]]:
    with furnished.app.app_context():
        return held_by([seat.handle for seat in (*furnished.seats, *furnished.followers)])


def _verdict(
    furnished: Furnished, outcome: Outcome, before: dict[str, dict[int, tuple[int, str]]]
) -> Verdict:
    with furnished.app.app_context():
        notes, verdict = read_notes(outcome.notes)
        return compare(notes, verdict, before)


def _wanted() -> Wanted:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--candidates", type=int, default=10_000)
    words.add_argument("--minutes", type=float, default=16.0)
    words.add_argument("--start-over", type=float, default=120.0, help="seconds")
    words.add_argument("--no-reports", dest="reports", action="store_false")
    words.add_argument("--seconds-per-item", type=float, default=75.0)
    add_database_option(words)
    given = words.parse_args()
    return Wanted(
        given.candidates,
        given.minutes,
        given.start_over,
        given.database,
        given.reports,
        given.seconds_per_item,
    )


if __name__ == "__main__":
    main()
