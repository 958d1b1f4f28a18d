"""The stage and cast: Ana sits, Ben is her trainer, Caro trains others, Dev runs the site."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from flask_security import hash_password

from app.bank.files import BankFiles
from app.catalogues import compile_catalogues
from app.config import ROOT, load_settings
from app.domain.access import Person, Role
from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Language
from app.domain.items import Axis
from app.factory import create_app
from app.services.attempts import start_attempt
from app.services.bank import load_bank
from app.services.drawing import StartRequest
from app.services.people import Registration, add_person
from app.services.site import Site
from app.storage.database import db
from app.storage.people import find_by_username, to_person
from app.web.security_settings import ARGON2
from app.web.site import EXTENSION
from tests.stage_database import new_address

CHEAP = {"argon2__memory_cost": 64, "argon2__time_cost": 1}
"""The cast signs in thousands of times; what a real hash costs has tests of its own."""
PASSWORD = "quiet river stones"
BANK = ROOT / "question_bank"
NOON = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
"""Noon in Los Angeles on a Monday."""
CAST = {
    "ana": ("Ana", Role.CANDIDATE, Language.ES),
    "ben": ("Ben", Role.TRAINER, Language.EN),
    "caro": ("Caro", Role.TRAINER, Language.ES),
    "dev": ("Dev", Role.ADMINISTRATOR, Language.EN),
    "eli": ("Eli", Role.CANDIDATE, Language.EN),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One app with its database, for use inside an application context."""

    app: Flask

    @property
    def site(self) -> Site:
        """The site's frame."""
        site: Site = self.app.extensions[EXTENSION]
        return site

    def person(self, username: str) -> Person:
        """One of the cast, fresh from the database."""
        row = find_by_username(username)
        assert row is not None
        return to_person(row)

    def start(
        self,
        username: str = "ana",
        kind: AttemptKind = AttemptKind.MOCK,
        now: datetime = NOON,
        seed: int = 7,
        **wanted: object,
    ) -> str:
        """Start an attempt and give its handle."""
        request = wanted_attempt(kind, **wanted)
        rng = random.Random(seed)
        return start_attempt(self.person(username), request, self.site, now, rng).handle


def wanted_attempt(kind: AttemptKind, **wanted: object) -> StartRequest:
    """A start request with the usual values where the test says nothing."""
    values: dict[str, object] = {
        "language": Language.EN,
        "items": 120 if kind is AttemptKind.MOCK else 30 if kind is AttemptKind.PRACTICE else 10,
        "feedback": Feedback.AT_END,
        "timed": kind is AttemptKind.MOCK,
        "axis": Axis.OSHPD,
        "areas": ("3",) if kind is AttemptKind.QUIZ else (),
    }
    values.update(wanted)
    return StartRequest(kind=kind, **values)  # type: ignore[arg-type]


def build_app(instance: Path, bank: BankFiles, **settings: object) -> Flask:
    """An app on a fresh instance folder, without its database."""
    compile_catalogues()
    ARGON2.update(CHEAP)
    settings.setdefault("database_url", new_address())
    app = create_app(load_settings(instance, **settings), bank)
    app.config["WTF_CSRF_ENABLED"] = False
    app.config["STEM_FLOODS"] = False
    return app


def furnish(app: Flask, bank: BankFiles) -> None:
    """Make the database, load the bank, and let the cast in."""
    with app.app_context():
        upgrade()
        load_bank(bank, NOON)
        password = hash_password(PASSWORD)
        for username, (name, role, language) in CAST.items():
            add_person(Registration(username, name, password, language), NOON, role)
        db.session.remove()
        db.engine.dispose()


def signed_in(app: Flask, username: str) -> FlaskClient:
    """A client that has signed in through the page, like anybody."""
    client = app.test_client()
    response = client.post("/sign-in", data={"username": username, "password": PASSWORD})
    assert response.status_code in {302, 303}, response.get_data(as_text=True)[:2000]
    return client
