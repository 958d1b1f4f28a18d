"""Generators started, watched and added up."""

import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from app.config import ROOT
from tests.load.seats import Seat

LEAD = 3.0
"""Seconds for the generators to read their plans before the clock begins."""
SHARES = (0.5, 0.95, 0.99)
DELAY = "generator's own delay"
Samples = list[tuple[float, float]]
"""When each began, and how many seconds it took."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What all the people of a run do. `waiting` follow whoever has ended."""

    url: str
    act: str
    seats: Sequence[Seat]
    over: float
    seconds: float
    seconds_per_item: float = 75.0
    waiting: Sequence[Seat] = ()
    generators: int = 1


@dataclass(slots=True)
class Outcome:
    """What happened, over all generators."""

    begin: float
    cpu: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    samples: dict[str, Samples] = field(default_factory=lambda: defaultdict(list))
    notes: list[Path] = field(default_factory=list)

    def requests(self) -> int:
        """How many were answered."""
        return sum(len(found) for kind, found in self.samples.items() if kind != DELAY)

    def lines(self) -> Iterator[str]:
        """Latencies by kind, then what was counted, then the errors."""
        yield f"{'':28}{'answers':>9}{'p50':>9}{'p95':>9}{'p99':>9}{'longest':>9}   (ms)"
        for kind, samples in sorted(self.samples.items()):
            yield f"{kind:28}{len(samples):9}{milliseconds(samples)}"
        yield from (f"{name}: {count}" for name, count in sorted(self.counts.items()))
        yield f"errors: {self.errors.total()}"
        yield from (f"  {name}: {count}" for name, count in self.errors.most_common(20))


def milliseconds(samples: Samples) -> str:
    """p50, p95, p99 and the longest."""
    if not samples:
        return f"{'-':>9}" * (len(SHARES) + 1)
    seconds = sorted(took for _began, took in samples)
    marks = [seconds[min(len(seconds) - 1, int(len(seconds) * share))] for share in SHARES]
    return "".join(f"{mark * 1000:9.1f}" for mark in (*marks, seconds[-1]))


def run_crowd(
    crowd: Crowd, folder: Path, meanwhile: Callable[[float], None] = lambda _begin: None
) -> Outcome:
    """Let the crowd loose, do something meanwhile, wait for all; the beginning is told to both."""
    begin = monotonic() + LEAD + len(crowd.seats) / 20_000
    with _running(crowd, folder, begin) as (processes, plans):
        meanwhile(begin)
        for process in processes:
            if process.wait() != 0:
                message = "a generator failed"
                raise RuntimeError(message)
    outcome = Outcome(begin)
    for plan in plans:
        _add(outcome, plan)
    return outcome


@contextmanager
def _running(
    crowd: Crowd, folder: Path, begin: float
) -> Iterator[tuple[list[subprocess.Popen[bytes]], list[Path]]]:
    plans = [_plan(crowd, number, folder, begin) for number in range(crowd.generators)]
    command = [sys.executable, "-m", "tests.load.generator"]
    processes = [subprocess.Popen([*command, str(plan)], cwd=ROOT) for plan in plans]
    try:
        yield processes, plans
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
                process.wait()


def _plan(crowd: Crowd, number: int, folder: Path, begin: float) -> Path:
    path = folder / f"generator-{number}.plan"
    step = crowd.generators
    plan = {
        "number": number,
        "url": crowd.url,
        "act": crowd.act,
        "begin": begin,
        "over": crowd.over,
        "seconds": crowd.seconds,
        "seconds_per_item": crowd.seconds_per_item,
        "seats": [seat.as_list() for seat in crowd.seats[number::step]],
        "waiting": [seat.as_list() for seat in crowd.waiting[number::step]],
    }
    path.write_text(json.dumps(plan), encoding="utf-8")
    return path


def _add(outcome: Outcome, plan: Path) -> None:
    found = json.loads(plan.with_suffix(".result").read_text(encoding="utf-8"))
    outcome.cpu += found["cpu"]
    outcome.counts.update(found["counts"])
    outcome.errors.update(found["errors"])
    outcome.notes.append(plan.with_suffix(".acks"))
    for kind, samples in found["samples"].items():
        outcome.samples[kind] += [(began, took) for began, took in samples]
