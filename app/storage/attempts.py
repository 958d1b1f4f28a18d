"""Attempts, their responses and what was added to their time."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.assembly import ExamForm, FormEntry
from app.domain.attempts import Attempt, AttemptKind, Feedback, FinishReason
from app.domain.bilingual import Language
from app.domain.timing import Break, TimeAdjustment, TimeAllowance
from app.storage.database import Base, Handle, db, held

LIVE = sa.text("finished_at IS NULL")


class AttemptRow(Base):
    """One run of a form. The form is stored whole and never changes."""

    __tablename__ = "attempt"
    __table_args__ = (
        # One running attempt of a kind, and one on each assignment, whoever races: the schema
        # holds it, not the code.
        sa.Index(
            "uq_attempt_live",
            "person_id",
            "kind",
            sa.text("coalesce(assignment_id, 0)"),
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        # The n-th attempt on an assignment exists once; a void frees its number.
        sa.Index(
            "uq_attempt_assignment_try",
            "person_id",
            "assignment_id",
            "assignment_try",
            unique=True,
        ),
        # A try's place in its period ("2026-03-01#2") is used once; a void frees it.
        sa.UniqueConstraint("person_id", "try_slot", name="uq_attempt_try_slot"),
        sa.CheckConstraint("kind in ('mock', 'practice', 'quiz')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(Handle(32), unique=True)
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(sa.String(16))
    feedback: Mapped[str] = mapped_column(sa.String(16))
    language: Mapped[str] = mapped_column(sa.String(2))
    language_fixed: Mapped[bool]
    side_by_side: Mapped[bool] = mapped_column(default=False)
    form: Mapped[list[Any]]
    """[[item id, revision, "option ids in order"], ...] by position."""
    areas: Mapped[list[Any]] = mapped_column(default=list)
    """What a quiz is on, as "axis:area"; empty for whole tests."""
    base_seconds: Mapped[int | None]
    time_factor: Mapped[float] = mapped_column(default=1.0)
    break_after: Mapped[int | None]
    break_seconds: Mapped[int] = mapped_column(default=0)
    lock_first_part: Mapped[bool] = mapped_column(default=False)
    practice_target: Mapped[float]
    position: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime] = mapped_column(index=True)
    break_started_at: Mapped[datetime | None]
    break_ended_at: Mapped[datetime | None]
    break_skipped: Mapped[bool] = mapped_column(default=False)
    finished_at: Mapped[datetime | None]
    finish_reason: Mapped[str | None] = mapped_column(sa.String(16))
    try_on: Mapped[date | None]
    """The mock's calendar day in America/Los_Angeles; None on all other kinds."""
    try_slot: Mapped[str | None] = mapped_column(sa.String(16))
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None] = mapped_column(sa.String(500))
    voided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))
    assignment_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("assignment.id", ondelete="SET NULL"), index=True
    )
    assignment_try: Mapped[int | None]
    """Which of the assignment's attempts it is, from 1; None once it is voided."""
    feedback_from: Mapped[datetime | None]
    """Key and rationales stay closed until then; None where they open with the end."""
    chosen: Mapped[list[Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    """Option ids by position, None for a blank: kept at the end, for reports over many."""
    right: Mapped[int | None] = mapped_column("right_answers")
    """How many of `chosen` are the key; None while the attempt runs."""
    writer: Mapped[str | None] = mapped_column(sa.String(22))
    """The token of the page whose script writes; another page takes over by a new one."""


class ResponseRow(Base):
    """What a candidate did with one item of a form."""

    __tablename__ = "response"
    __table_args__ = (sa.CheckConstraint("position > 0", name="position"),)

    attempt_id: Mapped[int] = mapped_column(
        sa.ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    option_id: Mapped[str | None] = mapped_column(sa.String(8))
    first_option_id: Mapped[str | None] = mapped_column(sa.String(8))
    seq: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    flagged: Mapped[bool] = mapped_column(default=False)
    struck: Mapped[str] = mapped_column(sa.String(40), default="")
    """Option ids struck out, with spaces between."""
    note: Mapped[str] = mapped_column(sa.String(1000), default="")
    language: Mapped[str] = mapped_column(sa.String(2))
    """The language on screen when the response was last saved."""
    seconds: Mapped[int] = mapped_column(default=0)
    """Time spent with the item open."""
    opened_at: Mapped[datetime | None]
    """Since when the item is on screen; None while another is."""
    revealed: Mapped[bool] = mapped_column(default=False)
    """Key and rationales have been shown (feedback after each item)."""
    late_option_id: Mapped[str | None] = mapped_column(sa.String(8))
    """Chosen in time, as the browser says, and received after the end, out of an outage."""
    saved_at: Mapped[datetime]


class AdjustmentRow(Base):
    """Seconds added to a running attempt; append-only."""

    __tablename__ = "time_adjustment"

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(
        sa.ForeignKey("attempt.id", ondelete="CASCADE"), index=True
    )
    seconds: Mapped[int]
    reason: Mapped[str] = mapped_column(sa.String(500))
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id", ondelete="SET NULL"))


# What nearly every page of an attempt asks; to write a question anew takes longer than to ask it.
_THEIRS = sa.select(AttemptRow).where(
    AttemptRow.handle == sa.bindparam("handle"), AttemptRow.person_id == sa.bindparam("person_id")
)
_THEIRS_HELD = held(_THEIRS, AttemptRow)
_ADDED = (
    sa.select(AdjustmentRow)
    .where(AdjustmentRow.attempt_id == sa.bindparam("attempt_id"))
    .order_by(AdjustmentRow.id)
)
_RESPONSES = sa.select(ResponseRow).where(ResponseRow.attempt_id == sa.bindparam("attempt_id"))
_HEARD = sa.select(sa.func.max(ResponseRow.saved_at)).where(
    ResponseRow.attempt_id == sa.bindparam("attempt_id"), ResponseRow.late_option_id.is_(None)
)
_TRY_DAYS = (
    sa.select(AttemptRow.try_on)
    .where(AttemptRow.person_id == sa.bindparam("person_id"), AttemptRow.voided_at.is_(None))
    .order_by(AttemptRow.try_on)
)
_TRY_SLOTS = sa.select(AttemptRow.try_slot).where(
    AttemptRow.person_id == sa.bindparam("person_id"), AttemptRow.try_slot.is_not(None)
)
_FORMS = sa.select(AttemptRow.form).where(AttemptRow.person_id == sa.bindparam("person_id"))


def encode_form(form: ExamForm) -> list[Any]:
    """The form as one JSON value."""
    return [[e.item_id, e.revision, " ".join(e.option_order)] for e in form.entries]


def decode_form(value: Sequence[Any], break_after: int | None) -> ExamForm:
    """The form that `encode_form` was given."""
    return ExamForm(
        tuple(
            FormEntry(
                position=position,
                item_id=item_id,
                revision=revision,
                option_order=tuple(order.split()),
                part=1 if break_after is None or position <= break_after else 2,
            )
            for position, (item_id, revision, order) in enumerate(value, start=1)
        )
    )


def to_attempt(
    row: AttemptRow,
    adjustments: Iterable[AdjustmentRow] = (),
    heard_at: datetime | None = None,
) -> Attempt:
    """The row as the rules see it."""
    allowance = (
        None
        if row.base_seconds is None
        else TimeAllowance(row.base_seconds, row.time_factor, row.break_seconds)
    )
    return Attempt(
        kind=AttemptKind(row.kind),
        feedback=Feedback(row.feedback),
        language=Language(row.language),
        language_fixed=row.language_fixed,
        form=decode_form(row.form, row.break_after),
        last_position=len(row.form),
        allowance=allowance,
        adjustments=tuple(TimeAdjustment(a.seconds, a.reason, a.made_at) for a in adjustments),
        break_after=row.break_after,
        lock_first_part=row.lock_first_part,
        started_at=row.started_at,
        taken_break=Break(row.break_started_at, row.break_ended_at, row.break_skipped),
        finished_at=row.finished_at,
        finish_reason=FinishReason(row.finish_reason) if row.finish_reason else None,
        heard_at=heard_at,
        voided=row.voided_at is not None,
        feedback_from=row.feedback_from,
    )


def store_moves(row: AttemptRow, attempt: Attempt) -> None:
    """Write what a rule changed back to the row."""
    row.break_started_at = attempt.taken_break.started_at
    row.break_ended_at = attempt.taken_break.ended_at
    row.break_skipped = attempt.taken_break.skipped
    row.finished_at = attempt.finished_at
    row.finish_reason = attempt.finish_reason.value if attempt.finish_reason else None


def find_attempt(handle: str, person_id: int, *, lock: bool = False) -> AttemptRow | None:
    """This person's attempt with this handle; None also where it is another's.

    `lock` holds the row to the end of the transaction (SQLite's write transactions do anyway).
    """
    asked = {"handle": handle, "person_id": person_id}
    return db.session.scalar(_THEIRS_HELD if lock else _THEIRS, asked)


def find_any_attempt(handle: str) -> AttemptRow | None:
    """The attempt with this handle, whoever's it is: for those who may void it."""
    return db.session.scalar(sa.select(AttemptRow).where(AttemptRow.handle == handle))


def adjustments_of(attempt_id: int) -> Sequence[AdjustmentRow]:
    """What was added to the attempt's time, in order."""
    return db.session.scalars(_ADDED, {"attempt_id": attempt_id}).all()


def adjustments_of_many(attempt_ids: Iterable[int]) -> dict[int, list[AdjustmentRow]]:
    """What was added to each attempt's time, in order, in one query."""
    wanted = list(attempt_ids)
    found: dict[int, list[AdjustmentRow]] = {attempt_id: [] for attempt_id in wanted}
    rows = db.session.scalars(
        sa.select(AdjustmentRow)
        .where(AdjustmentRow.attempt_id.in_(wanted))
        .order_by(AdjustmentRow.id)
    )
    for row in rows:
        found[row.attempt_id].append(row)
    return found


def adjustment_marks() -> dict[str, int]:
    """For each running attempt to whose time something was added: how often."""
    rows = db.session.execute(
        sa.select(AttemptRow.handle, sa.func.count(AdjustmentRow.id))
        .join(AdjustmentRow, AdjustmentRow.attempt_id == AttemptRow.id)
        .where(AttemptRow.finished_at.is_(None))
        .group_by(AttemptRow.handle)
    )
    return dict(iter(rows))


def hold(row: AttemptRow) -> None:
    """Hold the row to the end of the transaction, and read it as it stands then."""
    query = held(sa.select(AttemptRow).where(AttemptRow.id == row.id), AttemptRow)
    db.session.scalars(query).all()  # what is not fetched is not read into the row


def live_attempts(person_id: int | None = None) -> Sequence[AttemptRow]:
    """Attempts that nothing has finished yet: one person's, or everybody's."""
    query = sa.select(AttemptRow).where(AttemptRow.finished_at.is_(None)).order_by(AttemptRow.id)
    if person_id is not None:
        query = query.where(AttemptRow.person_id == person_id)
    return db.session.scalars(query).all()


def perhaps_due(now: datetime, person_id: int | None = None) -> list[int]:
    """Running attempts whose own time is over at `now`, unless a break or minutes were added.

    Only what that needs is read: 10,000 forms read once a minute would cost more than the sitting.
    """
    query = sa.select(
        AttemptRow.id, AttemptRow.started_at, AttemptRow.base_seconds, AttemptRow.time_factor
    ).where(AttemptRow.finished_at.is_(None), AttemptRow.base_seconds.is_not(None))
    if person_id is not None:
        query = query.where(AttemptRow.person_id == person_id)
    return [
        attempt_id
        for attempt_id, begun, base, factor in db.session.execute(query.order_by(AttemptRow.id))
        if begun + timedelta(seconds=TimeAllowance(base or 0, factor, 0).own_seconds) < now
    ]


def attempts_of(person_id: int) -> Sequence[AttemptRow]:
    """All the person's attempts, oldest first."""
    return db.session.scalars(
        sa.select(AttemptRow)
        .where(AttemptRow.person_id == person_id)
        .order_by(AttemptRow.started_at, AttemptRow.id)
    ).all()


def try_days(person_id: int) -> tuple[date, ...]:
    """The days of the person's mock tries that count."""
    days = db.session.scalars(_TRY_DAYS, {"person_id": person_id})
    return tuple(day for day in days if day is not None)


def try_slots(person_id: int) -> frozenset[str]:
    """The places in their periods that the person's mock tries hold."""
    return frozenset(
        slot for slot in db.session.scalars(_TRY_SLOTS, {"person_id": person_id}) if slot
    )


def seen_counts(person_id: int) -> dict[str, int]:
    """How often each item has stood on this person's forms."""
    counts: dict[str, int] = {}
    for form in db.session.scalars(_FORMS, {"person_id": person_id}):
        for item_id, _revision, _order in form:
            counts[item_id] = counts.get(item_id, 0) + 1
    return counts


def responses_of(attempt_id: int) -> dict[int, ResponseRow]:
    """The attempt's responses by position."""
    rows = db.session.scalars(_RESPONSES, {"attempt_id": attempt_id})
    return {row.position: row for row in rows}


def responses_of_many(attempt_ids: Iterable[int]) -> dict[int, dict[int, ResponseRow]]:
    """Responses by attempt and position, in one query."""
    wanted = list(attempt_ids)
    found: dict[int, dict[int, ResponseRow]] = {attempt_id: {} for attempt_id in wanted}
    rows = db.session.scalars(sa.select(ResponseRow).where(ResponseRow.attempt_id.in_(wanted)))
    for row in rows:
        found[row.attempt_id][row.position] = row
    return found


def chosen_options(attempt_id: int) -> dict[int, str]:
    """What was chosen, by position; a blank has no entry."""
    query = sa.select(ResponseRow.position, ResponseRow.option_id).where(
        ResponseRow.attempt_id == attempt_id, ResponseRow.option_id.is_not(None)
    )
    return {position: option_id or "" for position, option_id in db.session.execute(query)}


def heard_at(attempt_id: int) -> datetime | None:
    """When the newest save of the attempt was received that came before its end."""
    return db.session.scalar(_HEARD, {"attempt_id": attempt_id})


def response_at(attempt_id: int, position: int) -> ResponseRow | None:
    """The response to one item."""
    return db.session.get(ResponseRow, (attempt_id, position))


def latest_seq(attempt_id: int) -> int:
    """The highest sequence number among the attempt's responses."""
    highest = sa.select(sa.func.max(ResponseRow.seq)).where(ResponseRow.attempt_id == attempt_id)
    return db.session.scalar(highest) or 0
