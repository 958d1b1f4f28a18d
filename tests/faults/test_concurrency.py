"""Several at once (rows 49-55): limits hold, one wins, and nothing acknowledged is lost.

Everybody has a connection of their own. On PostgreSQL they really run side by side; on SQLite they
queue for the one write lock, which is itself what these tests look at.
"""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.attempts import AttemptKind, FinishReason
from app.domain.bilingual import Language
from app.services import accommodations, attempts, responses
from app.services.assigned_starts import start_assigned
from app.services.people import Registration, add_person
from app.services.responses import Change
from app.services.tries import void_try
from app.storage import attempts as storage
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.bank import exposures, item_of
from app.storage.database import db, reading
from tests.cohorts import join, make_cohort, set_quiz
from tests.faults.exam_acts import (
    PATIENCE,
    TEN,
    Desk,
    Hands,
    at_desk,
    at_once,
    end_of,
    going_by,
    short_and_long,
    stored_options,
    sweep,
    ten,
)
from tests.web.exam_cast import begin, inside
from tests.world import NOON, Stage, signed_in, wanted_attempt

MINUTE = timedelta(minutes=1)
GRACE = timedelta(seconds=60)
PAUSE = 0.003
LEAD = 0.08
"""Seconds: the longest pauses put between two statements and before the save, so that orders
differ: an end takes longer to come to its point."""


def starting(app: Flask, kind: AttemptKind, seed: int) -> Callable[[int], str]:
    """To start one of Ana's, by the number of the one who does it."""
    with inside(app) as stage:
        person, site = stage.person("ana"), stage.site
    wanted = wanted_attempt(kind)
    return lambda n: (
        attempts.start_attempt(person, wanted, site, NOON, random.Random(seed * TEN + n)).handle
    )


# 49 and 51: ten starts and ten submits


def live_count(app: Flask) -> int:
    """How many of Ana's quizzes run."""
    with inside(app) as stage:
        return len(storage.live_attempts(stage.person("ana").id))


@short_and_long(8, 500)
def test_49_ten_starts_at_once_give_one_attempt(app: Flask, times: int) -> None:
    with inside(app) as stage:
        ana, site = stage.person("ana"), stage.site
    for round_ in range(times):
        handles = set(ten(app, starting(app, AttemptKind.QUIZ, round_)))
        assert len(handles) == live_count(app) == 1, handles
        with inside(app):
            attempts.submit(ana, str(*handles), NOON + MINUTE, site)


@short_and_long(8, 500)
def test_51_ten_submits_at_once_give_one_end(app: Flask, times: int) -> None:
    with inside(app) as stage:
        ana, site = stage.person("ana"), stage.site
    for round_ in range(times):
        handle = begin(app, seed=round_)

        def submit(n: int, handle: str = handle) -> object:
            attempts.submit(ana, handle, NOON + (n + 1) * MINUTE, site)
            return end_of(app, handle)

        ends = ten(app, submit)
        assert set(ends) == {end_of(app, handle)}, ends


def test_49_ten_people_who_start_at_once_all_start_and_every_form_is_counted(stage: Stage) -> None:
    names = [f"candidate{n}" for n in range(TEN)]
    for name in names:
        add_person(Registration(name, name, "x", Language.EN), NOON)
    people, site = [stage.person(name) for name in names], stage.site
    kinds = (AttemptKind.MOCK, AttemptKind.QUIZ)
    db.session.rollback()

    def start(n: int) -> str:
        wanted = wanted_attempt(kinds[n % 2])
        return attempts.start_attempt(people[n], wanted, site, NOON, random.Random(n)).handle

    got = ten(stage.app, start)
    db.session.rollback()
    handles = set(db.session.scalars(sa.select(AttemptRow.handle)))
    assert set(got) == handles
    assert len(handles) == TEN
    assert sum(exposures().values()) == TEN // 2 * (120 + 10)


def naive_start(app: Flask, pattern: AttemptRow, kind: str, limit: int) -> list[object]:
    """Ten starts that look first and write later, holding nothing in between."""
    looked = threading.Barrier(TEN)
    columns = [c.key for c in sa.inspect(AttemptRow).column_attrs if c.key != "id"]
    values = {name: getattr(pattern, name) for name in columns}

    def start(n: int) -> str:
        with reading():
            query = sa.select(sa.func.count()).select_from(AttemptRow)
            counted = AttemptRow.person_id == pattern.person_id, AttemptRow.kind == kind
            live = (AttemptRow.finished_at.is_(None),) if kind == "quiz" else ()
            there = db.session.scalar(query.where(*counted, *live)) or 0
            db.session.rollback()
        looked.wait(PATIENCE)
        if there >= limit:
            return "refused"
        db.session.add(AttemptRow(**{**values, "handle": f"naive{n}", "try_slot": None}))
        db.session.commit()
        return "started"

    return ten(app, start)


