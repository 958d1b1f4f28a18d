"""Row 56, and the whole life of attempts with it: whatever people do, no try comes back by itself.

A machine plays one candidate, the trainer, the administrator and the sweeper in any order, through
the pages and services of the real site, and keeps a slower account of its own beside it.
"""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count
from typing import ClassVar

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.domain.access import Person
from app.domain.attempts import AttemptKind, AttemptStatus
from app.domain.bilingual import Language
from app.domain.codes import make_code
from app.domain.eligibility import ApprovalPeriod, standing, valid_through
from app.domain.errors import (
    AlreadyMember,
    AlreadyVoided,
    AnotherRuns,
    AttemptFinished,
    CodeGone,
    DomainError,
    NoAttemptLeft,
    NotEndedByClock,
    NotFound,
    NoTryLeft,
)
from app.services import accommodations, attempts, joining, reopening
from app.services.assigned_starts import start_assigned
from app.services.people import Registration, add_person, delete_person
from app.services.site import Site
from app.services.tries import void_try
from app.storage.attempts import AdjustmentRow, AttemptRow
from app.storage.cohorts import InvitationRow
from app.storage.database import db
from app.storage.people import find_by_username, to_person
from tests.cohorts import make_cohort, set_quiz
from tests.faults.exam_acts import Desk, Hands, going_by, short_and_long, sweep
from tests.web.accounts_cast import sign_in
from tests.web.exam_cast import inside
from tests.world import NOON, signed_in, wanted_attempt

KINDS = (AttemptKind.MOCK, AttemptKind.QUIZ)
LIMIT, ALLOWED = 3, 2
"""Mock tries in a period, and attempts at the quiz."""
numbers = count()


class School:
    """What every machine finds: Ben's cohort with its quiz, and Dev."""

    def __init__(self, app: Flask, hands: Hands) -> None:
        self.app, self.hands = app, hands
        with inside(app) as stage:
            self.site: Site = stage.site
            self.ben, self.dev = stage.person("ben"), stage.person("dev")
            ana = find_by_username("ana")
            assert ana is not None
            self.password = ana.password or ""
            cohort = make_cohort(stage)
            self.cohort, self.cohort_id = cohort.handle, cohort.id
            quiz = set_quiz(cohort, timed=True, attempts_allowed=ALLOWED, due_at=None)
            self.quiz = quiz.handle
            self.code = make_code(random.Random("the class"))
            self.invite(self.code, single_use=False)

    def invite(self, code: str, *, single_use: bool) -> None:
        """Make a code of the cohort's that works for years."""
        row = InvitationRow(
            cohort_id=self.cohort_id,
            code=code,
            single_use=single_use,
            language="en",
            made_at=NOON,
            expires_at=NOON + timedelta(days=9_999),
        )
        db.session.add(row)


