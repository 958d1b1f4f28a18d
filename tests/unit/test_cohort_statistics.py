"""Shares of a group: only of enough people, with an honest range, and none by subtraction."""

from datetime import date, timedelta

import pytest

from app.domain.cohort_statistics import (
    ItemFacts,
    Place,
    Sheet,
    Tally,
    added,
    added_by,
    count_answers,
    count_options,
    effective_answers,
    likely_range,
    weeks_together,
    without_few,
)

MONDAY = date(2026, 3, 2)
FACTS = {n: ItemFacts(f"item{n}", "3" if n < 10 else "4", "a") for n in range(20)}


def sheet(person: int, chosen: str, first: int = 0, **wanted: object) -> Sheet:
    """One letter for each item from `first` on; a dash is a blank."""
    values: dict[str, object] = {"assignment": 1, "language": "en", "week": MONDAY, **wanted}
    return Sheet(
        person,
        values["assignment"],  # type: ignore[arg-type]
        values["language"],  # type: ignore[arg-type]
        values["week"],  # type: ignore[arg-type]
        [[f"item{n}", n, "a b c d"] for n in range(first, first + len(chosen))],
        [None if letter == "-" else letter for letter in chosen],
    )


def tally(*people: int, right: int = 0) -> Tally:
    made = Tally()
    made.people.update(people)
    made.answered["item0"] = len(people)
    made.right["item0"] = right
    return made


def test_answers_are_counted_by_place_and_area_and_blanks_are_none() -> None:
    cells = count_answers([sheet(1, "ab-"), sheet(2, "aa", first=9)], FACTS)
    by_area = cells[Place(1, "en", MONDAY)]
    counted = {a: (t.answered.total(), t.right.total(), t.people) for a, t in by_area.items()}
    assert counted == {"3": (3, 2, {1, 2}), "4": (1, 1, {2})}


@pytest.mark.parametrize(("people", "shown"), [(4, False), (5, True)])
def test_a_share_is_shown_from_five_people_on(people: int, *, shown: bool) -> None:
    assert (tally(*range(people), right=2).share() is not None) == shown


def test_many_answers_of_four_people_are_still_four_people() -> None:
    cells = count_answers([sheet(n, "aaaaaaaaaa") for n in range(4)], FACTS)
    assert cells[Place(1, "en", MONDAY)]["3"].share() is None


def test_the_range_of_nothing_is_everything() -> None:
    assert likely_range(0, 0) == (0.0, 1.0)


def test_the_range_is_the_middle_eighty_percent() -> None:
    low, high = likely_range(50, 100)
    assert (round(low, 3), round(high, 3)) == (0.436, 0.564)


@pytest.mark.parametrize(("right", "end"), [(0, 0), (10, 1)])
def test_the_range_stays_within_nought_and_one(right: int, end: int) -> None:
    assert likely_range(right, 10)[end] == pytest.approx(end)


def test_answers_to_many_questions_count_as_more_than_to_one() -> None:
    assert effective_answers([60]) == pytest.approx(60 / 6.9)
    assert effective_answers([1] * 60) == 60
    assert effective_answers([]) == 0


def test_a_share_is_wider_where_all_answered_the_same_question() -> None:
    one = count_answers([sheet(n, "a" if n < 30 else "b") for n in range(60)], FACTS)
    ten = count_answers([sheet(n, "a" if n < 30 else "b", first=n % 10) for n in range(60)], FACTS)
    narrow, wide = (cells[Place(1, "en", MONDAY)]["3"].share() for cells in (ten, one))
    assert narrow is not None
    assert wide is not None
    assert wide.mean == narrow.mean == 0.5
    assert wide.high - wide.low > narrow.high - narrow.low


@pytest.mark.parametrize(("chosen", "weak"), [("b" * 8, True), ("b" * 7, False), ("a" * 8, False)])
def test_weak_takes_eight_questions_and_a_range_below_the_target(
    chosen: str, *, weak: bool
) -> None:
    share = count_answers([sheet(n, chosen) for n in range(5)], FACTS)
    found = share[Place(1, "en", MONDAY)]["3"].share()
    assert found is not None
    assert found.is_weak(0.7) == weak


def test_options_are_counted_by_revision() -> None:
    assert count_options([sheet(1, "ab"), sheet(2, "a-")]) == {
        (0, "a"): 2,
        (1, "b"): 1,
        (1, None): 1,
    }


def test_what_few_answered_does_not_follow_by_subtraction() -> None:
    sheets = [sheet(n, "a") for n in range(5)] + [sheet(9, "b", assignment=2)]
    cells = without_few(count_answers(sheets, FACTS))
    assert added_by(cells, "assignment_id", ["3"])[1].answered.total() == 5
    assert added(t for by_area in cells.values() for t in by_area.values()).answered.total() == 5


def test_several_that_few_answered_are_summed_where_together_they_are_five() -> None:
    sheets = [sheet(n, "a", assignment=n // 3) for n in range(6)]
    cells = without_few(count_answers(sheets, FACTS))
    whole = added(t for by_area in cells.values() for t in by_area.values())
    assert (whole.answered.total(), whole.enough) == (6, True)


def test_weeks_with_few_people_stand_together() -> None:
    weeks = [MONDAY + timedelta(weeks=n) for n in range(4)]
    tallies = [tally(1, 2), tally(3, 4, 5), tally(1, 2, 3, 4, 5), tally(6)]
    found = weeks_together(dict(zip(weeks, tallies, strict=True)))
    assert [(first, last, len(t.people)) for first, last, t in found] == [
        (weeks[0], weeks[1], 5),
        (weeks[2], weeks[3], 6),
    ]


def test_weeks_with_too_few_people_in_all_are_not_shown() -> None:
    assert weeks_together({MONDAY: tally(1, 2), MONDAY + timedelta(weeks=1): tally(1, 2)}) == []
