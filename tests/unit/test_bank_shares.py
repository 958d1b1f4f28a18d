"""Rules for the bank as a whole, which hold from 100 items on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.bank.checks.coverage import areas, levels
from app.bank.checks.keys import ids, longest_and_shortest, places
from app.bank.checks.reading import bank_level
from app.bank.files import BankFiles
from app.bank.problems import ProblemCode
from app.domain.bilingual import Bilingual
from app.domain.items import Item, Level
from tests.banks import good_bank, holding, numbered

C = ProblemCode


def _with_key_at(item: Item, place: int) -> Item:
    """The same options with the key at another place of the file."""
    key = next(option for option in item.options if option.id == item.key)
    others = [option for option in item.options if option is not key]
    return replace(item, options=(*others[:place], key, *others[place:]))


def _hundred(root: Path, change: Callable[[int, Item], Item]) -> BankFiles:
    files = good_bank(root)
    items = numbered(files.items[0], 100)
    return holding(files, [change(number, item) for number, item in enumerate(items)])


def test_the_keys_place_is_spread(tmp_path: Path) -> None:
    spread = _hundred(tmp_path, lambda number, item: _with_key_at(item, number % 4))
    skewed = _hundred(tmp_path, lambda number, item: _with_key_at(item, min(number % 10, 3)))
    in_file = C.KEY_PLACE_SHARE
    assert in_file not in [problem.code for problem in places(spread)]
    found = [problem.detail for problem in places(skewed) if problem.code is in_file]
    assert [(one["place"], one["percent"]) for one in found] == [
        (1, 10), (2, 10), (3, 10), (4, 70),
    ]  # fmt: skip


def test_the_keys_id_is_spread_over_the_alphabet(tmp_path: Path) -> None:
    files = _hundred(tmp_path, lambda _, item: item)  # "k7f" is second of b0x, k7f, q2m, z4d
    found = [one.detail for one in places(files) if one.code is C.KEY_ID_ORDER_SHARE]
    assert [(one["place"], one["percent"]) for one in found] == [(1, 0), (2, 100), (3, 0), (4, 0)]


def test_a_letter_that_marks_the_keys_is_found(tmp_path: Path) -> None:
    files = _hundred(tmp_path, lambda _, item: item)
    marks = [one.detail["character"] for one in ids(files) if one.code is C.KEY_IDS_PATTERNED]
    assert marks == ["k", "7", "f"]


def test_shares_say_nothing_of_a_small_bank(tmp_path: Path) -> None:
    files = good_bank(tmp_path)
    small = holding(files, numbered(files.items[0], 99))
    for check in (places, ids, longest_and_shortest, levels, areas, bank_level):
        assert list(check(small)) == []


def _with_key_words(item: Item, count: int) -> Item:
    """The key with `count` words in both languages, every other option with six."""
    options = []
    for option in item.options:
        text = "w " * (count if option.id == item.key else 6)
        options.append(replace(option, text=Bilingual(text, text)))
    return replace(item, options=tuple(options))


@pytest.mark.parametrize(
    ("longer", "shorter", "codes"),
    [
        (25, 25, []),
        (40, 20, [C.KEY_LONGEST_SHARE] * 2),
        (20, 40, [C.KEY_SHORTEST_SHARE] * 2),
        (5, 5, [C.KEY_LONGEST_SHARE, C.KEY_SHORTEST_SHARE] * 2),
    ],
)
def test_the_key_is_longest_or_shortest_as_often_as_chance_has_it(
    longer: int, shorter: int, codes: list[ProblemCode], tmp_path: Path
) -> None:
    def change(number: int, item: Item) -> Item:
        mixed = _with_key_words(item, 7 if number < longer else 5)
        return mixed if number < longer + shorter else _middling(item)

    files = _hundred(tmp_path, change)
    assert [problem.code for problem in longest_and_shortest(files)] == codes


def _middling(item: Item) -> Item:
    """The key with six words between options of five and seven."""
    counts = iter((5, 7, 7))
    options = []
    for option in item.options:
        text = "w " * (6 if option.id == item.key else next(counts))
        options.append(replace(option, text=Bilingual(text, text)))
    return replace(item, options=tuple(options))


def test_ties_share_the_longest_place(tmp_path: Path) -> None:
    files = _hundred(tmp_path, lambda _, item: _with_key_words(item, 6))
    assert list(longest_and_shortest(files)) == []  # four ties: 25 % each


def test_levels_keep_their_shares(tmp_path: Path) -> None:
    cycle = [Level.RECALL] * 2 + [Level.APPLICATION] * 5 + [Level.JUDGMENT] * 3
    kept = _hundred(tmp_path, lambda number, item: replace(item, level=cycle[number % 10]))
    broken = _hundred(tmp_path, lambda _, item: item)
    assert list(levels(kept)) == []
    assert [(one.detail["level"], one.detail["percent"]) for one in levels(broken)] == [
        ("recall", 0), ("application", 100), ("judgment", 0),
    ]  # fmt: skip


def test_every_area_without_an_item_is_named(tmp_path: Path) -> None:
    files = _hundred(tmp_path, lambda _, item: item)
    empty = [(one.detail["axis"], one.detail["area"]) for one in areas(files)]
    assert len(empty) == 9 + 61 + 7 + 16 + 16
    assert ("samhsa", "IX.5") in empty
    assert ("samhsa", "IX.6") not in empty


def test_a_bank_that_reads_too_easily_or_too_hard_is_noticed(tmp_path: Path) -> None:
    stem = Bilingual("He is in. Is he up?", "Él está. ¿Está?")
    easy = _hundred(tmp_path, lambda _, item: replace(item, stem=stem))
    assert [problem.code for problem in bank_level(easy)] == [C.BANK_GRADE]
