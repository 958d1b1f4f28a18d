"""Several forms at once: no item twice, every rule on each."""

import random

import pytest

from app.domain.assembly import ExamForm, draw_form
from app.domain.errors import CannotDraw, Shortfall
from app.domain.items import PoolItem
from app.domain.parallel_forms import draw_parallel_forms
from tests.pools import FULL, even_pool, pool_item, rules_met, uneven_pool


def items_of(form: ExamForm, pool: list[PoolItem]) -> list[PoolItem]:
    by_id = {item.item_id: item for item in pool}
    return [by_id[entry.item_id] for entry in form.entries]


def broken(form: ExamForm, pool: list[PoolItem]) -> list[str]:
    met = rules_met(items_of(form, pool), FULL, {})
    return [rule for rule, kept in met.items() if not kept]


@pytest.mark.parametrize("seed", range(4))
def test_five_forms_use_a_bank_of_600_up_and_each_meets_every_rule(seed: int) -> None:
    pool = uneven_pool(600, random.Random(seed))
    forms = draw_parallel_forms(pool, FULL, 5, rng=random.Random(seed))
    assert len({entry.item_id for form in forms for entry in form.entries}) == 600
    assert [broken(form, pool) for form in forms] == [[]] * 5


def test_each_form_has_its_own_order_and_places_of_keys() -> None:
    pool = even_pool(240)
    forms = draw_parallel_forms(pool, FULL, 2, rng=random.Random(1))
    for form in forms:
        keys = [
            entry.option_order.index(item.key)
            for entry, item in zip(form.entries, items_of(form, pool), strict=True)
        ]
        assert all(24 <= keys.count(place) <= 36 for place in range(4))
    orders = [[entry.item_id for entry in form.entries] for form in forms]
    assert orders != [sorted(order) for order in orders]


def test_the_same_seed_gives_the_same_forms() -> None:
    pool = uneven_pool(300, random.Random(3))
    one, other = (draw_parallel_forms(pool, FULL, 2, rng=random.Random(8)) for _ in range(2))
    assert one == other


def test_one_form_is_what_drawing_alone_would_accept() -> None:
    pool = uneven_pool(200, random.Random(5))
    (form,) = draw_parallel_forms(pool, FULL, 1, rng=random.Random(8))
    alone = draw_form(pool, FULL, seen={}, exposure={}, rng=random.Random(8))
    assert (broken(form, pool), broken(alone, pool)) == ([], [])


def test_a_domain_with_too_few_items_for_all_is_named() -> None:
    with pytest.raises(CannotDraw) as refused:
        draw_parallel_forms(even_pool(599), FULL, 5, rng=random.Random(1))
    assert Shortfall("oshpd", "10", needed=60, available=59) in refused.value.shortfalls


def test_where_counting_finds_nothing_the_number_of_forms_is_named() -> None:
    pool = [item for item in even_pool(240) if item.oshpd != 1]
    ids = [f"ring-{number:02}" for number in range(24)]
    ring = [
        pool_item(
            item_id,
            oshpd=1,
            samhsa=f"{category}.1",
            focus_area=number % 8 + 1,
            enemies=set(ids) - {item_id},
        )
        for number, (item_id, category) in enumerate(zip(ids, ["I", "II"] * 12, strict=True))
    ]
    with pytest.raises(CannotDraw) as refused:
        draw_parallel_forms([*pool, *ring], FULL, 2, rng=random.Random(1))
    assert refused.value.shortfalls == (Shortfall("forms", None, needed=2, available=1),)
