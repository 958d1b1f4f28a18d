"""A cast to look at: candidates in both languages, finished and running attempts, staff."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_security import hash_password

from app.domain.access import Person, Role
from app.domain.assignments import Selection
from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Language
from app.domain.eligibility import SittingResult, SittingState
from app.domain.items import Axis
from app.services.assigned_starts import start_assigned
from app.services.assignments import Plan, set_assignment
from app.services.attempts import leave_break, load, start_attempt, submit
from app.services.cohorts import create_cohort, make_class_code
from app.services.drawing import StartRequest
from app.services.joining import join
from app.services.people import Registration, add_person
from app.services.responses import Change, save_and_go, save_response
from app.services.site import Site
from app.services.tries import record_period, record_sitting
from app.storage.bank import item_of
from app.storage.people import count_people, find_by_username, to_person

PASSWORD = "peer support 2026"  # noqa: S105 (printed on purpose: the demonstration's only)


FLAGGED = 0.08
"""The share of items that the cast flags."""
REGISTERED = timedelta(days=21)
"""How long ago the cast came: before the first of their tests."""


def N_(message: str) -> str:  # noqa: N802 (the name by which Babel finds message ids)
    """Mark a message id for extraction; it is translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class CastLine:
    """One person of the cast; `description` is a message id."""

    username: str
    display_name: str
    role: Role
    language: Language
    skill: float
    description: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Who was made, and the password of them all."""

    password: str
    lines: tuple[CastLine, ...]


LINES = (
    CastLine("ana", "Ana", Role.CANDIDATE, Language.ES, 0.72, N_("candidate, in Spanish")),
    CastLine("luis", "Luis", Role.CANDIDATE, Language.ES, 0.85, N_("candidate, in Spanish")),
    CastLine("maya", "Maya", Role.CANDIDATE, Language.EN, 0.6, N_("candidate, in English")),
    CastLine("sam", "Sam", Role.CANDIDATE, Language.EN, 0.8, N_("candidate, extra time")),
    CastLine("rosa", "Rosa", Role.CANDIDATE, Language.ES, 0.66, N_("candidate, in Spanish")),
    CastLine("kofi", "Kofi", Role.CANDIDATE, Language.EN, 0.55, N_("candidate, in English")),
    CastLine("tuan", "Tuan", Role.CANDIDATE, Language.EN, 0.78, N_("candidate, in English")),
    CastLine("ben", "Ben", Role.TRAINER, Language.EN, 0.9, N_("trainer")),
    CastLine("dev", "Dev", Role.ADMINISTRATOR, Language.EN, 0.9, N_("administrator")),
)


def fill_demo(site: Site, now: datetime, progress: Callable[[int], object]) -> Cast | None:
    """Make the cast and their attempts; None on an instance that has people.

    `progress` is told of each part of a hundred.
    """
    if count_people():
        return None
    password = hash_password(PASSWORD)
    rng = random.Random("demonstration")
    for line in LINES:
        row = add_person(
            Registration(line.username, line.display_name, password, line.language),
            now - REGISTERED,
            line.role,
        )
        if row is not None and line.role is Role.CANDIDATE:
            _play(to_person(row), line, site, now, rng)
        progress(90 // len(LINES))
    _teach(site, now, rng)
    progress(10)
    return Cast(PASSWORD, LINES)


def _play(person: Person, line: CastLine, site: Site, now: datetime, rng: random.Random) -> None:
    approved = site.day(now) - timedelta(days=120)
    record_period(person, approved, None, now)
    if line.username == "maya":
        _one_real_try(person, approved, now)
    begin = now - timedelta(days=20)
    mock = StartRequest(AttemptKind.MOCK, line.language, site.blueprint.items)
    _sit(person, mock, site, begin, line.skill, rng)
    quiz = StartRequest(
        AttemptKind.QUIZ,
        line.language,
        10,
        Feedback.EACH_ITEM,
        timed=False,
        axis=Axis.OSHPD,
        areas=("3", "5"),
    )
    _sit(person, quiz, site, now - timedelta(days=6), line.skill + 0.05, rng)
    practice = StartRequest(
        AttemptKind.PRACTICE, line.language, 60, Feedback.EACH_ITEM, timed=False
    )
    _sit(person, practice, site, now - timedelta(minutes=30), line.skill, rng, stop_after=17)


def _teach(site: Site, now: datetime, rng: random.Random) -> None:
    """Ben's cohort: one quiz that most have done, and one that is due tomorrow."""
    ben = _person("ben")
    begun = now - timedelta(days=15)
    handle = create_cohort(ben, "Spring group", site.settings.time_zone, begun)
    code = make_class_code(ben, handle, 30, begun, rng)
    learners = [line for line in LINES if line.role is Role.CANDIDATE]
    for line in learners:
        join(_person(line.username), code, begun, shares_practice=line.username == "luis")
    first = _set(ben, handle, "3", site, now - timedelta(days=9), now - timedelta(days=2), rng)
    for line in learners[:-1]:
        _do(line, first, site, now - timedelta(days=4), rng)
    second = _set(ben, handle, "5", site, now - timedelta(days=3), now + timedelta(days=1), rng)
    for line, stop_after in zip(learners, (None, None, 4), strict=False):
        _do(line, second, site, now - timedelta(days=1), rng, stop_after)


