"""Every page, in both languages, narrow and wide, for everybody: WCAG 2.2 AA and good practice."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from app.domain.bilingual import Language
from tests.browser import acts
from tests.browser.acts import Account
from tests.browser.devices import DESKTOP, PHONE, Devices
from tests.browser.running_site import RunningSite
from tests.browser.stops import STOPS, Scene, Stop, set_scene
from tests.world import PASSWORD

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
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
CUT = """() => [...document.querySelectorAll("main button, main label, main legend, main h1, main p")]
  .filter((e) => e.checkVisibility() && !e.matches(".first-button"))
  .filter((e) => !e.closest(".usa-sr-only") && e.scrollWidth > e.clientWidth + 1 && e.clientWidth)
  .map((e) => `${e.tagName} ${e.className}: ${e.textContent.trim().slice(0, 60)}`)"""
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


@pytest.fixture(scope="module")
def scenes() -> dict[Language, Scene]:
    """Scenes set so far."""
    return {}


@pytest.fixture
def scene(
    request: pytest.FixtureRequest,
    backstage: Flask,
    site: RunningSite,
    scenes: dict[Language, Scene],
) -> Scene:
    """Somebody with a past, in the test's language."""
    del site
    language = Language(request.getfixturevalue("language"))
    if language not in scenes:
        scenes[language] = set_scene(backstage, language)
    return scenes[language]


def faults(page: Page) -> list[str]:
    """What axe finds, in short."""
    found = Axe().run(page, options=AXE).response["violations"]
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
    assert faults(page) == []


def stand_as(page: Page, stop: Stop, scene: Scene) -> None:
    """The right person, in the right language."""
    if stop.who in {"resident", "dev"}:
        account = scene.resident if stop.who == "resident" else Account("dev", PASSWORD)
        acts.sign_in(page, account)
        page.locator(f'.language button[lang="{scene.language}"]').click()
        expect(page.locator("html")).to_have_attribute("lang", scene.language.value)


@pytest.mark.parametrize("language", [*Language])
@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.name)
def test_a_page_has_no_barrier(
    new_device: Devices, scene: Scene, language: Language, stop: Stop
) -> None:
    page = new_device(LOCALES[language], PHONE, expected=stop.expected)
    stand_as(page, stop, scene)
    stop.go(scene, page)
    expect(page.locator("html")).to_have_attribute("lang", language.value)
    look_at(page)


@pytest.mark.parametrize("locale", LOCALES.values())
def test_the_set_up_page_has_no_barrier(
    new_device: Devices, brief_site: RunningSite, locale: str
) -> None:
    page = new_device(locale, PHONE, site=brief_site)
    page.goto(brief_site.set_up_path)
    expect(page.locator("[name=display_name]")).to_be_visible()
    look_at(page)


@pytest.mark.parametrize("language", [*Language])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_letters_twice_as_large_are_neither_cut_nor_laid_over_each_other(
    new_device: Devices, scene: Scene, language: Language, viewport: Any
) -> None:
    page = new_device(LOCALES[language], viewport)
    acts.sign_in(page, scene.resident)
    for position in (1, 2):
        page.goto(f"/attempts/{scene.practice}/items/{position}")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate(WIDER_THAN_THE_SCREEN) == []
        assert page.evaluate(OVERLAPPING) == []
        assert page.evaluate(CUT) == []


def test_one_item_is_answered_by_keyboard_alone(new_device: Devices) -> None:
    page = new_device(viewport=PHONE)
    acts.register(page, "Rosa")
    acts.start_practice(page)
    page.reload()
    acts.listening(page)
    page.evaluate("document.activeElement.blur()")
    walked = []
    while not walked or walked[-1]["name"] != "usa-button usa-button--outline":
        page.keyboard.press("Tab")
        walked.append(page.evaluate(FOCUS))
        if walked[-1]["name"] == "option":
            page.keyboard.press("Space")
            page.keyboard.press("ArrowDown")
        if walked[-1]["value"].startswith("go:"):
            break
    values = [step["value"] for step in walked if step["name"] in {"do", "option"}]
    assert [v.split(":")[0] for v in values if ":" in v] == [
        "language", "language", *["strike"] * 4, "go",
    ]  # fmt: skip
    assert [step["name"] for step in walked if not step["outlined"] or step["covered"]] == []
    expect(acts.option(page, 1).locator("input")).to_be_checked()
    acts.says_saved(page)
    page.keyboard.press("Enter")
    acts.at_item(page, 2)
    expect(page.locator("#item-heading")).to_be_focused()


def test_the_skip_link_leads_past_the_header(new_device: Devices) -> None:
    page = new_device()
    page.goto("/help")
    page.keyboard.press("Tab")
    expect(page.locator(".usa-skipnav")).to_be_focused()
    expect(page.locator(".usa-skipnav")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/help#main$"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("reduced", [False, True])
def test_nothing_moves_for_those_who_ask_for_stillness(
    new_device: Devices, *, reduced: bool
) -> None:
    page = new_device(reduced_motion=reduced)
    page.goto("/")
    button = page.locator("main .usa-button").first
    seconds = button.evaluate("e => parseFloat(getComputedStyle(e).transitionDuration)")
    assert (seconds == 0) is reduced
    moving = page.evaluate("document.getAnimations().length")
    assert moving == 0