class LedgerMachine(RuleBasedStateMachine):
    """One candidate, and everybody who has a say."""

    school: ClassVar[School]

    def __init__(self) -> None:
        super().__init__()
        number = next(numbers)
        self.name = f"person{number}"
        self.app, self.site, self.hands = self.school.app, self.school.site, self.school.hands
        self.hands.wall = NOON
        self.seat = make_code(random.Random(number))
        with inside(self.app):
            self.school.invite(self.seat, single_use=True)
        self.seat_taken = False
        self.register()

    def register(self) -> None:
        """Come, for the first time or once more: everything begins with nothing."""
        with inside(self.app):
            given = Registration(self.name, "Ana", self.school.password, Language.EN)
            row = add_person(given, self.hands.wall)
            assert row is not None
            self.person: Person = to_person(row)
        self.client = signed_in(self.app, self.name)
        self.member = False
        self.days: dict[str, date] = {}
        self.numbered: set[str] = set()
        self.desks: dict[str, Desk] = {}
        self.kinds: dict[str, AttemptKind] = {}
        self.saved: dict[str, dict[int, str]] = {}
        self.ends: dict[str, object] = {}
        self.added: list[tuple[int, int]] = []

    # what can be done

    def attempt(self, act: Callable[[], object]) -> object:
        """What the act gives, or the refusal that it ends with."""
        with inside(self.app):
            try:
                return act()
            except DomainError as refused:
                db.session.rollback()
                return type(refused)

    def running(self, kind: AttemptKind) -> str | None:
        """The attempt of this kind that runs now, by the clock."""
        for handle in (h for h, k in self.kinds.items() if k is kind):
            with inside(self.app):
                _row, found = attempts.load(self.person, handle, self.hands.wall, self.site)
            if found.status is not AttemptStatus.FINISHED:
                return handle
        return None

    def sit(self, handle: object, kind: AttemptKind) -> str:
        """Sit down at an attempt that has begun."""
        assert isinstance(handle, str), handle
        desk = Desk(self.client, handle)
        assert desk.sit_down().status_code == 200
        self.desks[handle], self.kinds[handle], self.saved[handle] = desk, kind, {}
        return handle

    @rule(seconds=st.integers(0, 9_000))
    def wait(self, seconds: int) -> None:
        self.hands.pass_by(seconds=seconds)

    @rule(days=st.sampled_from([1, 30, 366]))
    def wait_long(self, days: int) -> None:
        self.hands.pass_by(days=days)
        sign_in(self.client, self.name)  # a sign-in ends after a month

    @rule()
    def start_mock(self) -> None:
        running, today = self.running(AttemptKind.MOCK), self.site.day(self.hands.wall)
        allowed = standing(None, sorted(self.days.values()), today, LIMIT).allowed
        wanted, rng = wanted_attempt(AttemptKind.MOCK), random.Random(len(self.kinds))
        got = self.attempt(
            lambda: (
                attempts.start_attempt(self.person, wanted, self.site, self.hands.wall, rng).handle
            )
        )
        if running is not None:
            assert got == running
        elif not allowed:
            assert got is NoTryLeft
        else:
            assert got not in self.kinds
            self.days[self.sit(got, AttemptKind.MOCK)] = today

    @rule()
    def start_quiz(self) -> None:
        running = self.running(AttemptKind.QUIZ)
        rng, now = random.Random(len(self.kinds)), self.hands.wall
        got = self.attempt(
            lambda: start_assigned(self.person, self.school.quiz, Language.EN, self.site, now, rng)
        )
        if not self.member:
            assert got is NotFound
        elif running is not None:
            assert got == running
        elif len(self.numbered) >= ALLOWED:
            assert got is NoAttemptLeft
        else:
            assert got not in self.kinds
            self.numbered.add(self.sit(got, AttemptKind.QUIZ))

    def pick(self, place: int) -> str:
        """One of the attempts."""
        return [*self.kinds][place % len(self.kinds)]

    has_attempt = precondition(lambda self: bool(self.kinds))

    @has_attempt
    @rule(place=st.integers(0, 9), position=st.integers(1, 10), option=st.integers(0, 3))
    def save(self, place: int, position: int, option: int) -> None:
        handle = self.pick(place)
        desk = self.desks[handle]
        answer = desk.choose(position, option)
        assert answer.status_code in {200, 409}
        if answer.status_code == 200 and [position, desk.seq] in answer.get_json()["accepted"]:
            self.saved[handle][position] = desk.items[position - 1][option]

    @has_attempt
    @rule(place=st.integers(0, 9))
    def submit(self, place: int) -> None:
        assert self.desks[self.pick(place)].submit().status_code == 303

    @rule()
    def sweep(self) -> None:
        sweep(self.app, self.hands.wall)

    @has_attempt
    @rule(place=st.integers(0, 9), do=st.sampled_from(["start", "leave"]))
    def move_break(self, place: int, do: str) -> None:
        desk = self.desks[self.pick(place)]
        answer = self.client.post(f"{desk.address}/break", data={"do": do})
        assert answer.status_code in {303, 409}

    @has_attempt
    @rule(place=st.integers(0, 9), minutes=st.integers(1, 120))
    def add_time(self, place: int, minutes: int) -> None:
        where = (self.school.ben, self.school.cohort, self.person.id, self.pick(place), minutes)
        got = self.attempt(
            lambda: accommodations.add_time(*where, "An outage.", self.hands.wall, self.site)
        )
        assert got in {None, NotFound, AttemptFinished}

    @has_attempt
    @rule(place=st.integers(0, 9))
    def void(self, place: int) -> None:
        handle = self.pick(place)
        got = self.attempt(lambda: void_try(self.school.dev, handle, "An outage.", self.hands.wall))
        if self.kinds[handle] is AttemptKind.QUIZ:
            assert got is NotFound
        else:
            assert got is (None if handle in self.days else AlreadyVoided)
            self.days.pop(handle, None)

    @has_attempt
    @rule(place=st.integers(0, 9))
    def give_back(self, place: int) -> None:
        handle, school = self.pick(place), self.school
        where = (school.ben, school.cohort, self.person.id, handle, "An outage.", self.hands.wall)
        got = self.attempt(lambda: accommodations.give_back(*where))
        if not self.member or self.kinds[handle] is AttemptKind.MOCK:
            assert got is NotFound
        else:
            assert got is (None if handle in self.numbered else AlreadyVoided)
            self.numbered.discard(handle)

    @has_attempt
    @rule(place=st.integers(0, 9), minutes=st.integers(1, 240))
    def open_again(self, place: int, minutes: int) -> None:
        handle, now = self.pick(place), self.hands.wall
        got = self.attempt(
            lambda: reopening.open_again(
                self.school.dev, handle, minutes, "The clock jumped.", now, self.site
            )
        )
        assert got in {None, NotEndedByClock, AnotherRuns}
        if got is None:
            self.ends.pop(handle, None)
            assert self.running(self.kinds[handle]) == handle

    @rule()
    def leave(self) -> None:
        got = self.attempt(lambda: joining.leave(self.person, self.school.cohort))
        assert got is (None if self.member else NotFound)
        self.member = False

    @rule(by_seat=st.booleans())
    def join(self, by_seat: bool) -> None:  # noqa: FBT001 (a rule's arguments go by name)
        code = self.seat if by_seat else self.school.code
        got = self.attempt(
            lambda: joining.join(self.person, code, self.hands.wall, shares_practice=False)
        )
        if self.member:
            assert got is AlreadyMember
        elif by_seat and self.seat_taken:
            assert got is CodeGone
        else:
            assert got == "Morning group"
            self.member, self.seat_taken = True, self.seat_taken or by_seat

    @rule()
    def delete_and_register_again(self) -> None:
        gone = self.person.id
        assert self.attempt(lambda: delete_person(gone)) is True
        with inside(self.app):
            left = sa.select(sa.func.count()).where(AttemptRow.person_id == gone)
            assert db.session.scalar(left) == 0
        self.register()

    # what holds

    def rows(self) -> dict[str, AttemptRow]:
        """The candidate's attempts as they are stored."""
        with inside(self.app):
            query = sa.select(AttemptRow).where(AttemptRow.person_id == self.person.id)
            found = {row.handle: row for row in db.session.scalars(query)}
            db.session.expunge_all()
        return found

    @invariant()
    def the_ledger_is_the_account_s_and_no_period_holds_more_than_three(self) -> None:
        rows = self.rows()
        assert set(rows) == set(self.kinds)
        counted = {
            handle: row.try_on
            for handle, row in rows.items()
            if row.try_on is not None and row.voided_at is None
        }
        assert counted == self.days
        numbered = {h: row.assignment_try for h, row in rows.items() if row.assignment_try}
        assert set(numbered) == self.numbered
        assert len(set(numbered.values())) == len(numbered) <= ALLOWED
        days = sorted(counted.values())
        while days:
            period = ApprovalPeriod(days[0], valid_through(days[0]))
            assert sum(period.holds(day) for day in days) <= LIMIT
            days = [day for day in days if not period.holds(day)]

    @invariant()
    def one_of_a_kind_runs_and_what_has_ended_stays_and_is_what_was_acknowledged(self) -> None:
        live = dict.fromkeys(KINDS, 0)
        for handle, row in self.rows().items():
            if row.finished_at is None:
                live[AttemptKind(row.kind)] += 1
                continue
            end = (row.finished_at, row.finish_reason, row.chosen, row.right)
            assert self.ends.setdefault(handle, end) == end
            chosen = {n: option for n, option in enumerate(row.chosen or (), start=1) if option}
            assert chosen == self.saved[handle]
        assert max(live.values()) <= 1

    @invariant()
    def what_was_added_only_grows(self) -> None:
        with inside(self.app):
            query = (
                sa.select(AdjustmentRow.id, AdjustmentRow.seconds)
                .join(AttemptRow, AttemptRow.id == AdjustmentRow.attempt_id)
                .where(AttemptRow.person_id == self.person.id)
                .order_by(AdjustmentRow.id)
            )
            now = [(row.id, row.seconds) for row in db.session.execute(query)]
        assert now[: len(self.added)] == self.added
        assert all(seconds >= 0 for _id, seconds in now)
        self.added = now

    def teardown(self) -> None:
        with inside(self.app):
            delete_person(self.person.id)
            db.session.execute(sa.delete(InvitationRow).where(InvitationRow.code == self.seat))


@pytest.fixture
def school(app: Flask) -> Iterator[School]:
    """The school, at noon."""
    hands = Hands()
    with going_by(app, hands):
        yield School(app, hands)


@short_and_long(12, 3_000)
def test_56_nothing_that_anybody_does_gives_a_try_back_but_a_void(
    school: School, times: int
) -> None:
    LedgerMachine.school = school
    profile = settings(
        max_examples=times,
        stateful_step_count=25,
        deadline=None,
        database=None,
        suppress_health_check=[*HealthCheck],
    )
    run_state_machine_as_test(LedgerMachine, settings=profile)
