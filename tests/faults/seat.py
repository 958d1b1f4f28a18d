"""Somebody at a mock exam in a real browser, and the wings from which time and sign-ins end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from app.domain.bilingual import Language
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.database import db, set_reading
from app.storage.people import SignInRow
from tests.browser import acts, kept
from tests.browser.acts import Account
from tests.browser.devices import TROUBLE, Devices
from tests.browser.running_site import RunningSite
from tests.world import Stage

RESPONSES = "**/responses"
EXAM = timedelta(minutes=150)
TOLERANCE = timedelta(seconds=60)


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
    """Start a mock; with `left` of its time only, where that is said. Its clock can be turned."""
    page = new_device("en-US", expected=TROUBLE)
    page.clock.install(time=datetime.now(UTC))
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


def everything(seat: Seat) -> list[tuple[object, ...]]:
    query = (
        "SELECT r.position, r.option_id, r.first_option_id, r.seq, r.flagged, r.struck, r.seconds"
        " FROM response r JOIN attempt a ON a.id = r.attempt_id WHERE a.handle = ? ORDER BY 1"
    )
    return kept.rows(seat.site, query, seat.handle)


def end_sign_ins(app: Flask, account: Account) -> None:
    with behind(app):
        person = Stage(app).person(account.username).id
        db.session.execute(sa.delete(SignInRow).where(SignInRow.person_id == person))
