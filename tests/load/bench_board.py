"""What the boards of a large cohort cost: `python -m tests.load.bench_board`.

A cohort of 300 with 20 assignments (6,000 attempts, some 50,000 responses) and one of 60 with a
full mock each, on the real server. Costs are CPU seconds of the server's processes, as the kernel
counts them, beside those of a bare route of the same server; they are printed, nothing asserted.
"""

import random
import secrets
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.bank.reader import read_bank
from app.domain.items import PoolItem
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.bank import current_pool
from app.storage.cohorts import CohortMemberRow, CohortRow
from app.storage.database import db
from app.storage.people import PersonRow
from tests.browser.running_site import RunningSite, running_site
from tests.cohorts import make_cohort, set_quiz
from tests.load.bare_routes import HELLO
from tests.load.server_cost import BARE_ROUTES, cost, signed_in_at
from tests.world import BANK, NOON, Stage, build_app, furnish

PEOPLE, ASSIGNMENTS = 300, 20
MOCK_PEOPLE, MOCK_ITEMS = 60, 120
LENGTHS = (6, 10, 9)
"""Items on the assignments in turn: some 50,000 responses in all."""
RUNNING = 0.05
HELLOS, PAGES = 2000, 20
Rows = list[dict[str, Any]]


def main() -> None:
    """Build the database, run the site on it, and print what each page costs."""
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder)
        start = perf_counter()
        pages = build(instance)
        sys.stdout.write(f"database built: {perf_counter() - start:.0f} s\n")
        with running_site(instance, program=BARE_ROUTES, limit_floods="false") as site:
            measure(site, pages)


def measure(site: RunningSite, pages: dict[str, str]) -> None:
    """Print the CPU of every page in milliseconds and in hellos."""
    ben = signed_in_at(site, "ben")
    hello = cost(lambda: ben.open(site.url + HELLO).read(), HELLOS)
    sys.stdout.write(f"{'bare hello':44}{hello * 1000:8.2f} ms\n")
    for name, path in pages.items():
        seconds = cost(lambda path=path: ben.open(site.url + path).read(), PAGES)  # type: ignore[misc]
        sys.stdout.write(f"{name:44}{seconds * 1000:8.2f} ms {seconds / hello:8.1f} hellos\n")


def build(instance: Path) -> dict[str, str]:
    """Fill a database and give the pages to ask for."""
    bank = read_bank(BANK)
    app = build_app(instance, bank)
    furnish(app, bank)
    with app.app_context():
        paths = fill(app)
        db.session.remove()
        db.engine.dispose()
    return paths


def fill(app: Flask) -> dict[str, str]:
    """Both cohorts, and the addresses of their boards by what they are."""
    stage, rng = Stage(app), random.Random(11)
    large, mocks = make_cohort(stage, "Large"), make_cohort(stage, "Mocks")
    people = join_many(large, PEOPLE)
    quizzes = []
    for number in range(ASSIGNMENTS):
        length = LENGTHS[number % len(LENGTHS)]
        quizzes.append(set_quiz(large, title=f"Quiz {number}", items=length))
        form = rng.sample(current_pool(), length)
        sit_all(quizzes[-1].id, people, form, rng, number)
    mock = set_quiz(mocks, title="Mock", kind="mock", items=MOCK_ITEMS, timed=True)
    sit_all(mock.id, join_many(mocks, MOCK_PEOPLE), None, rng, 0)
    large_board, mock_board = (f"/cohorts/{cohort.handle}/board" for cohort in (large, mocks))
    return {
        "board, 300 people x 20 assignments": large_board,
        "board of one assignment, 300 people": f"{large_board}/{quizzes[0].handle}",
        "its items": f"{large_board}/{quizzes[0].handle}/items",
        "heat map, 300 x 20": f"{large_board}/heat-map",
        "heat map, 300 x 20, 17 competencies": f"{large_board}/heat-map?axis=competency",
        "heat map, 60 mocks of 120 (aim: 100 at most)": f"{mock_board}/heat-map",
        "items, 60 mocks of 120": f"{mock_board}/{mock.handle}/items",
    }


def join_many(cohort: CohortRow, people: int) -> list[int]:
    """So many new members; their ids."""
    names = [f"p{cohort.id}-{number:03}" for number in range(people)]
    rows: Rows = [
        {
            "username": name,
            "display_name": name.upper(),
            "fs_uniquifier": secrets.token_hex(16),
            "created_at": NOON,
            "preferences": {},
        }
        for name in names
    ]
    db.session.execute(sa.insert(PersonRow), rows)
    ids = [*db.session.scalars(sa.select(PersonRow.id).where(PersonRow.username.in_(names)))]
    members: Rows = [
        {"cohort_id": cohort.id, "person_id": person_id, "joined_at": NOON} for person_id in ids
    ]
    db.session.execute(sa.insert(CohortMemberRow), members)
    db.session.commit()
    return ids


def sit_all(
    assignment_id: int,
    people: list[int],
    form: list[PoolItem] | None,
    rng: random.Random,
    week: int,
) -> None:
    """An attempt of everybody, on one form or each on their own; some still run."""
    attempts: Rows = []
    responses: Rows = []
    mock = form is None
    first = (db.session.scalar(sa.select(sa.func.max(AttemptRow.id))) or 0) + 1
    for attempt_id, person_id in enumerate(people, start=first):
        items = form or rng.sample(current_pool(), MOCK_ITEMS)
        chosen = [rng.choice([item.key, *item.option_ids]) for item in items]
        running = not mock and rng.random() < RUNNING
        now = NOON + timedelta(weeks=week, minutes=rng.randrange(9000))
        attempt = attempt_values(assignment_id, person_id, items, chosen, now, running=running)
        attempts.append({"id": attempt_id, "kind": "mock" if mock else "quiz", **attempt})
        responses += [
            {
                "attempt_id": attempt_id,
                "position": position,
                "option_id": option,
                "language": "en",
                "saved_at": now,
            }
            for position, option in enumerate(chosen, start=1)
        ]
    db.session.execute(sa.insert(AttemptRow), attempts)
    db.session.execute(sa.insert(ResponseRow), responses)
    db.session.commit()


def attempt_values(
    assignment_id: int,
    person_id: int,
    items: list[PoolItem],
    chosen: list[str],
    now: datetime,
    *,
    running: bool,
) -> dict[str, Any]:
    """The columns of one attempt; every third person sits in Spanish."""
    right = sum(option == item.key for item, option in zip(items, chosen, strict=True))
    return {
        "handle": secrets.token_urlsafe(12),
        "person_id": person_id,
        "feedback": "at_end",
        "language": "es" if person_id % 3 == 0 else "en",
        "language_fixed": False,
        "form": [[item.item_id, item.revision, " ".join(item.option_ids)] for item in items],
        "practice_target": 0.7,
        "assignment_id": assignment_id,
        "assignment_try": 1,
        "started_at": now - timedelta(minutes=30),
        "finished_at": None if running else now,
        "chosen": None if running else chosen,
        "right": None if running else right,
    }


if __name__ == "__main__":
    main()
