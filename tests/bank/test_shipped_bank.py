"""The question bank that is shipped: without a problem, large and broad enough, fit for mocks."""

import random
from collections import Counter

import pytest

from app.bank.checks import check_bank
from app.bank.coverage import coverage
from app.bank.files import BankFiles
from app.bank.reader import read_bank
from app.bank.stats import EASY_ABOVE, HARD_BELOW
from app.cli_bank import DEFAULT_BANK, problem_text
from app.domain.items import Item, ItemStatus, PoolItem
from app.domain.parallel_forms import draw_parallel_forms
from tests.pools import rules_met

LEAST_PER_AREA = {"oshpd": 60, "samhsa": 5, "competency": 15, "focus_area": 40, "ethics": 8}
LEAST_PER_TOPIC = {
    ("motivational-interviewing", "stages-of-change"): 60,
    ("confidentiality", "mandated-disclosure"): 40,
    ("crisis",): 40,
    ("family",): 30,
    ("groups",): 20,
    ("digital",): 15,
    ("employment",): 15,
    ("certification",): 20,
    ("justice",): 10,
    ("wellness-dimensions",): 10,
}


@pytest.fixture(scope="module")
def bank() -> BankFiles:
    return read_bank(DEFAULT_BANK)


@pytest.fixture(scope="module")
def reviewed(bank: BankFiles) -> list[Item]:
    return [item for item in bank.items if item.status is ItemStatus.REVIEWED]


def test_the_shipped_bank_has_no_problem(bank: BankFiles) -> None:
    found = [f"{one.path}:{one.line}: {problem_text(one)}" for one in check_bank(bank)]
    assert found == []


def test_nothing_in_it_waits_for_review(bank: BankFiles, reviewed: list[Item]) -> None:
    assert len(reviewed) == len(bank.live) >= 600


def test_every_area_of_every_axis_has_its_least_number(bank: BankFiles) -> None:
    thin = {
        f"{axis.axis} {area}": count
        for axis in coverage(bank).axes
        for area, count in axis.counts.items()
        if count < LEAST_PER_AREA[axis.axis]
    }
    assert thin == {}


def test_every_topic_has_its_least_number(reviewed: list[Item]) -> None:
    counts = {
        tags: sum(not set(tags).isdisjoint(item.tags) for item in reviewed)
        for tags in LEAST_PER_TOPIC
    }
    assert {tags: n for tags, n in counts.items() if n < LEAST_PER_TOPIC[tags]} == {}


def test_difficulty_is_spread(reviewed: list[Item]) -> None:
    hard = sum(item.difficulty < HARD_BELOW for item in reviewed) / len(reviewed)
    easy = sum(item.difficulty > EASY_ABOVE for item in reviewed) / len(reviewed)
    assert 0.15 <= hard <= 0.25
    assert 0.15 <= easy <= 0.25


def test_five_mocks_that_share_no_item_can_be_drawn_at_once(
    bank: BankFiles, reviewed: list[Item]
) -> None:
    pool = {item.id: PoolItem.of(item, 1) for item in reviewed}
    forms = draw_parallel_forms([*pool.values()], bank.blueprint, 5, rng=random.Random(600))
    ids = [[entry.item_id for entry in form.entries] for form in forms]
    used = Counter(item_id for form in ids for item_id in form)
    assert (len(used), set(used.values())) == (600, {1})
    for form in ids:
        met = rules_met([pool[item_id] for item_id in form], bank.blueprint, {})
        assert [rule for rule, kept in met.items() if not kept] == []
