"""Everybody signs in: `python -m tests.load.bench_sign_ins --people 500 --over 120`.

Real sign-ins on the page, each with its slow hash, from as many networks; beside them half as many
people already sit, and what their saves take is told too. Printed; nothing is asserted.
"""

import argparse
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from flask import Flask
from flask_security import hash_password

from app.bank.reader import read_bank
from app.storage.database import db, set_reading
from tests.browser.running_site import RunningSite, running_site
from tests.load.crowd import Crowd, Outcome, run_crowd
from tests.load.databases import Database, add_database_option, database
from tests.load.seats import Seat, begin_mocks, draw_forms, seat_people
from tests.load.server_cost import BARE_ROUTES, server_seconds
from tests.load.soak import bare_costs, say, say_cpu
from tests.world import BANK, PASSWORD, Stage, build_app, furnish

FORMS = 10
FURTHEST = 50


def main() -> None:
    """Furnish, run, print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--people", type=int, default=500)
    words.add_argument("--over", type=float, default=120.0, help="seconds")
    add_database_option(words)
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder, database(given.database) as where:
        instance = Path(folder)
        app = build_app(instance, bank := read_bank(BANK), database_url=where.url)
        furnish(app, bank)
        strangers, sitting = build(app, given.people)
        with running_site(instance, program=BARE_ROUTES, **where.settings) as site:
            run(site, where, instance, strangers, sitting, given.over)


def build(app: Flask, people: int) -> tuple[list[Seat], list[Seat]]:
    """Those who will sign in, without a cookie, and those who sit."""
    set_reading(only=False)
    with app.app_context():
        stage, now = Stage(app), datetime.now(UTC)
        found = seat_people(app, people, now, password=hash_password(PASSWORD))
        sitting = seat_people(app, people // 2, now)
        forms = draw_forms(stage, sitting[:FORMS], now)
        places = [1 + number % FURTHEST for number in range(len(sitting))]
        sitting = begin_mocks(stage, sitting, places, forms, now)
        db.session.remove()
        db.engine.dispose()
    return [Seat(seat.username, "") for seat in found], sitting


def run(
    site: RunningSite,
    where: Database,
    folder: Path,
    strangers: list[Seat],
    sitting: list[Seat],
    over: float,
) -> None:
    """Both crowds at once, with figures of their own."""
    bare_costs(site)
    beside: list[Outcome] = []
    (folder / "beside").mkdir()
    sit = Crowd(site.url, "sit", sitting, over=over / 4, seconds=over)
    others = threading.Thread(target=lambda: beside.append(run_crowd(sit, folder / "beside")))
    before = server_seconds(site.pid), where.seconds(), perf_counter()
    others.start()
    outcome = run_crowd(Crowd(site.url, "sign in", strangers, over=over, seconds=over), folder)
    others.join()
    server, own = server_seconds(site.pid) - before[0], where.seconds() - before[1]
    say_cpu(outcome, server, own, perf_counter() - before[2])
    for title, found in (("signing in", outcome), ("sitting beside", beside[0])):
        say(f"-- {title}")
        for line in found.lines():
            say(line)


if __name__ == "__main__":
    main()
