"""Every page of the site in every state, and the way to it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.scene import Scene

PAST_THE_END = timedelta(minutes=150, seconds=5)
NEAR_THE_END = timedelta(minutes=144, seconds=55)
"""Of the exam's 150 minutes: the page warns when five are left."""

Go = Callable[[Scene, Page], None]


@dataclass(frozen=True, slots=True)
class Stop:
    """A page in a state. `who` is signed in on it; `expected` are complaints it is about."""

    name: str
    go: Go
    who: str = "resident"
    expected: tuple[str, ...] = ()


def to(path: str) -> Go:
    """The page at a plain address."""

    def go(scene: Scene, page: Page) -> None:
        page.goto(path.format(mock=scene.mock, quiz=scene.quiz, practice=scene.practice))

    return go


def item(position: int) -> Go:
    """An item of the running practice test, which was on another device before."""

    def go(scene: Scene, page: Page) -> None:
        page.goto(f"/attempts/{scene.practice}/items/{position}")
        acts.here(page)

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
    item(1)(scene, page)
    page.locator("#item [data-stack]").click()
    expect(page.locator(".item--stacked")).to_be_visible()


def with_everything_open(scene: Scene, page: Page) -> None:
    item(4)(scene, page)
    page.locator("details.note summary").click()
    page.locator("[data-flag]").click()
    acts.option(page, 0).locator("[data-strike]").click()
    acts.choose(page, 1)
    acts.says_saved(page)


def new_password(scene: Scene, page: Page) -> None:
    page.goto(scene.reset_link())
    expect(page.locator("[name=password]")).to_be_visible()


def recovery_codes_shown(_scene: Scene, page: Page) -> None:
    page.goto("/account/recovery-codes")
    page.locator("main form[method=post] button").click()
    expect(page.locator(".codes")).to_be_visible()


def handed_link(scene: Scene, page: Page) -> None:
    page.goto("/administration/people")
    mine = page.locator("tr", has_text=scene.resident.username)
    mine.locator('form[action$="/reset-link"] button').click()
    expect(page).to_have_url(re.compile(r"/reset-link$"))


def shortcuts(scene: Scene, page: Page) -> None:
    item(4)(scene, page)
    page.locator("[data-help]").click()
    expect(page.locator("#shortcuts")).to_be_visible()


def map_in_the_page(scene: Scene, page: Page) -> None:
    item(4)(scene, page)
    page.locator("[data-review]").click()
    expect(page.locator("#map-view")).to_be_visible()


def taking_over(scene: Scene, page: Page) -> None:
    page.goto(f"/attempts/{scene.practice}/items/1")
    expect(page.locator("#take-over")).to_be_visible()


def written_elsewhere(scene: Scene, page: Page) -> None:
    taking_over(scene, page)
    page.locator("#take-over button[value='']").click()
    expect(page.locator("[data-notice=elsewhere]")).to_be_visible()


def without_a_line(scene: Scene, page: Page) -> None:
    item(5)(scene, page)
    page.context.set_offline(offline=True)
    acts.choose(page, 0)
    expect(page.locator("[data-notice=offline]")).to_be_visible()


def signed_out_meanwhile(scene: Scene, page: Page) -> None:
    item(6)(scene, page)
    page.context.clear_cookies()
    acts.choose(page, 0)
    expect(page.locator("#sign-in-again")).to_be_visible()


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
    page.goto(f"/attempts/{scene.mocks(username, datetime.now(UTC))}/break")


def on_the_break(scene: Scene, page: Page) -> None:
    scene.newcomer(page, f"breaking-{scene.language}")
    handle = acts.start_mock(page, scene.language.value)
    page.goto(f"/attempts/{handle}/break")
    page.locator("button[value=start]").click()
    expect(page.locator("[data-break-clock]")).to_be_visible()


def time_up(scene: Scene, page: Page) -> None:
    username = f"late-{scene.language}"
    scene.newcomer(page, username)
    handle = scene.mocks(username, datetime.now(UTC) - PAST_THE_END)
    page.goto(f"/attempts/{handle}/items/1")
    expect(page.locator(f'form[action="/attempts/{handle}/submit"]')).to_be_visible()


