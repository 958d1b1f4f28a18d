"""Clock and calendar (rows 38-48): clocks that are set, days of 23 and 25 hours, edges to the ms.

Times are turned by hand: the app goes by `Hands`, which stand still until a test moves them.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.bank.files import BankFiles
from app.domain.attempts import AttemptKind, FinishReason
from app.domain.eligibility import ApprovalPeriod, standing, valid_through
from app.domain.errors import NoTryLeft
from app.services import attempts, tries
from app.storage.attempts import AdjustmentRow, AttemptRow, find_any_attempt
from app.storage.database import db
from tests.faults.exam_acts import (
    PATIENCE,
    Desk,
    Hands,
    at_desk,
    end_of,
    going_by,
    stored_options,
    sweep,
)
from tests.web.exam_cast import begin, inside, said, words
from tests.world import NOON, Stage, build_app, signed_in

CALIFORNIA = ZoneInfo("America/Los_Angeles")
EXAM = timedelta(minutes=150)
GRACE = timedelta(seconds=60)
MOMENT = timedelta(milliseconds=1)
FIRST, LAST = date(2023, 1, 1), date(2033, 12, 31)
EVERY_DAY = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
SECOND = timedelta(seconds=1)
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
"""Days of 23 and of 25 hours in California."""


@pytest.fixture
def hands(app: Flask) -> Iterator[Hands]:
    """The clock that the app goes by: noon, until the test turns it."""
    turned = Hands()
    with going_by(app, turned):
        yield turned


def sit(app: Flask, kind: AttemptKind = AttemptKind.MOCK, now: datetime = NOON) -> Desk:
    """Ana at a mock exam that she began now."""
    handle = begin(app, "ana", kind, now)
    return at_desk(signed_in(app, "ana"), handle)


# 38: the machine's clock is set back


def test_38_a_clock_that_is_set_back_gives_nobody_time(app: Flask) -> None:
    turned = Hands()
    with going_by(app, turned.steady()):
        desk = sit(app)
        turned.pass_by(minutes=40)
        assert desk.choose(1).status_code == 200
        left = [desk.seconds_left()]
        turned.set_by(minutes=-30)
        left.append(desk.seconds_left())
        turned.pass_by(minutes=10)
        left.append(desk.seconds_left())
        assert left == [110 * 60, 110 * 60, 100 * 60]
        turned.pass_by(minutes=100)
        assert desk.choose(2).status_code == 200
        turned.pass_by(seconds=61)
        assert desk.choose(3).status_code == 409
    assert end_of(app, desk.handle).at in {None, NOON + EXAM}


def test_38_it_is_logged_once_and_again_when_it_gets_worse(
    caplog: pytest.LogCaptureFixture,
) -> None:
    turned = Hands()
    clock = turned.steady()
    with caplog.at_level(logging.WARNING, "app.web.clock"):
        for step in (0, -1800, 0, 0, -60, 0, 0.5):
            turned.set_by(seconds=step)
            clock()
    told = [record.getMessage() for record in caplog.records]
    assert ["1800 seconds" in text for text in told] == [True, False]
    assert ["1860 seconds" in text for text in told] == [False, True]


steps = st.lists(st.tuples(st.floats(0, 9_000), st.floats(-9_000, 9_000)), max_size=30)


@given(steps=steps)
def test_38_whatever_is_done_to_the_clock_no_time_is_gained(
    steps: list[tuple[float, float]],
) -> None:
    turned = Hands()
    clock = turned.steady()
    before = clock()
    for passed, turned_by in steps:
        turned.pass_by(seconds=passed)
        turned.set_by(seconds=turned_by)
        after = clock()
        assert after - before >= timedelta(seconds=passed) - MOMENT
        assert after >= turned.wall
        before = after


def test_38_after_a_restart_the_attempt_s_own_moments_are_the_floor(app: Flask) -> None:
    turned = Hands()
    with going_by(app, turned.steady()):
        desk = sit(app)
        turned.pass_by(minutes=40)
        assert desk.choose(1).status_code == 200
    turned.set_by(minutes=-30)
    with going_by(app, turned.steady()):
        again = at_desk(signed_in(app, "ana"), desk.handle)
        assert again.seconds_left() == 110 * 60
        assert again.choose(2).get_json()["seconds_left"] == 110 * 60


# 39: the machine's clock jumps forward


def jumped(app: Flask, hands: Hands) -> Desk:
    """An attempt that a jump of three hours has ended, 40 minutes after its start."""
    desk = sit(app)
    hands.pass_by(minutes=40)
    for position in (1, 2, 3):
        assert desk.choose(position).status_code == 200
    hands.set_by(hours=3)
    assert sweep(app, hands.wall) == 1
    return desk


def open_again(app: Flask, handle: str, who: str = "dev", minutes: str = "110") -> int:
    """What the administrator's page answers."""
    data = {"minutes": minutes, "reason": "The server's clock jumped."}
    where = f"/administration/attempts/{handle}/open-again"
    return signed_in(app, who).post(where, data=data).status_code


