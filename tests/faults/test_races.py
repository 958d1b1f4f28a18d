"""Several at once, each with a connection of its own: limits hold and nothing saved is lost."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.domain.errors import DomainError
from app.services import accommodations, attempts, responses
from app.services.assigned_starts import start_assigned
from app.services.people import Registration, add_person
from app.services.responses import Change
from app.storage import attempts as storage
from app.storage.attempts import AttemptRow
from app.storage.bank import exposures
from app.storage.database import db
from tests.cohorts import join, make_cohort, set_quiz
from tests.world import NOON, Stage, wanted_attempt

TEN = 10
UNDER_WAY = 0.5
"""Seconds for which a save is kept from being committed, so that others meet it."""


def at_once(stage: Stage, acts: list[Callable[[], object]]) -> list[object]:
    """What each act gives, or the refusal or fault it ends with, all begun at one moment."""
    db.session.rollback()
    barrier = threading.Barrier(len(acts))
    got: list[object] = []

    def run(act: Callable[[], object]) -> None:
        with stage.app.app_context():
            barrier.wait()
            try:
                got.append(act())
            except (DomainError, sa.exc.SQLAlchemyError) as error:
                db.session.rollback()
                got.append(type(error).__name__)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return got


def start_of(stage: Stage, username: str, seed: int, kind: AttemptKind) -> Callable[[], str]:
    """To start one."""
    person, site = stage.person(username), stage.site
    wanted = wanted_attempt(kind)
    return lambda: attempts.start_attempt(person, wanted, site, NOON, random.Random(seed))


def test_of_ten_who_race_for_the_last_try_one_gets_it(stage: Stage) -> None:
    ana, site = stage.person("ana"), stage.site
    for n in range(2):
        attempts.submit(ana, stage.start(seed=n), NOON + timedelta(minutes=1), site)
    starts = [start_of(stage, "ana", seed, AttemptKind.MOCK) for seed in range(TEN)]

    def start_and_submit(start: Callable[[], str]) -> str:
        handle = start()
        attempts.submit(ana, handle, NOON + timedelta(minutes=2), site)
        return handle

    got = at_once(stage, [lambda start=start: start_and_submit(start) for start in starts])  # type: ignore[misc]
    assert len(got) == TEN
    assert len(set(got) - {"NoTryLeft"}) == 1
    assert len(storage.try_days(ana.id)) == 3


def test_ten_people_who_start_at_once_all_start_and_every_form_is_counted(stage: Stage) -> None:
    names = [f"candidate{n}" for n in range(TEN)]
    for name in names:
        add_person(Registration(name, name, "x", Language.EN), NOON)
    kinds = (AttemptKind.MOCK, AttemptKind.QUIZ)
    got = at_once(stage, [start_of(stage, name, n, kinds[n % 2]) for n, name in enumerate(names)])
    handles = set(db.session.scalars(sa.select(AttemptRow.handle)))
    assert set(got) == handles
    assert len(handles) == TEN
    assert sum(exposures().values()) == TEN // 2 * (120 + 10)


@pytest.mark.parametrize("end", ["sweep", "submit"])
def test_a_save_that_is_under_way_when_the_attempt_ends_is_scored(stage: Stage, end: str) -> None:
    """The last moment at which a save is taken, and the first at which the clock ends it."""
    ana, site, handle = stage.person("ana"), stage.site, stage.start()
    row = storage.find_attempt(handle, ana.id)
    assert row is not None
    attempt_id, option = row.id, row.form[0][2].split()[1]
    last = NOON + timedelta(minutes=150, seconds=site.rules.tolerance_seconds)
    change = Change(reading=Language.EN, option_id=option, seq=7)
    saving, ended = threading.Event(), threading.Event()

    def save() -> str:
        commit_late(saving, ended)
        responses.save_response(ana, handle, 1, change, last, site)
        return "saved"

    def finish() -> str:
        saving.wait()
        if end == "submit":
            attempts.submit(ana, handle, last + timedelta(seconds=1), site)
        else:
            attempts.finish_due(last + timedelta(seconds=1), site)
            db.session.commit()
        ended.set()
        return "ended"

    assert sorted(map(str, at_once(stage, [save, finish]))) == ["ended", "saved"]
    stored = db.session.get(AttemptRow, attempt_id)
    assert stored is not None
    assert stored.finished_at == NOON + timedelta(minutes=150)
    assert (stored.chosen or [None])[0] == option


def test_time_that_is_being_added_when_the_clock_would_end_an_attempt_counts(stage: Stage) -> None:
    cohort = make_cohort(stage)
    join(stage, cohort, "ana")
    ana, ben, site = stage.person("ana"), stage.person("ben"), stage.site
    where, quiz = cohort.handle, set_quiz(cohort, timed=True).handle
    handle = start_assigned(ana, quiz, Language.EN, site, NOON, random.Random(5))
    row, attempt = attempts.load(ana, handle, NOON, site)
    due, attempt_id = attempt.deadline(NOON), row.id
    assert due is not None
    last = due + timedelta(seconds=site.rules.tolerance_seconds)
    adding, swept = threading.Event(), threading.Event()

    def add() -> str:
        commit_late(adding, swept)
        accommodations.add_time(ben, where, ana.id, handle, 10, "The power was out.", last, site)
        return "added"

    def sweep() -> str:
        adding.wait()
        finished = attempts.finish_due(last + timedelta(seconds=1), site)
        db.session.commit()
        swept.set()
        return f"{finished} ended"

    assert sorted(map(str, at_once(stage, [add, sweep]))) == ["0 ended", "added"]
    stored = db.session.get(AttemptRow, attempt_id)
    assert stored is not None
    assert stored.finished_at is None


def commit_late(begun: threading.Event, until: threading.Event) -> None:
    """Hold this thread's next commit back for a moment, or until the other one is through."""

    def wait(_session: object) -> None:
        begun.set()
        until.wait(UNDER_WAY)

    sa.event.listen(db.session(), "before_commit", wait)
