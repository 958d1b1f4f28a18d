"""Two languages, one selector: nothing is lost by a switch, and the choice is remembered."""

import gettext
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.catalogues import DOMAIN, TRANSLATIONS
from tests.browser import acts, kept
from tests.browser.devices import Devices
from tests.browser.running_site import RunningSite

pytestmark = pytest.mark.xdist_group("browser-1")

OTHER = {"en": "es", "es": "en"}
MONTH = {"en": re.compile(r"[A-Z][a-z]+ \d{1,2}, \d{4}"), "es": re.compile(r"\d{1,2} de [a-z]+ de")}


def by_button(page: Page) -> None:
    page.locator("[data-language]").click()


def by_key(page: Page) -> None:
    acts.listening(page)
    page.keyboard.press("l")


def interface(language: str, text: str) -> str:
    """The site's own word in a language."""
    spanish = gettext.translation(DOMAIN, TRANSLATIONS, ["es"], fallback=True)
    return spanish.gettext(text) if language == "es" else text


def reads(page: Page, language: str) -> None:
    """The interface is in this language."""
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator(f'.language button[lang="{language}"]')).to_have_attribute(
        "aria-pressed", "true"
    )


@pytest.mark.parametrize("switch", [by_button, by_key])
def test_a_switch_in_practice_keeps_choice_flag_and_position(
    new_device: Devices, site: RunningSite, switch: Callable[[Page], None]
) -> None:
    page = new_device("en-US")
    acts.register(page, "Rosa")
    handle = acts.start_practice(page)
    item = kept.form_items(site, handle)[2]
    acts.go_next(page, 2)
    acts.choose(page, 1)
    page.locator("[data-flag]").click()
    for language in ("es", "en", "es"):
        switch(page)
        reads(page, language)
        acts.at_item(page, 2)
        expect(page.locator(".stem > span")).to_have_attribute("lang", language)
        expect(page.locator(".stem")).to_have_text(item.stem(language))
        assert page.locator(".option__text").all_inner_texts() == item.options(language)
        expect(acts.option(page, 1).locator("input")).to_be_checked()
        expect(page.locator("[data-flag]")).to_have_attribute("aria-pressed", "true")
    response = kept.responses(site, handle)[2]
    assert (response.option_id, response.flagged) == (item.order[1], True)


def test_both_languages_stand_on_the_page_together(new_device: Devices, site: RunningSite) -> None:
    page = new_device("es-MX")
    acts.register(page, "Luis")
    handle = acts.start_practice(page)
    item = kept.form_items(site, handle)[1]
    acts.choose(page, 3)
    page.locator("[data-stack]").click()
    expect(page.locator(".item--stacked")).to_be_visible()
    assert page.locator(".stem > [lang=es]").all_inner_texts() == [item.stem("es")]
    assert page.locator(".stem .second > [lang=en]").all_inner_texts() == [item.stem("en")]
    seconds = page.locator(".option__text .second")
    assert seconds.all_inner_texts() == item.options("en")
    expect(acts.option(page, 3).locator("input")).to_be_checked()
    acts.go_next(page, 2)
    expect(page.locator(".item--stacked")).to_be_visible()
    page.locator("[data-stack]").click()
    expect(page.locator(".item--stacked")).to_have_count(0)


@pytest.mark.parametrize(("locale", "language"), [("es-MX", "es"), ("en-US", "en"), ("de", "en")])
def test_the_first_visit_follows_the_browser(
    new_device: Devices, locale: str, language: str
) -> None:
    page = new_device(locale)
    page.goto("/")
    reads(page, language)
    expect(page.locator("nav a").first).to_have_text(interface(language, "Sign in"))


def test_interface_and_dates_follow_the_switch(new_device: Devices) -> None:
    page = new_device("en-US")
    acts.register(page, "Rosa")
    acts.start_practice(page)
    page.goto("/history")
    for language in ("es", "en"):
        page.locator(f'.language button[lang="{language}"]').click()
        reads(page, language)
        expect(page.locator("h1")).to_have_text(interface(language, "My tests"))
        expect(page.locator("tbody td").first).to_have_text(MONTH[language])
        expect(page).to_have_url(re.compile(r"/history$"))


def test_the_choice_is_remembered_on_another_device(new_device: Devices) -> None:
    first = new_device("en-US")
    account = acts.register(first, "Ana")
    first.locator('.language button[lang="es"]').click()
    reads(first, "es")
    second = new_device("en-US")
    second.goto("/")
    reads(second, "en")
    acts.sign_in(second, account)
    reads(second, "es")


def test_in_a_mock_the_items_stay_while_the_site_switches(
    new_device: Devices, site: RunningSite
) -> None:
    page = new_device("en-US")
    acts.register(page, "Eva")
    handle = acts.start_mock(page, "es")
    item = kept.form_items(site, handle)[1]
    acts.choose(page, 0)
    for language in ("es", "en"):
        page.locator("[data-language]").click()
        reads(page, language)
        expect(page.locator(".stem > span")).to_have_attribute("lang", "es")
        expect(page.locator(".stem")).to_have_text(item.stem("es"))
        expect(acts.option(page, 0).locator("input")).to_be_checked()
    expect(page.locator("[data-stack]")).to_have_count(0)
