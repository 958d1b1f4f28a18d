"""A person at the exam page, as the page's script drives the browser.

Page, paper, a save about every 75 s (log-normal), some changed answers, flags and notes of their
own, the pulse each 18 s, the break, the map, the last question before submitting, the result.
What cannot be sent is kept and sent again, as the page does.
"""

import asyncio
import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

from tests.load.oracle import AckLog
from tests.load.wire import CONFLICT, Answer, Browser, WireError

PULSE_SECONDS = 18.0
SPREAD = 0.6
"""Of the logarithm of the time that a question takes."""
CHANGED, FLAGGED, STRUCK, NOTED = 0.12, 0.10, 0.10, 0.03
"""On which share of the questions, each a save of its own a while before the next answer."""
TAKES_BREAK, BREAK_SECONDS = 0.5, 480.0
LOOKS_AT_MAP = 0.7
RETRIES = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
ENDED = {"time_is_up", "finished"}
MISTAKES_OF_OURS = {400, 404, 422}


class Over(Exception):
    """The person's attempt, or the whole run, has ended."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast these people are. `until` is a moment of the machine's monotonic clock."""

    seconds_per_item: float
    until: float

    def think(self, rng: random.Random) -> float:
        """How long the next question takes; log-normal with the wanted mean."""
        mean = math.log(self.seconds_per_item) - SPREAD**2 / 2
        return rng.lognormvariate(mean, SPREAD)


