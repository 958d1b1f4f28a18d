import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.domain.assembly import ExamForm, _key_places, draw_form
from app.domain.blueprint import ExamBlueprint, Range
from app.domain.errors import CannotDraw, Shortfall
from app.domain.items import Axis, PoolItem
from tests.pools import CATEGORIES, FULL, even_pool, pool_item, uneven_pool

SMALL = replace(
    FULL,
    items=4,
    break_after=None,
    oshpd={1: 4},
    samhsa={},
    focus_areas={},
    key_position=Range(0, 4),
    seen_share=1.0,
)


def draw(
    pool: Sequence[PoolItem],
    blueprint: ExamBlueprint = FULL,
    *,
    seen: Mapping[str, int] | None = None,
    exposure: Mapping[str, int] | None = None,
    seed: int = 1,
    avoid: frozenset[str] = frozenset(),
) -> ExamForm:
    return draw_form(
        pool,
        blueprint,
        seen=seen or {},
        exposure=exposure or {},
        rng=random.Random(seed),
        avoid=avoid,
    )


def ids(form: ExamForm) -> set[str]:
    return {entry.item_id for entry in form.entries}


def refusal(
    pool: Sequence[PoolItem],
    blueprint: ExamBlueprint = FULL,
    *,
    seen: Mapping[str, int] | None = None,
) -> tuple[Shortfall, ...]:
    with pytest.raises(CannotDraw) as caught:
        draw(pool, blueprint, seen=seen)
    return caught.value.shortfalls


def test_a_full_form_has_120_different_items_at_positions_1_to_120() -> None:
    form = draw(even_pool(240))
    assert [entry.position for entry in form.entries] == list(range(1, 121))
    assert len(ids(form)) == 120


def test_the_break_parts_the_form_after_item_60() -> None:
    form = draw(even_pool(240))
    assert [entry.part for entry in form.entries] == [1] * 60 + [2] * 60


def test_a_form_without_a_break_has_one_part() -> None:
    form = draw(even_pool(240), FULL.scaled(30))
    assert [entry.part for entry in form.entries] == [1] * 30


def test_the_same_seed_gives_the_same_form_in_any_order_of_the_pool() -> None:
    pool = uneven_pool(240, random.Random(7))
    turned = [*reversed(pool)]
    assert draw(pool, seed=3) == draw(turned, seed=3)


def test_another_seed_gives_another_form() -> None:
    pool = even_pool(240)
    assert ids(draw(pool, seed=1)) != ids(draw(pool, seed=2))


def test_forms_drawn_at_the_same_time_do_not_disturb_each_other() -> None:
    pool = uneven_pool(240, random.Random(7))
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda seed: draw(pool, seed=seed), [1, 2, 3, 4]))
    assert together == [draw(pool, seed=seed) for seed in (1, 2, 3, 4)]


def test_items_come_mixed_not_in_the_order_of_the_bank() -> None:
    order = [entry.item_id for entry in draw(even_pool(120)).entries]
    assert order != sorted(order)


def test_options_are_the_items_own_in_an_order_of_the_forms() -> None:
    form = draw(even_pool(240))
    assert {tuple(sorted(entry.option_order)) for entry in form.entries} == {("a", "b", "c", "d")}
    assert len({entry.option_order for entry in form.entries}) > 12


def test_keys_fall_in_every_arrangement_that_the_range_allows() -> None:
    draws = {tuple(_key_places(4, Range(1, 1), random.Random(seed))) for seed in range(600)}
    assert len(draws) == 24  # every order of four places: also the one that looks like a pattern


def test_keys_may_repeat_where_the_range_allows_it() -> None:
    draws = {tuple(_key_places(2, Range(0, 2), random.Random(seed))) for seed in range(600)}
    assert draws == {(one, other) for one in range(4) for other in range(4)}


