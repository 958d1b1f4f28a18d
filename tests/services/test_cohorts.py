"""Keeping cohorts: whose they are, who teaches in them, their codes, and the archive."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.domain.access import Role
from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.domain.codes import make_code
from app.domain.errors import CohortArchived, DomainError, LastTrainer, NotFound
from app.services import attempts, cohorts, roster
from app.services.assigned_starts import start_assigned
from app.services.cohorts import Adding
from app.storage import cohorts as storage
from app.storage.attempts import find_any_attempt
from app.storage.cohorts import CohortRow, InvitationRow
from app.storage.database import db
from tests.cohorts import join, make_cohort, set_quiz, statements
from tests.world import NOON, Stage

Change = Callable[[Stage, str, CohortRow], object]
ZONE = "America/Los_Angeles"


def trainers(cohort: CohortRow) -> list[str]:
    return [row.username for row in storage.trainers_of([cohort.id])[cohort.id]]


def class_code(stage: Stage, cohort: CohortRow, days: int = 30, who: str = "ben") -> InvitationRow:
    rng = random.Random(len(storage.invitations_of(cohort.id)))
    code = cohorts.make_class_code(stage.person(who), cohort.handle, days, NOON, rng)
    row = storage.find_invitation(code)
    assert row is not None
    return row


def add(stage: Stage, cohort: CohortRow, name: str, who: str = "ben") -> Adding:
    return cohorts.add_trainer(stage.person(who), cohort.handle, name, NOON)


CHANGES: dict[str, Change] = {
    "rename": lambda s, who, c: cohorts.rename_cohort(s.person(who), c.handle, "New", ZONE),
    "archive": lambda s, who, c: cohorts.archive_cohort(s.person(who), c.handle, NOON),
    "add a trainer": lambda s, who, c: add(s, c, "dev", who),
    "remove a trainer": lambda s, who, c: cohorts.remove_trainer(
        s.person(who), c.handle, s.person("ben").id
    ),
    "make a code": lambda s, who, c: class_code(s, c, who=who),
    "take a code back": lambda s, who, c: cohorts.revoke_invitation(
        s.person(who), c.handle, storage.invitations_of(c.id)[0].id, NOON
    ),
    "remove a member": lambda s, who, c: cohorts.remove_member(
        s.person(who), c.handle, s.person("ana").id
    ),
}


@pytest.fixture
def cohort(stage: Stage) -> CohortRow:
    made = make_cohort(stage)
    join(stage, made, "ana", "eli")
    class_code(stage, made)
    return made


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("who", ["caro", "ana"])
def test_what_is_anothers_is_not_found(
    stage: Stage, cohort: CohortRow, who: str, change: Change
) -> None:
    with pytest.raises(NotFound):
        change(stage, who, cohort)
    for read in (cohorts.cohort_page, lambda p, h, _: cohorts.restore_cohort(p, h)):
        with pytest.raises(NotFound):
            read(stage.person(who), cohort.handle, NOON)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_archived_cohort_refuses_changes(
    stage: Stage, cohort: CohortRow, change: Change
) -> None:
    cohorts.archive_cohort(stage.person("ben"), cohort.handle, NOON)
    with pytest.raises(CohortArchived):
        change(stage, "ben", cohort)
    assert cohorts.cohort_page(stage.person("ben"), cohort.handle, NOON).archived_at == NOON


def test_an_archived_cohort_is_opened_again(stage: Stage, cohort: CohortRow) -> None:
    cohorts.archive_cohort(stage.person("ben"), cohort.handle, NOON)
    cohorts.restore_cohort(stage.person("ben"), cohort.handle)
    cohorts.rename_cohort(stage.person("ben"), cohort.handle, " Evening group ", "Pacific/Honolulu")
    page = cohorts.cohort_page(stage.person("ben"), cohort.handle, NOON)
    assert (page.name, page.time_zone, page.archived_at) == (
        "Evening group",
        "Pacific/Honolulu",
        None,
    )


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_trainer_who_is_a_candidate_again_loses_the_right(
    stage: Stage, cohort: CohortRow, change: Change
) -> None:
    roster.set_role(stage.person("dev"), stage.person("ben").id, Role.CANDIDATE)
    with pytest.raises(NotFound):
        change(stage, "ben", cohort)
    with pytest.raises(NotFound):
        cohorts.create_cohort(stage.person("ben"), "Another", ZONE, NOON)


def test_an_administrator_runs_every_cohort(stage: Stage, cohort: CohortRow) -> None:
    make_cohort(stage, "Another", "caro")
    lines = {
        who: [line.name for line in cohorts.cohort_lines(stage.person(who))]
        for who in ("ben", "caro", "dev")
    }
    assert lines == {
        "ben": ["Morning group"],
        "caro": ["Another"],
        "dev": ["Another", "Morning group"],
    }
    assert class_code(stage, cohort, who="dev").cohort_id == cohort.id


def test_the_list_tells_members_trainers_and_the_archive(stage: Stage, cohort: CohortRow) -> None:
    add(stage, cohort, "caro")
    cohorts.archive_cohort(stage.person("ben"), cohort.handle, NOON)
    (line,) = cohorts.cohort_lines(stage.person("caro"))
    assert (line.members, line.trainers, line.archived) == (2, ("Ben", "Caro"), True)


@pytest.mark.parametrize("name", ["caro", " CARO ", "ｃａｒｏ", "dev"])
def test_trainers_and_administrators_can_be_added_however_the_name_is_typed(
    stage: Stage, cohort: CohortRow, name: str
) -> None:
    assert add(stage, cohort, name) is Adding.ADDED
    assert len(trainers(cohort)) == 2


@pytest.mark.parametrize("name", ["ana", "nobody", "", " ", "\0", "x" * 500])
def test_nobody_else_can_and_the_answer_is_the_same(
    stage: Stage, cohort: CohortRow, name: str
) -> None:
    assert add(stage, cohort, name) is Adding.NO
    assert trainers(cohort) == ["ben"]


def test_a_closed_account_cannot_be_added(stage: Stage, cohort: CohortRow) -> None:
    roster.set_active(stage.person("dev"), stage.person("caro").id, active=False)
    assert add(stage, cohort, "caro") is Adding.NO


def test_adding_twice_adds_once_and_says_so(stage: Stage, cohort: CohortRow) -> None:
    answers = [add(stage, cohort, "caro"), add(stage, cohort, "caro")]
    assert answers == [Adding.ADDED, Adding.THERE]
    assert trainers(cohort) == ["ben", "caro"]


def test_a_trainer_may_go_but_not_the_last_one(stage: Stage, cohort: CohortRow) -> None:
    add(stage, cohort, "caro")
    cohorts.remove_trainer(stage.person("ben"), cohort.handle, stage.person("ben").id)
    assert trainers(cohort) == ["caro"]
    with pytest.raises(LastTrainer):
        cohorts.remove_trainer(stage.person("caro"), cohort.handle, stage.person("caro").id)
    with pytest.raises(NotFound):
        cohorts.remove_trainer(stage.person("caro"), cohort.handle, stage.person("ben").id)


def test_somebody_who_can_train_no_more_does_not_count_as_a_trainer(
    stage: Stage, cohort: CohortRow
) -> None:
    add(stage, cohort, "caro")
    roster.set_role(stage.person("dev"), stage.person("caro").id, Role.CANDIDATE)
    page = cohorts.cohort_page(stage.person("ben"), cohort.handle, NOON)
    assert [(line.name, line.teaches) for line in page.trainers] == [("Ben", True), ("Caro", False)]
    with pytest.raises(LastTrainer):
        cohorts.remove_trainer(stage.person("ben"), cohort.handle, stage.person("ben").id)


def test_of_two_trainers_who_remove_each_other_at_once_one_stays(
    stage: Stage, cohort: CohortRow
) -> None:
    add(stage, cohort, "caro")
    handle, people = cohort.handle, [stage.person("ben"), stage.person("caro")]
    cohort_id = cohort.id
    db.session.rollback()
    barrier = threading.Barrier(2)
    refused: list[DomainError] = []

    def remove(actor: int) -> None:
        with stage.app.app_context():
            barrier.wait()
            try:
                cohorts.remove_trainer(people[actor], handle, people[1 - actor].id)
            except DomainError as error:
                refused.append(error)
                db.session.rollback()

    threads = [threading.Thread(target=remove, args=(n,)) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    assert len(storage.trainers_of([cohort_id])[cohort_id]) == 1
    assert len(refused) == 1


@pytest.mark.parametrize("days", cohorts.CODE_DAYS)
def test_a_code_works_for_its_days_and_is_then_not_listed(
    stage: Stage, cohort: CohortRow, days: int
) -> None:
    row = class_code(stage, cohort, days)
    end = NOON + timedelta(days=days)

    def listed_at(seconds: int) -> bool:
        page = cohorts.cohort_page(
            stage.person("ben"), cohort.handle, end + timedelta(seconds=seconds)
        )
        return row.id in {code.id for code in page.codes}

    assert (row.expires_at, row.single_use, row.made_by) == (end, False, stage.person("ben").id)
    assert [listed_at(-1), listed_at(0)] == [True, False]


def test_several_codes_may_be_open_and_one_taken_back(stage: Stage, cohort: CohortRow) -> None:
    second = class_code(stage, cohort)
    ben = stage.person("ben")
    assert len(cohorts.cohort_page(ben, cohort.handle, NOON).codes) == 2
    cohorts.revoke_invitation(ben, cohort.handle, second.id, NOON)
    assert second.id not in {
        code.id for code in cohorts.cohort_page(ben, cohort.handle, NOON).codes
    }


def test_taking_a_code_back_twice_keeps_the_first_moment(stage: Stage, cohort: CohortRow) -> None:
    row = storage.invitations_of(cohort.id)[0]
    for minutes in (0, 5):
        now = NOON + timedelta(minutes=minutes)
        cohorts.revoke_invitation(stage.person("ben"), cohort.handle, row.id, now)
    db.session.expire_all()
    assert row.revoked_at == NOON


def test_a_code_of_another_cohort_is_not_found(stage: Stage, cohort: CohortRow) -> None:
    other = class_code(stage, make_cohort(stage, "Another", "caro"), who="caro")
    with pytest.raises(NotFound):
        cohorts.revoke_invitation(stage.person("ben"), cohort.handle, other.id, NOON)


def test_taking_an_invitation_back_forgets_for_whom_it_was(stage: Stage, cohort: CohortRow) -> None:
    row = class_code(stage, cohort)
    row.single_use, row.name, row.email = True, "Fay", "fay@example.org"
    db.session.commit()
    cohorts.revoke_invitation(stage.person("ben"), cohort.handle, row.id, NOON)
    db.session.expire_all()
    back = storage.find_invitation(row.code)
    assert back is not None
    assert (back.name, back.email, back.revoked_at) == (None, None, NOON)


def test_a_code_that_was_used_before_is_not_made_again(stage: Stage, cohort: CohortRow) -> None:
    known = class_code(stage, cohort).code
    rng = random.Random(1)
    assert make_code(rng) == known
    assert cohorts.unused_code(random.Random(1)) == make_code(rng)


def test_a_member_who_is_removed_keeps_a_running_attempt(stage: Stage, cohort: CohortRow) -> None:
    ana = stage.person("ana")
    handle = start_assigned(
        ana, set_quiz(cohort).handle, Language.EN, stage.site, NOON, random.Random(5)
    )
    own = stage.start("ana", kind=AttemptKind.QUIZ)
    cohorts.remove_member(stage.person("ben"), cohort.handle, ana.id)
    assert storage.membership(ana.id, cohort.id) is None
    for running in (handle, own):
        attempts.submit(ana, running, NOON + timedelta(minutes=3), stage.site)
        row = find_any_attempt(running)
        assert row is not None
        assert (row.person_id, row.finished_at is None) == (ana.id, False)


def test_whoever_is_no_member_cannot_be_removed(stage: Stage, cohort: CohortRow) -> None:
    for person_id in (stage.person("caro").id, 10_000):
        with pytest.raises(NotFound):
            cohorts.remove_member(stage.person("ben"), cohort.handle, person_id)


def test_more_cohorts_and_people_ask_the_database_no_more_often(
    stage: Stage, cohort: CohortRow
) -> None:
    ben, handle = stage.person("ben"), cohort.handle

    def count() -> int:
        db.session.rollback()
        with statements() as asked:
            cohorts.cohort_lines(ben)
            cohorts.cohort_page(ben, handle, NOON)
        return len(asked)

    with_one = count()
    for name in ("Second", "Third"):
        join(stage, make_cohort(stage, name), "ana", "eli", "caro")
    add(stage, cohort, "caro")
    add(stage, cohort, "dev")
    class_code(stage, cohort)
    assert count() == with_one
