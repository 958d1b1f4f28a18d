"""Several forms, chosen together, that share no item."""

import random
from collections.abc import Sequence
from dataclasses import replace

from app.domain.assembly import ExamForm, check_key_range, form_of, usable_items
from app.domain.assembly_model import Limit, Rule, cheapest, limits_of, out_of_reach, shortfalls
from app.domain.blueprint import ExamBlueprint
from app.domain.errors import CannotDraw, Shortfall
from app.domain.items import PoolItem


def draw_parallel_forms(
    pool: Sequence[PoolItem], blueprint: ExamBlueprint, count: int, *, rng: random.Random
) -> tuple[ExamForm, ...]:
    """Draw `count` forms that each meet every rule of `blueprint` and share no item.

    Drawn one after another, the last would have to take what is left; chosen together, none is
    poorer than another. Raises CannotDraw: where an area has too few items for all of them it
    is named, else only the number of forms.
    """
    check_key_range(blueprint)
    usable = usable_items(pool, blueprint)
    size = len(usable)
    single = limits_of(usable, blueprint, seen={})
    _check_stock(single, count, size)
    limits = [_of_form(form, limit, size) for form in range(count) for limit in single]
    limits += [_once(place, size, count) for place in range(size)]
    drawn = cheapest(limits, [rng.random() for _ in range(size * count)])
    if drawn is None:
        raise CannotDraw((Shortfall(Rule.FORMS, None, needed=count, available=count - 1),))
    forms = [
        [usable[place % size] for place in sorted(drawn) if place // size == form]
        for form in range(count)
    ]
    return tuple(form_of(items, blueprint, rng) for items in forms)


def _check_stock(limits: Sequence[Limit], count: int, size: int) -> None:
    """Refuse by counting what no choice could mend."""
    together = [
        replace(limit, low=limit.low * count, high=None)
        for limit in limits
        if limit.low and not limit.mean
    ]
    if out_of_reach(together):
        raise CannotDraw(shortfalls(together, frozenset(range(size))))


def _of_form(form: int, limit: Limit, size: int) -> Limit:
    """Move the limit to the places of one form."""
    return replace(limit, members=[place + form * size for place in limit.members])


def _once(place: int, size: int, count: int) -> Limit:
    """An item stands on one form at most."""
    members = [place + form * size for form in range(count)]
    return Limit(Rule.FORMS, None, members, [1] * count, low=0, high=1)
