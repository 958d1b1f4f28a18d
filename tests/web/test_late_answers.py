"""Answers out of an outage, after the end: who decides whether they count, and what all read."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.domain.attempts import AttemptKind
from app.services.board import assignment_board
from app.services.gradebook import gradebook
from app.services.reopening import open_again
from app.services.results import result_page, review_page
from app.storage.boards import finished_first
from app.storage.cohorts import find_cohort
from app.storage.database import db
from app.storage.late import LateCountRow
from tests.web.accounts_cast import contents
from tests.web.exam_cast import (
    asks_for_sign_in,
    attempt,
    begin,
    finish,
    inside,
    item,
    options,
    response,
    speak,
    words,
)
from tests.web.records_cast import Classroom, open_classroom
from tests.web.test_history import counted
from tests.world import NOON, signed_in

pytestmark = pytest.mark.usefixtures("noon")

AFTER = timedelta(minutes=18)
"""The quiz of ten questions has ended by then."""
WAIT = "2 answers arrived late, after an outage. They do not count yet."
DECIDES = (
    "2 answers reached the site after the end, out of an outage."
    " Your trainer decides whether they count."
)
COUNT = "2 answers reached the site after the end, out of an outage. They count."
DONE = "2 late answers counted"


@dataclass
class Outage:
    """Ana answered two questions of her quiz, both right, before its end, and offline."""

    app: Flask
    room: Classroom
    ana: FlaskClient

    def send(self, *positions: int, seq: int = 1, right: bool = True) -> dict[str, object]:
        """What her browser sends once it is back, eight minutes later."""
        changes = [
            {"position": n, "seq": seq, "option_id": self.option(n, right=right), "age": 480}
            for n in positions
        ]
        answer = self.ana.post(f"/attempts/{self.room.handle}/responses", json={"changes": changes})
        told: dict[str, object] = answer.get_json()
        return told

    def option(self, position: int, *, right: bool = True) -> str:
        """The key, or another option."""
        key = item(self.app, self.room.handle, position).key
        others = (o for o in options(self.app, self.room.handle, position) if o != key)
        return key if right else next(others)

    def count(self, trainer: FlaskClient) -> int:
        """Press "Count them"; the status."""
        address = f"{self.room.attempt}/late{self.room.look(trainer)}"
        return trainer.post(address).status_code

    def record(self, trainer: FlaskClient) -> str:
        """Ana's record, in English."""
        speak(trainer, "en")
        return words(trainer.get(self.room.record + self.room.look(trainer)))

    def result(self, handle: str | None = None) -> str:
        """Her result, in English."""
        speak(self.ana, "en")
        return words(self.ana.get(f"/attempts/{handle or self.room.handle}/result"))

    def stored(self, position: int) -> tuple[str | None, str | None]:
        """What counts at a position, and what came late."""
        row = response(self.app, self.room.handle, position)
        assert row is not None
        return row.option_id, row.late_option_id

    def counts(self) -> list[tuple[int, int | None]]:
        """The record of what was let count, and by whom."""
        with inside(self.app):
            rows = db.session.scalars(sa.select(LateCountRow).order_by(LateCountRow.id))
            return [(row.answers, row.made_by) for row in rows]


@pytest.fixture
def outage(app: Flask, ana: FlaskClient, noon: time_machine.Traveller) -> Outage:
    """The two late answers have reached the site."""
    made = Outage(app, open_classroom(app), ana)
    noon.move_to(NOON + AFTER, tick=False)
    assert made.send(1, 2)["late"] is True
    return made


def test_the_trainer_reads_that_they_wait_and_lets_them_count(
    outage: Outage, ben: FlaskClient
) -> None:
    page = outage.record(ben)
    assert (WAIT in page, "Count them</button>" in page, DONE in page) == (True, True, False)
    assert outage.count(ben) == 303
    page = outage.record(ben)
    assert (WAIT in page, "Count them</button>" in page) == (False, False)
    assert "2 late answers count now." in page
    assert f'{DONE}, March 2, 2026, 12:18 PM, <span dir="auto">Ben</span>' in plain(page)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "2 late answers wait for your decision"),
        ("es", "2 respuestas tardías esperan su decisión"),
    ],
)
def test_the_gradebook_says_where_a_decision_waits(
    outage: Outage, ben: FlaskClient, language: str, sentence: str
) -> None:
    def page() -> str:
        speak(ben, language)
        return words(ben.get(f"/cohorts/{outage.room.cohort}/gradebook"))

    assert page().count(sentence) == 1
    outage.count(ben)
    assert sentence not in page()


