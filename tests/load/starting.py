"""The ways in: signing in on the page, starting a mock on the page."""

import asyncio
import re

from tests.load.wire import Browser
from tests.world import PASSWORD

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
FILES = re.compile(r'(?:href|src)="(/static/[^"]+)"')
HANDLE = re.compile(r"/attempts/([\w-]+)")
READS = 3.0
"""Seconds to read the rules: enough to hang up a connection that is kept for less."""


async def start_and_answer(browser: Browser) -> str:
    """Open the rules with all that the page needs, agree, come to the first question: a handle."""
    rules = await browser.get("rules page", "/mock")
    for path in sorted(set(FILES.findall(rules.text))):
        await browser.get("static file", path, accept="*/*")
    await asyncio.sleep(READS)
    fields = {"csrf_token": _token(rules.text), "language": "en", "agree": "yes"}
    first = await browser.post("start", "/mock", **fields)
    found = HANDLE.search(first.path)
    if found is None:
        browser.tally.errors[f"start: led to {first.path} ({first.status})"] += 1
        message = "no attempt was started"
        raise LookupError(message)
    for path in sorted(set(FILES.findall(first.text)) - set(FILES.findall(rules.text))):
        await browser.get("static file", path, accept="*/*")
    browser.tally.counts["started"] += 1
    return found.group(1)


async def sign_in_for_real(browser: Browser, username: str) -> None:
    """The sign-in page, then the hash, then the home page."""
    page = await browser.get("sign-in page", "/sign-in")
    fields = {"csrf_token": _token(page.text), "username": username, "password": PASSWORD}
    home = await browser.post("sign in", "/sign-in", **fields)
    if home.path == "/home" and home.status == 200:
        browser.tally.counts["signed in"] += 1
    else:
        browser.tally.errors[f"sign in: led to {home.path} ({home.status})"] += 1
    browser.close()


def _token(page: str) -> str:
    found = TOKEN.search(page)
    assert found is not None
    return found.group(1)