def test_an_item_that_the_candidate_has_not_seen_goes_first() -> None:
    pool = [pool_item(f"item-{number}") for number in range(6)]
    form = draw(pool, SMALL, seen={"item-0": 1, "item-3": 2}, exposure={"item-1": 500})
    assert ids(form) == {"item-1", "item-2", "item-4", "item-5"}


def test_where_all_were_seen_the_least_seen_go_first() -> None:
    pool = [pool_item(f"item-{number}") for number in range(6)]
    seen = {"item-0": 9, "item-1": 1, "item-2": 2, "item-3": 1, "item-4": 3, "item-5": 2}
    assert ids(draw(pool, SMALL, seen=seen)) == {"item-1", "item-2", "item-3", "item-5"}


def test_among_equally_seen_items_the_least_exposed_go_first() -> None:
    pool = [pool_item(f"item-{number}") for number in range(6)]
    exposure = {"item-0": 41, "item-1": 40, "item-2": 3, "item-3": 42, "item-4": 40}
    assert ids(draw(pool, SMALL, exposure=exposure)) == {"item-1", "item-2", "item-4", "item-5"}


def test_chance_settles_ties() -> None:
    pool = [pool_item(f"item-{number}") for number in range(5)]
    left_out = [{item.item_id for item in pool} - ids(draw(pool, SMALL, seed=n)) for n in range(40)]
    assert set().union(*left_out) == {item.item_id for item in pool}


def test_items_to_avoid_are_never_drawn() -> None:
    pool = [pool_item(f"item-{number}") for number in range(6)]
    form = draw(pool, SMALL, avoid=frozenset({"item-0", "item-5"}))
    assert ids(form) == {"item-1", "item-2", "item-3", "item-4"}


def test_of_an_item_only_the_newest_revision_is_drawn() -> None:
    pool = [
        pool_item(f"item-{number}", revision=revision) for number in range(4) for revision in (2, 1)
    ]
    assert [entry.revision for entry in draw(pool, SMALL).entries] == [2, 2, 2, 2]


def test_an_enemy_named_on_one_side_is_kept_apart() -> None:
    pool = [pool_item(f"item-{number}") for number in range(4)]
    pool.append(pool_item("item-4", enemies=("item-0",)))
    assert not {"item-0", "item-4"} <= ids(draw(pool, SMALL))


def test_an_enemy_outside_the_pool_or_itself_forbids_nothing() -> None:
    pool = [pool_item(f"item-{number}", enemies=("gone", "item-1")) for number in range(1, 5)]
    pool[1:] = [replace(item, enemies=frozenset({"gone"})) for item in pool[1:]]
    assert len(ids(draw(pool, SMALL))) == 4


def test_a_quiz_holds_its_own_domains_alone() -> None:
    pool = even_pool(240)
    blueprint = FULL.for_quiz({3: 24, 7: 24}, 10)
    drawn = ids(draw(pool, blueprint))
    assert sorted(item.oshpd for item in pool if item.item_id in drawn) == [3] * 5 + [7] * 5


def test_without_quotas_the_length_still_holds() -> None:
    assert len(ids(draw(even_pool(20), replace(SMALL, oshpd={})))) == 4


def test_a_quota_that_the_bank_cannot_fill_is_named() -> None:
    pool = even_pool(240)
    scarce = [item.item_id for item in pool if item.oshpd == 7][9:]
    kept = [item for item in pool if item.item_id not in scarce]
    assert refusal(kept) == (Shortfall("oshpd", "7", needed=12, available=9),)


def test_a_category_that_the_bank_cannot_fill_is_named() -> None:
    pool = even_pool(480)
    third = [item.item_id for item in pool if item.area(Axis.SAMHSA) == "III"]
    moved = [replace(item, samhsa="IV.1") if item.item_id in third[3:] else item for item in pool]
    assert refusal(moved) == (Shortfall("samhsa", "III", needed=5, available=3),)


def test_several_shortages_are_named_together() -> None:
    pool = [item for item in even_pool(240) if item.oshpd != 7 and item.focus_area != 2]
    assert {(found.rule, found.area) for found in refusal(pool)} >= {
        ("oshpd", "7"),
        ("focus_area", "2"),
    }


