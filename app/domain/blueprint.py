"""The practice test's shape: quotas, ranges, minutes and the break."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor


@dataclass(frozen=True, slots=True)
class Range:
    """How many items at least and at most, both included."""

    low: int
    high: int

    def scaled(self, share: Fraction) -> "Range":
        """The same range for a form of `share` of the length, widened to whole items."""
        return Range(floor(self.low * share), ceil(self.high * share))


@dataclass(frozen=True, slots=True)
class ExamRules:
    """How an exam runs, beside what it holds. Assumed where `blueprint.toml` says so."""

    break_optional: bool
    break_stops_clock: bool
    lock_first_part: bool
    tolerance_seconds: int
    """Answers that arrive this long after the deadline still count."""
    tries_per_period: int
    time_factors: tuple[float, ...]
    practice_lengths: tuple[int, ...]
    quiz_lengths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ExamBlueprint:
    """What a form must hold. Times are minutes; word counts are means per item."""

    items: int
    minutes: int
    break_after: int | None
    """Items before the break; None where the form has none."""
    break_minutes: int
    practice_target: float
    """The site's own mark to aim at, as a share. Never a pass mark: that is not public."""
    oshpd: Mapping[int, int]
    """Exact number of items per OSHPD domain."""
    samhsa: Mapping[str, Range]
    focus_areas: Mapping[int, Range]
    mean_words_en: Range
    mean_words_es: Range
    key_position: Range
    """How often the key stands first, second, third and fourth."""
    seen_share: float
    """At most this share of the form may be items that the candidate has seen."""

    @property
    def seen_cap(self) -> int:
        """Seen items that the form may hold."""
        return floor(self.items * self.seen_share)

    @property
    def seconds_per_item(self) -> float:
        """The time that the exam gives for one item."""
        return self.minutes * 60 / self.items

    def scaled(self, items: int) -> "ExamBlueprint":
        """A shorter test of the same mixture, without a break.

        Raises ValueError where the quotas do not divide.
        """
        share = Fraction(items, self.items)
        quotas = {domain: quota * share for domain, quota in self.oshpd.items()}
        if any(quota.denominator != 1 for quota in quotas.values()):
            message = f"{items} items cannot be shared out over the domains as {self.items} are"
            raise ValueError(message)
        return replace(
            self,
            items=items,
            minutes=ceil(self.minutes * share),
            break_after=None,
            oshpd={domain: int(quota) for domain, quota in quotas.items()},
            samhsa={code: span.scaled(share) for code, span in self.samhsa.items()},
            focus_areas={code: span.scaled(share) for code, span in self.focus_areas.items()},
            key_position=self.key_position.scaled(share),
        )

    def for_quiz(self, available: Mapping[int, int], items: int) -> "ExamBlueprint":
        """A quiz shared out evenly over the domains that have items for it.

        `available` counts the items to draw from per OSHPD domain; where they are fewer than
        `items`, the quiz is that much shorter.
        """
        quotas = _share_out(available, items)
        length = sum(quotas.values())
        return replace(
            self,
            items=length,
            minutes=ceil(self.seconds_per_item * length / 60),
            break_after=None,
            oshpd=quotas,
            samhsa={},
            focus_areas={},
            mean_words_en=Range(0, 10_000),
            mean_words_es=Range(0, 10_000),
            key_position=Range(0, length),
            seen_share=1.0,
        )


def _share_out(available: Mapping[int, int], items: int) -> dict[int, int]:
    quotas = dict.fromkeys(sorted(available), 0)
    while sum(quotas.values()) < items:
        open_domains = [domain for domain in quotas if quotas[domain] < available[domain]]
        if not open_domains:
            break
        for domain in open_domains[: items - sum(quotas.values())]:
            quotas[domain] += 1
    return {domain: quota for domain, quota in quotas.items() if quota}
