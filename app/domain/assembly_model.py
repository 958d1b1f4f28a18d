"""The rules of a form as linear limits on "item i is drawn", and the solver that meets them.

Every rule is one or more `Limit`s over the places of the items in the pool. The same limits
are given to HiGHS, loosened to find out why a form cannot be drawn, and read back in numbers.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.blueprint import ExamBlueprint, Range
from app.domain.errors import Shortfall
from app.domain.items import Axis, PoolItem, areas_of

TIME_LIMIT_SECONDS = 10


class Rule(StrEnum):
    """What a form must keep to; a `..._most` is the upper end of the same rule."""

    ITEMS = "items"
    ITEMS_MOST = "items_most"
    OSHPD = "oshpd"
    OSHPD_MOST = "oshpd_most"
    SAMHSA = "samhsa"
    SAMHSA_MOST = "samhsa_most"
    FOCUS_AREA = "focus_area"
    FOCUS_AREA_MOST = "focus_area_most"
    WORDS_EN = "mean_words_en"
    WORDS_EN_MOST = "mean_words_en_most"
    WORDS_ES = "mean_words_es"
    WORDS_ES_MOST = "mean_words_es_most"
    SEEN = "seen"
    ENEMIES = "enemies"
    KEY_POSITION = "key_position"
    SOLVER_SECONDS = "solver_seconds"
    FORMS = "forms"

    @property
    def most(self) -> "Rule":
        """The code for too many; a rule that only forbids has one code."""
        return _MOST.get(self, self)


_MOST = {
    Rule.ITEMS: Rule.ITEMS_MOST,
    Rule.OSHPD: Rule.OSHPD_MOST,
    Rule.SAMHSA: Rule.SAMHSA_MOST,
    Rule.FOCUS_AREA: Rule.FOCUS_AREA_MOST,
    Rule.WORDS_EN: Rule.WORDS_EN_MOST,
    Rule.WORDS_ES: Rule.WORDS_ES_MOST,
}

_GIVES_WAY = {Rule.SEEN: 1.0, Rule.ITEMS: 1.4, Rule.OSHPD: 1.5}
"""Where two rules conflict, the cheaper is named: the cap on seen items before a quota."""
_GIVES_WAY_ELSE = 1.2
_SPARED = frozenset({Rule.SAMHSA, Rule.FOCUS_AREA})


@dataclass(frozen=True, slots=True)
class Limit:
    """At least `low` and at most `high` of the weighted `members`, which are places in a pool.

    With `mean` the bounds are for the mean weight of everything drawn, and only one is set.
    """

    rule: Rule
    area: str | None
    members: Sequence[int]
    weights: Sequence[int]
    low: int | None = None
    high: int | None = None
    mean: bool = False

    def row(self) -> tuple[float, float, Sequence[int]]:
        """Write the limit as a linear row: lower bound, upper bound, coefficients."""
        low, high, weights = self.low, self.high, self.weights
        if self.mean:
            bound = self._scale
            low, high = (None, 0) if low is None else (0, None)
            weights = [weight - bound for weight in weights]
        return (
            float("-inf") if low is None else low,
            float("inf") if high is None else high,
            weights,
        )

    @property
    def penalty(self) -> float:
        """What breaking the limit by one costs when the model is loosened."""
        return _GIVES_WAY.get(self.rule, _GIVES_WAY_ELSE) / (self._scale if self.mean else 1)

    @property
    def _scale(self) -> int:
        return (self.low if self.low is not None else self.high) or 1

    def shortfall(self, drawn: frozenset[int]) -> Shortfall | None:
        """Say by how much `drawn` breaks the limit; None where it keeps to it."""
        weights = zip(self.members, self.weights, strict=True)
        total = sum(weight for place, weight in weights if place in drawn)
        count = (len(drawn) or 1) if self.mean else 1
        if self.low is not None and total < self.low * count:
            return Shortfall(self.rule, self.area, needed=self.low, available=total // count)
        if self.high is not None and total > self.high * count:
            needed = -(-total // count)
            return Shortfall(self.rule.most, self.area, needed=needed, available=self.high)
        return None


def limits_of(
    pool: Sequence[PoolItem], blueprint: ExamBlueprint, seen: Mapping[str, int]
) -> list[Limit]:
    """Write every rule of `blueprint` as limits on what is drawn from `pool`."""
    return [*common_limits(pool, blueprint), seen_limit(pool, blueprint, seen)]


def common_limits(pool: Sequence[PoolItem], blueprint: ExamBlueprint) -> list[Limit]:
    """Write the rules that are the same for every candidate."""
    quotas = {str(domain): Range(quota, quota) for domain, quota in blueprint.oshpd.items()}
    focus_areas = {str(code): span for code, span in blueprint.focus_areas.items()}
    limits = [
        *_area_limits(pool, Rule.OSHPD, Axis.OSHPD, quotas),
        *_area_limits(pool, Rule.SAMHSA, Axis.SAMHSA, blueprint.samhsa),
        *_area_limits(pool, Rule.FOCUS_AREA, Axis.FOCUS_AREA, focus_areas),
        *_mean_limits(Rule.WORDS_EN, [item.words_en for item in pool], blueprint.mean_words_en),
        *_mean_limits(Rule.WORDS_ES, [item.words_es for item in pool], blueprint.mean_words_es),
        *(_count(Rule.ENEMIES, None, pair, Range(0, 1)) for pair in _enemy_pairs(pool)),
    ]
    if sum(blueprint.oshpd.values()) != blueprint.items:
        whole = Range(blueprint.items, blueprint.items)
        limits.append(_count(Rule.ITEMS, None, range(len(pool)), whole))
    return limits


def seen_limit(
    pool: Sequence[PoolItem], blueprint: ExamBlueprint, seen: Mapping[str, int]
) -> Limit:
    """Write how many items a form may hold that this candidate has seen."""
    known = [place for place, item in enumerate(pool) if seen.get(item.item_id, 0) > 0]
    return _count(Rule.SEEN, None, known, Range(0, blueprint.seen_cap))


def reserve_of(
    pool: Sequence[PoolItem],
    blueprint: ExamBlueprint,
    seen: Mapping[str, int],
    limits: Sequence[Limit],
) -> list[Limit]:
    """Limits beside `limits` that leave enough unseen items for the forms still in the stock.

    An area whose unseen items would just do for several forms must not be used up by this one;
    of two enemies that both of two last forms would need, this one takes one.
    """
    fresh = {place for place, item in enumerate(pool) if not seen.get(item.item_id)}
    stock = Counter(pool[place].oshpd for place in fresh)
    forms = min((stock[d] // quota for d, quota in blueprint.oshpd.items() if quota), default=0)
    reserve = []
    for limit in limits:
        if limit.rule in _SPARED and limit.low:
            members = [place for place in limit.members if place in fresh]
            others = min(forms, len(members) // limit.low) - 1
            if others > 0:
                span = Range(0, len(members) - limit.low * others)
                reserve.append(_count(limit.rule, limit.area, members, span))
    pairs = [limit.members for limit in limits if limit.rule is Rule.ENEMIES]
    return [*reserve, *_shared_enemies(pool, blueprint, fresh, pairs)]


def _shared_enemies(
    pool: Sequence[PoolItem],
    blueprint: ExamBlueprint,
    fresh: set[int],
    enemies: Iterable[Sequence[int]],
) -> Iterator[Limit]:
    """Of two enemies that two forms together would need, take one; three in a ring have no half."""
    stock = Counter(pool[place].oshpd for place in fresh)
    tight = {domain for domain, quota in blueprint.oshpd.items() if stock[domain] == 2 * quota}
    pairs = [
        pair
        for pair in enemies
        if fresh.issuperset(pair) and all(pool[place].oshpd in tight for place in pair)
    ]
    meetings = Counter(place for pair in pairs for place in pair)
    for pair in pairs:
        if all(meetings[place] == 1 for place in pair):
            yield _count(Rule.ENEMIES, None, pair, Range(1, 1))


def _count(rule: Rule, area: str | None, members: Sequence[int], span: Range) -> Limit:
    return Limit(rule, area, members, [1] * len(members), span.low, span.high)


def _area_limits(
    pool: Sequence[PoolItem], rule: Rule, axis: Axis, spans: Mapping[str, Range]
) -> Iterator[Limit]:
    members: defaultdict[str, list[int]] = defaultdict(list)
    for place, area in enumerate(areas_of(pool, axis) if spans else ()):
        members[area].append(place)
    for area, span in spans.items():
        yield _count(rule, area, members[area], span)


def _mean_limits(rule: Rule, words: Sequence[int], span: Range) -> Iterator[Limit]:
    members = range(len(words))
    if span.low > 0:
        yield Limit(rule, None, members, words, low=span.low, mean=True)
    if words and span.high < max(words):
        yield Limit(rule, None, members, words, high=span.high, mean=True)


def _enemy_pairs(pool: Sequence[PoolItem]) -> list[tuple[int, int]]:
    """Find the places to keep apart, whichever side names the other."""
    places = {item.item_id: place for place, item in enumerate(pool)}
    pairs = {
        (min(place, other), max(place, other))
        for place, item in enumerate(pool)
        for enemy in item.enemies
        if (other := places.get(enemy, place)) != place
    }
    return sorted(pairs)


def out_of_reach(limits: Sequence[Limit]) -> bool:
    """Tell whether simple counting shows that some limit cannot be met."""
    return any(limit.low > sum(limit.weights) for limit in limits if limit.low and not limit.mean)


def shortfalls(limits: Sequence[Limit], drawn: frozenset[int]) -> tuple[Shortfall, ...]:
    """List what `drawn` breaks. Enemies that meet count together: two wanted, one possible."""
    broken = [found for limit in limits if (found := limit.shortfall(drawn))]
    apart = [found for found in broken if found.rule != Rule.ENEMIES]
    if pairs := len(broken) - len(apart):
        apart.append(Shortfall(Rule.ENEMIES, None, needed=2 * pairs, available=pairs))
    return tuple(apart)


def cheapest(limits: Sequence[Limit], costs: Sequence[float]) -> frozenset[int] | None:
    """Find the places whose costs add up to least within all `limits`.

    None where no places keep to them, or where the solver found none in time.
    """
    highs = _model(costs)
    for limit in limits:
        low, high, weights = limit.row()
        highs.addRow(low, high, len(weights), limit.members, weights)
    return _solved(highs, len(costs))


def nearest(limits: Sequence[Limit], size: int) -> frozenset[int] | None:
    """Find the places that break `limits` least: each may be broken at its penalty."""
    highs = _model([0.0] * size)
    for limit in limits:
        low, high, weights = limit.row()
        members, weights = [*limit.members], [*weights]
        for needed, sign in ((limit.low, 1), (limit.high, -1)):
            if needed is not None:
                members.append(highs.getNumCol())
                weights.append(sign)
                highs.addCol(limit.penalty, 0, float("inf"), 0, [], [])
        highs.addRow(low, high, len(weights), members, weights)
    return _solved(highs, size)


def _model(costs: Sequence[float]) -> Any:  # noqa: ANN401 (highspy is loaded on first use)
    """Make an empty HiGHS model with one yes-or-no column per cost."""
    import highspy  # noqa: PLC0415 (a third of a second that only drawing needs to pay)

    class Quiet(highspy.Highs):
        """The solver prints its name from its own constructor, before it can be told not to."""

        def enableCallbacks(self) -> None:  # noqa: N802 (the solver's own name)
            self.silent()
            super().enableCallbacks()  # type: ignore[no-untyped-call]

    highs: Any = Quiet()  # type: ignore[no-untyped-call]
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("parallel", "off")
    highs.setOptionValue("time_limit", float(TIME_LIMIT_SECONDS))
    highs.setOptionValue("presolve", "off")  # at these sizes it takes longer than it saves
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 0.05)  # finer than whole steps of seen and exposure
    size = len(costs)
    places = list(range(size))
    highs.addVars(size, [0] * size, [1] * size)
    highs.changeColsCost(size, places, costs)
    highs.changeColsIntegrality(size, places, [highspy.HighsVarType.kInteger.value] * size)
    return highs


def _solved(highs: Any, size: int) -> frozenset[int] | None:  # noqa: ANN401
    import highspy  # noqa: PLC0415

    highs.run()
    if highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    values = highs.getSolution().col_value[:size]
    return frozenset(place for place, value in enumerate(values) if value > 0.5)  # noqa: PLR2004
