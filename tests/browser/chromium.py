"""Where the browser is: Debian's, or whatever Chromium or Chrome the machine has."""

import atexit
import os
import shutil
from functools import cache

from playwright.sync_api import Browser, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """The browser's path; the environment's CHROMIUM wins."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@cache
def the_browser() -> Browser:
    """The process's one Chromium, for whatever tests ask: Playwright cannot run twice in one."""
    expect.set_options(timeout=10_000)
    playwright = sync_playwright().start()
    atexit.register(playwright.stop)
    return playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