def test_the_candidate_reads_it_in_the_result_and_who_decided_in_the_record(
    outage: Outage, ana: FlaskClient, ben: FlaskClient
) -> None:
    assert (DECIDES in outage.result(), COUNT in outage.result()) == (True, False)
    assert DONE not in words(ana.get("/my-record"))
    outage.count(ben)
    assert (DECIDES in outage.result(), COUNT in outage.result()) == (False, True)
    page = words(ana.get("/my-record"))
    assert (page.count(DONE), page.count(">Ben</span>")) == (1, 1)


def test_afterwards_every_page_reads_the_same(app: Flask, outage: Outage, ben: FlaskClient) -> None:
    def read() -> list[object]:
        """The result, an item's page, the gradebook, the board, and what the maps are made of."""
        room, now, row = outage.room, NOON + AFTER, attempt(app, outage.room.handle)
        with inside(app) as stage:
            person, trainer = stage.person("ana"), stage.person("ben")
            shown = result_page(person, room.handle, now, stage.site)
            one = review_page(person, room.handle, 1, now, stage.site, missed_only=False).item
            (cell,) = gradebook(trainer, room.cohort, stage.site, now).rows[0].cells
            (line,) = assignment_board(trainer, room.cohort, room.quiz, None, now).lines
            board, cohort = line.progress.shown, find_cohort(room.cohort)
            assert board is not None
            assert cohort is not None
            (first,) = finished_first(cohort.id)
        right = {shown.score.correct, cell.right, row.right, board.right}
        answered = {10 - first.chosen.count(None), sum(i.answered for i in shown.items)}
        return [right, answered, one.correct, first.chosen == row.chosen]

    assert read() == [{0}, {0}, False, True]
    outage.count(ben)
    assert read() == [{2}, {2}, True, True]
    chosen = attempt(app, outage.room.handle).chosen
    assert chosen == [outage.option(1), outage.option(2), *[None] * 8]


def test_pressed_again_it_changes_nothing(app: Flask, outage: Outage, ben: FlaskClient) -> None:
    outage.count(ben)
    before = {name: rows for name, rows in contents(app).items() if name != "look"}
    assert outage.count(ben) == 303
    assert {name: rows for name, rows in contents(app).items() if name != "look"} == before
    assert len(outage.counts()) == 1
    assert "No late answers are waiting to be counted." in outage.record(ben)


@pytest.mark.parametrize("who", ["ana", "eli", "caro"])
def test_nobody_else_lets_them_count(
    app: Flask, outage: Outage, ben: FlaskClient, who: str
) -> None:
    address = f"{outage.room.attempt}/late{outage.room.look(ben)}"
    client = signed_in(app, who)
    before = contents(app)
    assert client.post(address).status_code == 404
    assert contents(app) == before


def test_a_stranger_is_asked_to_sign_in(app: Flask, outage: Outage, stranger: FlaskClient) -> None:
    before = contents(app)
    assert asks_for_sign_in(stranger.post(f"{outage.room.attempt}/late"))
    assert contents(app) == before


def test_in_an_archived_cohort_it_is_told_and_stays_as_it_is(
    outage: Outage, ben: FlaskClient
) -> None:
    outage.room.archive()
    page = outage.record(ben)
    assert (WAIT in page, "Count them</button>" in page) == (True, False)
    assert (outage.count(ben), outage.counts()) == (409, [])


def test_of_what_was_given_back_nothing_is_asked(outage: Outage, ben: FlaskClient) -> None:
    ben.post(f"{outage.room.attempt}/give-back{outage.room.look(ben)}", data={"reason": "Power."})
    assert WAIT not in outage.record(ben)
    assert "out of an outage" not in outage.result()
    assert (outage.count(ben), outage.counts()) == (409, [])