def test_39_a_clock_that_jumps_ends_attempts_from_what_was_saved(app: Flask, hands: Hands) -> None:
    desk = jumped(app, hands)
    end = end_of(app, desk.handle)
    assert (end.at, end.reason) == (NOON + EXAM, FinishReason.TIME_UP.value)
    assert [option is not None for option in end.chosen] == [True] * 3 + [False] * 117
    page = desk.client.get(f"/attempts/{desk.handle}/result")
    assert page.status_code in {200, 303}


@pytest.mark.parametrize(("put_right", "left"), [(True, 110), (False, 110)])
def test_39_an_administrator_gives_the_time_back_and_it_stays_on_record(
    app: Flask, hands: Hands, *, put_right: bool, left: int
) -> None:
    desk = jumped(app, hands)
    if put_right:
        hands.set_by(hours=-3)
    before = stored_options(app, desk.handle)
    page = signed_in(app, "dev").get(f"/administration/attempts/{desk.handle}/open-again")
    assert f'value="{left}"' in words(page)
    assert open_again(app, desk.handle) == 303
    assert (end_of(app, desk.handle).at, desk.seconds_left()) == (None, left * 60)
    again = at_desk(desk.client, desk.handle)
    assert again.choose(4, 1).status_code == 200
    assert stored_options(app, desk.handle) == {**before, 4: again.items[3][1]}
    hands.pass_by(minutes=left, seconds=61)
    assert again.choose(5).status_code == 409
    sweep(app, hands.wall)
    with inside(app) as stage:
        (record,) = db.session.scalars(sa.select(AdjustmentRow))
        assert (record.reason, record.made_by) == (
            "The server's clock jumped.",
            stage.person("dev").id,
        )
        assert record.seconds == (0 if put_right else 180 * 60)
    end = end_of(app, desk.handle)
    assert end.reason == FinishReason.TIME_UP.value
    assert sum(option is not None for option in end.chosen) == 4


def test_39_only_an_administrator_and_only_what_the_clock_has_ended(
    app: Flask, hands: Hands
) -> None:
    desk = jumped(app, hands)
    assert [open_again(app, desk.handle, who) for who in ("ana", "ben")] == [404, 404]
    assert [open_again(app, desk.handle, minutes=given) for given in ("0", "241", "x")] == [422] * 3
    with inside(app) as stage:
        other = stage.start("ana", now=hands.wall, seed=8)
    assert open_again(app, desk.handle) == 409
    with inside(app) as stage:
        attempts.submit(stage.person("ana"), other, hands.wall + SECOND, stage.site)
    assert open_again(app, other) == 409
    assert open_again(app, desk.handle) == 303
    assert open_again(app, desk.handle) == 409


def test_39_an_opened_attempt_uses_no_further_try(app: Flask, hands: Hands) -> None:
    desk = jumped(app, hands)
    with inside(app) as stage:
        before = tries.mock_standing(stage.person("ana"), stage.site, NOON).used
    open_again(app, desk.handle)
    desk.submit()
    with inside(app) as stage:
        assert tries.mock_standing(stage.person("ana"), stage.site, NOON).used == before == 1


# 40-44: the calendar


