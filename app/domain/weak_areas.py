"""What a score says about an area, and when it says too little.

An area has few items, so its share is drawn towards the overall share: with c correct of n,
overall share m and prior strength k the estimate is Beta(c + k m, n - c + k (1 - m)), shown
as its mean and the middle 80 %. An area that holds every item of the score has no estimate of
its own: it would be drawn towards itself, and its answers counted twice. Target and
strength are the practice site's own assumptions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Literal

from app.domain import beta
from app.domain.items import Axis
from app.domain.scoring import AreaScore, MarkedItem, Score

PRIOR_STRENGTH = 20.0
LEAST_ITEMS = 8
SURE = 0.8
MOST_NEEDED = 200
"""`more_needed` stops counting here: read it as "this many or more"."""

_TAIL = 0.1  # cut off at each end of the middle 80 %
_OVERALL_BOUNDS = (0.02, 0.98)  # a prior at 0 or 1 could not be moved
_NORMAL_80 = 0.8416212335729143  # 80 % of a normal distribution lies below
_NORMAL_975 = 1.959963984540054

Verdict = Literal["weak", "strong", "unsure"]


@dataclass(frozen=True, slots=True)
class AreaEstimate:
    """An area's likely true share, from `low` to `high`, against the practice target.

    `enough` says that the area has the least number of items for a verdict. `more_needed` is
    approximate, 0 beside a verdict, and never above MOST_NEEDED. Where `whole`, the area is
    the whole score: `low`, `mean` and `high` are the score's own, and there is no verdict.
    """

    axis: Axis
    area: str
    correct: int
    total: int
    low: float
    mean: float
    high: float
    enough: bool
    verdict: Verdict
    more_needed: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One attempt of a row, 0 the earliest: items met for the first time apart from others."""

    label_index: int
    new_correct: int
    new_total: int
    repeated_correct: int
    repeated_total: int


def estimate_areas(
    score: Score, target: float, prior_strength: float = PRIOR_STRENGTH
) -> tuple[AreaEstimate, ...]:
    """Judge every area of `score`, in its order, against `target` (a share)."""
    least, most = _OVERALL_BOUNDS
    overall = min(max(score.share, least), most)
    a, b = prior_strength * overall, prior_strength * (1 - overall)
    return tuple(
        _whole(area) if area.total == score.total else _estimate(area, target, a, b)
        for area in score.areas
    )


def overall_interval(correct: int, total: int) -> tuple[float, float]:
    """Give the 95 % interval of a whole score.

    After E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22, 1927. Of no items nothing is known: 0 to 1.
    """
    if total == 0:
        return (0.0, 1.0)
    share, z2 = correct / total, _NORMAL_975**2
    centre = share + z2 / (2 * total)
    spread = _NORMAL_975 * sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    scale = 1 + z2 / total
    return (max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def trend(attempts: Iterable[Sequence[MarkedItem]]) -> tuple[TrendPoint, ...]:
    """Tell new items from those opened before, attempt by attempt in time order.

    An item is the same item in every revision.
    """
    opened: set[str] = set()
    points: list[TrendPoint] = []
    for index, marked in enumerate(attempts):
        new = [item.correct for item in marked if item.item.item_id not in opened]
        repeated = [item.correct for item in marked if item.item.item_id in opened]
        points.append(TrendPoint(index, sum(new), len(new), sum(repeated), len(repeated)))
        opened |= {item.item.item_id for item in marked if item.opened}
    return tuple(points)


def _whole(area: AreaScore) -> AreaEstimate:
    low, high = overall_interval(area.correct, area.total)
    return AreaEstimate(
        axis=area.axis,
        area=area.area,
        correct=area.correct,
        total=area.total,
        low=low,
        mean=area.correct / area.total if area.total else 0.0,
        high=high,
        enough=False,
        verdict="unsure",
        more_needed=0,
        whole=True,
    )


def _estimate(area: AreaScore, target: float, prior_a: float, prior_b: float) -> AreaEstimate:
    a, b = prior_a + area.correct, prior_b + area.total - area.correct
    verdict = _verdict(area.total, beta.cdf(target, a, b))
    return AreaEstimate(
        axis=area.axis,
        area=area.area,
        correct=area.correct,
        total=area.total,
        low=beta.ppf(_TAIL, a, b),
        mean=a / (a + b),
        high=beta.ppf(1 - _TAIL, a, b),
        enough=area.total >= LEAST_ITEMS,
        verdict=verdict,
        more_needed=_more_needed(area.total, target, a, b) if verdict == "unsure" else 0,
    )


def _verdict(total: int, below_target: float) -> Verdict:
    if total < LEAST_ITEMS:
        return "unsure"
    if below_target >= SURE:
        return "weak"
    return "strong" if 1 - below_target >= SURE else "unsure"


def _more_needed(total: int, target: float, a: float, b: float) -> int:
    """Estimate how many more items give a verdict if the share stays at the present mean.

    Approximate: a normal distribution with the beta's mean and variance leaves 20 % beyond the
    target once a + b + N + 1 = z^2 mean (1 - mean) / (mean - target)^2, with z for 80 %.
    """
    mean = a / (a + b)
    least = max(1, LEAST_ITEMS - total)
    distance = (mean - target) ** 2
    wanted = _NORMAL_80**2 * mean * (1 - mean)
    if wanted >= distance * (MOST_NEEDED + a + b + 1):
        return MOST_NEEDED
    return max(least, ceil(wanted / distance - (a + b + 1)))