class Sitter:
    """One person with one attempt under way."""

    def __init__(
        self, browser: Browser, handle: str, pace: Pace, log: AckLog, rng: random.Random
    ) -> None:
        self.browser, self.handle, self.pace, self.log, self.rng = browser, handle, pace, log, rng
        self.here = f"/attempts/{handle}"
        self.token = self.writer = ""
        self.position = self.seq = 0
        self.last, self.break_after = 120, 60
        self.break_decided = True
        self.skip_break = False
        self.edition = ""
        self.options: dict[int, list[str]] = {}
        self.chosen: dict[int, str | None] = {}
        self.outbox: dict[int, dict[str, Any]] = {}
        self.next_pulse = math.inf
        self.changed_at = 0.0

    async def sit(self) -> None:
        """From where the attempt stands to its result, or to the end of the run."""
        try:
            await self.open_exam()
            while self.position <= self.last:
                await self.answer()
                await self.move_on()
            await self.hand_in()
        except Over:
            await self.look_at_result()
        finally:
            self.browser.close()

    async def open_exam(self) -> None:
        """The page, then the paper: until there are both."""
        for wait in self._retrying():
            try:
                page = await self.browser.get("page", self.here)
                if "/result" in page.path:
                    raise Over
                found = TOKEN.search(page.text)
                if page.status == 200 and found:
                    self.token = found.group(1)
                    have = self.edition or None
                    asked = {"writer": self.writer or None, "take_over": False, "have": have}
                    paper = await self.browser.send(
                        "paper", f"{self.here}/paper", asked, self.token
                    )
                    if paper.status == 200:
                        self.take_paper(paper.json)
                        return
                    self._note_conflict("paper", paper)
            except WireError:
                pass
            await self.wait(wait)

    def take_paper(self, paper: dict[str, Any]) -> None:
        """What the script keeps of it."""
        self.writer, self.position, self.seq = paper["writer"], paper["position"], paper["seq"]
        self.last, self.break_after = paper["last"], paper["break_after"] or 0
        self.break_decided = paper["break_decided"]
        self.edition = paper["edition"]
        for item in paper["items"] or ():
            self.options[item["position"]] = [option["id"] for option in item["options"]]
        for position, mark in paper["marks"].items():
            self.chosen.setdefault(int(position), mark["option_id"])
        self.next_pulse = monotonic() + PULSE_SECONDS

    async def answer(self) -> None:
        """Read the question, mark it perhaps, choose."""
        thinking = self.pace.think(self.rng)
        marks = list(self._marks())
        for mark in marks:
            await self.wait(thinking / (len(marks) + 1))
            await self.change(**mark)
        await self.wait(thinking / (len(marks) + 1))
        option = self.rng.choice(self.options[self.position])
        await self.change(self.position, option_id=option, seconds=round(thinking))

    def _marks(self) -> Iterator[dict[str, Any]]:
        here, chance = self.position, self.rng.random
        if chance() < CHANGED and here > 1 and self._is_open(here - 1):
            yield {"position": here - 1, "option_id": self.rng.choice(self.options[here - 1])}
        if chance() < FLAGGED:
            yield {"position": here, "flagged": True}
        if chance() < STRUCK:
            yield {"position": here, "struck": self.rng.choice(self.options[here])}
        if chance() < NOTED:
            yield {"position": here, "note": "Which of the two speaks of choice? Look again."}

    def _is_open(self, position: int) -> bool:
        return position in self.options

    async def change(self, position: int, **what: Any) -> None:  # noqa: ANN401 (the contract's keys)
        """Put a change into the outbox and try to empty it."""
        self.seq += 1
        if what.get("option_id") is not None:
            self.chosen[position] = what["option_id"]
        before = self.outbox.get(position, {"position": position})
        self.outbox[position] = {**before, **what, "seq": self.seq}
        self.log.sent(self.handle, position, self.seq, self.chosen.get(position))
        self.changed_at = monotonic()
        await self.flush()

    async def flush(self) -> None:
        """Send until everything is acknowledged."""
        for wait in self._retrying():
            if not self.outbox or await self._send_outbox():
                return
            await self.wait(wait)

    async def _send_outbox(self) -> bool:
        age = round(monotonic() - self.changed_at, 1)
        batch: dict[str, Any] = {"writer": self.writer}
        batch["changes"] = [{**change, "age": age} for change in self.outbox.values()]
        if self.skip_break:
            batch["skip_break"] = True
        try:
            answer = await self.browser.send("save", f"{self.here}/responses", batch, self.token)
        except WireError:
            return False
        if answer.status == 200:
            self._acknowledge(answer)
        elif answer.status == CONFLICT:
            self._note_conflict("save", answer)
        elif answer.status in MISTAKES_OF_OURS:
            self.browser.tally.errors[f"save given up: {answer.status} {answer.text[:80]}"] += 1
            self.outbox.clear()
        return answer.status == 200 or answer.status in MISTAKES_OF_OURS

    def _acknowledge(self, answer: Answer) -> None:
        self.skip_break = False
        self.next_pulse = monotonic() + PULSE_SECONDS
        for position, seq in answer.json["accepted"]:
            sent = self.outbox.get(position)
            if sent is None or seq < sent["seq"]:
                self.browser.tally.errors["save: acknowledged what was not sent"] += 1
                continue
            self.log.acknowledged(self.handle, position, seq)
            del self.outbox[position]
        for position, why in answer.json.get("refused", ()):
            self.browser.tally.errors[f"save: {why} refused"] += 1
            self.outbox.pop(position, None)

    def _note_conflict(self, kind: str, answer: Answer) -> None:
        """The end of the time is no error; anything else is. Raises Over at the end."""
        why = answer.json["error"] if answer.status == CONFLICT else ""
        if why in ENDED:
            raise Over
        if why:
            self.browser.tally.errors[f"{kind}: 409 {why}"] += 1

    async def move_on(self) -> None:
        """To the next question, over the break where it lies between."""
        if self.position == self.break_after and not self.break_decided:
            self.break_decided = True
            if self.rng.random() < TAKES_BREAK:
                await self.take_break()
            else:
                self.skip_break = True
        self.position += 1

    async def take_break(self) -> None:
        """Some minutes off; then the page and the paper again."""
        where = f"{self.here}/break"
        await self._until_done("break", where, do="start")
        self.next_pulse = math.inf
        await self.wait(BREAK_SECONDS * self.rng.uniform(0.4, 1.1))
        await self._until_done("break", where, do="leave")
        await self.open_exam()
        self.position = self.break_after

    async def hand_in(self) -> None:
        """The map, the last question, the end, the result."""
        if self.rng.random() < LOOKS_AT_MAP:
            await self.browser.get("map", f"{self.here}/review")
            await self.wait(self.rng.uniform(5, 30))
        await self.browser.get("submit page", f"{self.here}/submit")
        await self.wait(self.rng.uniform(3, 15))
        result = await self._until_done("submit", f"{self.here}/submit")
        if "/result" not in result.path:
            self.browser.tally.errors["submit: no result"] += 1
        self.browser.tally.counts["handed in"] += 1

    async def look_at_result(self) -> None:
        """What somebody sees whose time is over; not at the end of the run."""
        if monotonic() < self.pace.until:
            self.browser.tally.counts["time was up"] += 1
            await self.browser.get("result", self.here)

    async def _until_done(self, kind: str, path: str, **fields: str) -> Answer:
        for wait in self._retrying():
            try:
                answer = await self.browser.post(kind, path, csrf_token=self.token, **fields)
            except WireError:
                await self.wait(wait)
                continue
            if answer.status < 500:
                return answer
            await self.wait(wait)
        raise Over

    async def wait(self, seconds: float) -> None:
        """Let time pass; the script asks for the pulse meanwhile. Raises Over with the run."""
        until = monotonic() + seconds
        while True:
            now = monotonic()
            if now >= self.pace.until:
                raise Over
            if now >= until:
                return
            if now >= self.next_pulse:
                self.next_pulse += PULSE_SECONDS
                await self._pulse()
                continue
            await asyncio.sleep(min(until, self.next_pulse, self.pace.until) - now)

    async def _pulse(self) -> None:
        try:
            await self.browser.get("pulse", f"/pulse/{self.handle}", accept="text/plain")
        except WireError:
            return  # counted; the next one is soon

    def _retrying(self) -> Iterator[float]:
        """How long to wait after each try that failed, without end."""
        yield from RETRIES
        while True:
            yield RETRIES[-1]
