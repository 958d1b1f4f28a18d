"""The two ledgers against a real database: what counts, what is given back, what is refused."""

from datetime import date, timedelta

import pytest

from app.domain.attempts import AttemptKind
from app.domain.eligibility import SittingResult, SittingState, TryReason
from app.domain.errors import AlreadyVoided, NotFound
from app.services import attempts, tries
from app.storage import attempts as storage
from app.storage.attempts import AttemptRow
from app.storage.database import db
from app.storage.tries import periods_of, sittings_of
from tests.world import NOON, Stage

APPROVED = date(2026, 1, 15)
DAY = date(2026, 2, 20)


def mock(stage: Stage, n: int = 0) -> str:
    """A mock of Ana's, taken on the n-th day from noon."""
    now = NOON + timedelta(days=n)
    handle = stage.start(now=now, seed=n)
    attempts.submit(stage.person("ana"), handle, now + timedelta(minutes=1), stage.site)
    return handle


def used(stage: Stage, n: int = 3) -> int:
    now = NOON + timedelta(days=n)
    return tries.mock_standing(stage.person("ana"), stage.site, now).used


def row_of(handle: str) -> AttemptRow:
    row = storage.find_any_attempt(handle)
    assert row is not None
    return row


def record(stage: Stage, state: SittingState, *, counts: bool = False, on: date = DAY) -> None:
    tries.record_sitting(stage.person("ana"), state, on, None, NOON, counts=counts)


def real(stage: Stage) -> int:
    return tries.sitting_standing(stage.person("ana"), stage.site, NOON).used


def test_a_void_gives_the_try_back(stage: Stage) -> None:
    handles = [mock(stage, n) for n in range(3)]
    assert used(stage) == 3
    tries.void_try(stage.person("dev"), handles[1], "The power was out.", NOON)
    assert used(stage) == 2
    mock(stage, 4)
    assert used(stage, 5) == 3


def test_a_void_stays_on_record_with_who_and_why(stage: Stage) -> None:
    handle = mock(stage)
    tries.void_try(stage.person("dev"), handle, "The power was out.", NOON)
    row = row_of(handle)
    assert (row.voided_at, row.void_reason) == (NOON, "The power was out.")
    assert (row.voided_by, row.try_slot) == (stage.person("dev").id, None)
    assert (row.try_on, row.finish_reason) == (stage.site.day(NOON), "submitted")
    (line,) = tries.tries_page(stage.person("ana"), stage.site, NOON).mock_lines
    assert (line.voided, line.void_reason) == (True, "The power was out.")


def test_a_try_given_back_cannot_be_given_back_again(stage: Stage) -> None:
    handle = mock(stage)
    tries.void_try(stage.person("dev"), handle, "first", NOON)
    with pytest.raises(AlreadyVoided):
        tries.void_try(stage.person("dev"), handle, "second", NOON)
    db.session.rollback()
    assert row_of(handle).void_reason == "first"


@pytest.mark.parametrize("who", ["ana", "eli"])
def test_a_candidate_gives_nothing_back(stage: Stage, who: str) -> None:
    handle = mock(stage)
    with pytest.raises(NotFound):
        tries.void_try(stage.person(who), handle, "please", NOON)
    db.session.rollback()
    assert used(stage) == 1


@pytest.mark.parametrize("kind", [AttemptKind.PRACTICE, AttemptKind.QUIZ])
def test_practice_has_no_try_to_give_back(stage: Stage, kind: AttemptKind) -> None:
    handle = stage.start(kind=kind)
    for given in (handle, "unknown"):
        with pytest.raises(NotFound):
            tries.void_try(stage.person("dev"), given, "an outage", NOON)
    assert used(stage) == 0


def test_practice_uses_no_try(stage: Stage) -> None:
    for kind in (AttemptKind.PRACTICE, AttemptKind.QUIZ):
        stage.start(kind=kind)
    assert tries.mock_standing(stage.person("ana"), stage.site, NOON).used == 0


def test_the_last_day_is_proposed_and_marked_so(stage: Stage) -> None:
    ana = stage.person("ana")
    assert tries.record_period(ana, APPROVED, None, NOON) is None
    (row,) = periods_of(ana.id)
    assert (row.valid_through, row.computed) == (date(2027, 1, 15), True)


def test_a_period_is_corrected_in_place(stage: Stage) -> None:
    ana = stage.person("ana")
    tries.record_period(ana, APPROVED, None, NOON)
    (row,) = periods_of(ana.id)
    period_id = row.id
    later = APPROVED + timedelta(days=5)
    assert tries.record_period(ana, later, date(2027, 1, 14), NOON, period_id) is None
    (row,) = periods_of(ana.id)
    assert (row.id, row.approved_on, row.computed) == (period_id, later, False)


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [
        (date(2027, 1, 15), None, "overlaps"),
        (date(2025, 6, 1), date(2026, 1, 15), "overlaps"),
        (date(2026, 3, 1), date(2026, 4, 1), "overlaps"),
        (date(2025, 1, 1), date(2028, 1, 1), "overlaps"),
        (date(2027, 1, 16), date(2027, 1, 15), "ends_before_start"),
        (date(2027, 1, 16), None, None),
        (date(2025, 1, 14), date(2026, 1, 14), None),
    ],
)
def test_periods_may_not_overlap(
    stage: Stage, start: date, end: date | None, wrong: str | None
) -> None:
    ana = stage.person("ana")
    tries.record_period(ana, APPROVED, None, NOON)
    assert tries.record_period(ana, start, end, NOON) == wrong
    db.session.rollback()
    assert len(periods_of(ana.id)) == (1 if wrong else 2)


