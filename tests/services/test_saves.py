"""What a page's script saves: one transaction, the newest number wins, late choices kept apart."""

import random
from datetime import datetime, timedelta

import pytest

from app.domain.attempts import AttemptKind, Feedback, FinishReason
from app.domain.bilingual import Language
from app.domain.errors import (
    AnswerShown,
    AttemptFinished,
    BreakRunning,
    NotFound,
    NotOnForm,
    PartNotReached,
    SignedOut,
    TimeIsUp,
    WritesElsewhere,
)
from app.services import attempts
from app.services.paper import Wish, open_paper
from app.services.responses import Change, save_response
from app.services.saves import Batch, BatchSaved, ItemChange, save_batch
from app.services.sign_ins import Proof, end_sign_ins, start_sign_in
from app.storage import attempts as storage
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.database import db
from app.storage.people import find_by_username
from tests.cohorts import join, make_cohort, set_quiz
from tests.world import NOON, Stage

SOON = NOON + timedelta(minutes=1)
DUE = NOON + timedelta(minutes=150)
TOO_LATE = DUE + timedelta(minutes=10)


def proof_of(username: str = "ana") -> Proof:
    """Sign a browser in."""
    row = find_by_username(username)
    assert row is not None
    return Proof.of_token(start_sign_in(row.id, "", NOON), row.fs_uniquifier)


def row_of(handle: str) -> AttemptRow:
    """The attempt as it is stored now."""
    db.session.rollback()
    row = storage.find_any_attempt(handle)
    assert row is not None
    return row


def stored(handle: str, position: int) -> ResponseRow:
    """The response as it is stored now."""
    response = storage.response_at(row_of(handle).id, position)
    assert response is not None
    return response


def orders(handle: str) -> list[list[str]]:
    """The options of each item, in the attempt's order."""
    return [entry[2].split() for entry in row_of(handle).form]


class Page:
    """A page whose script saves."""

    def __init__(self, stage: Stage, handle: str, username: str = "ana") -> None:
        """Sign in, and become the writer."""
        self.stage, self.handle = stage, handle
        self.proof = proof_of(username)
        self.person = stage.person(username)
        self.options = orders(handle)
        self.writer: str | None = None
        self.take(Wish(None))

    def take(self, wish: Wish, now: datetime = NOON) -> None:
        """Ask for the paper."""
        site = self.stage.site
        self.writer = open_paper(self.person, self.handle, wish, Language.EN, now, site).writer

    def save(
        self, *changes: ItemChange, now: datetime = SOON, skip_break: bool = False
    ) -> BatchSaved:
        """Send them."""
        batch = Batch(self.writer, Language.EN, changes, skip_break)
        db.session.rollback()
        return save_batch(self.proof, self.handle, batch, now, self.stage.site)

    def choice(self, position: int, seq: int, place: int = 0, **more: object) -> ItemChange:
        """An option by its place."""
        option = self.options[position - 1][place]
        return ItemChange(position, seq, option, **more)  # type: ignore[arg-type]


@pytest.fixture
def page(stage: Stage) -> Page:
    """Ana in her mock."""
    return Page(stage, stage.start())


def test_a_batch_is_stored_whole_and_told_as_accepted(page: Page) -> None:
    saved = page.save(
        page.choice(1, 1, seconds=40),
        ItemChange(2, 2, flagged=True, note="Ask Ben", struck=tuple(page.options[1][:2])),
    )
    assert saved == BatchSaved(((1, 1), (2, 2)), seconds_left=149 * 60)
    one, two = stored(page.handle, 1), stored(page.handle, 2)
    assert (one.option_id, one.first_option_id, one.seconds) == (
        page.options[0][0],
        page.options[0][0],
        40,
    )
    assert (two.flagged, two.note, two.struck) == (
        True,
        "Ask Ben",
        " ".join(sorted(page.options[1][:2])),
    )


def test_what_a_change_does_not_name_stays_and_time_adds_up(page: Page) -> None:
    page.save(page.choice(1, 1, note="First", flagged=True, seconds=30))
    page.save(page.choice(1, 2, place=3, seconds=5))
    now = stored(page.handle, 1)
    assert (now.option_id, now.first_option_id) == (page.options[0][3], page.options[0][0])
    assert (now.note, now.flagged, now.seconds) == ("First", True, 35)


