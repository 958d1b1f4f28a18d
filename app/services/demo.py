"""A cast to look at: candidates in both languages, finished and running attempts, staff."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_security import hash_password

from app.domain.access import Person, Role
from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Language
from app.domain.eligibility import SittingResult, SittingState
from app.domain.items import Axis
from app.services.attempts import leave_break, load, start_attempt, submit
from app.services.drawing import StartRequest
from app.services.people import Registration, add_person
from app.services.responses import Change, save_and_go, save_response
from app.services.site import Site
from app.services.tries import record_period, record_sitting
from app.storage.bank import item_of
from app.storage.people import count_people, to_person

PASSWORD = "peer support 2026"  # noqa: S105 (printed on purpose: the demonstration's only)


FLAGGED = 0.08
"""The share of items that the cast flags."""


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
            Registration(line.username, line.display_name, password, line.language), now, line.role
        )
        if row is not None and line.role is Role.CANDIDATE:
            _play(to_person(row), line, site, now, rng)
        progress(100 // len(LINES))
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
    handle = start_attempt(person, wanted, site, begin, rng)
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