def test_everybody_has_periods_of_their_own(stage: Stage) -> None:
    ana, eli = stage.person("ana"), stage.person("eli")
    tries.record_period(ana, APPROVED, None, NOON)
    assert tries.record_period(eli, APPROVED, None, NOON) is None
    (row,) = periods_of(ana.id)
    period_id = row.id
    with pytest.raises(NotFound):
        tries.record_period(eli, date(2028, 1, 1), None, NOON, period_id)


def test_correcting_the_period_counts_the_mocks_anew(stage: Stage) -> None:
    ana = stage.person("ana")
    mock(stage)
    tries.record_period(ana, NOON.date() + timedelta(days=1), None, NOON)
    assert used(stage) == 0
    period_id = periods_of(ana.id)[0].id
    tries.record_period(ana, APPROVED, None, NOON, period_id)
    assert used(stage) == 1


def test_a_new_period_starts_the_count_anew(stage: Stage) -> None:
    ana = stage.person("ana")
    tries.record_period(ana, APPROVED, None, NOON)
    for n in range(3):
        mock(stage, n)
    standing = tries.mock_standing(ana, stage.site, NOON + timedelta(days=3))
    assert (standing.reason, standing.next_on) == (TryReason.LIMIT_REACHED, None)
    tries.record_period(ana, date(2027, 1, 16), None, NOON)
    next_year = NOON + timedelta(days=365)
    assert tries.mock_standing(ana, stage.site, next_year).used == 0


@pytest.mark.parametrize(
    ("state", "counts", "expected"),
    [
        (SittingState.SAT, False, 1),
        (SittingState.SAT, True, 1),
        (SittingState.MISSED, False, 0),
        (SittingState.MISSED, True, 1),
        (SittingState.REQUESTED, True, 0),
        (SittingState.SCHEDULED, True, 0),
    ],
)
def test_what_uses_a_real_try(
    stage: Stage,
    state: SittingState,
    counts: bool,  # noqa: FBT001 (a table's column)
    expected: int,
) -> None:
    tries.record_period(stage.person("ana"), APPROVED, None, NOON)
    record(stage, state, counts=counts)
    assert real(stage) == expected


def test_a_real_try_of_another_period_does_not_count_now(stage: Stage) -> None:
    tries.record_period(stage.person("ana"), APPROVED, None, NOON)
    record(stage, SittingState.SAT, on=APPROVED - timedelta(days=1))
    record(stage, SittingState.SAT, on=APPROVED)
    page = tries.tries_page(stage.person("ana"), stage.site, NOON)
    assert real(stage) == 1
    assert [line.in_period for line in page.sitting_lines] == [False, True]


def test_only_an_exam_that_was_sat_has_a_result(stage: Stage) -> None:
    ana = stage.person("ana")
    for state in SittingState:
        tries.record_sitting(ana, state, DAY, SittingResult.PASSED, NOON, counts=True)
    results = {row.state: row.result for row in sittings_of(ana.id)}
    assert results == {"requested": None, "scheduled": None, "sat": "passed", "missed": None}


def test_a_step_goes_on_from_booked_to_sat_in_one_entry(stage: Stage) -> None:
    ana = stage.person("ana")
    record(stage, SittingState.SCHEDULED)
    entry = sittings_of(ana.id)[0].id
    tries.record_sitting(
        ana, SittingState.SAT, DAY, SittingResult.NOT_PASSED, NOON, counts=False, sitting_id=entry
    )
    (row,) = sittings_of(ana.id)
    assert (row.id, row.state, row.counts) == (entry, "sat", True)


def test_nobody_touches_somebody_else_s_entry(stage: Stage) -> None:
    record(stage, SittingState.SAT)
    entry = sittings_of(stage.person("ana").id)[0].id
    eli = stage.person("eli")
    with pytest.raises(NotFound):
        tries.remove_sitting(eli, entry)
    with pytest.raises(NotFound):
        tries.record_sitting(
            eli, SittingState.MISSED, DAY, None, NOON, counts=False, sitting_id=entry
        )
    db.session.rollback()
    assert [row.state for row in sittings_of(stage.person("ana").id)] == ["sat"]


def test_real_tries_and_mocks_never_mix(stage: Stage) -> None:
    tries.record_period(stage.person("ana"), APPROVED, None, NOON)
    for n in range(3):
        record(stage, SittingState.SAT, on=DAY + timedelta(days=n))
    assert used(stage, 0) == 0
    mock(stage)
    assert (real(stage), used(stage)) == (3, 1)
