"""Every page of the site in every state, and the way to it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask_security import hash_password
from playwright.sync_api import Page, expect

from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Language
from app.services.attempts import leave_break, load, submit
from app.services.people import Registration, add_person
from app.services.responses import Change, save_response
from app.storage.database import db, set_reading
from tests.browser import acts
from tests.browser.acts import Account
from tests.world import PASSWORD, Stage

PAST_THE_END = timedelta(minutes=150, seconds=5)


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


Go = Callable[[Scene, Page], None]


@dataclass(frozen=True, slots=True)
class Stop:
    """A page in a state. `who` is signed in on it; `expected` are complaints it is about."""

    name: str
    go: Go
    who: str = "resident"
    expected: tuple[str, ...] = ()


def set_scene(app: Flask, language: Language) -> Scene:
    """Give somebody a finished mock, two finished quizzes and a running practice test."""
    username = f"resident-{language.value}"
    with app.app_context():
        set_reading(only=False)
        _add(username, language)
        now = datetime.now(UTC)
        mock = _finished(app, username, AttemptKind.MOCK, now - timedelta(days=2), answers=70)
        _finished(app, username, AttemptKind.QUIZ, now - timedelta(days=1), answers=10)
        quiz = _finished(app, username, AttemptKind.QUIZ, now - timedelta(hours=2), answers=9)
        stage = Stage(app)
        wanted = {"feedback": Feedback.EACH_ITEM, "language": language}
        practice = stage.start(username, AttemptKind.PRACTICE, now, **wanted)
        _answer(stage, username, practice, 2, now, reveal=True)
        db.session.remove()
    account = Account(username, PASSWORD)
    return Scene(app, language, account, mock=mock, quiz=quiz, practice=practice)


def _add(username: str, language: Language) -> None:
    set_reading(only=False)
    person = Registration(username, "Ángela María", hash_password(PASSWORD), language)
    add_person(person, datetime.now(UTC))
    db.session.remove()


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


def to(path: str) -> Go:
    """The page at a plain address."""

    def go(scene: Scene, page: Page) -> None:
        page.goto(path.format(mock=scene.mock, quiz=scene.quiz, practice=scene.practice))

    return go


def sent_empty(path: str) -> Go:
    """The form at that address, sent with nothing in it."""

    def go(_scene: Scene, page: Page) -> None:
        page.goto(path)
        page.locator("main form button[type=submit]").last.click()
        expect(page.locator(".usa-error-message, .usa-alert--error").first).to_be_visible()

    return go


def declined(_scene: Scene, page: Page) -> None:
    page.goto("/mock")
    acts.pick(page, "language", "en")
    acts.pick(page, "agree", "decline")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main form")).to_have_count(0)


def two_step_key(_scene: Scene, page: Page) -> None:
    page.goto("/account/two-step")
    page.locator("main form button").click()
    expect(page.locator("main img")).to_be_visible()


def stacked(scene: Scene, page: Page) -> None:
    page.goto(f"/attempts/{scene.practice}/items/1")
    page.locator("[data-stack]").click()
    expect(page.locator(".item--stacked")).to_be_visible()


def with_everything_open(scene: Scene, page: Page) -> None:
    page.goto(f"/attempts/{scene.practice}/items/4")
    page.locator("details.note summary").click()
    page.locator("[data-flag]").click()
    acts.option(page, 0).locator("[data-strike]").click()
    acts.choose(page, 1)
    acts.says_saved(page)


def shortcuts(scene: Scene, page: Page) -> None:
    page.goto(f"/attempts/{scene.practice}/items/4")
    page.locator("[data-help]").click()
    expect(page.locator("#shortcuts")).to_be_visible()


def result_in_full(scene: Scene, page: Page) -> None:
    page.goto(f"/attempts/{scene.mock}/result")
    for summary in page.locator("details.more summary").all():
        summary.click()


def mock_item(scene: Scene, page: Page) -> None:
    scene.newcomer(page, f"sitting-{scene.language}")
    acts.start_mock(page, scene.language.value)


def to_the_break(scene: Scene, page: Page) -> None:
    username = f"halfway-{scene.language}"
    scene.newcomer(page, username)
    with scene.app.app_context():
        set_reading(only=False)
        handle = Stage(scene.app).start(username, now=datetime.now(UTC))
        db.session.remove()
    page.goto(f"/attempts/{handle}/break")


def on_the_break(scene: Scene, page: Page) -> None:
    scene.newcomer(page, f"breaking-{scene.language}")
    handle = acts.start_mock(page, scene.language.value)
    page.goto(f"/attempts/{handle}/break")
    page.locator("button[value=start]").click()
    expect(page.locator("[data-break-clock]")).to_be_visible()


def time_up(scene: Scene, page: Page) -> None:
    username = f"late-{scene.language}"
    scene.newcomer(page, username)
    with scene.app.app_context():
        set_reading(only=False)
        handle = Stage(scene.app).start(username, now=datetime.now(UTC) - PAST_THE_END)
        db.session.remove()
    page.goto(f"/attempts/{handle}/items/1")
    expect(page.locator(f'form[action="/attempts/{handle}/submit"]')).to_be_visible()


def refused(scene: Scene, page: Page) -> None:
    """The rules were on screen still when the last try was used elsewhere."""
    username = f"thrice-{scene.language}"
    scene.newcomer(page, username)
    page.goto("/mock")
    with scene.app.app_context():
        set_reading(only=False)
        stage = Stage(scene.app)
        for seed in range(3):
            now = datetime.now(UTC)
            submit(
                stage.person(username), stage.start(username, now=now, seed=seed), now, stage.site
            )
        db.session.remove()
    acts.pick(page, "language", "en")
    acts.pick(page, "agree", "yes")
    page.locator("main form button[type=submit]").click()
    expect(page.locator('main a[href="/practice"]')).to_be_visible()


def no_try_left(scene: Scene, page: Page) -> None:
    acts.sign_in(page, Account(f"thrice-{scene.language}", PASSWORD))
    page.goto("/mock")


def void_form(_scene: Scene, page: Page) -> None:
    page.goto("/administration")
    page.locator('main a[href$="/void"]').first.click()
    expect(page.locator("[name=reason]")).to_be_visible()


NOT_FOUND, REFUSED, UNREADY = ("404",), ("409",), ("422",)
STOPS = (
    Stop("front", to("/"), "stranger"),
    Stop("help", to("/help"), "stranger"),
    Stop("about", to("/about"), "stranger"),
    Stop("privacy", to("/privacy"), "stranger"),
    Stop("register", to("/register"), "stranger"),
    Stop("register-errors", sent_empty("/register"), "stranger", UNREADY),
    Stop("sign-in", to("/sign-in"), "stranger"),
    Stop("sign-in-errors", sent_empty("/sign-in"), "stranger", UNREADY),
    Stop("sign-in-passkey", to("/sign-in/passkey"), "stranger"),
    Stop("lost-phone", to("/sign-in/lost-phone"), "stranger"),
    Stop("reset", to("/reset"), "stranger"),
    Stop("not-found", to("/no-such-page"), "stranger", NOT_FOUND),
    Stop("home", to("/home")),
    Stop("account", to("/account")),
    Stop("password", to("/account/password")),
    Stop("two-step", to("/account/two-step")),
    Stop("two-step-key", two_step_key),
    Stop("passkeys", to("/account/passkeys")),
    Stop("recovery-codes", to("/account/recovery-codes")),
    Stop("delete-account", to("/account/delete")),
    Stop("mock-rules", to("/mock")),
    Stop("declined", declined),
    Stop("practice", to("/practice")),
    Stop("quiz", to("/quiz")),
    Stop("quiz-errors", sent_empty("/quiz"), "resident", UNREADY),
    Stop("history", to("/history")),
    Stop("tries", to("/tries")),
    Stop("item", to("/attempts/{practice}/items/1")),
    Stop("item-revealed", to("/attempts/{practice}/items/2")),
    Stop("item-open", with_everything_open),
    Stop("item-shortcuts", shortcuts),
    Stop("item-stacked", stacked),
    Stop("review", to("/attempts/{practice}/review")),
    Stop("review-none", to("/attempts/{practice}/review?show=incomplete")),
    Stop("submit", to("/attempts/{practice}/submit")),
    Stop("result", result_in_full),
    Stop("result-quiz", to("/attempts/{quiz}/result")),
    Stop("result-item", to("/attempts/{mock}/result/items/3")),
    Stop("print", to("/attempts/{quiz}/result/print")),
    Stop("mock-item", mock_item, "nobody yet"),
    Stop("break-offered", to_the_break, "nobody yet"),
    Stop("break-running", on_the_break, "nobody yet"),
    Stop("time-up", time_up, "nobody yet"),
    Stop("mock-refused", refused, "nobody yet", REFUSED),
    Stop("administration", to("/administration"), "dev"),
    Stop("void", void_form, "dev"),
)
