"""The demonstration fills an empty instance, and refuses one with people."""

from collections import Counter
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from app.bank.files import BankFiles
from app.domain.access import Role
from app.domain.attempts import AttemptKind
from app.services.bank import load_bank
from app.services.demo import LINES, PASSWORD, fill_demo
from app.services.history import history_page
from app.services.results import result_page
from app.services.tries import tries_page
from app.storage.attempts import AttemptRow
from app.storage.cohorts import CohortMemberRow
from app.storage.database import db, set_reading
from app.storage.people import PersonRow
from app.web.site import EXTENSION
from tests.web.accounts_cast import contents, is_signed_in, sign_in
from tests.world import NOON, Stage, build_app


def empty_site(instance: Path, bank: BankFiles) -> Flask:
    app = build_app(instance, bank)
    with app.app_context():
        upgrade()
        load_bank(bank, NOON)
        db.session.remove()
    return app


def test_an_empty_instance_gets_its_cast_and_their_tests(tmp_path: Path, bank: BankFiles) -> None:
    app = empty_site(tmp_path, bank)
    told: list[int] = []
    set_reading(only=False)
    with app.app_context():
        cast = fill_demo(app.extensions[EXTENSION], NOON, told.append)
        assert cast is not None
        people = Counter(db.session.scalars(sa.select(PersonRow.role)))
        kinds = Counter(
            (row.kind, row.finished_at is not None)
            for row in db.session.scalars(sa.select(AttemptRow))
        )
    assert (cast.password, cast.lines) == (PASSWORD, LINES)
    assert people == Counter(line.role.value for line in LINES)
    candidates = sum(line.role is Role.CANDIDATE for line in LINES)
    assert kinds == {
        (AttemptKind.MOCK, True): candidates,
        (AttemptKind.QUIZ, True): candidates + (candidates - 1) + 2,
        (AttemptKind.QUIZ, False): 1,
        (AttemptKind.PRACTICE, False): candidates,
    }
    assert (len(told), sum(told) <= 100) == (len(LINES) + 1, True)
    _everybody_can_look_around(app)
    _the_numbers_are_those_of_people_who_tried(app)
    _everybody_joined_before_their_first_attempt_for_the_cohort(app)
    set_reading(only=False)
    with app.app_context():
        assert fill_demo(app.extensions[EXTENSION], NOON, told.append) is None


def _everybody_can_look_around(app: Flask) -> None:
    for line in LINES:
        client = app.test_client()
        sign_in(client, line.username, PASSWORD)
        assert is_signed_in(client)
        found = [client.get(path).status_code for path in ("/home", "/history", "/tries")]
        assert found == [200, 200, 200]


def _the_numbers_are_those_of_people_who_tried(app: Flask) -> None:
    with app.app_context():
        stage = Stage(app)
        for line in LINES:
            if line.role is not Role.CANDIDATE:
                continue
            person = stage.person(line.username)
            history = history_page(person, NOON, stage.site)
            assert len(history.lines) >= 3
            assert len(history.trend) >= 2
            (mock,) = (row for row in history.lines if row.kind is AttemptKind.MOCK)
            page = result_page(person, mock.handle, NOON, stage.site)
            assert page.score.answered == 120
            assert 0.4 < page.score.share < 0.95
            assert tries_page(person, stage.site, NOON).mocks.used == 1


def _everybody_joined_before_their_first_attempt_for_the_cohort(app: Flask) -> None:
    with app.app_context():
        last_joined = db.session.scalar(sa.select(sa.func.max(CohortMemberRow.joined_at)))
        query = sa.select(sa.func.min(AttemptRow.started_at)).where(AttemptRow.assignment_id > 0)
        first_started = db.session.scalar(query)
        assert last_joined is not None
        assert first_started is not None
        assert last_joined < first_started


def test_an_instance_with_people_is_left_alone(stage: Stage) -> None:
    db.session.rollback()
    before = contents(stage.app)
    assert fill_demo(stage.site, NOON, lambda _part: None) is None
    db.session.rollback()
    assert contents(stage.app) == before
