"""Browsers on fresh devices that note every complaint and every request that leaves the site."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize

from tests.browser.running_site import RunningSite

TROUBLE = ("net::", "Failed to load resource", "error occurred when fetching the script")
"""What Chromium writes to its console where the line is down or an answer is an error."""
PHONE: ViewportSize = {"width": 320, "height": 640}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) =>
  console.error("content security policy", event.violatedDirective, event.blockedURI));
"""


@dataclass
class Devices:
    """Makes devices and remembers what they complained of."""

    browser: Browser
    site: RunningSite
    faults: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(
        self,
        locale: str = "en-US",
        viewport: ViewportSize = DESKTOP,
        *,
        javascript: bool = True,
        site: RunningSite | None = None,
        signed_in: StorageState | None = None,
        reduced_motion: bool = False,
        expected: Iterable[str] = (),
    ) -> Page:
        """A page on a device of its own, with another's cookies where it is `signed_in`.

        `expected` are complaints that the test is about.
        """
        where = site or self.site
        context = self.browser.new_context(
            base_url=where.url,
            locale=locale,
            viewport=viewport,
            java_script_enabled=javascript,
            storage_state=signed_in,
            reduced_motion="reduce" if reduced_motion else "no-preference",
        )
        self.contexts.append(context)
        self._watch(context, where, tuple(expected))
        return context.new_page()

    def close(self) -> None:
        """Put the devices away."""
        for context in self.contexts:
            context.close()

    def _watch(self, context: BrowserContext, site: RunningSite, expected: tuple[str, ...]) -> None:
        def note(kind: str, text: str) -> None:
            if not any(known in text for known in expected):
                self.faults.append(f"{kind}: {text}")

        def note_request(url: str) -> None:
            if not url.startswith((f"{site.url}/", "data:")):
                self.faults.append(f"another origin: {url}")

        context.set_default_timeout(10_000)
        context.add_init_script(WATCH_POLICY)
        context.on(
            "console",
            lambda m: note("console", m.text) if m.type in {"error", "warning"} else None,
        )
        context.on("weberror", lambda fault: note("page", str(fault.error)))
        context.on("request", lambda request: note_request(request.url))
