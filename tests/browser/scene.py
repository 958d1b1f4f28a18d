"""Somebody with a past in one language, and the wings from which states are set."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask_security import hash_password
from playwright.sync_api import Page

from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Language
from app.domain.eligibility import SittingResult, SittingState
from app.services.attempts import leave_break, load, submit
from app.services.people import RESET, Registration, add_person, make_link
from app.services.responses import Change, save_response
from app.services.tries import record_period, record_sitting
from app.storage.database import db, set_reading
from tests.browser import acts
from tests.browser.acts import Account
from tests.world import PASSWORD, Stage


@dataclass(frozen=True, slots=True)
class Scene:
    """One language, somebody with a past in it, and the wings from which states are set."""

    app: Flask
    language: Language
    resident: Account
    mock: str
    quiz: str
    practice: str

    def newcomer(self, page: Page, username: str) -> None:
        """Somebody new, signed in on the page."""
        with self.app.app_context():
            _add(username, self.language)
        acts.sign_in(page, Account(username, PASSWORD))

    def mocks(self, username: str, *starts: datetime, submitted: bool = False) -> str:
        """Start mocks for somebody, and end them where that is wanted; the last one's handle."""
        with self.app.app_context():
            set_reading(only=False)
            stage = Stage(self.app)
            for seed, start in enumerate(starts):
                handle = stage.start(username, now=start, seed=seed, language=self.language)
                if submitted:
                    submit(stage.person(username), handle, start, stage.site)
            db.session.remove()
        return handle

    def reset_link(self) -> str:
        """The path of a one-time link to a new password."""
        with self.app.app_context():
            set_reading(only=False)
            person = Stage(self.app).person(self.resident.username)
            token = make_link(RESET, datetime.now(UTC), person.id)
            db.session.remove()
        return f"/reset-by-link/{token}"


def set_scene(app: Flask, language: Language) -> Scene:
    """Give somebody a finished mock, two finished quizzes and a running practice test."""
    username = f"resident-{language.value}"
    with app.app_context():
        set_reading(only=False)
        _add(username, language)
        now = datetime.now(UTC)
        _record_a_real_try(app, username, now)
        mock = _finished(app, username, AttemptKind.MOCK, now - timedelta(days=2), answers=70)
        _finished(app, username, AttemptKind.QUIZ, now - timedelta(days=1), answers=10)
        quiz = _finished(app, username, AttemptKind.QUIZ, now - timedelta(hours=2), answers=9)
        stage = Stage(app)
        practice = stage.start(
            username, AttemptKind.PRACTICE, now, feedback=Feedback.EACH_ITEM, language=language
        )
        _answer(stage, username, practice, 2, now, reveal=True)
        db.session.remove()
    account = Account(username, PASSWORD)
    return Scene(app, language, account, mock=mock, quiz=quiz, practice=practice)


def _add(username: str, language: Language) -> None:
    set_reading(only=False)
    person = Registration(username, "Ángela María", hash_password(PASSWORD), language)
    add_person(person, datetime.now(UTC))
    db.session.remove()


def _record_a_real_try(app: Flask, username: str, now: datetime) -> None:
    stage = Stage(app)
    person, today = stage.person(username), stage.site.day(now)
    record_period(person, today - timedelta(days=90), None, now)
    for state in (SittingState.SAT, SittingState.SCHEDULED):
        result = SittingResult.NOT_PASSED if state is SittingState.SAT else None
        record_sitting(person, state, today, result, now, counts=True)


def _finished(
    app: Flask, username: str, kind: AttemptKind, start: datetime, *, answers: int
) -> str:
    stage = Stage(app)
    language = Language(stage.person(username).language)
    handle = stage.start(username, kind, start, seed=answers, language=language)
    person = stage.person(username)
    for position in range(1, answers + 1):
        if position == 61 and kind is AttemptKind.MOCK:
            leave_break(person, handle, start, stage.site)
        _answer(stage, username, handle, position, start + timedelta(seconds=40 * position))
    submit(person, handle, start + timedelta(hours=1), stage.site)
    return handle


def _answer(
    stage: Stage,
    username: str,
    handle: str,
    position: int,
    now: datetime,
    *,
    reveal: bool = False,
) -> None:
    person = stage.person(username)
    attempt = load(person, handle, now, stage.site)[1]
    change = Change(
        reading=attempt.language,
        option_id=attempt.form.entries[position - 1].option_order[position % 3],
        flagged=position % 7 == 0 or None,
        note="¿Y la regla?" if position % 9 == 0 else None,
        reveal=reveal,
    )
    save_response(person, handle, position, change, now, stage.site)