def pattern_of(app: Flask, kind: AttemptKind) -> AttemptRow:
    """A row like those that Ana's starts make."""
    handle = begin(app, "ana", kind)
    with inside(app):
        row = db.session.scalars(sa.select(AttemptRow).where(AttemptRow.handle == handle)).one()
        db.session.expunge(row)
        if kind is AttemptKind.QUIZ:
            db.session.execute(sa.delete(ResponseRow))
            db.session.execute(sa.delete(AttemptRow))
    return row


def test_49_the_schema_alone_lets_one_start_where_nobody_holds_anything(app: Flask) -> None:
    got = naive_start(app, pattern_of(app, AttemptKind.QUIZ), "quiz", 1)
    assert sorted(map(str, got)) == ["IntegrityError"] * 9 + ["started"]
    assert live_count(app) == 1


def test_control_without_the_unique_index_two_attempts_start_is_caught(app: Flask) -> None:
    pattern = pattern_of(app, AttemptKind.QUIZ)
    with inside(app):
        db.session.execute(sa.text("DROP INDEX uq_attempt_live"))
    naive_start(app, pattern, "quiz", 1)
    assert live_count(app) > 1


# 50: two devices


def test_50_the_second_device_is_asked_and_the_first_is_told(app: Flask) -> None:
    handle = begin(app)
    phone = at_desk(signed_in(app, "ana"), handle)
    laptop = Desk(signed_in(app, "ana"), handle)
    assert phone.choose(1).status_code == 200
    asked = laptop.sit_down(take_over=False)
    assert (asked.status_code, asked.get_json()["error"]) == (409, "elsewhere")
    assert phone.choose(2).status_code == 200
    assert laptop.sit_down(take_over=True).status_code == 200
    lost = phone.choose(1, 1)
    assert (lost.status_code, lost.get_json()["error"]) == (409, "elsewhere")
    assert laptop.choose(3).status_code == 200
    assert stored_options(app, handle) == {
        position: phone.items[position - 1][0] for position in (1, 2, 3)
    }


def test_50_whatever_two_devices_send_at_once_only_the_writer_s_is_stored(app: Flask) -> None:
    handle = begin(app)
    phone, laptop = (at_desk(signed_in(app, "ana"), handle) for _ in range(2))
    acts = [
        lambda desk=desk, place=place, n=n: desk.choose(n % 10 + 1, place).status_code
        for n in range(5)
        for desk, place in ((phone, 0), (laptop, 1))
    ]
    got = at_once(app, acts)
    assert got[0::2] == [409] * 5
    assert got[1::2] == [200] * 5
    stored = stored_options(app, handle)
    assert {n: stored[n] for n in range(1, 6)} == {n: laptop.items[n - 1][1] for n in range(1, 6)}


def test_50_of_ten_devices_that_take_over_at_once_one_writes(app: Flask) -> None:
    handle = begin(app)
    desks = [Desk(signed_in(app, "ana"), handle) for _ in range(TEN)]
    assert ten(app, lambda n: desks[n].sit_down().status_code) == [200] * TEN
    assert sorted(desk.choose(1).status_code for desk in desks) == [200] + [409] * 9


# 52, 53 and 54: a save, a submit and the sweeper at one moment


@dataclass(frozen=True, slots=True)
class Ring:
    """One quiz of Ana's that is begun anew for every round."""

    app: Flask
    hands: Hands
    desk: Desk
    keys: dict[int, str]
    due: datetime

    def clear(self) -> None:
        """Put the attempt back to its start."""
        with inside(self.app):
            row = AttemptRow.handle == self.desk.handle
            ended = {"finished_at": None, "finish_reason": None, "chosen": None, "right": None}
            db.session.execute(sa.update(AttemptRow).where(row).values(**ended))
            db.session.execute(sa.delete(ResponseRow))

    def check(self, answer: int) -> None:
        """An acknowledged save is scored, and one that is not scored was refused."""
        end, chosen = end_of(self.app, self.desk.handle), self.desk.items[0][1]
        stored = stored_options(self.app, self.desk.handle).get(1)
        assert (answer, stored, end.chosen[0]) in {(200, chosen, chosen), (409, None, None)}
        right = sum(option == self.keys[n] for n, option in enumerate(end.chosen, start=1))
        assert end.right == right
        assert end.at is not None


