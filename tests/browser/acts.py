"""What people do on the pages, found by attribute: the words may be in either language."""

import re
import secrets
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

PASSWORD = "seven calm herons"
HANDLE = re.compile(r"/attempts/([\w-]+)")


@dataclass(frozen=True, slots=True)
class Account:
    """How somebody signs in."""

    username: str
    password: str = PASSWORD


def register(page: Page, name: str) -> Account:
    """Somebody new, signed in and on the start page."""
    account = Account(f"{name.lower()}-{secrets.token_hex(4)}")
    page.goto("/register")
    page.locator("[name=display_name]").fill(name)
    page.locator("[name=username]").fill(account.username)
    page.locator("[name=password]").fill(account.password)
    page.locator("main form button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/home$"))
    return account


def sign_in(page: Page, account: Account) -> None:
    """Sign in and stand on the start page."""
    page.goto("/sign-in")
    page.locator("[name=username]").fill(account.username)
    page.locator("[name=password]").fill(account.password)
    page.locator("main form button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/home$"))


def pick(page: Page, name: str, value: str) -> None:
    """Choose one of a form's radio buttons or check boxes by its label."""
    page.locator(f'main [name="{name}"][value="{value}"] + label').click()


def start_mock(page: Page, language: str) -> str:
    """Agree to the rules and stand at the first item; the attempt's handle."""
    page.goto("/mock")
    pick(page, "language", language)
    pick(page, "agree", "yes")
    page.locator("main form button[type=submit]").click()
    return _arrived(page)


def start_practice(page: Page, items: int = 30, feedback: str = "at_end") -> str:
    """Start a practice test without a clock; the attempt's handle."""
    page.goto("/practice")
    pick(page, "items", str(items))
    pick(page, "feedback", feedback)
    page.locator("main form button[type=submit]").click()
    return _arrived(page)


def handle_of(page: Page) -> str:
    """The handle in the page's address."""
    found = HANDLE.search(page.url)
    assert found is not None, page.url
    return found[1]


def at_item(page: Page, position: int) -> None:
    """The page shows this item and its script, where there is one, listens."""
    expect(page).to_have_url(re.compile(rf"/items/{position}(\?walk=\w+)?$"))
    expect(page.locator("#item")).to_have_attribute("data-position", str(position))


def listening(page: Page) -> None:
    """The item's script runs: it shows the shortcuts' button."""
    expect(page.locator("[data-help]")).to_be_visible()


def ready(page: Page) -> None:
    """The item's script has the paper: from now on it needs no other page."""
    expect(page.locator("#item[data-ready]")).to_be_attached()


def option(page: Page, index: int) -> Locator:
    """One option of the item on the page, counted from nought."""
    return page.locator(".option").nth(index)


def choose(page: Page, index: int) -> None:
    """Click an option's text."""
    option(page, index).locator("label").click()
    expect(option(page, index).locator("input")).to_be_checked()


def says(page: Page, state: str) -> None:
    """The page says this of the item: none, saving, saved or failed."""
    place = page.locator("[data-save-state]")
    expect(place).to_have_text(place.get_attribute(f"data-{state}") or "missing")


def says_saved(page: Page) -> None:
    """The page says that the answer is saved, within a second."""
    state = page.locator("[data-save-state]")
    saved = state.get_attribute("data-saved") or "missing"
    expect(state).to_have_text(saved, timeout=1000)


def go_next(page: Page, position: int) -> None:
    """The button that leads on, to this item."""
    page.locator("[data-next]").click()
    at_item(page, position)


def go_on_here(page: Page) -> None:
    """Another page wrote to the test: this one takes over."""
    page.locator("#take-over button[value=here]").click()
    expect(page.locator("#take-over")).to_be_hidden()


def here(page: Page) -> None:
    """The item's script has the paper, on whatever device the test was before."""
    expect(page.locator("#item[data-ready], #take-over[open]").first).to_be_attached()
    if page.locator("#take-over").is_visible():
        go_on_here(page)
    ready(page)


def numbers(place: Locator) -> list[int]:
    """All numbers that a text shows."""
    return [int(number) for number in re.findall(r"\d+", place.inner_text())]


def submit(page: Page) -> None:
    """From the review page over the last question to the result."""
    page.locator('main a[href$="/submit"]').click()
    page.locator("main form button").last.click()
    expect(page).to_have_url(re.compile(r"/result$"))


def _arrived(page: Page) -> str:
    at_item(page, 1)
    return handle_of(page)
