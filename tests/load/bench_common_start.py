"""A common start: `python -m tests.load.bench_common_start --candidates 500 --over 60`.

Everybody opens the rules with all files that the page needs, agrees, comes to the first question,
and sits on at real think time until a while after the last has come. Printed: errors, latencies,
answers lost, CPU; nothing is asserted.
"""

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from app.bank.reader import read_bank
from app.storage.database import db, set_reading
from tests.browser.running_site import running_site
from tests.load.crowd import Crowd, run_crowd
from tests.load.databases import Database, add_database_option, database
from tests.load.oracle import compare, read_notes
from tests.load.seats import Seat, seat_people
from tests.load.server_cost import BARE_ROUTES, server_seconds
from tests.load.soak import bare_costs, say, say_cpu
from tests.load.watching import Watch
from tests.world import BANK, build_app, furnish

AFTERWARDS = 30


def main() -> None:
    """Furnish, run, compare, print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--candidates", type=int, default=500)
    words.add_argument("--over", type=float, default=60.0, help="seconds")
    add_database_option(words)
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder, database(given.database) as where:
        run(Path(folder), where, given.candidates, given.over)


def run(instance: Path, where: Database, candidates: int, over: float) -> None:
    """The run itself."""
    app = build_app(instance, bank := read_bank(BANK), database_url=where.url)
    furnish(app, bank)
    set_reading(only=False)
    with app.app_context():
        seats: list[Seat] = seat_people(app, candidates, datetime.now(UTC))
        db.session.remove()
        db.engine.dispose()
    with running_site(instance, program=BARE_ROUTES, **where.settings) as site:
        bare_costs(site)
        crowd = Crowd(site.url, "start", seats, over=over, seconds=over + AFTERWARDS)
        watch = Watch(site.pid, where, say)
        before = server_seconds(site.pid), where.seconds(), perf_counter()
        outcome = run_crowd(crowd, instance, lambda begin: watch.until(begin, begin + over))
        server, own = server_seconds(site.pid) - before[0], where.seconds() - before[1]
        say_cpu(outcome, server, own, perf_counter() - before[2])
    with app.app_context():
        notes, verdict = read_notes(outcome.notes)
        verdict = compare(notes, verdict, {})
    for line in (*outcome.lines(), *verdict.lines()):
        say(line)
    sys.exit(1 if verdict.lost else 0)


if __name__ == "__main__":
    main()
