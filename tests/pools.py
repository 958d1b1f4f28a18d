"""Synthetic pools and blueprints for the tests of drawing and scoring."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from app.domain.blueprint import ExamBlueprint, Range
from app.domain.items import Level, PoolItem
from app.domain.scoring import MarkedItem

CATEGORIES = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")

FULL = ExamBlueprint(
    items=120,
    minutes=150,
    break_after=60,
    break_minutes=10,
    practice_target=0.75,
    oshpd=dict.fromkeys(range(1, 11), 12),
    samhsa=dict.fromkeys(CATEGORIES, Range(5, 18)),
    focus_areas=dict.fromkeys(range(1, 9), Range(8, 28)),
    mean_words_en=Range(70, 130),
    mean_words_es=Range(75, 145),
    key_position=Range(24, 36),
    seen_share=0.2,
)


def pool_item(
    item_id: str,
    *,
    oshpd: int = 1,
    samhsa: str = "I.1",
    focus_area: int = 1,
    competency: int = 1,
    words: int = 100,
    words_es: int | None = None,
    enemies: Iterable[str] = (),
    key: str = "a",
    revision: int = 1,
) -> PoolItem:
    return PoolItem(
        item_id=item_id,
        revision=revision,
        oshpd=oshpd,
        samhsa=samhsa,
        competency=competency,
        focus_area=focus_area,
        level=Level.APPLICATION,
        words_en=words,
        words_es=words if words_es is None else words_es,
        enemies=frozenset(enemies),
        option_ids=("a", "b", "c", "d"),
        key=key,
    )


def even_pool(size: int) -> list[PoolItem]:
    """Items spread evenly over every axis, all of 100 words, without enemies."""
    return [
        pool_item(
            f"item-{number:04}",
            oshpd=number % 10 + 1,
            samhsa=f"{CATEGORIES[number // 10 % 12]}.1",
            focus_area=number // 10 % 8 + 1,
            competency=number % 17 + 1,
        )
        for number in range(size)
    ]


def uneven_pool(size: int, rng: random.Random, enemy_pairs: int = 80) -> list[PoolItem]:
    """Items spread by chance, as a real bank's are, with enemies named on one side."""
    ids = [f"item-{number:04}" for number in range(size)]
    enemies: dict[str, set[str]] = {item_id: set() for item_id in ids}
    for _ in range(enemy_pairs):
        one, other = rng.sample(ids, 2)
        enemies[one].add(other)
    return [
        pool_item(
            item_id,
            oshpd=number % 10 + 1,
            samhsa=f"{rng.choice(CATEGORIES)}.1",
            focus_area=rng.randint(1, 8),
            competency=rng.randint(1, 17),
            words=(words := rng.randint(60, 150)),
            words_es=round(words * 1.12),
            enemies=enemies[item_id],
            key=rng.choice("abcd"),
        )
        for number, item_id in enumerate(ids)
    ]


def marked(
    item: PoolItem, *, correct: bool | None = True, seconds: int = 60, position: int = 1
) -> MarkedItem:
    """A response to `item`: right, wrong, or None for a blank."""
    wrong = next(option_id for option_id in item.option_ids if option_id != item.key)
    option_id = None if correct is None else item.key if correct else wrong
    return MarkedItem(position, item, option_id, seconds)


def within(span: Range, count: float) -> bool:
    return span.low <= count <= span.high


def rules_met(
    items: Sequence[PoolItem], blueprint: ExamBlueprint, seen: Mapping[str, int]
) -> dict[str, bool]:
    """Each rule of the blueprint, checked one by one without the model."""
    categories = Counter(item.samhsa.split(".")[0] for item in items)
    focus_areas = Counter(item.focus_area for item in items)
    ids = {item.item_id for item in items}
    return {
        "different": len(ids) == len(items) == blueprint.items,
        "oshpd": Counter(item.oshpd for item in items) == blueprint.oshpd,
        "samhsa": all(within(span, categories[code]) for code, span in blueprint.samhsa.items()),
        "focus": all(
            within(span, focus_areas[area]) for area, span in blueprint.focus_areas.items()
        ),
        "words_en": within(blueprint.mean_words_en, mean(item.words_en for item in items)),
        "words_es": within(blueprint.mean_words_es, mean(item.words_es for item in items)),
        "enemies": not any(item.enemies & (ids - {item.item_id}) for item in items),
        "seen": sum(seen.get(item_id, 0) > 0 for item_id in ids) <= blueprint.seen_cap,
    }


def mean(values: Iterable[int]) -> float:
    counted = [*values]
    return sum(counted) / len(counted)
