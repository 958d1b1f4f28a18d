"""What one candidate's mock costs: `python -m tests.load.bench_candidate [candidates]`.

The real server on SQLite, one candidate after another with no think time: starting a mock, a save
(signed in, checked, sequenced, durable), and a whole mock of 120 questions from start to result as
the page's script drives it. CPU seconds are those of the server's processes, beside two bare
routes of the same server in the same run. Printed; nothing is asserted.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import OpenerDirector, Request

import sqlalchemy as sa
from flask_security import hash_password

from app.bank.reader import read_bank
from app.domain.bilingual import Language
from app.services.people import Registration, add_person
from app.storage.database import Base, db
from tests.browser.running_site import RunningSite, running_site
from tests.load.bare_routes import HELLO, UPSERT
from tests.load.server_cost import BARE_ROUTES, cost, server_seconds, signed_in_at, token_in
from tests.world import BANK, NOON, PASSWORD, build_app, furnish

CANDIDATES = 10
BARE, SAVES = 2000, 1000
ITEMS, BREAK_AFTER = 120, 60
SEEN = re.compile(r'name="option" id="option-\w" value="(\w+)"')
HANDLE = re.compile(r"/attempts/([\w-]+)")


class Candidate:
    """Somebody at the exam page, whose script saves each choice and posts on."""

    def __init__(self, site: RunningSite, username: str) -> None:
        """Sign in."""
        self.site = site
        self.client: OpenerDirector = signed_in_at(site, username)
        self.token = ""
        self.handle = ""
        self.seq = 0

    def start(self) -> None:
        """Agree to the rules and open the first question."""
        self.token = token_in(self.client, f"{self.site.url}/mock")
        answer = self.post("/mock", language="en", agree="yes")
        found = HANDLE.search(answer.geturl())
        assert found is not None, answer.geturl()
        self.handle = found.group(1)
        self.page = answer.read().decode()

    def post(self, path: str, **fields: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
        """A form post, followed to where it leads."""
        data = urlencode({"csrf_token": self.token, **fields}).encode()
        return self.client.open(self.site.url + path, data=data)

    def save(self, position: int, option: str) -> None:
        """One choice, as the script sends it."""
        self.seq += 1
        change = {"position": position, "seq": self.seq, "option_id": option}
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.token}
        address = f"{self.site.url}/attempts/{self.handle}/responses"
        request = Request(address, json.dumps(change).encode(), headers)  # noqa: S310 (our own)
        assert json.loads(self.client.open(request).read())["accepted_seq"] == self.seq

    def sit(self) -> None:
        """The whole mock, to its result."""
        for position in range(1, ITEMS + 1):
            options = SEEN.findall(self.page)
            self.save(position, options[0])
            if position == BREAK_AFTER:
                answer = self.post(f"/attempts/{self.handle}/break", do="leave")
                self.page = answer.read().decode()
            elif position < ITEMS:
                path = f"/attempts/{self.handle}/items/{position}"
                answer = self.post(path, option=options[0], do=f"go:{position + 1}")
                self.page = answer.read().decode()
        self.post(f"/attempts/{self.handle}/submit").read()


def main() -> None:
    """Run the site, measure, print."""
    candidates = int(sys.argv[1]) if len(sys.argv) > 1 else CANDIDATES
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder)
        names = prepare(instance, candidates)
        with running_site(instance, program=BARE_ROUTES, limit_floods="false") as site:
            for line in measure(site, names):
                sys.stdout.write(line + "\n")
        sys.stdout.write("\n".join(left_behind(instance, candidates)) + "\n")


def prepare(instance: Path, candidates: int) -> list[str]:
    """A furnished site with so many candidates; their sign-in names."""
    bank = read_bank(BANK)
    app = build_app(instance, bank)
    furnish(app, bank)
    names = [f"candidate-{number:03}" for number in range(candidates + 1)]
    with app.app_context():
        password = hash_password(PASSWORD)
        for name in names:
            add_person(Registration(name, name, password, Language.EN), NOON)
        db.session.remove()
        db.engine.dispose()
    return names


def measure(site: RunningSite, names: list[str]) -> Iterator[str]:
    """The figures, line by line."""
    first = Candidate(site, names[0])
    hello = cost(lambda: first.client.open(site.url + HELLO).read(), BARE)
    form = urlencode({"id": "1", "value": "abc"}).encode()
    upsert = cost(lambda: first.client.open(site.url + UPSERT, data=form).read(), BARE)
    yield f"bare hello  {hello * 1000:8.3f} ms"
    yield f"bare upsert {upsert * 1000:8.3f} ms"
    first.start()
    options = SEEN.findall(first.page)
    save = cost(lambda: first.save(1, options[first.seq % len(options)]), SAVES)
    yield f"save        {save * 1000:8.3f} ms = {save / upsert:.2f} bare upserts (aim: 1.5)"
    others = [Candidate(site, name) for name in names[1:]]
    before = server_seconds()
    for candidate in others:
        candidate.start()
    start = (server_seconds() - before) / len(others)
    yield f"start       {start * 1000:8.1f} ms = {start / hello:.1f} hellos (aim: 40)"
    before = server_seconds()
    for candidate in others:
        candidate.sit()
    whole = start + (server_seconds() - before) / len(others)
    yield f"whole mock  {whole:8.3f} s per candidate (aim: 0.6)"


def left_behind(instance: Path, candidates: int) -> Iterator[str]:
    """Rows that the mocks left in the database, for each candidate."""
    engine = sa.create_engine(f"sqlite:///{instance / 'peerprep.db'}")
    with engine.connect() as connection:
        for name in ("attempt", "response"):
            table = Base.metadata.tables[name]
            rows = connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            yield f"rows in {name}: {rows} for {candidates} whole mocks and one begun"


if __name__ == "__main__":
    main()