@pytest.mark.parametrize(
    "started",
    [
        datetime(2026, 3, 8, 1, 0, tzinfo=CALIFORNIA),
        datetime(2026, 11, 1, 0, 30, tzinfo=CALIFORNIA),
    ],
    ids=["spring", "autumn"],
)
def test_40_a_clock_change_during_the_exam_leaves_exactly_150_minutes(
    app: Flask, hands: Hands, started: datetime
) -> None:
    hands.wall = started.astimezone(UTC)
    desk = sit(app, now=hands.wall)
    assert desk.seconds_left() == 150 * 60
    hands.pass_by(minutes=149)
    assert desk.seconds_left() == 60
    hands.pass_by(minutes=2)
    assert desk.choose(1).status_code == 200
    hands.set_by(milliseconds=1)
    assert desk.choose(2).status_code == 409
    assert sweep(app, hands.wall) == 1
    assert end_of(app, desk.handle).at == started.astimezone(UTC) + EXAM


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=["23 hours", "25 hours"])
def test_41_a_period_s_edges_are_its_local_days_also_where_they_have_23_or_25_hours(
    stage: Stage, day: date
) -> None:
    begins = datetime(day.year, day.month, day.day, tzinfo=CALIFORNIA).astimezone(UTC)
    next_day = day + timedelta(days=1)
    ends = datetime(next_day.year, next_day.month, next_day.day, tzinfo=CALIFORNIA).astimezone(UTC)
    assert (ends - begins) in {timedelta(hours=23), timedelta(hours=25)}
    ana, site = stage.person("ana"), stage.site
    tries.record_period(ana, day, day, NOON)
    allowed = [
        tries.mock_standing(ana, site, moment).allowed
        for moment in (begins - SECOND, begins, begins + SECOND, ends - SECOND, ends, ends + SECOND)
    ]
    assert allowed == [False, True, True, True, False, False]
    for moment in (begins - SECOND, ends):
        with pytest.raises(NoTryLeft):
            stage.start(now=moment)
        db.session.rollback()
    handle = stage.start(now=ends - SECOND)
    row = find_any_attempt(handle)
    assert row is not None
    assert row.try_on == day


def test_42_a_try_counts_on_the_day_of_california_not_of_utc(stage: Stage) -> None:
    ana = stage.person("ana")
    late = datetime(2027, 1, 1, 7, 30, tzinfo=UTC)
    tries.record_period(ana, date(2026, 1, 1), date(2026, 12, 31), NOON)
    row = find_any_attempt(stage.start(now=late))
    assert row is not None
    assert row.try_on == date(2026, 12, 31)
    assert tries.mock_standing(ana, stage.site, late).used == 1
    attempts.submit(ana, row.handle, late + SECOND, stage.site)
    with pytest.raises(NoTryLeft):
        stage.start(now=late + timedelta(minutes=30))


def test_43_every_start_date_has_a_last_day_twelve_months_on() -> None:
    for day in EVERY_DAY:
        last = valid_through(day)
        assert (last.year, last.month) == (day.year + 1, day.month)
        assert last.day == day.day or (day.month, day.day, last.day) == (2, 29, 28)


def test_43_on_every_start_date_the_edges_hold_to_the_day() -> None:
    for start in EVERY_DAY:
        period = ApprovalPeriod(start, valid_through(start))
        full = [start, start + timedelta(days=1), period.valid_through]
        assert not standing(period, [], start - timedelta(days=1), 3).allowed
        assert standing(period, [], start, 3).number == 1
        assert standing(period, full[:2], period.valid_through, 3).number == 3
        assert not standing(period, full, period.valid_through, 3).allowed
        assert not standing(period, [], period.valid_through + timedelta(days=1), 3).allowed


def test_44_twelve_months_are_not_365_days() -> None:
    assert valid_through(date(2023, 3, 1)) == date(2024, 3, 1)
    leap_days = [day for day in EVERY_DAY if (day.month, day.day) == (2, 29)]
    for day in EVERY_DAY:
        last = valid_through(day)
        between = sum(day < leap <= last for leap in leap_days)
        shorter = (day.month, day.day) == (2, 29)
        assert (last - day).days == 365 + between
        assert between == 0 or not shorter


# 45, 46, 48: edges

EDGES = {
    "a moment before": -MOMENT,
    "the deadline": timedelta(),
    "a moment after": MOMENT,
    "the grace's end": GRACE,
    "a moment later": GRACE + MOMENT,
}
SAVED = [200, 200, 200, 200, 409]
SAVED_BY_FORM = [303, 303, 303, 303, 409]
OPENED = [303, 303, 409, 409, 409]
SHOWN = ["item", "item", "time up", "time up", "result"]
ENDED = [FinishReason.SUBMITTED, *[FinishReason.TIME_UP] * 4]


@pytest.fixture
def edge(app: Flask, hands: Hands, request: pytest.FixtureRequest) -> tuple[Desk, timedelta, int]:
    """Ana at her desk, at one of the edges; its offset and its place."""
    desk = sit(app)
    place = list(EDGES).index(request.param)
    hands.wall = NOON + EXAM + EDGES[request.param]
    return desk, EDGES[request.param], place


at_each_edge = pytest.mark.parametrize("edge", EDGES, indirect=True)


