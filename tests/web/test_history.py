"""All tests of a person, with the trend."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.domain.attempts import AttemptKind
from app.services.tries import void_try
from app.storage.database import db
from tests.web.accounts_cast import contents
from tests.web.exam_cast import (
    LANGUAGES,
    begin,
    finish,
    finished,
    heading,
    inside,
    said,
    speak,
    words,
)
from tests.world import NOON

pytestmark = pytest.mark.usefixtures("noon")


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that the database is asked in the meantime."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_a_stranger_is_asked_to_sign_in(stranger: FlaskClient) -> None:
    assert stranger.get("/history").location == "/sign-in?next=/history"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_both_languages(app: Flask, ana: FlaskClient, language: str) -> None:
    speak(ana, language)
    assert heading(ana.get("/history")) == (language, said(app, language, "My tests"))


def test_with_nothing_yet_it_offers_a_first_step(ana: FlaskClient) -> None:
    page = words(ana.get("/history"))
    assert ('href="/quiz"' in page, "<table" in page) == (True, False)


def test_everybody_sees_their_own_alone(app: Flask, ana: FlaskClient, eli: FlaskClient) -> None:
    hers, his = begin(app, "ana"), begin(app, "eli", seed=8)
    assert [hers in words(c.get("/history")) for c in (ana, eli)] == [True, False]
    assert [his in words(c.get("/history")) for c in (ana, eli)] == [False, True]


def test_the_newest_stands_first(app: Flask, ana: FlaskClient) -> None:
    handles = [finished(app, right=n, now=NOON - timedelta(days=9 - n), seed=n) for n in range(3)]
    page = words(ana.get("/history"))
    places = [page.index(handle) for handle in handles]
    assert places == sorted(places, reverse=True)


def test_the_newest_is_the_one_that_started_last(app: Flask, ana: FlaskClient) -> None:
    late = finished(app, right=1, now=NOON - timedelta(days=1))
    early = finished(app, right=1, now=NOON - timedelta(days=5), seed=8)
    page = words(ana.get("/history"))
    assert page.index(late) < page.index(early)


def test_a_line_says_how_it_went(app: Flask, eli: FlaskClient, ana: FlaskClient) -> None:
    finished(app, right=7, wrong=3)
    page = words(ana.get("/history"))
    assert said(app, "es", "%(right)s of %(total)s", right=7, total=10) in page
    begin(app, "eli", AttemptKind.PRACTICE)
    running = said(app, "en", "running: item %(position)s of %(total)s", position=1, total=30)
    assert running.split(":")[0] in words(eli.get("/history"))


def test_a_second_test_makes_a_trend(app: Flask, ana: FlaskClient) -> None:
    drawn = []
    for n in range(2):
        finished(app, right=5, now=NOON - timedelta(days=5 - n), seed=n)
        drawn.append('<svg class="trend"' in words(ana.get("/history")))
    assert drawn == [False, True]


def test_a_try_given_back_says_so_and_stays_out_of_the_trend(app: Flask, ana: FlaskClient) -> None:
    finished(app, right=5, now=NOON - timedelta(days=5))
    handle = finish(app, begin(app, "ana", AttemptKind.MOCK))
    with inside(app) as stage:
        void_try(stage.person("dev"), handle, "An outage.", NOON)
    page = words(ana.get("/history"))
    assert said(app, "es", "given back") in page
    assert '<svg class="trend"' not in page


def test_three_tests_cost_no_more_questions_than_one(app: Flask, ana: FlaskClient) -> None:
    costs = []
    for n in range(3):
        finished(app, right=5, now=NOON - timedelta(days=5 - n), seed=n)
        ana.get("/history")  # each item's text is read once per process
        with counted(app) as asked:
            ana.get("/history")
        costs.append(len(asked))
    assert costs == [costs[0]] * 3


def test_looking_writes_nothing(app: Flask, ana: FlaskClient, noon: time_machine.Traveller) -> None:
    begin(app, "ana", AttemptKind.MOCK)
    before = contents(app)
    noon.shift(timedelta(days=3))
    ana.get("/history")
    assert contents(app) == before