@pytest.fixture
def ring(app: Flask) -> Iterator[Ring]:
    """Ana's quiz of ten, on a clock that stands at noon."""
    hands = Hands()
    handle = begin(app, "ana", AttemptKind.QUIZ, timed=True)
    with inside(app) as stage:
        form = db.session.scalars(sa.select(AttemptRow.form)).one()
        keys = {n: item_of(entry[1]).key for n, entry in enumerate(form, start=1)}
        due = attempts.load(stage.person("ana"), handle, NOON, stage.site)[1].final_deadline()
    assert due is not None
    with going_by(app, hands):
        yield Ring(app, hands, at_desk(signed_in(app, "ana"), handle), keys, due)


def rounds(ring: Ring, times: int, ends: Sequence[Callable[[], object]]) -> set[int]:
    """Let a save race what ends the attempt, in a different order each time; the save's answers."""
    answers = set()
    threads = threading.local()

    def pause(*_call: object) -> None:
        rng: random.Random | None = getattr(threads, "rng", None)
        if rng is not None:
            threading.Event().wait(rng.random() * PAUSE)

    def unlike(seed: int, act: Callable[[], object], lead: float) -> Callable[[], object]:
        def run() -> object:
            threads.rng = random.Random(seed)
            threading.Event().wait(threads.rng.random() ** 4 * lead)  # mostly next to none
            return act()

        return run

    with ring.app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", pause)
    try:
        for round_ in range(times):
            ring.clear()
            seed = round_ * TEN
            save = unlike(seed, lambda: ring.desk.choose(1, 1).status_code, LEAD)
            others = [unlike(seed + n, end, PAUSE) for n, end in enumerate(ends, start=1)]
            got = at_once(ring.app, [save, *others])
            assert isinstance(got[0], int), got
            ring.check(got[0])
            answers.add(got[0])
    finally:
        with ring.app.app_context():
            sa.event.remove(db.engine, "before_cursor_execute", pause)
    return answers


@short_and_long(40, 2_000)
def test_52_a_save_that_races_the_submit_is_scored_or_refused(ring: Ring, times: int) -> None:
    other = Desk(signed_in(ring.app, "ana"), ring.desk.handle)
    ring.hands.pass_by(minutes=1)
    assert rounds(ring, times, [lambda: other.submit().status_code]) == {200, 409}


@short_and_long(40, 2_000)
def test_53_a_save_that_races_the_sweeper_is_scored_or_refused(ring: Ring, times: int) -> None:
    ring.hands.wall = ring.due + GRACE
    late = ring.hands.wall + timedelta(seconds=1)
    assert rounds(ring, times, [lambda: sweep(ring.app, late)]) == {200, 409}
    assert end_of(ring.app, ring.desk.handle).at == ring.due


@short_and_long(10, 500)
def test_54_a_submit_that_races_the_clock_gives_one_end(ring: Ring, times: int) -> None:
    desks = [Desk(signed_in(ring.app, "ana"), ring.desk.handle) for _ in range(4)]
    ring.hands.wall = ring.due + GRACE / 2
    late = ring.due + GRACE + timedelta(seconds=1)
    for _round in range(times):
        ring.clear()
        submits = [lambda desk=desk: desk.submit().status_code for desk in desks]
        got = at_once(ring.app, [*submits, lambda: sweep(ring.app, late)])
        end = end_of(ring.app, ring.desk.handle)
        assert (end.at, end.reason) == (ring.due, FinishReason.TIME_UP.value)
        assert (got[:-1], got[-1] in {0, 1}) == ([303] * 4, True)
        assert [desks[0].submit().status_code, sweep(ring.app, late)] == [303, 0]
        assert end_of(ring.app, ring.desk.handle) == end


def commit_late(begun: threading.Event, until: threading.Event) -> None:
    """Hold this thread's next commit back until the other one has met it, or is through."""

    def wait(_session: object) -> None:
        begun.set()
        until.wait(0.5)

    sa.event.listen(db.session(), "before_commit", wait)