def few_minutes_left(scene: Scene, page: Page) -> None:
    username = f"hurried-{scene.language}"
    scene.newcomer(page, username)
    handle = scene.mocks(username, datetime.now(UTC) - NEAR_THE_END)
    page.goto(f"/attempts/{handle}/items/1")
    expect(page.locator("[data-time-warning]")).to_be_visible()


def refused(scene: Scene, page: Page) -> None:
    """The rules were on screen still when the last try was used elsewhere."""
    username = f"thrice-{scene.language}"
    scene.newcomer(page, username)
    page.goto("/mock")
    scene.mocks(username, *[datetime.now(UTC)] * 3, submitted=True)
    acts.pick(page, "language", "en")
    acts.pick(page, "agree", "yes")
    page.locator("main form button[type=submit]").click()
    expect(page.locator('main a[href="/practice"]')).to_be_visible()


def no_try_left(scene: Scene, page: Page) -> None:
    username = f"used-up-{scene.language}"
    scene.newcomer(page, username)
    scene.mocks(username, *[datetime.now(UTC)] * 3, submitted=True)
    page.goto("/mock")
    expect(page.locator("main form")).to_have_count(0)


def void_form(scene: Scene, page: Page) -> None:
    page.goto("/administration")
    page.locator('form[action$="/mock-tries"] [name=username]').fill(scene.resident.username)
    page.locator('form[action$="/mock-tries"] button').click()
    page.locator('main a[href$="/void"]').first.click()
    expect(page.locator("[name=reason]")).to_be_visible()


NOT_FOUND, REFUSED, UNREADY = ("404",), ("409",), ("422",)
NO_LINE, SIGNED_OUT = (*REFUSED, "net::"), (*REFUSED, "400", "401")
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
    Stop("new-password", new_password, "stranger"),
    Stop("not-found", to("/no-such-page"), "stranger", NOT_FOUND),
    Stop("home", to("/home")),
    Stop("account", to("/account")),
    Stop("password", to("/account/password")),
    Stop("two-step", to("/account/two-step")),
    Stop("two-step-key", two_step_key),
    Stop("passkeys", to("/account/passkeys")),
    Stop("recovery-codes", to("/account/recovery-codes")),
    Stop("recovery-codes-shown", recovery_codes_shown),
    Stop("is-it-you", to("/account/check")),
    Stop("delete-account", to("/account/delete")),
    Stop("mock-rules", to("/mock")),
    Stop("declined", declined),
    Stop("practice", to("/practice")),
    Stop("quiz", to("/quiz")),
    Stop("quiz-errors", sent_empty("/quiz"), "resident", UNREADY),
    Stop("history", to("/history")),
    Stop("tries", to("/tries")),
    Stop("item", item(1), "resident", REFUSED),
    Stop("item-revealed", item(2), "resident", REFUSED),
    Stop("item-open", with_everything_open, "resident", REFUSED),
    Stop("item-shortcuts", shortcuts, "resident", REFUSED),
    Stop("item-stacked", stacked, "resident", REFUSED),
    Stop("item-map", map_in_the_page, "resident", REFUSED),
    Stop("item-taking-over", taking_over, "resident", REFUSED),
    Stop("item-elsewhere", written_elsewhere, "resident", REFUSED),
    Stop("item-without-a-line", without_a_line, "resident", NO_LINE),
    Stop("item-signed-out", signed_out_meanwhile, "resident", SIGNED_OUT),
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
    Stop("time-warning", few_minutes_left, "nobody yet"),
    Stop("time-up", time_up, "nobody yet"),
    Stop("mock-refused", refused, "nobody yet", REFUSED),
    Stop("no-try-left", no_try_left, "nobody yet"),
    Stop("administration", to("/administration"), "dev"),
    Stop("people", to("/administration/people"), "dev"),
    Stop("reset-link", handed_link, "dev"),
    Stop("void", void_form, "dev"),
)
