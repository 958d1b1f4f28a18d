"""Choosing the items of a form without the solver: the cheapest ones, then swaps that mend.

With whole quotas per domain nothing can cost less than the cheapest items of each domain. They
break a few of the other limits; each is mended by exchanging an item for another of its domain,
as cheaply as may be. What comes out keeps every limit and its distance from that lower bound is
known, in a few hundredths of the solver's time. Where it does not come out, the solver decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.domain.assembly_model import Limit, Rule

MOST_SWAPS = 100
"""A form needs about ten; one that needs so many is better left to the solver."""
TINY = 1e-9
"""Less than this is the noise of adding up fractions."""

Swap = tuple[int, int]
"""The place that leaves, the place that comes."""


def by_swaps(
    limits: Sequence[Limit], costs: Sequence[float], slack: float
) -> frozenset[int] | None:
    """Find places within all `limits` whose costs add up to at most `slack` above the least.

    None where swaps find none; that says nothing of whether there are any.
    """
    quotas = [limit for limit in limits if limit.rule is Rule.OSHPD]
    if not quotas or any(limit.rule is Rule.ITEMS for limit in limits):
        return None
    choice = _Choice(quotas, [limit for limit in limits if limit.rule is not Rule.OSHPD], costs)
    least = choice.cost
    for _turn in range(MOST_SWAPS):
        broken = choice.first_broken()
        if broken is None:
            return frozenset(choice.chosen) if choice.cost - least <= slack else None
        swap = choice.mending(broken)
        if swap is None:
            return None
        choice.make(swap)
    return None


@dataclass(frozen=True, slots=True)
class _Row:
    """A limit as the search reads it: its bounds, the weight of each member."""

    low: float
    high: float
    penalty: float
    weights: dict[int, int]

    def broken_by(self, total: float) -> float:
        """How badly `total` breaks it; 0 where it does not."""
        if total < self.low:
            return (self.low - total) * self.penalty
        return (total - self.high) * self.penalty if total > self.high else 0.0


class _Choice:
    """What is chosen now, and the total of each limit under it."""

    def __init__(
        self, quotas: Sequence[Limit], limits: Sequence[Limit], costs: Sequence[float]
    ) -> None:
        """Choose the cheapest places of each domain."""
        self._costs = costs
        self._domain: dict[int, Sequence[int]] = {}
        self.chosen: set[int] = set()
        for quota in quotas:
            self._domain.update(dict.fromkeys(quota.members, quota.members))
            self.chosen.update(sorted(quota.members, key=costs.__getitem__)[: quota.low])
        self._rows = [_row(limit) for limit in limits]
        self._rows_of: list[list[int]] = [[] for _ in costs]
        for number, row in enumerate(self._rows):
            for place in row.weights:
                self._rows_of[place].append(number)
        self._totals = [0] * len(self._rows)
        for place in self.chosen:
            self._add(place, 1)

    @property
    def cost(self) -> float:
        """What the chosen places cost together."""
        return sum(self._costs[place] for place in self.chosen)

    def first_broken(self) -> int | None:
        """The number of a limit that is not kept."""
        return next(
            (
                number
                for number, (row, total) in enumerate(zip(self._rows, self._totals, strict=True))
                if not row.low <= total <= row.high
            ),
            None,
        )

    def mending(self, broken: int) -> Swap | None:
        """The cheapest swap towards the broken limit that breaks no other one as badly."""
        swaps = sorted(
            (self._costs[coming] - self._costs[leaving], leaving, coming)
            for leaving, coming in self._towards(broken)
        )
        return next(
            ((leaving, coming) for _dear, leaving, coming in swaps if self._mends(leaving, coming)),
            None,
        )

    def make(self, swap: Swap) -> None:
        """Exchange the two."""
        leaving, coming = swap
        self.chosen.remove(leaving)
        self.chosen.add(coming)
        self._add(leaving, -1)
        self._add(coming, 1)

    def _add(self, place: int, times: int) -> None:
        for number in self._rows_of[place]:
            self._totals[number] += times * self._rows[number].weights[place]

    def _towards(self, broken: int) -> Iterator[Swap]:
        """Swaps within a domain that move the limit's total the right way."""
        weights, chosen = self._rows[broken].weights, self.chosen
        too_much = self._totals[broken] > self._rows[broken].high
        for place in weights.keys() & chosen if too_much else weights.keys() - chosen:
            for other in self._domain[place]:
                if (other in chosen) is not too_much and weights.get(other, 0) < weights[place]:
                    yield (place, other) if too_much else (other, place)

    def _mends(self, leaving: int, coming: int) -> bool:
        """Whether all limits together are broken less badly after this swap."""
        change = {n: -self._rows[n].weights[leaving] for n in self._rows_of[leaving]}
        for number in self._rows_of[coming]:
            change[number] = change.get(number, 0) + self._rows[number].weights[coming]
        worse = 0.0
        for number, step in change.items():
            row, total = self._rows[number], self._totals[number]
            worse += row.broken_by(total + step) - row.broken_by(total)
        return worse < -TINY


def _row(limit: Limit) -> _Row:
    low, high, weights = limit.row()
    return _Row(low, high, limit.penalty, dict(zip(limit.members, weights, strict=True)))
