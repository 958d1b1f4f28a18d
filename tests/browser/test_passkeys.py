"""Passkeys in a real browser, with a made-up phone that holds them."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import Account, register
from tests.browser.devices import Devices
from tests.browser.running_site import RunningSite

PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
INSTEAD = "instead of the password"
SECOND = "as a second step"

NewPhone = Callable[[], Page]


@pytest.fixture
def named_site(site: RunningSite) -> RunningSite:
    """The site under a name, since browsers refuse passkeys for numbers."""
    return replace(site, url=site.url.replace("127.0.0.1", "localhost"))


@pytest.fixture
def new_phone(new_device: Devices, named_site: RunningSite) -> NewPhone:
    """Phones that can hold passkeys and hold none yet."""

    def make() -> Page:
        page = new_device(site=named_site)
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})
        return page

    return make


def sign_in(page: Page, account: Account) -> None:
    page.goto("/sign-in")
    page.get_by_label("Sign-in name").fill(account.username)
    page.get_by_label("Password").fill(account.password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    page.goto("/account")
    page.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url(lambda url: not url.endswith("/account"))


def add_passkey(page: Page, name: str, use: str) -> None:
    page.goto("/account/passkeys")
    page.get_by_label("A name for it").fill(name)
    page.locator("label", has_text=use).click()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(f"The passkey “{name}” is added.")).to_be_visible()


def test_a_phone_s_passkey_takes_the_place_of_the_password(new_phone: NewPhone) -> None:
    page = new_phone()
    account = register(page, "Pia")
    add_passkey(page, "Pia's phone", INSTEAD)
    sign_out(page)
    page.goto("/sign-in?next=/account")
    page.get_by_role("link", name="Sign in with a passkey").click()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/account")
    expect(page.get_by_text(f"Your sign-in name is {account.username}.")).to_be_visible()


def test_a_passkey_can_be_the_second_step(new_phone: NewPhone) -> None:
    page = new_phone()
    account = register(page, "Pia")
    add_passkey(page, "Key", SECOND)
    sign_out(page)
    sign_in(page, account)
    page.wait_for_url("**/sign-in/passkey*")
    expect(page.get_by_role("heading", name="as the second step")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/home")


def test_a_passkey_proves_again_who_it_is(new_phone: NewPhone) -> None:
    page = new_phone()
    register(page, "Pia")
    add_passkey(page, "Phone", INSTEAD)
    page.goto("/account/check?next=/account/passkeys")
    page.get_by_role("button", name="Use a passkey instead").click()
    page.wait_for_url("**/account/passkeys")
    expect(page.get_by_text("Thank you.")).to_be_visible()


def test_another_person_s_passkey_proves_nothing(new_phone: NewPhone) -> None:
    # Neither has an e-mail address: the library alone takes the two for one.
    page = new_phone()
    register(page, "Pia")
    add_passkey(page, "Phone", INSTEAD)
    sign_out(page)
    register(page, "Pia")
    page.goto("/account/check/passkey?next=/account/passkeys")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("This passkey is not for this account.")).to_be_visible()


def test_a_removed_passkey_opens_nothing(new_phone: NewPhone) -> None:
    page = new_phone()
    register(page, "Pia")
    add_passkey(page, "Phone", INSTEAD)
    page.get_by_role("button", name="Remove Phone").click()
    expect(page.get_by_text("The passkey “Phone” is removed.")).to_be_visible()
    sign_out(page)
    page.goto("/sign-in/passkey")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("This site does not know that passkey.")).to_be_visible()


def test_the_same_phone_is_not_added_twice(new_phone: NewPhone) -> None:
    page = new_phone()
    register(page, "Pia")
    add_passkey(page, "One", INSTEAD)
    page.get_by_label("A name for it").fill("Two")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("This device has a passkey for your account already.")).to_be_visible()


def test_without_javascript_the_page_says_so(new_device: Devices, named_site: RunningSite) -> None:
    page = new_device(site=named_site, javascript=False)
    page.goto("/sign-in/passkey")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Passkeys need JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="Use the passkey")).to_be_hidden()


def test_a_number_for_an_address_is_explained(new_device: Devices) -> None:
    page = new_device()
    page.goto("/sign-in/passkey")
    expect(page.get_by_text("open it as “localhost”")).to_be_visible()