@at_each_edge
def test_45_a_save_counts_to_the_millisecond(app: Flask, edge: tuple[Desk, timedelta, int]) -> None:
    desk, _offset, place = edge
    assert desk.choose(1).status_code == SAVED[place]
    assert (stored_options(app, desk.handle).get(1) is None) == (SAVED[place] == 409)
    form = {"option": desk.items[1][0], "do": "stay"}
    by_form = desk.client.post(f"{desk.address}/items/2", data=form)
    assert by_form.status_code == SAVED_BY_FORM[place]
    sweep(app, NOON + timedelta(hours=9))
    counted = sum(option is not None for option in end_of(app, desk.handle).chosen)
    assert counted == (2 if SAVED[place] == 200 else 0)


@at_each_edge
def test_45_a_submit_ends_it_by_hand_or_at_the_deadline(
    app: Flask, edge: tuple[Desk, timedelta, int]
) -> None:
    desk, offset, place = edge
    assert desk.submit().status_code == 303
    end = end_of(app, desk.handle)
    if end.at is None:  # the clock has ended it already, and nobody has written it down yet
        sweep(app, NOON + timedelta(hours=9))
        end = end_of(app, desk.handle)
    assert end.reason == ENDED[place].value
    assert end.at == NOON + EXAM + min(offset, timedelta())


@at_each_edge
def test_45_items_open_up_to_the_deadline(app: Flask, edge: tuple[Desk, timedelta, int]) -> None:
    desk, _offset, place = edge
    opened = desk.client.post(f"{desk.address}/open", data={"position": "2"})
    assert opened.status_code == OPENED[place]
    page = desk.client.get(f"{desk.address}/items/2")
    time_up = said(app, "es", "The time is up")
    shown = (
        "result"
        if (page.location or "").endswith("/result")
        else "time up"
        if time_up in words(page)
        else "item"
    )
    assert shown == SHOWN[place]


def hold(app: Flask, handle: str) -> Callable[[], None]:
    """Keep everybody else from writing to the attempt; what lets them."""
    with app.app_context():
        connection = db.engine.connect()
        begun = connection.begin()
        row = sa.select(AttemptRow.id).where(AttemptRow.handle == handle).with_for_update()
        connection.execute(row)

    def let_go() -> None:
        begun.rollback()
        connection.close()

    return let_go


def test_46_an_answer_counts_by_its_arrival_however_long_the_server_takes(
    app: Flask, hands: Hands
) -> None:
    desk = sit(app)
    hands.wall = NOON + EXAM + GRACE - SECOND
    let_go = hold(app, desk.handle)
    answers: list[int] = []
    hands.read.clear()
    saving = threading.Thread(target=lambda: answers.append(desk.choose(1).status_code))
    saving.start()
    assert hands.read.wait(PATIENCE)
    hands.pass_by(seconds=30)
    assert answers == []
    let_go()
    saving.join(PATIENCE)
    assert answers == [200]
    assert desk.choose(2).status_code == 409
    sweep(app, hands.wall)
    assert end_of(app, desk.handle).chosen[0] == desk.items[0][0]


# 47: two workers whose clocks differ


def test_47_both_workers_count_to_the_same_deadline(
    app: Flask, hands: Hands, tmp_path: Path, bank: BankFiles
) -> None:
    """One host's clock decides; were there two hosts, the deadline would still be one moment."""
    with app.app_context():
        address = db.engine.url.render_as_string(hide_password=False)
    other, ahead = build_app(tmp_path, bank, database_url=address), Hands(NOON + 20 * SECOND)
    with going_by(other, ahead):
        desk = sit(app)
        there = at_desk(signed_in(other, "ana"), desk.handle)
        dues = set()
        for minutes in (0, 50, 99):
            hands.pass_by(minutes=minutes)
            ahead.pass_by(minutes=minutes)
            for seat, clock in ((desk, hands), (there, ahead)):
                dues.add(clock.wall + timedelta(seconds=seat.seconds_left() or 0))
        assert dues == {NOON + EXAM}
        hands.pass_by(seconds=80)
        ahead.pass_by(seconds=80)
        assert there.choose(1).status_code == 200
    with other.app_context():
        db.session.remove()
        db.engine.dispose()
    sweep(app, NOON + timedelta(hours=9))
    assert end_of(app, desk.handle).at == NOON + EXAM


@pytest.mark.parametrize("slew", [-SECOND, SECOND], ids=["behind", "ahead"])
def test_48_a_second_more_or_less_takes_no_answer_away(
    app: Flask, hands: Hands, slew: timedelta
) -> None:
    desk = sit(app)
    hands.wall = NOON + EXAM - MOMENT + slew
    assert desk.choose(1).status_code == 200
    sweep(app, NOON + timedelta(hours=9))
    assert end_of(app, desk.handle).chosen[0] == desk.items[0][0]
