"""Finding the pairs of items that a reader should settle."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.bank.alike import most_alike
from app.domain.bilingual import Bilingual, Language
from app.domain.items import Item
from tests.banks import good_bank

STEMS = {
    "oshpd01-0001": Bilingual("Rosa fills the triggers page.", "Rosa llena una hoja del plan."),
    "oshpd02-0001": Bilingual("Omar reads the triggers page.", "Omar lee un papel azul."),
    "oshpd03-0001": Bilingual("Ines misses her train.", "Inés pierde el autobús tardío."),
    "oshpd04-0001": Bilingual("Kofi buys some bread.", "Kofi toma el autobús tardío."),
}


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    (good,) = good_bank(tmp_path).items
    return [replace(good, id=item_id, stem=stem) for item_id, stem in STEMS.items()]


def test_pairs_that_share_telling_words_come_first_in_whichever_language(
    items: list[Item],
) -> None:
    found = [(pair.one.id, pair.other.id, pair.language) for pair in most_alike(items, 2)]
    assert sorted(found) == [
        ("oshpd01-0001", "oshpd02-0001", Language.EN),
        ("oshpd03-0001", "oshpd04-0001", Language.ES),
    ]


def test_words_that_every_item_holds_make_none_alike(items: list[Item]) -> None:
    worst = most_alike(items, 6)[-1]
    assert worst.likeness == pytest.approx(0)


def test_enemies_are_settled(items: list[Item]) -> None:
    one = replace(items[0], enemies=(items[1].id,))
    other = replace(items[1], enemies=(items[0].id,))
    assert [pair.settled for pair in most_alike([one, other], 5)] == [True]


def test_no_pair_comes_of_one_item_or_none(items: list[Item]) -> None:
    assert (most_alike(items[:1], 5), most_alike([], 5)) == ((), ())
