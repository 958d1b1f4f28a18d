"""Choosing by swaps: every rule, hardly dearer than the solver's best, or nothing at all."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from app.domain.assembly import DEARER, _costs
from app.domain.assembly_model import Limit, Rule, cheapest, limits_of, reserve_of, shortfalls
from app.domain.assembly_swaps import by_swaps
from app.domain.items import PoolItem
from tests.pools import FULL, even_pool, rules_met, uneven_pool

SLACK = DEARER * FULL.items
SOLVER_GAP = 0.05


def asked(
    pool: Sequence[PoolItem], seen: Mapping[str, int], seed: int
) -> tuple[list[Limit], list[float]]:
    """The limits and costs of a draw from a bank in use."""
    rng = random.Random(seed)
    exposure = {item.item_id: rng.randint(0, 30) for item in pool}
    limits = limits_of(pool, FULL, seen)
    reserve = reserve_of(pool, FULL, seen, limits)
    return [*limits, *reserve], _costs(pool, FULL.items, seen, exposure, rng)


def some_seen(pool: Sequence[PoolItem], share: float, seed: int) -> dict[str, int]:
    rng = random.Random(seed)
    return {item.item_id: rng.randint(1, 3) for item in rng.sample(pool, round(len(pool) * share))}


def cheapest_of_each_domain(limits: Sequence[Limit], costs: Sequence[float]) -> frozenset[int]:
    """Where swaps begin, and what no form can cost less than."""
    return frozenset(
        place
        for limit in limits
        if limit.rule is Rule.OSHPD
        for place in sorted(limit.members, key=costs.__getitem__)[: limit.low]
    )


@pytest.mark.parametrize("seed", range(12))
def test_what_swaps_choose_keeps_every_rule(seed: int) -> None:
    pool = uneven_pool(600, random.Random(seed))
    seen = some_seen(pool, 0.2, seed)
    limits, costs = asked(pool, seen, seed)
    chosen = by_swaps(limits, costs, SLACK)
    assert chosen is not None
    met = rules_met([pool[place] for place in chosen], FULL, seen)
    assert [rule for rule, kept in met.items() if not kept] == []
    assert shortfalls(limits, chosen) == ()


def test_the_cheapest_of_each_domain_would_break_rules_without_swaps() -> None:
    pool = uneven_pool(600, random.Random(1))
    broken = [
        bool(shortfalls(limits, cheapest_of_each_domain(limits, costs)))
        for limits, costs in (asked(pool, {}, seed) for seed in range(12))
    ]
    assert broken == [True] * 12


@pytest.mark.parametrize("seed", range(6))
def test_swaps_cost_hardly_more_than_the_best_that_the_solver_finds(seed: int) -> None:
    pool = uneven_pool(600, random.Random(seed))
    limits, costs = asked(pool, some_seen(pool, 0.2, seed), seed)
    swapped, best = by_swaps(limits, costs, SLACK), cheapest(limits, costs)
    assert swapped is not None
    assert best is not None
    dearer = sum(costs[place] for place in swapped) - sum(costs[place] for place in best)
    assert -SOLVER_GAP <= dearer <= SLACK


def test_the_same_costs_give_the_same_choice() -> None:
    pool = uneven_pool(600, random.Random(3))
    limits, costs = asked(pool, {}, 3)
    assert by_swaps(limits, costs, SLACK) == by_swaps(limits, costs, SLACK)


def test_a_choice_that_needs_a_seen_item_is_left_to_the_solver() -> None:
    """Of two that exclude each other both would be needed, and everything else was seen."""
    pool = even_pool(240)
    needed = [item.item_id for item in pool if item.oshpd == 1][:12]
    pool = [
        replace(item, enemies=frozenset({needed[1]})) if item.item_id == needed[0] else item
        for item in pool
    ]
    seen = {item.item_id: 1 for item in pool if item.oshpd == 1 and item.item_id not in needed}
    limits, costs = asked(pool, seen, 1)
    assert by_swaps(limits, costs, SLACK) is None
    assert len(by_swaps(limits, costs, slack=1e9) or ()) == FULL.items


def test_what_no_swap_mends_is_left_to_the_solver() -> None:
    pool = [replace(item, samhsa="IX.6") for item in even_pool(240)]
    limits, costs = asked(pool, {}, 1)
    assert by_swaps(limits, costs, slack=1e9) is None


def test_without_quotas_per_domain_the_solver_chooses() -> None:
    pool = even_pool(240)
    limits = limits_of(pool, replace(FULL, oshpd={}), {})
    assert by_swaps(limits, [0.0] * len(pool), slack=1e9) is None