@pytest.mark.parametrize("end", ["sweep", "submit"])
def test_53_a_save_that_is_under_way_at_the_end_is_scored(stage: Stage, end: str) -> None:
    """The last moment at which a save is taken, and the first at which the clock ends it."""
    ana, site, handle = stage.person("ana"), stage.site, stage.start()
    row = storage.find_attempt(handle, ana.id)
    assert row is not None
    attempt_id, option = row.id, row.form[0][2].split()[1]
    last = NOON + timedelta(minutes=150, seconds=site.rules.tolerance_seconds)
    change = Change(reading=Language.EN, option_id=option)
    saving, ended = threading.Event(), threading.Event()
    db.session.rollback()

    def save() -> str:
        commit_late(saving, ended)
        responses.save_response(ana, handle, 1, change, last, site)
        return "saved"

    def finish() -> str:
        saving.wait(PATIENCE)
        if end == "submit":
            attempts.submit(ana, handle, last + timedelta(seconds=1), site)
        else:
            attempts.sweep(last + timedelta(seconds=1), site)
        ended.set()
        return "ended"

    assert at_once(stage.app, [save, finish]) == ["saved", "ended"]
    stored = db.session.get(AttemptRow, attempt_id)
    assert stored is not None
    assert stored.finished_at == NOON + timedelta(minutes=150)
    assert (stored.chosen or [None])[0] == option


def test_53_time_that_is_being_added_when_the_clock_would_end_an_attempt_counts(
    stage: Stage,
) -> None:
    cohort = make_cohort(stage)
    join(stage, cohort, "ana")
    ana, ben, site = stage.person("ana"), stage.person("ben"), stage.site
    where, quiz = cohort.handle, set_quiz(cohort, timed=True).handle
    handle = start_assigned(ana, quiz, Language.EN, site, NOON, random.Random(5))
    due = attempts.load(ana, handle, NOON, site)[1].deadline(NOON)
    assert due is not None
    last = due + timedelta(seconds=site.rules.tolerance_seconds)
    adding, swept = threading.Event(), threading.Event()
    db.session.rollback()

    def add() -> str:
        commit_late(adding, swept)
        accommodations.add_time(ben, where, ana.id, handle, 10, "The power was out.", last, site)
        return "added"

    def end() -> str:
        adding.wait(PATIENCE)
        finished = attempts.sweep(last + timedelta(seconds=1), site)
        swept.set()
        return f"{finished} ended"

    assert at_once(stage.app, [add, end]) == ["added", "0 ended"]
    assert end_of(stage.app, handle).at is None


# 55: the fourth try


def tries_in_all(app: Flask) -> int:
    """How many mock tries of Ana's count."""
    with inside(app) as stage:
        return len(storage.try_days(stage.person("ana").id))


@pytest.fixture
def two_used(app: Flask) -> Flask:
    """Ana has one try left."""
    with inside(app) as stage:
        for n in range(2):
            handle = stage.start(seed=n)
            attempts.submit(stage.person("ana"), handle, NOON + MINUTE, stage.site)
    return app


@short_and_long(3, 500)
def test_55_of_ten_who_race_for_the_last_try_one_gets_it(two_used: Flask, times: int) -> None:
    app = two_used
    with inside(app) as stage:
        ana, dev, site = stage.person("ana"), stage.person("dev"), stage.site
    for round_ in range(times):
        start = starting(app, AttemptKind.MOCK, round_)

        def start_and_submit(n: int, start: Callable[[int], str] = start) -> str:
            handle = start(n)
            attempts.submit(ana, handle, NOON + 2 * MINUTE, site)
            return handle

        got = ten(app, start_and_submit)
        started = set(got) - {"NoTryLeft"}
        assert len(started) == 1, got
        (handle,) = started
        assert tries_in_all(app) == 3
        with inside(app):
            void_try(dev, str(handle), "The race is run again.", NOON)


def test_control_naive_counting_overruns_the_three_tries_is_caught(two_used: Flask) -> None:
    pattern = pattern_of(two_used, AttemptKind.MOCK)
    with inside(two_used):
        db.session.execute(sa.text("DROP INDEX uq_attempt_live"))
        newest = sa.select(AttemptRow.id).order_by(AttemptRow.id.desc()).limit(1)
        db.session.execute(sa.delete(AttemptRow).where(AttemptRow.id.in_(newest)))
    naive_start(two_used, pattern, "mock", 3)
    assert tries_in_all(two_used) > 3