def _person(username: str) -> Person:
    row = find_by_username(username)
    assert row is not None  # noqa: S101 - made a moment ago
    return to_person(row)


def _set(
    trainer: Person,
    cohort: str,
    area: str,
    site: Site,
    opens_at: datetime,
    due_at: datetime,
    rng: random.Random,
) -> str:
    plan = Plan(
        title=site.taxonomy.oshpd[int(area)],
        kind=AttemptKind.QUIZ,
        selection=Selection(areas=(area,)),
        items=10,
        timed=False,
        feedback=Feedback.AT_END,
        language=None,
        opens_at=opens_at,
        due_at=due_at,
        attempts_allowed=2,
        same_items=True,
        shuffled=True,
    )
    return set_assignment(trainer, cohort, plan, site, opens_at, rng)


def _do(
    line: CastLine,
    assignment: str,
    site: Site,
    begin: datetime,
    rng: random.Random,
    stop_after: int | None = None,
) -> None:
    person = _person(line.username)
    handle = start_assigned(person, assignment, line.language, site, begin, rng)
    answer(person, handle, site, begin, line.skill, rng, stop_after)


def _one_real_try(person: Person, approved: date, now: datetime) -> None:
    record_sitting(
        person,
        SittingState.SAT,
        approved + timedelta(days=60),
        SittingResult.NOT_PASSED,
        now,
        counts=True,
    )


def _sit(
    person: Person,
    wanted: StartRequest,
    site: Site,
    begin: datetime,
    skill: float,
    rng: random.Random,
    stop_after: int | None = None,
) -> None:
    handle = start_attempt(person, wanted, site, begin, rng).handle
    answer(person, handle, site, begin, skill, rng, stop_after)


def answer(
    person: Person,
    handle: str,
    site: Site,
    begin: datetime,
    skill: float,
    rng: random.Random,
    stop_after: int | None = None,
) -> None:
    """Answer an attempt as somebody of this skill might; whole, or its first items alone."""
    attempt = load(person, handle, begin, site)[1]
    moment = begin
    for entry in attempt.form.entries[:stop_after]:
        moment += timedelta(seconds=rng.randint(20, 90))
        item = item_of(entry.revision)
        right = rng.random() < skill - (0.25 if item.oshpd in {4, 7} else 0)
        wrong = [option for option in entry.option_order if option != item.key]
        change = Change(
            reading=person.language,
            option_id=item.key if right else rng.choice(wrong),
            flagged=rng.random() < FLAGGED or None,
        )
        if entry.position == attempt.break_after:
            save_response(person, handle, entry.position, change, moment, site)
            leave_break(person, handle, moment, site)
        elif entry.position == attempt.last_position:
            save_response(person, handle, entry.position, change, moment, site)
        else:
            save_and_go(person, handle, entry.position, change, entry.position + 1, moment, site)
    if stop_after is None:
        submit(person, handle, moment, site)
