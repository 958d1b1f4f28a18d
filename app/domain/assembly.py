"""Drawing a form: which items, in which order, with the options in which order."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import comb

from app.domain.assembly_model import (
    TIME_LIMIT_SECONDS,
    Limit,
    Rule,
    cheapest,
    common_limits,
    nearest,
    out_of_reach,
    reserve_of,
    seen_limit,
    shortfalls,
)
from app.domain.assembly_swaps import by_swaps
from app.domain.blueprint import ExamBlueprint, Range
from app.domain.errors import CannotDraw, Shortfall
from app.domain.items import PoolItem

OPTIONS = 4
DEARER = 0.1
"""Steps of exposure per item that a form may stand above the least that could be thought of."""


@dataclass(frozen=True, slots=True)
class FormEntry:
    """One place of a form, counted from 1; part 1 lies before the break and part 2 after it."""

    position: int
    item_id: str
    revision: int
    option_order: tuple[str, ...]
    part: int


@dataclass(frozen=True, slots=True)
class ExamForm:
    """The drawn items of one attempt in their order, fixed for as long as it is kept."""

    entries: tuple[FormEntry, ...]


@dataclass(frozen=True, slots=True)
class Stock:
    """What can be drawn for a blueprint, and the rules over it that hold for every candidate."""

    blueprint: ExamBlueprint
    items: tuple[PoolItem, ...]
    limits: tuple[Limit, ...]

    @classmethod
    def of(
        cls,
        pool: Iterable[PoolItem],
        blueprint: ExamBlueprint,
        avoid: frozenset[str] = frozenset(),
    ) -> "Stock":
        """Sort out what may be drawn, without the items in `avoid`.

        Of an item with several revisions the newest counts. Raises CannotDraw where the key's
        position fits no form of this length.
        """
        check_key_range(blueprint)
        items = usable_items(pool, blueprint, avoid)
        return cls(blueprint, tuple(items), tuple(common_limits(items, blueprint)))

    def draw(
        self, *, seen: Mapping[str, int], exposure: Mapping[str, int], rng: random.Random
    ) -> ExamForm:
        """Draw a form that meets every rule of the blueprint.

        Raises CannotDraw, which names the rules that cannot be met and by how much. `seen` counts
        how often this candidate has had an item, `exposure` how often it stood on anybody's form.
        Where the stock allows it, enough unseen items are left for one more form. The same inputs,
        in any order, and the same state of `rng` give the same form.
        """
        items, blueprint = self.items, self.blueprint
        limits = [*self.limits, seen_limit(items, blueprint, seen)]
        costs = _costs(items, blueprint.items, seen, exposure, rng)
        sparing = [*limits, *reserve_of(items, blueprint, seen, limits)]
        drawn = None if out_of_reach(sparing) else _cheap(sparing, costs, blueprint.items)
        if drawn is None:
            drawn = _drawn(limits, costs)
        return form_of([items[place] for place in sorted(drawn)], blueprint, rng)


def draw_form(
    pool: Iterable[PoolItem],
    blueprint: ExamBlueprint,
    *,
    seen: Mapping[str, int],
    exposure: Mapping[str, int],
    rng: random.Random,
    avoid: frozenset[str] = frozenset(),
) -> ExamForm:
    """Draw one form from a pool (`Stock.of`, `Stock.draw`). Raises CannotDraw."""
    return Stock.of(pool, blueprint, avoid).draw(seen=seen, exposure=exposure, rng=rng)


def _cheap(limits: Sequence[Limit], costs: Sequence[float], items: int) -> frozenset[int] | None:
    """Choose by swaps, which take milliseconds, and else by the solver, which takes fifty.

    What swaps give is taken only so near to the lower bound that no form has fewer seen items:
    one step of seen costs more than `items` steps of exposure.
    """
    found = by_swaps(limits, costs, slack=DEARER * items)
    return cheapest(limits, costs) if found is None else found


def form_of(chosen: Sequence[PoolItem], blueprint: ExamBlueprint, rng: random.Random) -> ExamForm:
    """Mix the chosen items and the options of each into a form."""
    items = list(chosen)
    rng.shuffle(items)
    return ExamForm(tuple(_entries(items, blueprint, rng)))


def usable_items(
    pool: Iterable[PoolItem], blueprint: ExamBlueprint, avoid: frozenset[str] = frozenset()
) -> list[PoolItem]:
    """Sort out what may be drawn; domains without a quota only where quotas leave room."""
    by_revision = sorted(pool, key=lambda item: (item.item_id, item.revision))
    newest = {item.item_id: item for item in by_revision if item.item_id not in avoid}
    full = sum(blueprint.oshpd.values()) == blueprint.items
    return [item for item in newest.values() if item.oshpd in blueprint.oshpd or not full]


def _costs(
    pool: Sequence[PoolItem],
    items: int,
    seen: Mapping[str, int],
    exposure: Mapping[str, int],
    rng: random.Random,
) -> list[float]:
    """Price each item: seen outweighs any exposure, exposure outweighs chance.

    One step of seen costs more than every exposure of a whole form; equal items differ by
    chance alone, always less than one step of exposure.
    """
    seen_steps = _steps(seen.get(item.item_id, 0) for item in pool)
    exposure_steps = _steps(exposure.get(item.item_id, 0) for item in pool)
    seen_cost = items * (max(exposure_steps, default=0) + 2)
    steps = zip(seen_steps, exposure_steps, strict=True)
    return [seen_cost * times + shown + rng.random() for times, shown in steps]


def _steps(counts: Iterable[int]) -> list[int]:
    """Turn counts into steps 0, 1, 2 ... of the values that occur, so that costs stay small."""
    values = list(counts)
    step = {count: place for place, count in enumerate(sorted(set(values)))}
    return [step[count] for count in values]


def _drawn(limits: Sequence[Limit], costs: Sequence[float]) -> frozenset[int]:
    """Choose the places to draw; raises CannotDraw with the shortfalls that explain why not."""
    drawn = None if out_of_reach(limits) else cheapest(limits, costs)
    if drawn is not None:
        return drawn
    closest = nearest(limits, len(costs))
    if closest is None:
        late = Shortfall(Rule.SOLVER_SECONDS, None, TIME_LIMIT_SECONDS + 1, TIME_LIMIT_SECONDS)
        raise CannotDraw((late,))
    if broken := shortfalls(limits, closest):
        raise CannotDraw(broken)
    return closest  # the cheapest was not found in time, but this keeps every rule


def _entries(
    items: Sequence[PoolItem], blueprint: ExamBlueprint, rng: random.Random
) -> Iterable[FormEntry]:
    first_part = blueprint.break_after or len(items)
    key_places = _key_places(len(items), blueprint.key_position, rng)
    for position, (item, key_place) in enumerate(zip(items, key_places, strict=True), start=1):
        order = [option_id for option_id in sorted(item.option_ids) if option_id != item.key]
        rng.shuffle(order)
        order.insert(key_place, item.key)
        part = 1 if position <= first_part else 2
        yield FormEntry(position, item.item_id, item.revision, tuple(order), part)


def _key_places(items: int, span: Range, rng: random.Random) -> list[int]:
    """Choose where each key stands, from 0: every arrangement within `span` is equally likely.

    How often each place occurs is chosen by the number of arrangements it allows, then the
    places are shuffled: what throwing dice until the counts fit would give, without the throws.
    """
    places: list[int] = []
    for place in range(OPTIONS):
        left, later = items - len(places), OPTIONS - place - 1
        counts = range(span.low, min(span.high, left) + 1)
        ways = [comb(left, count) * _arrangements(left - count, later, span) for count in counts]
        places += [place] * rng.choices(counts, ways)[0]
    rng.shuffle(places)
    return places


@cache
def _arrangements(items: int, places: int, span: Range) -> int:
    """Count the ways in which the keys of `items` fall on `places`, each count in `span`."""
    if places == 0:
        return int(items == 0)
    return sum(
        comb(items, count) * _arrangements(items - count, places - 1, span)
        for count in range(span.low, min(span.high, items) + 1)
    )


def check_key_range(blueprint: ExamBlueprint) -> None:
    """Refuse a range of the key's position that fits no form of this length."""
    least, most = OPTIONS * blueprint.key_position.low, OPTIONS * blueprint.key_position.high
    if least > blueprint.items:
        raise CannotDraw((Shortfall(Rule.KEY_POSITION, None, least, blueprint.items),))
    if most < blueprint.items:
        raise CannotDraw((Shortfall(Rule.KEY_POSITION, None, blueprint.items, most),))
