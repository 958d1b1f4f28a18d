"""Joining by a code, once where it is for one; sharing, and leaving."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.domain.codes import make_code
from app.domain.errors import AlreadyMember, CodeGone, NotFound
from app.services import joining
from app.services.joining import JoinedLine, Verdict
from app.storage import cohorts as storage
from app.storage.cohorts import CohortMemberRow, CohortRow, InvitationRow
from app.storage.database import db
from app.storage.people import PersonRow, ThrottleRow
from tests.cohorts import join, make_cohort, statements
from tests.world import NOON, Stage

END = NOON + timedelta(days=30)
HOME = "192.0.2.7"
ELSEWHERE = "198.51.100.7"
WRONG = "WRNG-CDEX"


@pytest.fixture
def cohort(stage: Stage) -> CohortRow:
    return make_cohort(stage)


def invite(cohort: CohortRow, **wanted: object) -> InvitationRow:
    """A class code that works for thirty days."""
    count = db.session.scalar(sa.select(sa.func.count()).select_from(InvitationRow))
    values: dict[str, object] = {
        "cohort_id": cohort.id,
        "code": make_code(random.Random(count)),
        "single_use": False,
        "language": "en",
        "made_at": NOON,
        "expires_at": END,
        **wanted,
    }
    row = InvitationRow(**values)
    db.session.add(row)
    db.session.commit()
    return row


def enter(stage: Stage, code: str, who: str = "ana", *, shares: bool = False) -> str:
    return joining.join(stage.person(who), code, NOON, shares_practice=shares)


def judge(stage: Stage, code: str, who: str = "ana", address: str = HOME) -> Verdict:
    return joining.judge_code(stage.person(who), code, address, NOON, stage.site.settings)


def members(cohort_id: int) -> list[str]:
    db.session.expire_all()
    return [person.username for _, person in storage.members_of(cohort_id)]


@pytest.mark.parametrize("shares", [True, False])
def test_a_class_code_lets_everybody_in_who_has_it(
    stage: Stage, cohort: CohortRow, *, shares: bool
) -> None:
    code = invite(cohort).code
    assert enter(stage, code.lower(), shares=shares) == "Morning group"
    enter(stage, f"{code[:4]}-{code[4:]}", "eli")
    assert members(cohort.id) == ["ana", "eli"]
    row = storage.membership(stage.person("ana").id, cohort.id)
    assert row is not None
    assert (row.shares_practice, row.joined_at) == (shares, NOON)


def test_joining_by_the_class_code_closes_the_invitation_to_the_same_address(
    stage: Stage, cohort: CohortRow
) -> None:
    own, other = (invite(cohort, single_use=True) for _ in range(2))
    own.name, own.email = "Ana", "ana@example.org"
    other.name, other.email = "Eli", "eli@example.org"
    ana = db.session.get_one(PersonRow, stage.person("ana").id)
    ana.email = "ana@example.org"
    db.session.commit()
    enter(stage, invite(cohort).code)
    db.session.expire_all()
    closed: tuple[object, ...] = (own.name, own.email, own.used_by)
    assert closed == (None, None, ana.id)
    assert (other.name, other.email, other.used_at) == ("Eli", "eli@example.org", None)


def test_an_invitation_for_one_lets_one_in_and_forgets_the_name(
    stage: Stage, cohort: CohortRow
) -> None:
    row = invite(cohort, single_use=True, name="Ana", email="ana@example.org")
    enter(stage, row.code)
    with pytest.raises(CodeGone):
        enter(stage, row.code, "eli")
    db.session.rollback()
    assert members(cohort.id) == ["ana"]
    assert (row.used_by, row.used_at, row.name, row.email) == (
        stage.person("ana").id,
        NOON,
        None,
        None,
    )


GONE: dict[str, dict[str, object]] = {
    "expired": {"expires_at": NOON},
    "taken back": {"revoked_at": NOON - timedelta(days=1)},
    "used": {"single_use": True, "used_at": NOON - timedelta(days=1)},
}


@pytest.mark.parametrize("state", GONE.values(), ids=GONE)
def test_a_code_that_is_gone_lets_nobody_in(
    stage: Stage, cohort: CohortRow, state: dict[str, object]
) -> None:
    code = invite(cohort, **state).code
    for person in (None, stage.person("ana")):
        with pytest.raises(CodeGone):
            joining.invitation_page(person, code, NOON)
    with pytest.raises(CodeGone):
        enter(stage, code)
    db.session.rollback()
    assert (judge(stage, code), members(cohort.id)) == (Verdict.WRONG, [])


@pytest.mark.parametrize("code", [WRONG, "", "\0", "ABCDEFG0", "x" * 500])
def test_a_code_that_never_was_lets_nobody_in(stage: Stage, cohort: CohortRow, code: str) -> None:
    invite(cohort)
    with pytest.raises(CodeGone):
        enter(stage, code)
    db.session.rollback()
    assert judge(stage, code) is Verdict.WRONG


def test_the_last_second_counts(stage: Stage, cohort: CohortRow) -> None:
    code = invite(cohort).code
    ana, last = stage.person("ana"), END - timedelta(seconds=1)
    assert joining.join(ana, code, last, shares_practice=False) == "Morning group"


def test_an_archived_cohort_takes_nobody_in(stage: Stage, cohort: CohortRow) -> None:
    code = invite(cohort).code
    cohort.archived_at = NOON
    db.session.commit()
    with pytest.raises(CodeGone):
        enter(stage, code)


def test_a_member_is_told_so_and_uses_nothing(stage: Stage, cohort: CohortRow) -> None:
    row = invite(cohort, single_use=True)
    join(stage, cohort, "ana", shares=True)
    with pytest.raises(AlreadyMember):
        enter(stage, row.code)
    db.session.rollback()
    assert (row.used_at, judge(stage, row.code)) == (None, Verdict.RIGHT)
    with pytest.raises(AlreadyMember):
        joining.invitation_page(stage.person("ana"), row.code, NOON)


def test_whoever_used_an_invitation_and_opens_it_again_is_told_so(
    stage: Stage, cohort: CohortRow
) -> None:
    code = invite(cohort, single_use=True).code
    enter(stage, code)
    with pytest.raises(AlreadyMember):
        joining.invitation_page(stage.person("ana"), code, NOON + timedelta(days=90))


def test_the_page_names_the_cohort_and_its_trainers(cohort: CohortRow) -> None:
    page = joining.invitation_page(None, invite(cohort).code, NOON)
    assert (page.cohort, page.trainers, len(page.code)) == ("Morning group", ("Ben",), 9)


def test_guesses_are_stopped_also_for_the_right_code(stage: Stage, cohort: CohortRow) -> None:
    code, most = invite(cohort).code, stage.site.settings.sign_in_failures
    assert [judge(stage, WRONG) for _ in range(most)] == [Verdict.WRONG] * most
    assert [judge(stage, WRONG), judge(stage, code)] == [Verdict.WAIT] * 2
    assert judge(stage, code, "eli") is Verdict.RIGHT


def test_a_known_code_does_not_buy_more_guesses(stage: Stage, cohort: CohortRow) -> None:
    code, most = invite(cohort).code, stage.site.settings.sign_in_failures
    verdicts = []
    for _ in range(most):
        verdicts += [judge(stage, WRONG), judge(stage, code)]
    assert verdicts[-1] is Verdict.WAIT
    assert verdicts.count(Verdict.WRONG) == most


def test_a_right_code_counts_against_nobody(stage: Stage, cohort: CohortRow) -> None:
    code = invite(cohort).code
    assert [judge(stage, code) for _ in range(30)] == [Verdict.RIGHT] * 30
    assert set(db.session.scalars(sa.select(ThrottleRow.failures))) == {0}


def test_a_network_of_guessers_is_stopped(stage: Stage, cohort: CohortRow) -> None:
    code, settings = invite(cohort).code, stage.site.settings
    for number in range(settings.sign_in_failures * 10):
        guesser = replace(stage.person("eli"), id=1000 + number)
        assert joining.judge_code(guesser, WRONG, HOME, NOON, settings) is Verdict.WRONG
    assert judge(stage, code) is Verdict.WAIT
    assert judge(stage, code, address=ELSEWHERE) is Verdict.RIGHT


def line(stage: Stage, who: str = "ana") -> JoinedLine:
    (found,) = joining.joined_cohorts(stage.person(who))
    return found


def test_sharing_is_given_and_taken_back(stage: Stage, cohort: CohortRow) -> None:
    join(stage, cohort, "ana", "eli")
    shared = [line(stage).shares_practice]
    for shares in (True, True, False):
        joining.share_practice(stage.person("ana"), cohort.handle, shares=shares)
        shared.append(line(stage).shares_practice)
    assert shared == [False, True, True, False]
    assert line(stage, "eli").shares_practice is False


def test_the_day_of_joining_is_the_cohorts(stage: Stage, cohort: CohortRow) -> None:
    join(stage, cohort, "ana", now=NOON + timedelta(hours=11))
    assert line(stage).joined_on == date(2026, 3, 2)


def test_an_archived_cohort_can_still_be_kept_out_and_left(stage: Stage, cohort: CohortRow) -> None:
    join(stage, cohort, "ana", shares=True)
    cohort.archived_at = NOON
    db.session.commit()
    joining.share_practice(stage.person("ana"), cohort.handle, shares=False)
    assert (line(stage).archived, line(stage).shares_practice) == (True, False)
    joining.leave(stage.person("ana"), cohort.handle)
    assert members(cohort.id) == []


def test_leaving_takes_only_oneself(stage: Stage, cohort: CohortRow) -> None:
    other = make_cohort(stage, "Another")
    join(stage, cohort, "ana", "eli")
    join(stage, other, "ana")
    joining.leave(stage.person("ana"), cohort.handle)
    assert (members(cohort.id), members(other.id)) == (["eli"], ["ana"])


def test_whoever_left_comes_back_by_a_code_and_shares_nothing(
    stage: Stage, cohort: CohortRow
) -> None:
    join(stage, cohort, "ana", shares=True)
    joining.leave(stage.person("ana"), cohort.handle)
    enter(stage, invite(cohort).code)
    assert line(stage).shares_practice is False


@pytest.mark.parametrize("who", ["eli", "ben", "dev"])
def test_whoever_is_no_member_has_nothing_to_share_or_leave(
    stage: Stage, cohort: CohortRow, who: str
) -> None:
    join(stage, cohort, "ana")
    for handle in (cohort.handle, "nothing", "\0"):
        with pytest.raises(NotFound):
            joining.share_practice(stage.person(who), handle, shares=True)
        with pytest.raises(NotFound):
            joining.leave(stage.person(who), handle)
    row = db.session.scalars(sa.select(CohortMemberRow)).one()
    assert (row.person_id, row.shares_practice) == (stage.person("ana").id, False)


def test_more_cohorts_ask_the_database_no_more_often(stage: Stage, cohort: CohortRow) -> None:
    join(stage, cohort, "ana")
    ana = stage.person("ana")

    def count() -> int:
        db.session.rollback()
        with statements() as asked:
            joining.joined_cohorts(ana)
        return len(asked)

    with_one = count()
    for name in ("Second", "Third"):
        join(stage, make_cohort(stage, name, "caro"), "ana")
    assert count() == with_one
