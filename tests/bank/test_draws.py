"""Drawing from the shipped bank, start after start: nothing twice for one, all items evenly."""

import random
from collections import Counter
from collections.abc import Mapping

import pytest

from app.bank.files import BankFiles
from app.domain.assembly import _costs, draw_form
from app.domain.assembly_model import cheapest, limits_of, reserve_of
from app.domain.assembly_swaps import by_swaps
from app.domain.items import ItemStatus, PoolItem
from tests.pools import rules_met

MOCKS = 3
"""Of one candidate, in one approval period."""
SHORT, LONG = 200, 1000
BAND = {SHORT: 3, LONG: 5}
"""How far the most and the least drawn item of a domain may stand from its mean, in forms."""


@pytest.fixture(scope="module")
def pool(bank: BankFiles) -> tuple[PoolItem, ...]:
    items = (item for item in bank.items if item.status is ItemStatus.REVIEWED)
    return tuple(PoolItem.of(item, 1) for item in sorted(items, key=lambda item: item.id))


def drawn(
    pool: tuple[PoolItem, ...],
    bank: BankFiles,
    seen: Mapping[str, int],
    exposure: Mapping[str, int],
    rng: random.Random,
) -> list[str]:
    form = draw_form(pool, bank.blueprint, seen=seen, exposure=exposure, rng=rng)
    return [entry.item_id for entry in form.entries]


def drawn_by_the_solver(
    pool: tuple[PoolItem, ...],
    bank: BankFiles,
    seen: Mapping[str, int],
    exposure: Mapping[str, int],
    rng: random.Random,
) -> list[str]:
    limits = limits_of(pool, bank.blueprint, seen)
    costs = _costs(pool, bank.blueprint.items, seen, exposure, rng)
    sparing = [*limits, *reserve_of(pool, bank.blueprint, seen, limits)]
    return [pool[place].item_id for place in cheapest(sparing, costs) or ()]


def after_starts(pool, bank, starts, draw=drawn):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Exposure after so many mocks of candidates who sit one to three each, and all overlaps."""
    rng, exposure, overlaps = random.Random(600), Counter[str](), Counter[int]()
    while overlaps.total() < starts:
        seen = Counter[str]()
        for _mock in range(rng.randint(1, MOCKS)):
            ids = draw(pool, bank, seen, exposure, rng)
            overlaps[sum(item_id in seen for item_id in ids)] += 1
            seen.update(ids)
            exposure.update(ids)
    return exposure, overlaps


def farthest(exposure: Counter[str], pool: tuple[PoolItem, ...]) -> float:
    """The greatest distance of an item from the mean of its domain."""
    domains: dict[int, list[int]] = {}
    for item in pool:
        domains.setdefault(item.oshpd, []).append(exposure[item.item_id])
    return max(
        abs(count - sum(counts) / len(counts)) for counts in domains.values() for count in counts
    )


def test_three_mocks_of_each_of_twenty_candidates_share_no_item(
    pool: tuple[PoolItem, ...], bank: BankFiles
) -> None:
    by_id, exposure, rng = {item.item_id: item for item in pool}, Counter[str](), random.Random(7)
    for _candidate in range(20):
        seen = Counter[str]()
        for _mock in range(MOCKS):
            ids = drawn(pool, bank, seen, exposure, rng)
            met = rules_met([by_id[item_id] for item_id in ids], bank.blueprint, seen)
            assert [rule for rule, kept in met.items() if not kept] == []
            seen.update(ids)
            exposure.update(ids)
        assert len(seen) == MOCKS * bank.blueprint.items


@pytest.mark.parametrize("practised", [0, 30, 90, 240])
def test_a_start_needs_no_solver(
    pool: tuple[PoolItem, ...], bank: BankFiles, practised: int
) -> None:
    """Also for somebody who has practised before: it would cost ten times as much."""
    found = []
    for seed in range(20):
        rng = random.Random(seed)
        seen = {item.item_id: 1 for item in rng.sample(pool, practised)}
        exposure = {item.item_id: rng.randint(50, 53) for item in pool}
        limits = limits_of(pool, bank.blueprint, seen)
        costs = _costs(pool, bank.blueprint.items, seen, exposure, rng)
        sparing = [*limits, *reserve_of(pool, bank.blueprint, seen, limits)]
        chosen = by_swaps(sparing, costs, slack=12)
        found.append(chosen is not None and all(pool[p].item_id not in seen for p in chosen))
    assert found == [True] * 20


def test_all_items_are_used_evenly(pool: tuple[PoolItem, ...], bank: BankFiles) -> None:
    exposure, overlaps = after_starts(pool, bank, SHORT)
    assert farthest(exposure, pool) <= BAND[SHORT]
    assert overlaps.keys() == {0}


@pytest.mark.long
def test_a_thousand_starts_use_all_items_as_evenly_as_the_solver_does(
    pool: tuple[PoolItem, ...], bank: BankFiles
) -> None:
    exposure, overlaps = after_starts(pool, bank, LONG)
    by_solver, its_overlaps = after_starts(pool, bank, LONG, drawn_by_the_solver)
    assert (overlaps.keys(), its_overlaps.keys()) == ({0}, {0})
    assert farthest(exposure, pool) <= BAND[LONG]
    assert farthest(by_solver, pool) <= BAND[LONG]
