"""Every page, in both languages, narrow and wide, for everybody: WCAG 2.2 AA and good practice."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from _pytest.mark import ParameterSet
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, expect

from app.domain.bilingual import Language
from tests.browser import acts
from tests.browser.acts import Account
from tests.browser.devices import DESKTOP, PHONE, Devices
from tests.browser.running_site import RunningSite
from tests.browser.scene import Scene, set_scene
from tests.browser.stops import STOPS, Stop
from tests.browser.test_added_time import begin_quiz
from tests.world import PASSWORD

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
FIRST_GROUP = pytest.mark.xdist_group("browser-1")
EITHER_LANGUAGE = pytest.mark.parametrize(
    "language",
    [
        pytest.param(Language.EN, marks=FIRST_GROUP),
        pytest.param(Language.ES, marks=pytest.mark.xdist_group("browser-2")),
    ],
)


def stops_by_turns() -> Iterator[ParameterSet]:
    """Every stop in both languages; the ordinary run takes one of them, by turns."""
    for number, stop in enumerate(STOPS):
        for place, language in enumerate(Language):
            group = pytest.mark.xdist_group(f"browser-{place + 1}")
            marks = [group] if number % 2 == place else [group, pytest.mark.long]
            yield pytest.param(stop, language, marks=marks, id=f"{stop.name}-{language}")


FRESH, THERE = Axe(), Axe("null")
"""A checker that brings its script to the page, and one for a page that has it."""
LOCALES = {Language.EN: "en-US", Language.ES: "es-MX"}
WIDER_THAN_THE_SCREEN = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const scrolls = (e) => e.closest(".scroll");
  return [...document.querySelectorAll("body *")]
    .filter((e) => e.getBoundingClientRect().right > page.clientWidth + 1 && !scrolls(e))
    .map((e) => `${e.tagName} ${e.className} ${Math.round(e.getBoundingClientRect().right)}`);
}"""
OVERLAPPING = """() => {
  const seen = [...document.querySelectorAll("main button, main label, main summary, main h1")]
    .filter((e) => e.checkVisibility() && !e.matches(".first-button, .usa-sr-only"))
    .map((e) => [e, e.getBoundingClientRect()]);
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return seen.flatMap(([e, a], i) => seen.slice(i + 1)
    .filter(([f, b]) => meet(a, b) && !e.contains(f))
    .map(([f]) => `${e.textContent.trim()} / ${f.textContent.trim()}`));
}"""
CUT = """() => ["button", "label", "legend", "h1", "p"]
  .flatMap((name) => [...document.querySelectorAll(`main ${name}`)])
  .filter((e) => e.checkVisibility() && !e.matches(".first-button"))
  .filter((e) => !e.closest(".usa-sr-only") && e.scrollWidth > e.clientWidth + 1 && e.clientWidth)
  .map((e) => `${e.tagName} ${e.className}: ${e.textContent.trim().slice(0, 60)}`)"""
MOVING = """() => [...document.querySelectorAll("*")]
  .filter((e) => parseFloat(getComputedStyle(e).transitionDuration)
    || getComputedStyle(e).animationName !== "none")
  .map((e) => `${e.tagName} ${e.className}`)"""
FOCUS = """() => {
  const e = document.activeElement;
  const style = getComputedStyle(e);
  const box = e.getBoundingClientRect();
  const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    name: e.name || e.className || e.tagName,
    value: e.value || "",
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    covered: !(over && (e.contains(over) || over.contains(e))),
  };
}"""


SignedIn = Callable[[Account, Language], StorageState]


@pytest.fixture(scope="module")
def scenes(backstage: Flask, site: RunningSite) -> Callable[[Language], Scene]:
    """Somebody with a past, once for each language."""
    del site
    return cache(lambda language: set_scene(backstage, language))


@pytest.fixture(scope="module")
def signed_in(browser: Browser, site: RunningSite) -> SignedIn:
    """What a browser keeps of a sign-in, once for each account and language."""

    def sign_in(account: Account, language: Language) -> StorageState:
        page = browser.new_context(base_url=site.url, locale=LOCALES[language]).new_page()
        acts.sign_in(page, account)
        page.locator(f'.language button[lang="{language}"]').click()
        expect(page.locator("html")).to_have_attribute("lang", language.value)
        kept = page.context.storage_state()
        page.context.close()
        return kept

    return cache(sign_in)


def faults(page: Page, checker: Axe = FRESH) -> list[str]:
    """What axe finds, in short."""
    found = checker.run(page, options=AXE).response["violations"]
    return [
        f"{fault['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for fault in found
        for node in fault["nodes"]
    ]


def look_at(page: Page) -> None:
    """Narrow and wide: no fault, and the page never scrolls sideways."""
    page.set_viewport_size(PHONE)
    assert page.evaluate(WIDER_THAN_THE_SCREEN) == []
    assert faults(page) == []
    page.set_viewport_size(DESKTOP)
    assert page.evaluate(WIDER_THAN_THE_SCREEN) == []
    assert faults(page, THERE) == []


