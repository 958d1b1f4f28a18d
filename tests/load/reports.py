"""Two trainers' screens that have reports made again and again, beside a run."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import urlencode

from tests.browser.running_site import RunningSite
from tests.load.crowd import Samples, milliseconds
from tests.load.server_cost import signed_in_at, token_in

AT_ONCE = 4
HEAT_MAP = "heat map, 300 x 20"
BOARD = "board, 300 people x 20 assignments"


@dataclass(slots=True)
class ReportsMade:
    """When, and how long each took."""

    window: tuple[float, float] = (0.0, 0.0)
    samples: dict[str, Samples] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """In words."""
        for name, samples in sorted(self.samples.items()):
            yield f"{name:28}{len(samples):9}{milliseconds(samples)}"


@contextmanager
def make_reports(
    site: RunningSite, pages: dict[str, str], window: tuple[float, float] | None
) -> Iterator[ReportsMade]:
    """Four at once, gradebooks as XLSX and heat maps of 300 people by turns, in the window."""
    made = ReportsMade(window or (0.0, 0.0))
    threads = [
        threading.Thread(target=_ask_again_and_again, args=(site, pages, made, number))
        for number in range(AT_ONCE if window else 0)
    ]
    for thread in threads:
        thread.start()
    yield made
    for thread in threads:
        thread.join()


def _ask_again_and_again(
    site: RunningSite, pages: dict[str, str], made: ReportsMade, number: int
) -> None:
    start, end = made.window
    client = signed_in_at(site, "ben")
    book = pages[BOARD].removesuffix("/board") + "/gradebook"
    form = {"format": "xlsx", "csrf_token": token_in(client, site.url + book)}
    data = urlencode(form).encode()
    threading.Event().wait(max(0.0, start - monotonic()))
    while monotonic() < end:
        began = monotonic()
        if number % 2 == 0:
            kind = "gradebook as XLSX"
            client.open(f"{site.url}{book}/file", data=data).read()
        else:
            kind = "heat map"
            client.open(site.url + pages[HEAT_MAP]).read()
        made.samples.setdefault(kind, []).append((began, monotonic() - began))
