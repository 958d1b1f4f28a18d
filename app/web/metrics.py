"""Figures for Prometheus. Imported only where the site was told to keep them.

With several workers each keeps its figures in a file of its own, in a folder that the library is
told of by the environment before it is imported; whichever worker is asked adds them up. Every
label is one of a fixed few: rules, verbs, kinds.
"""

from collections.abc import Iterable
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Metric,
    Summary,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app.services.health import UnderWay

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Meter:
    """The figures of this process, or of all workers where they share a folder."""

    def __init__(self, shared: Path | None) -> None:
        """Begin at nothing."""
        self._shared = shared
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "peerprep_requests",
            "Requests answered.",
            ("endpoint", "method", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "peerprep_request_seconds",
            "Seconds from a request's entry to its answer.",
            ("endpoint",),
            buckets=BUCKETS,
            registry=registry,
        )
        self._statements = Summary(
            "peerprep_request_statements",
            "SQL statements that a request sent.",
            ("endpoint",),
            registry=registry,
        )
        self._saves = Counter(
            "peerprep_saves_acknowledged",
            "Answers of candidates that the site has said are saved.",
            registry=registry,
        )
        self._refusals = Counter(
            "peerprep_refusals", "Requests that a rule refused.", ("kind",), registry=registry
        )
        self._of_rule: dict[str, tuple[Histogram, Summary]] = {}
        self._of_answer: dict[tuple[str, str, int], Counter] = {}

    @property
    def is_shared(self) -> bool:
        """Whether the figures of all processes are added up."""
        return self._shared is not None

    def note(self, rule: str, method: str, status: int, seconds: float, statements: int) -> None:
        """Count one answered request."""
        of_rule = self._of_rule.get(rule)
        if of_rule is None:
            of_rule = self._seconds.labels(rule), self._statements.labels(rule)
            self._of_rule[rule] = of_rule
        of_rule[0].observe(seconds)
        of_rule[1].observe(statements)
        hundreds = status // 100
        answer = self._of_answer.get((rule, method, hundreds))
        if answer is None:
            answer = self._requests.labels(rule, method, f"{hundreds}xx")
            self._of_answer[rule, method, hundreds] = answer
        answer.inc()

    def note_save(self) -> None:
        """Count one answer that was acknowledged."""
        self._saves.inc()

    def note_refusal(self, kind: str) -> None:
        """Count one refusal."""
        self._refusals.labels(kind).inc()

    def text(self, under_way: UnderWay | None) -> bytes:
        """All figures in Prometheus' text form; without those that the database did not give."""
        counted = self._registry
        if self._shared is not None:
            counted = CollectorRegistry()
            MultiProcessCollector(counted, path=str(self._shared))
        if under_way is None:
            return generate_latest(counted)
        standing = CollectorRegistry()
        standing.register(_Standing(under_way))
        return generate_latest(counted) + generate_latest(standing)


class _Standing(Collector):
    """What is read at the moment of asking."""

    def __init__(self, under_way: UnderWay) -> None:
        self._under_way = under_way

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "peerprep_running_attempts",
            "Attempts that nothing has finished yet.",
            self._under_way.running_attempts,
        )
        yield GaugeMetricFamily(
            "peerprep_outbox_letters",
            "Letters that wait to be sent.",
            self._under_way.outbox_letters,
        )
