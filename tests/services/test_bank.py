"""Loading the bank into the database: nothing twice, nothing lost, nothing changed behind."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.bank.files import BankFiles
from app.bank.problems import Problem, ProblemCode
from app.domain.bilingual import Bilingual
from app.domain.items import ItemStatus
from app.services.bank import LoadReport, load_bank
from app.services.home import stock
from app.storage.bank import BankLoadRow, ItemRevisionRow, ItemRow, current_pool, item_of
from app.storage.database import db
from tests.web.accounts_cast import contents
from tests.world import NOON, Stage

LATER = NOON + timedelta(days=1)


def count(table: type[BankLoadRow | ItemRevisionRow | ItemRow]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def retold(bank: BankFiles, place: int = 0) -> BankFiles:
    """The bank with another stem in one item."""
    first = bank.items[place]
    stem = Bilingual(first.stem.en + " Really?", first.stem.es + " ¿De verdad?")
    items = list(bank.items)
    items[place] = replace(first, stem=stem)
    return replace(bank, items=tuple(items))


def test_the_same_files_twice_change_nothing(stage: Stage, bank: BankFiles) -> None:
    db.session.rollback()
    before = contents(stage.app)
    report = load_bank(bank, LATER)
    db.session.rollback()
    assert report == LoadReport(len(bank.items), 0, 0, 0, len(bank.problems))
    assert contents(stage.app) == before


def test_a_changed_item_makes_one_new_revision(stage: Stage, bank: BankFiles) -> None:
    del stage
    revisions = count(ItemRevisionRow)
    report = load_bank(retold(bank), LATER)
    assert report == LoadReport(len(bank.items) - 1, 0, 1, 0, 0)
    assert count(ItemRevisionRow) == revisions + 1
    row = db.session.get(ItemRow, bank.items[0].id)
    assert row is not None
    assert item_of(row.revision_id).stem.en.endswith("Really?")


def test_the_old_revision_stays_as_it_was(stage: Stage, bank: BankFiles) -> None:
    del stage
    row = db.session.get(ItemRow, bank.items[0].id)
    assert row is not None
    old = row.revision_id
    load_bank(retold(bank), LATER)
    kept = db.session.get(ItemRevisionRow, old)
    assert kept is not None
    assert kept.content["stem"] == [bank.items[0].stem.en, bank.items[0].stem.es]


def test_a_change_taken_back_takes_the_old_revision_up_again(stage: Stage, bank: BankFiles) -> None:
    del stage
    row = db.session.get(ItemRow, bank.items[0].id)
    assert row is not None
    old = row.revision_id
    load_bank(retold(bank), LATER)
    revisions = count(ItemRevisionRow)
    load_bank(bank, LATER)
    db.session.expire_all()
    assert (row.revision_id, count(ItemRevisionRow)) == (old, revisions)


def test_a_removed_file_retires_its_item(stage: Stage, bank: BankFiles) -> None:
    del stage
    drawable = stock()
    report = load_bank(replace(bank, items=bank.items[1:]), LATER)
    assert report.retired == 1
    row = db.session.get(ItemRow, bank.items[0].id)
    assert row is not None
    assert row.status == ItemStatus.RETIRED.value
    assert stock() == drawable - 1
    assert item_of(row.revision_id) == replace(bank.items[0], status=ItemStatus.REVIEWED)


def test_a_file_that_comes_back_is_drawn_again(stage: Stage, bank: BankFiles) -> None:
    del stage
    drawable = stock()
    load_bank(replace(bank, items=bank.items[1:]), LATER)
    load_bank(bank, LATER)
    assert stock() == drawable


@pytest.mark.parametrize("status", [ItemStatus.DRAFT, ItemStatus.RETIRED])
def test_only_reviewed_items_are_drawn(stage: Stage, bank: BankFiles, status: ItemStatus) -> None:
    del stage
    items = (replace(bank.items[0], status=status), *bank.items[1:])
    load_bank(replace(bank, items=items), LATER)
    assert bank.items[0].id not in {item.item_id for item in current_pool()}


def test_faults_are_kept_with_their_place(stage: Stage, bank: BankFiles) -> None:
    del stage
    fault = Problem("items/01/x.toml", 7, ProblemCode.REPEATED_VALUE, {"key": "id", "value": "x"})
    report = load_bank(replace(bank, problems=(fault,)), LATER)
    load = db.session.scalar(sa.select(BankLoadRow).order_by(BankLoadRow.id.desc()))
    assert load is not None
    assert (report.problems, load.loaded_at) == (1, LATER)
    (kept,) = load.problems
    assert (kept["path"], kept["line"], kept["code"]) == ("items/01/x.toml", 7, fault.code.value)


def test_an_empty_bank_retires_all_and_keeps_all(stage: Stage, bank: BankFiles) -> None:
    del stage
    items, revisions = count(ItemRow), count(ItemRevisionRow)
    load_bank(replace(bank, items=()), LATER)
    assert stock() == 0
    assert (count(ItemRow), count(ItemRevisionRow)) == (items, revisions)


def test_exposure_survives_a_loading(stage: Stage, bank: BankFiles) -> None:
    stage.start()
    before = dict(iter(db.session.execute(sa.select(ItemRow.id, ItemRow.exposure))))
    assert sum(before.values()) == 120
    load_bank(retold(bank), LATER)
    assert dict(iter(db.session.execute(sa.select(ItemRow.id, ItemRow.exposure)))) == before