def test_an_empty_pool_lacks_every_domain() -> None:
    found = {
        (short.area, short.needed, short.available)
        for short in refusal([])
        if short.rule == "oshpd"
    }
    assert found == {(str(domain), 12, 0) for domain in range(1, 11)}


def test_more_seen_items_than_the_cap_allows_are_counted() -> None:
    pool = even_pool(120)
    seen = {item.item_id: 1 for item in pool[:30]}
    assert refusal(pool, seen=seen) == (Shortfall("seen", None, needed=30, available=24),)


def test_seen_items_up_to_the_cap_are_drawn_where_nothing_else_is_left() -> None:
    pool = even_pool(120)
    seen = {item.item_id: 1 for item in pool[:24]}
    assert len(ids(draw(pool, seen=seen)) & seen.keys()) == 24


def test_enemies_that_would_have_to_meet_are_counted() -> None:
    pool = even_pool(120)
    pool[0] = replace(pool[0], enemies=frozenset({pool[10].item_id}))
    pool[1] = replace(pool[1], enemies=frozenset({pool[11].item_id}))
    assert refusal(pool) == (Shortfall("enemies", None, needed=4, available=2),)


@pytest.mark.parametrize(
    ("words_en", "words_es", "expected"),
    [
        (150, 100, Shortfall("mean_words_en_most", None, needed=150, available=130)),
        (100, 200, Shortfall("mean_words_es_most", None, needed=200, available=145)),
        (60, 100, Shortfall("mean_words_en", None, needed=70, available=60)),
        (100, 74, Shortfall("mean_words_es", None, needed=75, available=74)),
    ],
)
def test_a_reading_load_out_of_range_is_named(
    words_en: int, words_es: int, expected: Shortfall
) -> None:
    pool = [replace(item, words_en=words_en, words_es=words_es) for item in even_pool(240)]
    assert refusal(pool) == (expected,)


def test_a_mean_just_out_of_range_is_rounded_away_from_it() -> None:
    pool = [replace(item, words_en=130 + item.oshpd % 2) for item in even_pool(120)]
    assert refusal(pool) == (Shortfall("mean_words_en_most", None, needed=131, available=130),)


def test_other_domains_cannot_lift_the_reading_load() -> None:
    pool = [replace(item, words_en=60 if item.oshpd == 1 else 140) for item in even_pool(120)]
    assert refusal(pool, SMALL) == (Shortfall("mean_words_en", None, needed=70, available=60),)


def test_too_many_of_a_category_is_its_own_rule() -> None:
    pool = [replace(item, samhsa="IX.6") for item in even_pool(240)]
    blueprint = replace(FULL, samhsa={"IX": Range(5, 18)})
    assert refusal(pool, blueprint) == (Shortfall("samhsa_most", "IX", needed=120, available=18),)


def test_rules_that_only_conflict_together_are_still_named() -> None:
    # Ten categories want 20 items, all of which are of a domain with 12 places.
    pool = [replace(item, samhsa="II.1") if item.oshpd > 1 else item for item in even_pool(240)]
    blueprint = replace(FULL, samhsa=dict.fromkeys(CATEGORIES[2:], Range(2, 200)))
    found = refusal(pool, blueprint)
    assert sum(short.needed - short.available for short in found) == 8


def test_quotas_longer_than_the_form_are_named() -> None:
    assert refusal(even_pool(240), replace(FULL, items=119)) == (
        Shortfall("items_most", None, needed=120, available=119),
    )


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Range(31, 40), Shortfall("key_position", None, needed=124, available=120)),
        (Range(10, 29), Shortfall("key_position", None, needed=120, available=116)),
    ],
)
def test_a_key_range_that_fits_no_form_is_named(span: Range, expected: Shortfall) -> None:
    assert refusal(even_pool(240), replace(FULL, key_position=span)) == (expected,)