def test_an_answer_that_was_there_before_stays_until_they_count(
    app: Flask, ana: FlaskClient, ben: FlaskClient, noon: time_machine.Traveller
) -> None:
    outage = Outage(app, open_classroom(app), ana)
    first, late = outage.option(1, right=False), outage.option(1)
    change = {"position": 1, "seq": 1, "option_id": first}
    ana.post(f"/attempts/{outage.room.handle}/responses", json={"changes": [change]})
    noon.move_to(NOON + AFTER, tick=False)
    outage.send(1, seq=2)
    assert outage.stored(1) == (first, late)
    outage.count(ben)
    assert outage.stored(1) == (late, late)


def test_what_arrives_after_the_decision_waits_for_the_next(
    outage: Outage, ben: FlaskClient
) -> None:
    outage.count(ben)
    outage.send(3, seq=2)
    page = outage.record(ben)
    assert "1 answer arrived late, after an outage. It does not count yet." in page
    assert DONE in page
    assert "1 answer reached the site after the end, out of an outage." in outage.result()
    outage.count(ben)
    assert [answers for answers, _by in outage.counts()] == [2, 1]
    assert (DONE in outage.record(ben), "1 late answer counted" in outage.record(ben)) == (
        True,
        True,
    )


def test_what_one_practises_alone_counts_at_once(
    app: Flask, ana: FlaskClient, noon: time_machine.Traveller
) -> None:
    handle = begin(app, "ana", AttemptKind.MOCK)
    noon.move_to(NOON + timedelta(minutes=160), tick=False)
    changes = [
        {"position": n, "seq": n, "option_id": options(app, handle, n)[0], "age": 700}
        for n in (1, 2)
    ]
    ana.post(f"/attempts/{handle}/responses", json={"changes": changes})
    speak(ana, "en")
    page = words(ana.get(f"/attempts/{handle}/result"))
    assert (COUNT in page, DECIDES in page) == (True, False)


def test_a_result_without_late_answers_says_nothing_of_them(app: Flask, ana: FlaskClient) -> None:
    handle = finish(app, begin(app))
    speak(ana, "en")
    assert "out of an outage" not in words(ana.get(f"/attempts/{handle}/result"))


def test_in_a_test_that_is_open_again_they_are_answers_like_all_others(
    app: Flask, outage: Outage, ana: FlaskClient, ben: FlaskClient
) -> None:
    with inside(app) as stage:
        dev, now = stage.person("dev"), NOON + AFTER
        open_again(dev, outage.room.handle, 30, "The site was down.", now, stage.site)
    newer = outage.option(1, right=False)
    change = {"position": 1, "seq": 9, "option_id": newer}
    ana.post(f"/attempts/{outage.room.handle}/responses", json={"changes": [change]})
    finish(app, outage.room.handle, now=NOON + AFTER)
    assert outage.count(ben) == 303
    assert (outage.stored(1), outage.stored(2)) == ((newer, None), (outage.option(2), None))
    assert outage.counts() == []


def test_the_number_of_queries_does_not_grow(
    app: Flask, outage: Outage, ana: FlaskClient, ben: FlaskClient
) -> None:
    look = outage.room.look(ben)

    def asked() -> list[int]:
        with counted(app) as record:
            assert ben.get(outage.room.record + look).status_code == 200
        with counted(app) as own:
            assert ana.get("/my-record").status_code == 200
        with counted(app) as result:
            assert ana.get(f"/attempts/{outage.room.handle}/result").status_code == 200
        return [len(record), len(own), len(result)]

    outage.count(ben)
    one = asked()
    for _ in range(2):
        more = finish(app, outage.room.start(NOON + AFTER), now=NOON + AFTER)
        attempt_id = attempt(app, more).id
        with inside(app):
            db.session.add(LateCountRow(attempt_id=attempt_id, answers=1, made_at=NOON))
    outage.send(3, 4, 5, seq=3)
    assert asked() == one


def plain(page: str) -> str:
    """Without the spaces between lines, nor the narrow one before AM and PM."""
    return " ".join(page.split())