def test_a_chosen_option_is_not_struck(page: Page) -> None:
    one, two = page.options[0][:2]
    page.save(ItemChange(1, 1, one, struck=(one, two)))
    assert stored(page.handle, 1).struck == two


def test_a_repeated_batch_changes_nothing_and_is_accepted_again(page: Page) -> None:
    change = page.choice(1, 5, seconds=9)
    assert page.save(change).accepted == page.save(change).accepted == ((1, 5),)
    assert stored(page.handle, 1).seconds == 9


def test_an_older_change_is_told_the_newer_number(page: Page) -> None:
    page.save(page.choice(1, 11, place=2))
    assert page.save(page.choice(1, 10, place=0)).accepted == ((1, 11),)
    assert stored(page.handle, 1).option_id == page.options[0][2]


def test_120_saves_in_any_order_leave_the_newest(page: Page) -> None:
    changes = [page.choice(1, seq, place=seq % 4) for seq in range(1, 121)]
    random.Random(3).shuffle(changes)
    for change in changes:
        page.save(change)
    now = stored(page.handle, 1)
    assert (now.seq, now.option_id) == (120, page.options[0][0])


def test_an_option_of_another_item_stores_nothing_of_the_batch(page: Page) -> None:
    with pytest.raises(NotOnForm):
        page.save(page.choice(1, 1), ItemChange(2, 2, "zzz"))
    assert storage.response_at(row_of(page.handle).id, 2) is None
    assert stored(page.handle, 1).option_id is None


def test_behind_the_break_only_that_change_is_refused(page: Page) -> None:
    saved = page.save(page.choice(60, 1), page.choice(61, 2))
    assert (saved.accepted, saved.refused) == (((60, 1),), ((61, PartNotReached),))


def test_the_break_can_be_skipped_with_the_batch_and_again(page: Page) -> None:
    for _time in range(2):
        assert page.save(page.choice(61, 2), skip_break=True).accepted == ((61, 2),)
    assert row_of(page.handle).break_skipped


def test_a_running_break_ends_with_the_batch_that_goes_on(stage: Stage, page: Page) -> None:
    attempts.start_break(page.person, page.handle, SOON, stage.site)
    with pytest.raises(BreakRunning):
        page.save(page.choice(60, 1), now=SOON + timedelta(minutes=2))
    saved = page.save(page.choice(61, 2), now=SOON + timedelta(minutes=3), skip_break=True)
    assert (saved.accepted, saved.seconds_left) == (((61, 2),), 149 * 60)


def test_an_answer_whose_key_was_shown_stands(stage: Stage) -> None:
    handle = stage.start(kind=AttemptKind.PRACTICE, feedback=Feedback.EACH_ITEM)
    form = orders(handle)
    change = Change(Language.EN, option_id=form[0][0], reveal=True)
    save_response(stage.person("ana"), handle, 1, change, SOON, stage.site)
    page = Page(stage, handle)
    saved = page.save(page.choice(1, 9, place=1), page.choice(2, 10))
    assert (saved.accepted, saved.refused) == (((2, 10),), ((1, AnswerShown),))
    assert stored(handle, 1).option_id == form[0][0]


def test_another_page_s_writer_is_refused_until_it_takes_over(page: Page) -> None:
    first = page.writer
    with pytest.raises(WritesElsewhere):
        page.take(Wish(None))
    db.session.rollback()
    page.take(Wish(None, take_over=True))
    assert page.save(page.choice(1, 1)).accepted == ((1, 1),)
    page.writer = first
    with pytest.raises(WritesElsewhere):
        page.save(page.choice(1, 2, place=1))
    assert stored(page.handle, 1).option_id == page.options[0][0]


def test_a_page_that_comes_back_stays_the_writer(page: Page) -> None:
    before = page.writer
    page.take(Wish(before))
    assert page.writer == before


def test_nobody_else_saves(stage: Stage, page: Page) -> None:
    theirs = proof_of("eli")
    db.session.rollback()
    with pytest.raises(NotFound):
        save_batch(theirs, page.handle, Batch(page.writer, None, ()), SOON, stage.site)


