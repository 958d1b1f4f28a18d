"""One process of virtual people: `python -m tests.load.generator PLAN`.

Its CPU is counted apart from the server's, and how late its own timers run is measured, since a
slow generator would make the site look slow.
"""

import asyncio
import gc
import json
import random
import resource
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, TextIO

from tests.load.oracle import AckLog
from tests.load.sitting import Over, Pace, Sitter
from tests.load.starting import sign_in_for_real, start_and_answer
from tests.load.wire import Browser, Tally, WireError

TICK = 0.1
Person = tuple[str, str, str]
"""Sign-in name, cookie, handle."""


class Generator:
    """The people of one plan."""

    def __init__(self, plan: dict[str, Any], log: TextIO) -> None:
        self.plan, self.tally, self.log = plan, Tally(), AckLog(log)
        self.begin: float = plan["begin"]
        self.pace = Pace(plan["seconds_per_item"], self.begin + plan["seconds"])
        self.waiting = [tuple(seat) for seat in plan["waiting"]]
        self.rng = random.Random(plan["number"])

    async def run(self) -> None:
        """Everybody comes within `over` seconds, each at a moment of their own."""
        seats: list[Person] = [tuple(seat) for seat in self.plan["seats"]]
        over: float = self.plan["over"]
        lateness = asyncio.create_task(self._watch_lateness())
        async with asyncio.TaskGroup() as group:
            for place, seat in enumerate(seats):
                at = self.begin + over * (place + self.rng.random()) / len(seats)
                group.create_task(self._come(seat, at))
        lateness.cancel()
        with suppress(asyncio.CancelledError):
            await lateness

    async def _come(self, seat: Person, at: float) -> None:
        """One place: whoever ends early is followed by somebody who waits."""
        await asyncio.sleep(max(0.0, at - monotonic()))
        act = ACTS[self.plan["act"]]
        try:
            await act(self, seat)
            while self.waiting and monotonic() < self.pace.until:
                self.tally.counts["followed by another person"] += 1
                await act(self, self.waiting.pop())
        except WireError:
            self.tally.counts["people who gave up"] += 1
        except Exception as error:  # noqa: BLE001 (a fault of ours must show, and stop one person only)
            self.tally.errors[f"generator: {error!r}"[:200]] += 1

    async def _watch_lateness(self) -> None:
        while True:
            began = monotonic()
            await asyncio.sleep(TICK)
            self.tally.samples["generator's own delay"].append((began, monotonic() - began - TICK))

    def browser(self, seat: Person, source: str = "") -> Browser:
        """A browser that holds the person's cookie."""
        cookies = {"peerprep": seat[1]} if seat[1] else {}
        return Browser(self.plan["url"], self.tally, cookies, source)


async def sit(generator: Generator, seat: Person) -> None:
    """Go on with the attempt."""
    rng = random.Random(seat[2])
    browser = generator.browser(seat)
    await Sitter(browser, seat[2], generator.pace, generator.log, rng).sit()


async def start(generator: Generator, seat: Person) -> None:
    """Read the rules, start a mock, sit it until the run ends."""
    browser = generator.browser(seat)
    handle = await start_and_answer(browser)
    rng = random.Random(seat[0])
    with suppress(Over):
        await Sitter(browser, handle, generator.pace, generator.log, rng).sit()


async def sign_in(generator: Generator, seat: Person) -> None:
    """Sign in on the page, from a network of their own."""
    number = int(seat[0].rpartition("-")[2])
    source = f"127.{1 + number // 250 % 250}.{1 + number % 250}.1"
    await sign_in_for_real(generator.browser(seat, source), seat[0])


ACTS: dict[str, Callable[[Generator, Person], Awaitable[None]]] = {
    "sit": sit,
    "start": start,
    "sign in": sign_in,
}


def main() -> None:
    """Run a plan and leave what happened beside it."""
    path = Path(sys.argv[1])
    plan = json.loads(path.read_text(encoding="utf-8"))
    with path.with_suffix(".acks").open("w", encoding="ascii") as log:
        generator = Generator(plan, log)
        gc.freeze()
        before = _cpu()
        asyncio.run(generator.run())
        spent = _cpu() - before
    result = {
        "cpu": spent,
        "counts": generator.tally.counts,
        "errors": generator.tally.errors,
        "samples": generator.tally.samples,
    }
    path.with_suffix(".result").write_text(json.dumps(result), encoding="utf-8")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
