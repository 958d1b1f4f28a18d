"""What a candidate can read of their own record: who gave what and why, and who looked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from app.domain.access import Person
from app.domain.attempts import AttemptKind
from app.domain.bilingual import Bilingual
from app.domain.wall_clock import wall_at
from app.services.looks import SHOWN, LookLine, looks_at_me
from app.services.record_lines import (
    AddedLine,
    LateLine,
    StandingLine,
    VoidLine,
    added_line,
    late_line,
    standing_lines,
    void_line,
)
from app.storage import records as storage
from app.storage.attempts import AttemptRow
from app.storage.late import late_counts_to


@dataclass(frozen=True, slots=True)
class AttemptName:
    """One of the person's attempts, named."""

    handle: str
    kind: AttemptKind
    title: Bilingual | None
    """Its assignment's; None where it is the person's own practice."""
    started_at: datetime


@dataclass(frozen=True, slots=True)
class LookDay:
    """Equal looks that follow one another on one day."""

    look: LookLine
    """The newest of them."""
    day: date
    times: int


@dataclass(frozen=True, slots=True)
class MyRecordPage:
    """Everything newest first."""

    standing: tuple[StandingLine, ...]
    added: tuple[tuple[AttemptName, AddedLine], ...]
    given_back: tuple[tuple[AttemptName, VoidLine], ...]
    late: tuple[tuple[AttemptName, LateLine], ...]
    """Answers that arrived late and were let count."""
    looks: tuple[LookDay, ...]
    more_looks: bool
    """There are older ones, which are not shown."""


def my_record_page(person: Person, time_zone: str) -> MyRecordPage:
    """The person's own record; days are those of the time zone."""
    looks = looks_at_me(person, SHOWN + 1)
    added, late = storage.adjustments_to(person.id), late_counts_to(person.id)
    voided = storage.voided_of(person.id)
    makers = [made.made_by for made, _, _ in added] + [made.made_by for made, _, _ in late]
    names = storage.names_of(makers + [titled.row.voided_by for titled in voided])
    given_back = ((_name(t.row, t.title), void_line(t, names)) for t in voided)
    return MyRecordPage(
        standing=standing_lines(person.id),
        added=tuple((_name(row, title), added_line(made, names)) for made, row, title in added),
        given_back=tuple((name, void) for name, void in given_back if void is not None),
        late=tuple((_name(row, title), late_line(made, names)) for made, row, title in late),
        looks=by_day(looks[:SHOWN], time_zone),
        more_looks=len(looks) > SHOWN,
    )


def by_day(looks: Iterable[LookLine], time_zone: str) -> tuple[LookDay, ...]:
    """One line for equal looks that follow one another on one day."""

    def same(look: LookLine) -> tuple[object, ...]:
        day = wall_at(look.looked_at, time_zone).date()
        return day, look.viewer, look.cohort, look.at_what

    found = (list(group) for _, group in groupby(looks, same))
    return tuple(
        LookDay(group[0], wall_at(group[0].looked_at, time_zone).date(), len(group))
        for group in found
    )


def _name(row: AttemptRow, title: Bilingual | None) -> AttemptName:
    return AttemptName(row.handle, AttemptKind(row.kind), title, row.started_at)