@pytest.mark.parametrize(("stop", "language"), [*stops_by_turns()])
def test_a_page_has_no_barrier(
    new_device: Devices,
    scenes: Callable[[Language], Scene],
    signed_in: SignedIn,
    language: Language,
    stop: Stop,
) -> None:
    scene = scenes(language)
    who = {"resident": scene.resident, "dev": Account("dev", PASSWORD)}.get(stop.who)
    cookies = signed_in(who, language) if who else None
    page = new_device(LOCALES[language], PHONE, signed_in=cookies, expected=stop.expected)
    stop.go(scene, page)
    expect(page.locator("html")).to_have_attribute("lang", language.value)
    look_at(page)


@FIRST_GROUP
def test_a_planted_barrier_is_found(new_device: Devices) -> None:
    page = new_device()
    page.goto("/sign-in")
    page.evaluate("document.querySelector('label').remove()")
    assert [fault.split(":")[0] for fault in faults(page)] == ["label"]


@EITHER_LANGUAGE
def test_the_set_up_page_has_no_barrier(
    new_device: Devices, brief_site: RunningSite, language: Language
) -> None:
    page = new_device(LOCALES[language], PHONE, site=brief_site)
    page.goto(brief_site.set_up_path)
    expect(page.locator("[name=display_name]")).to_be_visible()
    look_at(page)


@EITHER_LANGUAGE
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_letters_twice_as_large_are_neither_cut_nor_laid_over_each_other(
    new_device: Devices,
    scenes: Callable[[Language], Scene],
    signed_in: SignedIn,
    language: Language,
    viewport: ViewportSize,
) -> None:
    scene = scenes(language)
    cookies = signed_in(scene.resident, language)
    page = new_device(LOCALES[language], viewport, signed_in=cookies, expected=("409",))
    for position in (1, 2):
        page.goto(f"/attempts/{scene.practice}/items/{position}")
        acts.here(page)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate(WIDER_THAN_THE_SCREEN) == []
        assert page.evaluate(OVERLAPPING) == []
        assert page.evaluate(CUT) == []


@EITHER_LANGUAGE
def test_pages_with_letters_twice_as_large_fit_a_phone(
    backstage: Flask,
    new_device: Devices,
    scenes: Callable[[Language], Scene],
    signed_in: SignedIn,
    language: Language,
) -> None:
    cohort = f"/cohorts/{begin_quiz(backstage)[0]}"
    ends = ("", "/assignments", "/assignments/new", "/people", "/roster", "/board", "/gradebook")
    rounds = (
        (None, ("/", "/register", "/sign-in")),
        (scenes(language).resident, ("/home", "/my-record")),
        (Account("ben", PASSWORD), (*(cohort + end for end in ends), f"{cohort}/board/heat-map")),
    )
    faulty = []
    for who, paths in rounds:
        cookies = signed_in(who, language) if who else None
        page = new_device(LOCALES[language], PHONE, signed_in=cookies)
        for path in paths:
            page.goto(path)
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            if page.evaluate(WIDER_THAN_THE_SCREEN) or page.evaluate(CUT):
                faulty.append(path)
    assert faulty == []


@FIRST_GROUP
def test_one_item_is_answered_by_keyboard_alone(new_device: Devices) -> None:
    page = new_device(viewport=PHONE, reduced_motion=True)
    acts.register(page, "Rosa")
    acts.start_practice(page)
    page.reload()
    acts.listening(page)
    page.evaluate("document.activeElement.blur()")
    walked: list[dict[str, Any]] = []
    while not walked or not walked[-1]["value"].startswith("go:"):
        page.keyboard.press("Tab")
        walked.append(page.evaluate(FOCUS))
        if walked[-1]["name"] == "option":
            for key in ("Space", "ArrowDown", "ArrowUp"):
                page.keyboard.press(key)
    values = [step["value"].split(":")[0] for step in walked if step["name"] == "do"]
    assert values == ["language", "language", "flag", *["strike"] * 4, "go"]
    assert [step["name"] for step in walked if not step["outlined"] or step["covered"]] == []
    expect(acts.option(page, 0).locator("input")).to_be_checked()
    acts.says_saved(page)
    page.keyboard.press("Enter")
    acts.at_item(page, 2)
    expect(page.locator("#item-heading")).to_be_focused()


@FIRST_GROUP
def test_the_skip_link_leads_past_the_header(new_device: Devices) -> None:
    page = new_device()
    page.goto("/register")
    page.keyboard.press("Tab")
    expect(page.locator(".usa-skipnav")).to_be_focused()
    expect(page.locator(".usa-skipnav")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/register#main$"))
    page.keyboard.press("Tab")
    expect(page.locator("[name=display_name]")).to_be_focused()


@FIRST_GROUP
@pytest.mark.parametrize("reduced", [False, True])
def test_nothing_moves_for_those_who_ask_for_stillness(
    new_device: Devices, *, reduced: bool
) -> None:
    page = new_device(reduced_motion=reduced)
    page.goto("/")
    moving = page.evaluate(MOVING)
    assert (moving == []) is reduced