def test_a_sign_in_that_ended_saves_nothing(page: Page) -> None:
    end_sign_ins(page.person.id)
    with pytest.raises(SignedOut):
        page.save(page.choice(1, 1))


def test_who_is_kept_out_saves_nothing(page: Page) -> None:
    db.session.execute(db.text("update person set active = false where username = 'ana'"))
    db.session.commit()
    with pytest.raises(SignedOut):
        page.save(page.choice(1, 1))


def test_to_the_last_second_of_the_tolerance_it_counts(page: Page) -> None:
    last = DUE + timedelta(seconds=60)
    assert page.save(page.choice(1, 1), now=last) == BatchSaved(((1, 1),), seconds_left=0)
    with pytest.raises(TimeIsUp):
        page.save(ItemChange(1, 2, flagged=True), now=last + timedelta(milliseconds=1))


def test_after_submitting_nothing_is_saved(stage: Stage, page: Page) -> None:
    attempts.submit(page.person, page.handle, SOON, stage.site)
    with pytest.raises(AttemptFinished):
        page.save(page.choice(1, 1, age=1.0), now=TOO_LATE)


def minutes(number: float) -> float:
    """In seconds."""
    return number * 60


def test_a_choice_out_of_an_outage_counts_in_what_one_practises_alone(
    stage: Stage, page: Page
) -> None:
    page.save(page.choice(1, 1))
    age = minutes(12)  # two minutes before the deadline
    saved = page.save(page.choice(2, 2, age=age), now=TOO_LATE)
    assert (saved.accepted, saved.late) == (((2, 2),), True)
    row, late = row_of(page.handle), stored(page.handle, 2)
    assert (late.option_id, late.late_option_id) == (page.options[1][0], page.options[1][0])
    assert (row.finish_reason, row.finished_at) == (FinishReason.TIME_UP.value, DUE)
    assert row.chosen is not None
    assert row.chosen[1] == page.options[1][0]
    assert attempts.finish_due(TOO_LATE, stage.site) == 0


def test_it_counts_after_the_sweep_as_well_and_once(stage: Stage, page: Page) -> None:
    page.save(page.choice(1, 1))
    attempts.finish_due(DUE + timedelta(minutes=2), stage.site)
    db.session.commit()
    for _time in range(2):
        saved = page.save(page.choice(2, 2, age=minutes(12)), now=TOO_LATE)
        assert saved.accepted == ((2, 2),)
    assert stored(page.handle, 2).option_id == page.options[1][0]


@pytest.mark.parametrize(
    ("age", "heard"),
    [
        (minutes(9), SOON),  # made after the deadline
        (minutes(12), DUE - timedelta(minutes=1)),  # the site heard of it later than that
        (minutes(60 * 72), SOON),  # before the attempt began
    ],
)
def test_what_the_browser_s_clock_alone_says_does_not_count(
    page: Page, age: float, heard: datetime
) -> None:
    page.save(page.choice(1, 1), now=heard)
    with pytest.raises(TimeIsUp):
        page.save(page.choice(2, 2, age=age), now=TOO_LATE)
    assert storage.response_at(row_of(page.handle).id, 2) is None


def test_an_outage_of_more_than_two_days_is_too_long(page: Page) -> None:
    page.save(page.choice(1, 1))
    with pytest.raises(TimeIsUp):
        page.save(
            page.choice(2, 2, age=minutes(60 * 48 + 2)), now=DUE + timedelta(hours=48, minutes=1)
        )


def test_in_an_assignment_it_waits_for_the_trainer(stage: Stage) -> None:
    from app.services.assigned_starts import start_assigned  # noqa: PLC0415 (this test only)

    cohort = make_cohort(stage)
    join(stage, cohort, "ana")
    quiz = set_quiz(cohort, timed=True)
    handle = start_assigned(
        stage.person("ana"), quiz.handle, Language.EN, stage.site, NOON, random.Random(1)
    )
    page = Page(stage, handle)
    page.save(page.choice(1, 1), now=SOON)
    saved = page.save(page.choice(2, 2, age=minutes(8)), now=NOON + timedelta(minutes=18))
    late = stored(handle, 2)
    assert (saved.late, late.option_id, late.late_option_id) == (True, None, page.options[1][0])
