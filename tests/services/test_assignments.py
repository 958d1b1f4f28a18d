"""Setting, changing and withdrawing assignments, and swapping their questions."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app.domain.assignments import Selection
from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Bilingual, Language
from app.domain.errors import CannotDraw, CohortArchived, NotFound, Shortfall
from app.domain.items import Axis, Level, PoolItem
from app.domain.swaps import swaps_for
from app.services import assignments as services
from app.services import attempts
from app.services.assigned_starts import start_assigned
from app.services.assignment_items import Swap, swap_item
from app.services.assignments import Change, Fault, Plan
from app.services.cohorts import remove_member
from app.services.tries import void_try
from app.storage.assignments import AssignmentRow, find_assignment
from app.storage.attempts import find_any_attempt
from app.storage.bank import current_pool
from app.storage.cohorts import CohortRow
from app.storage.database import db
from app.storage.mail import OutboxRow
from app.storage.people import find_by_username
from tests.cohorts import DUE, join, make_cohort, set_quiz
from tests.world import NOON, Stage

LAW = Plan(
    title=Bilingual("Law", "Ley"),
    kind=AttemptKind.QUIZ,
    selection=Selection(areas=("3",)),
    items=10,
    timed=False,
    feedback=Feedback.AT_END,
    language=None,
    opens_at=NOON,
    due_at=DUE,
    attempts_allowed=1,
    same_items=True,
    shuffled=True,
)


@pytest.fixture
def cohort(stage: Stage) -> CohortRow:
    made = make_cohort(stage)
    join(stage, made, "ana", "eli")
    return made


@contextmanager
def queries() -> Iterator[list[str]]:
    """Every statement that is sent meanwhile."""
    seen: list[str] = []

    def note(*told: object) -> None:
        seen.append(str(told[2]))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def put(
    stage: Stage, cohort: CohortRow, plan: Plan = LAW, username: str = "ben", seed: int = 3
) -> AssignmentRow:
    handle = services.set_assignment(
        stage.person(username), cohort.handle, plan, stage.site, NOON, random.Random(seed)
    )
    row = find_assignment(handle)
    assert row is not None
    return row


def begin(stage: Stage, row: AssignmentRow, username: str = "ana") -> str:
    return start_assigned(
        stage.person(username), row.handle, Language.EN, stage.site, NOON, random.Random(1)
    )


def counted() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(AssignmentRow)) or 0


def item_ids(row: AssignmentRow) -> list[str]:
    return [entry[0] for entry in row.form or []]


def test_the_form_is_drawn_when_it_is_set_and_is_every_candidate_s(
    stage: Stage, cohort: CohortRow
) -> None:
    row = put(stage, cohort)
    forms = [find_any_attempt(begin(stage, row, name)) for name in ("ana", "eli")]
    for attempt in forms:
        assert attempt is not None
        assert sorted(entry[0] for entry in attempt.form) == sorted(item_ids(row))


def test_the_items_least_shown_so_far_are_drawn(stage: Stage, cohort: CohortRow) -> None:
    first = put(stage, cohort)
    begin(stage, first)
    assert set(item_ids(put(stage, cohort, seed=4))).isdisjoint(item_ids(first))


def test_drawn_for_each_person_no_form_is_kept(stage: Stage, cohort: CohortRow) -> None:
    row = put(stage, cohort, replace(LAW, same_items=False))
    assert row.form is None
    attempt = find_any_attempt(begin(stage, row))
    assert attempt is not None
    assert len(attempt.form) == 10


def test_only_the_chosen_levels_are_asked(stage: Stage, cohort: CohortRow) -> None:
    levels = (Level.RECALL, Level.JUDGMENT)
    row = put(stage, cohort, replace(LAW, selection=Selection(areas=("3",), levels=levels)))
    known = {item.item_id: item for item in current_pool()}
    assert {known[item_id].level for item_id in item_ids(row)} <= set(levels)


@pytest.mark.parametrize("same_items", [True, False])
def test_too_few_items_are_refused_before_anything_is_saved(
    stage: Stage,
    cohort: CohortRow,
    same_items: bool,  # noqa: FBT001
) -> None:
    there = sum(item.area(Axis.COMPETENCY) == "9" for item in current_pool())
    narrow = Selection(axis=Axis.COMPETENCY, areas=("9",))
    plan = replace(LAW, selection=narrow, items=20, same_items=same_items)
    with pytest.raises(CannotDraw) as refused:
        put(stage, cohort, plan)
    assert refused.value.shortfalls == (Shortfall("items", None, 20, there),)
    assert counted() == 0


def test_the_whole_stock_may_be_set_unless_two_give_one_another_away(
    stage: Stage, cohort: CohortRow
) -> None:
    pool = [item for item in current_pool() if item.oshpd == 3]
    free = [item for item in pool if not any(e.item_id in item.enemies for e in pool)]
    named = tuple(item.item_id for item in free if not any(item.item_id in e.enemies for e in pool))
    plan = replace(LAW, selection=Selection(item_ids=named), items=len(named))
    assert sorted(item_ids(put(stage, cohort, plan))) == sorted(named)


def test_a_mock_is_the_exam_s_own_test(stage: Stage, cohort: CohortRow) -> None:
    row = put(stage, cohort, replace(LAW, kind=AttemptKind.MOCK))
    known = {item.item_id: item for item in current_pool()}
    domains = [known[item_id].oshpd for item_id in item_ids(row)]
    assert {n: domains.count(n) for n in range(1, 11)} == dict(stage.site.blueprint.oshpd)
    assert (row.items, row.timed, row.selection["areas"]) == (120, True, [])


def test_only_who_runs_an_open_cohort_sets_anything(stage: Stage, cohort: CohortRow) -> None:
    for username in ("ana", "caro"):
        with pytest.raises(NotFound):
            put(stage, cohort, username=username)
    assert put(stage, cohort, username="dev").created_by == stage.person("dev").id
    cohort.archived_at = NOON
    db.session.commit()
    with pytest.raises(CohortArchived):
        put(stage, cohort)
    assert counted() == 1


@pytest.mark.parametrize(("opens_at", "letters"), [(NOON, 1), (NOON + timedelta(seconds=1), 0)])
def test_a_site_that_sends_mail_tells_the_members_of_what_is_open(
    stage: Stage, cohort: CohortRow, opens_at: datetime, letters: int
) -> None:
    ana = find_by_username("ana")
    assert ana is not None
    ana.email, ana.confirmed_at = "ana@example.org", NOON
    db.session.commit()
    settings = replace(stage.site.settings, mail_server="mail.example.org")
    site = replace(stage.site, settings=settings)
    with stage.app.test_request_context():
        services.set_assignment(
            stage.person("ben"),
            cohort.handle,
            replace(LAW, opens_at=opens_at),
            site,
            NOON,
            random.Random(3),
        )
    rows = db.session.scalars(sa.select(OutboxRow)).all()
    assert [row.recipient for row in rows] == ["ana@example.org"] * letters


def test_a_site_without_mail_queues_nothing(stage: Stage, cohort: CohortRow) -> None:
    put(stage, cohort)
    assert db.session.scalars(sa.select(OutboxRow)).all() == []


def test_the_list_asks_as_often_for_three_assignments_as_for_one(
    stage: Stage, cohort: CohortRow
) -> None:
    ben = stage.person("ben")
    counts = []
    for titles in (("One",), ("Two", "Three")):
        for title in titles:
            begin(stage, set_quiz(cohort, title=title))
        db.session.expire_all()
        with queries() as seen:
            page = services.assignments_page(ben, cohort.handle, stage.site, NOON)
        counts.append(len(seen))
        assert [view.started for view in page.views] == [1] * len(page.views)
    assert (len(page.views), counts[0]) == (3, counts[1])


# Changing and withdrawing


def change(stage: Stage, cohort: CohortRow, row: AssignmentRow, **other: object) -> Fault | None:
    values: dict[str, object] = {
        "title": row.title,
        "opens_at": row.opens_at,
        "due_at": row.due_at,
        "attempts_allowed": row.attempts_allowed,
        **other,
    }
    return services.change_assignment(
        stage.person("ben"),
        cohort.handle,
        row.handle,
        Change(**values),  # type: ignore[arg-type]
        stage.site,
        NOON + timedelta(hours=1),
    )


def test_a_due_date_lies_after_the_opening(stage: Stage, cohort: CohortRow) -> None:
    row = set_quiz(cohort)
    assert change(stage, cohort, row, due_at=NOON) is Fault.DUE_BEFORE_OPENING
    assert change(stage, cohort, row, due_at=NOON + timedelta(seconds=3601)) is None
    assert change(stage, cohort, row, due_at=None) is None
    assert (row.due_at, row.opens_at) == (None, NOON)


def test_a_due_date_is_not_moved_to_a_time_that_has_passed(stage: Stage, cohort: CohortRow) -> None:
    row = set_quiz(cohort)
    assert change(stage, cohort, row, due_at=NOON + timedelta(hours=1)) is Fault.DUE_PASSED
    past = set_quiz(cohort, title="Past", due_at=NOON + timedelta(minutes=1))
    assert change(stage, cohort, past, title=Bilingual("Law", "Ley")) is None


def test_moved_results_wait_for_the_longest_time(stage: Stage, cohort: CohortRow) -> None:
    row = set_quiz(cohort, feedback="after_due", timed=True)
    handle = begin(stage, row)
    later = DUE + timedelta(days=1)
    assert change(stage, cohort, row, due_at=later) is None
    db.session.expire_all()
    attempt = find_any_attempt(handle)
    assert attempt is not None
    assert attempt.feedback_from == later + timedelta(minutes=26)


def test_who_left_is_not_counted_as_started(stage: Stage, cohort: CohortRow) -> None:
    row = set_quiz(cohort)
    begin(stage, row)
    start_assigned(stage.person("eli"), row.handle, Language.EN, stage.site, NOON, random.Random(1))
    remove_member(stage.person("ben"), cohort.handle, stage.person("eli").id)
    (view,) = services.assignments_page(stage.person("ben"), cohort.handle, stage.site, NOON).views
    assert view.started == 1


def test_results_after_the_due_date_need_one(stage: Stage, cohort: CohortRow) -> None:
    row = set_quiz(cohort, feedback="after_due")
    assert change(stage, cohort, row, due_at=None) is Fault.DUE_NEEDED
    assert row.due_at == DUE


def test_a_voided_attempt_does_not_count_as_used(stage: Stage, cohort: CohortRow) -> None:
    row = put(stage, cohort, replace(LAW, kind=AttemptKind.MOCK, attempts_allowed=2))
    first = begin(stage, row)
    attempts.submit(stage.person("ana"), first, NOON, stage.site)
    attempts.submit(stage.person("ana"), begin(stage, row), NOON, stage.site)
    assert change(stage, cohort, row, attempts_allowed=1) is Fault.FEWER_THAN_USED
    void_try(stage.person("ben"), first, "an outage", NOON)
    assert change(stage, cohort, row, attempts_allowed=1) is None


def test_results_that_are_open_already_stay_open(stage: Stage, cohort: CohortRow) -> None:
    row = set_quiz(cohort, feedback="after_due", due_at=NOON + timedelta(minutes=30))
    handle = begin(stage, row)
    assert change(stage, cohort, row, due_at=DUE) is None
    db.session.expire_all()
    attempt = find_any_attempt(handle)
    assert attempt is not None
    assert attempt.feedback_from == NOON + timedelta(minutes=30)


def test_a_withdrawn_assignment_is_neither_changed_copied_nor_withdrawn_again(
    stage: Stage, cohort: CohortRow
) -> None:
    row, ben = set_quiz(cohort), stage.person("ben")
    services.withdraw_assignment(ben, cohort.handle, row.handle, NOON)
    with pytest.raises(NotFound):
        change(stage, cohort, row, title="Again")
    with pytest.raises(NotFound):
        services.plan_to_copy(ben, row.handle)
    with pytest.raises(NotFound):
        services.withdraw_assignment(ben, cohort.handle, row.handle, NOON)


def test_a_copy_is_what_was_set(stage: Stage, cohort: CohortRow) -> None:
    plan = replace(LAW, selection=Selection(axis=Axis.SAMHSA, areas=("IX",)), timed=True)
    row = put(stage, cohort, plan)
    assert services.plan_to_copy(stage.person("ben"), row.handle) == plan


# Swapping


def swap(stage: Stage, cohort: CohortRow, row: AssignmentRow, position: int) -> Swap:
    return swap_item(
        stage.person("ben"), cohort.handle, row.handle, position, stage.site, random.Random(9)
    )


def test_the_item_least_shown_so_far_comes_in(stage: Stage, cohort: CohortRow) -> None:
    shown = put(stage, cohort)
    begin(stage, shown)
    row = put(stage, cohort, seed=8)
    known = {item.item_id: item for item in current_pool()}
    cell = known[item_ids(row)[0]].level
    left = {
        item.item_id
        for item in known.values()
        if item.oshpd == 3 and item.level is cell and item.item_id not in item_ids(row)
    }
    assert swap(stage, cohort, row, 1) is Swap.SWAPPED
    assert item_ids(row)[0] in left - set(item_ids(shown))


def test_every_item_of_a_mock_is_swapped_within_the_exam_s_rules(
    stage: Stage, cohort: CohortRow
) -> None:
    row = put(stage, cohort, replace(LAW, kind=AttemptKind.MOCK))
    outcomes = [swap(stage, cohort, row, position) for position in (1, 60, 61, 120)]
    assert Swap.SWAPPED in outcomes
    known = {item.item_id: item for item in current_pool()}
    form = [known[item_id] for item_id in item_ids(row)]
    categories = [item.area(Axis.SAMHSA) for item in form]
    for code, span in stage.site.blueprint.samhsa.items():
        assert span.low <= categories.count(code) <= span.high
    assert len({item.item_id for item in form}) == 120


def test_no_swap_brings_an_enemy_onto_the_form(stage: Stage) -> None:
    pool = current_pool()
    enemy = next(item for item in pool if item.enemies)
    foe = next(item for item in pool if item.item_id in enemy.enemies)
    peer = next(item for item in pool if like(item, enemy) and item.item_id not in enemy.enemies)
    form = [foe, peer]
    blueprint = stage.site.blueprint.for_quiz(dict.fromkeys(range(1, 11), 42), 2)
    blueprint = replace(blueprint, oshpd={}, items=2)
    found = {item.item_id for item in swaps_for(form, 1, pool, blueprint)}
    assert enemy.item_id not in found
    assert found == {
        item.item_id
        for item in pool
        if like(item, peer)
        and item not in form
        and item.item_id not in foe.enemies
        and foe.item_id not in item.enemies
    }


def like(one: PoolItem, other: PoolItem) -> bool:
    return (
        one.item_id != other.item_id and (one.oshpd, one.level) == (other.oshpd, other.level)
    ) or one == other


def test_outside_of_the_selection_nothing_is_swapped_in(stage: Stage, cohort: CohortRow) -> None:
    named = tuple(item.item_id for item in current_pool() if item.oshpd == 3)[:4]
    row = put(stage, cohort, replace(LAW, selection=Selection(item_ids=named), items=4))
    before = row.form
    assert [swap(stage, cohort, row, n) for n in range(1, 5)] == [Swap.NONE_LEFT] * 4
    assert row.form == before


def test_after_the_first_start_nothing_is_swapped_even_where_it_was_voided(
    stage: Stage, cohort: CohortRow
) -> None:
    row = put(stage, cohort)
    begin(stage, row)
    assert swap(stage, cohort, row, 1) is Swap.STARTED
