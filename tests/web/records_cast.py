"""A cohort on the pages: Ben teaches Ana, who has begun a timed quiz that he set."""

import random
import re
from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from flask.testing import FlaskClient

from app.domain.bilingual import Language
from app.services.accommodations import Standing, add_time, set_standing
from app.services.assigned_starts import start_assigned
from app.storage.assignments import AssignmentRow
from app.storage.cohorts import CohortRow
from app.storage.database import db
from tests.cohorts import join, make_cohort, set_quiz
from tests.web.exam_cast import inside
from tests.world import NOON, Stage

LOOK = re.compile(r"look=([\w-]+)")


@dataclass(frozen=True, slots=True)
class Classroom:
    """Addresses of the cohort's pages, and Ana's running attempt."""

    app: Flask
    cohort: str
    ana: int
    quiz: str
    handle: str

    @property
    def people(self) -> str:
        """The address of the people."""
        return f"/cohorts/{self.cohort}/people"

    @property
    def record(self) -> str:
        """The address of Ana's record."""
        return f"{self.people}/{self.ana}"

    @property
    def attempt(self) -> str:
        """The address of her attempt in it."""
        return f"{self.record}/attempts/{self.handle}"

    def look(self, client: FlaskClient) -> str:
        """Look at Ana's record; the query that shows it."""
        return "?" + look_in(client.post(f"{self.record}/look").location)

    def names(self, client: FlaskClient) -> str:
        """Look at the names; the query that shows them."""
        return "?" + look_in(client.post(f"{self.people}/names").location)

    def start(self, now: datetime = NOON) -> str:
        """Begin the quiz once more, as Ana."""
        with inside(self.app) as stage:
            return begin_quiz(stage, self.quiz, now)

    def add_time(self, minutes: int, reason: str = "The power was out.") -> None:
        """Add time to the running attempt, as Ben."""
        with inside(self.app) as stage:
            ben = stage.person("ben")
            add_time(ben, self.cohort, self.ana, self.handle, minutes, reason, NOON, stage.site)

    def set_standing(self, factor: float = 1.5, reason: str = "An approved request.") -> None:
        """Set Ana's accommodations, as Ben."""
        with inside(self.app) as stage:
            standing = Standing(factor, 20, "scratch paper", reason)
            set_standing(stage.person("ben"), self.cohort, self.ana, standing, NOON)

    def archive(self) -> None:
        """Put the cohort away."""
        with inside(self.app):
            row = db.session.query(CohortRow).filter_by(handle=self.cohort).one()
            row.archived_at = NOON


def open_classroom(app: Flask, *, shares: bool = False) -> Classroom:
    """The cohort with its quiz, begun by Ana at noon."""
    with inside(app) as stage:
        cohort = make_cohort(stage)
        join(stage, cohort, "ana", shares=shares)
        quiz: AssignmentRow = set_quiz(cohort, timed=True, attempts_allowed=3)
        handle = begin_quiz(stage, quiz.handle)
        return Classroom(app, cohort.handle, stage.person("ana").id, quiz.handle, handle)


def begin_quiz(stage: Stage, quiz: str, now: datetime = NOON) -> str:
    """Start the assigned quiz as Ana."""
    ana = stage.person("ana")
    return start_assigned(ana, quiz, Language.ES, stage.site, now, random.Random(5))


def look_in(address: str | None) -> str:
    """The query in a redirect that carries a look."""
    found = LOOK.search(address or "")
    assert found is not None, address
    return found.group(0)
