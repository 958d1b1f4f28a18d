"""Sheets for blind solving."""

from dataclasses import replace
from pathlib import Path

from app.bank.blind import BlindPass, draw_blind
from app.domain.bilingual import Bilingual, Language
from app.domain.items import Item
from tests.banks import good_bank, numbered


def _items(root: Path, count: int) -> list[Item]:
    items = numbered(good_bank(root).items[0], count)
    return [replace(item, stem=Bilingual(f"EN {item.id}?", f"¿ES {item.id}?")) for item in items]


def test_one_seed_gives_all_four_passes_the_same_items_and_letters(tmp_path: Path) -> None:
    items = _items(tmp_path, 30)
    sheets = [
        draw_blind(items, 10, 7, seen, language) for seen in BlindPass for language in Language
    ]
    assert all(sheet.keys == sheets[0].keys for sheet in sheets)
    assert len({sheet.text for sheet in sheets}) == 4


def test_the_order_of_the_items_given_changes_nothing(tmp_path: Path) -> None:
    items = _items(tmp_path, 30)
    one = draw_blind(items, 10, 7, BlindPass.FULL, Language.EN)
    assert draw_blind(items[::-1], 10, 7, BlindPass.FULL, Language.EN) == one


def test_another_seed_gives_another_sample(tmp_path: Path) -> None:
    items = _items(tmp_path, 30)
    drawn = [draw_blind(items, 10, seed, BlindPass.FULL, Language.EN).keys for seed in (1, 2)]
    assert drawn[0] != drawn[1]


def test_the_letter_in_the_keys_stands_before_the_key(tmp_path: Path) -> None:
    sheet = draw_blind(_items(tmp_path, 20), 20, 3, BlindPass.OPTIONS, Language.ES)
    lines = sheet.text.splitlines()
    for number, key in sheet.keys.items():
        start = lines.index(f"{number}.")
        marked = [line for line in lines[start + 1 : start + 5] if f" {key.letter}. " in line]
        assert marked == [f"   {key.letter}. Que aquí no se puede confirmar ningún nombre"]
    assert len({key.letter for key in sheet.keys.values()}) == 4


def test_the_options_pass_shows_no_stem_and_no_pass_shows_ids(tmp_path: Path) -> None:
    items = _items(tmp_path, 5)
    full = draw_blind(items, 5, 1, BlindPass.FULL, Language.EN).text
    bare = draw_blind(items, 5, 1, BlindPass.OPTIONS, Language.EN).text
    assert full.count("EN oshpd03") == 5
    assert "oshpd03" not in bare
    assert "k7f" not in full + bare


def test_a_small_bank_is_drawn_whole(tmp_path: Path) -> None:
    sheet = draw_blind(_items(tmp_path, 3), 60, 1, BlindPass.FULL, Language.EN)
    assert sorted(key.item_id for key in sheet.keys.values()) == [
        "oshpd03-0001", "oshpd03-0002", "oshpd03-0003",
    ]  # fmt: skip
