"""Replacing one item of a drawn form by another of the same cell."""

from collections.abc import Sequence

from app.domain.assembly_model import limits_of, shortfalls
from app.domain.blueprint import ExamBlueprint
from app.domain.items import PoolItem


def swaps_for(
    form: Sequence[PoolItem],
    place: int,
    pool: Sequence[PoolItem],
    blueprint: ExamBlueprint,
) -> tuple[PoolItem, ...]:
    """The items of `pool` that may stand at `place` (from 0) instead of the one that does.

    They are of the same OSHPD domain and level, and with them the form keeps every rule of
    `blueprint`; so none is an enemy of another item on it.
    """
    leaving = form[place]
    on_form = {item.item_id for item in form}
    return tuple(
        item
        for item in pool
        if item.item_id not in on_form
        and (item.oshpd, item.level) == (leaving.oshpd, leaving.level)
        and _keeps_to([*form[:place], item, *form[place + 1 :]], blueprint)
    )


def _keeps_to(form: Sequence[PoolItem], blueprint: ExamBlueprint) -> bool:
    everything = frozenset(range(len(form)))
    return not shortfalls(limits_of(form, blueprint, {}), everything)
