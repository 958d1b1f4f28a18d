"""Banks, codes, links and guesses that race (rows 62, 65-67, and 68 without a page): one wins."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_security import verify_password

from app.bank.files import BankFiles
from app.domain.bilingual import Bilingual
from app.domain.items import Item
from app.services import joining, roster
from app.services.bank import load_bank
from app.services.people import RESET, make_link, set_preferences
from app.storage.bank import BankLoadRow, ItemRow, item_of
from app.storage.cohorts import CohortMemberRow, InvitationRow, find_invitation
from app.storage.database import db
from app.storage.people import ThrottleRow, find_by_username
from tests.cohorts import make_cohort
from tests.faults.exam_acts import TEN, Hands, at_once, going_by, short_and_long, ten
from tests.web.accounts_cast import sign_in
from tests.web.exam_cast import inside
from tests.world import NOON, PASSWORD, Stage

# 62: two imports


def bank_like(bank: BankFiles, word: str, step: int) -> BankFiles:
    """The bank with every so-many-th item changed, so that two such banks differ crosswise."""

    def other(place: int, item: Item) -> Item:
        if place % step:
            return item
        return replace(item, stem=Bilingual(f"{item.stem.en} {word}", f"{item.stem.es} {word}"))

    return replace(bank, items=tuple(other(n, item) for n, item in enumerate(bank.items)))


def stems(app: Flask) -> dict[str, str]:
    """The stem that each item is drawn with now."""
    with inside(app):
        query = sa.select(ItemRow.id, ItemRow.revision_id)
        return {
            item_id: item_of(revision).stem.en for item_id, revision in db.session.execute(query)
        }


def test_62_of_two_banks_that_are_loaded_at_once_one_stands_whole(
    app: Flask, bank: BankFiles
) -> None:
    one, other = bank_like(bank, "(one)", 2), bank_like(bank, "(other)", 3)
    reports = at_once(app, [lambda: load_bank(one, NOON), lambda: load_bank(other, NOON)])
    assert [type(report).__name__ for report in reports] == ["LoadReport"] * 2
    whole = [{item.id: item.stem.en for item in files.items} for files in (one, other)]
    assert stems(app) in whole


def test_62_the_same_bank_loaded_ten_times_at_once_is_loaded_once(
    app: Flask, bank: BankFiles
) -> None:
    new = bank_like(bank, "(new)", 1)
    reports = ten(app, lambda _n: load_bank(new, NOON))
    assert sorted(getattr(report, "revised", -1) for report in reports) == [0] * 9 + [
        len(bank.items)
    ]
    with inside(app):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(BankLoadRow)) == 2


# 65, 66 and 67: codes, tokens, guesses


def code_for(stage: Stage, *, single_use: bool) -> tuple[str, int]:
    """A code of a new cohort's, and the cohort."""
    cohort = make_cohort(stage)
    row = InvitationRow(
        cohort_id=cohort.id,
        code="ABCDEFGH",
        single_use=single_use,
        language="en",
        made_at=NOON,
        expires_at=NOON + timedelta(days=30),
    )
    db.session.add(row)
    db.session.commit()
    return row.code, cohort.id


def race_to_join(stage: Stage, names: Sequence[str], code: str) -> list[str]:
    """Everybody sends the code at one moment; what each gets."""
    people = [stage.person(name) for name in names]
    db.session.rollback()
    acts = [
        lambda person=person: joining.join(person, code, NOON, shares_practice=False)
        for person in people
    ]
    got = sorted(map(str, at_once(stage.app, acts)))
    db.session.rollback()
    return got


def members(cohort_id: int) -> list[int]:
    """Who has joined."""
    query = sa.select(CohortMemberRow.person_id).where(CohortMemberRow.cohort_id == cohort_id)
    return [*db.session.scalars(query)]


def test_65_of_people_who_race_for_one_invitation_one_joins(stage: Stage) -> None:
    code, cohort_id = code_for(stage, single_use=True)
    got = race_to_join(stage, ("ana", "eli", "caro", "dev"), code)
    assert got == ["CodeGone", "CodeGone", "CodeGone", "Morning group"]
    row = find_invitation(code)
    assert row is not None
    assert members(cohort_id) == [row.used_by]


@pytest.mark.parametrize("single_use", [True, False])
def test_65_somebody_who_presses_twice_joins_once(stage: Stage, *, single_use: bool) -> None:
    code, cohort_id = code_for(stage, single_use=single_use)
    got = race_to_join(stage, ["ana"] * 3, code)
    assert got == ["AlreadyMember", "AlreadyMember", "Morning group"]
    assert members(cohort_id) == [stage.person("ana").id]


def password_holds(app: Flask, password: str) -> bool:
    """Whether this is Ana's password now."""
    with inside(app):
        row = find_by_username("ana")
        assert row is not None
        return bool(verify_password(password, row.password or ""))


@pytest.mark.parametrize("by", ["an administrator", "e-mail"])
def test_66_of_ten_who_use_one_link_at_once_one_sets_the_password(app: Flask, by: str) -> None:
    hands = Hands()
    with going_by(app, hands):
        with inside(app) as stage:
            ana, dev = stage.person("ana"), stage.person("dev")
            token = (
                roster.make_reset_link(dev, ana.id, NOON)
                if by == "an administrator"
                else make_link(RESET, NOON, ana.id)
            )
        words = [f"quiet river stones {n}" for n in range(TEN)]
        clients: list[FlaskClient] = [app.test_client() for _ in range(TEN)]

        def use(n: int) -> int:
            data = {"password": words[n]}
            return clients[n].post(f"/reset-by-link/{token}", data=data).status_code

        got = ten(app, use)
    assert sorted(map(str, got)) == ["303"] + ["404"] * 9
    holding = [n for n, word in enumerate(words) if password_holds(app, word)]
    assert holding == [got.index(303)]


def test_67_fifty_failures_at_once_are_counted_as_fifty(app: Flask) -> None:
    def fail() -> int:
        return sign_in(app.test_client(), "ana", "wrong one").status_code

    assert set(at_once(app, [fail] * 50)) == {200}
    with inside(app):
        counted = db.session.execute(sa.select(ThrottleRow.key, ThrottleRow.failures))
        found = {key.split(":")[0]: failures for key, failures in counted}
    assert found == {"name": 50, "network": 50}
    assert sign_in(app.test_client(), "ana", PASSWORD).status_code == 200


# 68, the part without a page: small choices made at once


@short_and_long(5, 200)
def test_68_two_choices_that_are_made_at_once_are_both_kept(app: Flask, times: int) -> None:
    with inside(app) as stage:
        ana = stage.person("ana").id
    for n in range(times):
        wish = bool(n % 2)

        def choose(name: str, wish: bool = wish) -> None:  # noqa: FBT001
            set_preferences(ana, **{name: wish})

        at_once(app, [partial(choose, name) for name in ("clock_hidden", "shortcuts_off")])
        with inside(app):
            row = find_by_username("ana")
            assert row is not None
            assert row.preferences == {"clock_hidden": wish, "shortcuts_off": wish}
