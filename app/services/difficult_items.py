"""What a cohort finds hard in an assignment: its items, from the lowest share of right answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.access import Person
from app.domain.bilingual import Bilingual
from app.domain.cohort_statistics import MIN_PEOPLE, Share, Sheet, count_options, likely_range
from app.domain.errors import NotFound
from app.domain.items import Item
from app.services.assignments import managed_assignment
from app.services.board import (
    AssignmentFacts,
    CohortFacts,
    assignment_facts,
    cohort_facts,
    sees_items,
)
from app.services.looks import LookAt, note_look, open_look
from app.services.site import Site
from app.storage import bank as bank_storage
from app.storage import boards as storage
from app.storage.assignments import AssignmentRow
from app.storage.boards import FinishedFirst
from app.storage.cohorts import CohortRow

LISTED = 40
"""So many items at most, the hardest first."""
HARD_BELOW = 0.8
"""A drill takes the items with a lower share."""

Options = Counter[tuple[int, str | None]]


@dataclass(frozen=True, slots=True)
class WrongOption:
    """The distractor that most people chose; the first of equals, of which there are `equals`."""

    text: Bilingual
    rationale: Bilingual
    misconception: Bilingual | None
    people: int
    equals: int = 1
    """How many options were chosen so often, this one with them."""


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item that enough people answered."""

    item_id: str
    stem: Bilingual
    domain: Bilingual
    share: Share
    blank: int
    wrong: WrongOption | None


@dataclass(frozen=True, slots=True)
class OptionPeople:
    """Who chose an option; the option is None for a blank."""

    text: Bilingual | None
    is_key: bool
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemAnswers:
    """Who chose what on one item."""

    item_id: str
    stem: Bilingual
    options: tuple[OptionPeople, ...]


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """The items of an assignment that enough people answered, the hardest first."""

    cohort: CohortFacts
    assignment: AssignmentFacts
    finished: int
    """People whose first attempt has ended."""
    lines: tuple[ItemLine, ...]
    more: int
    """Items with higher shares that are not listed."""
    few: int
    """Items that fewer than five people answered."""
    answers: ItemAnswers | None

    @property
    def drill(self) -> tuple[str, ...]:
        """The items to assign once more."""
        return tuple(line.item_id for line in self.lines if line.share.mean < HARD_BELOW)


def items_page(
    person: Person,
    cohort_handle: str,
    handle: str,
    site: Site,
    now: datetime,
    look: str | None = None,
    item_id: str | None = None,
) -> ItemsPage:
    """The items, and by an open look who chose what on one of them. Raises NotFound."""
    cohort, row = _seen(person, cohort_handle, handle)
    found = storage.finished_first(cohort.id, row.id)
    lines = _lines(found, site)
    enough = sorted(
        (line for line in lines if line.share.people >= MIN_PEOPLE),
        key=lambda line: (line.share.mean, -line.share.answers, line.item_id),
    )
    named = open_look(person, look, cohort.id, LookAt.ANSWERS, now)
    asked = named and item_id in {line.item_id for line in enough}
    return ItemsPage(
        cohort=cohort_facts(cohort),
        assignment=assignment_facts(row, now),
        finished=len(found),
        lines=tuple(enough[:LISTED]),
        more=len(enough[LISTED:]),
        few=len(lines) - len(enough),
        answers=_answers(cohort, found, item_id or "", named) if asked else None,
    )


def look_at_answers(
    person: Person, cohort_handle: str, handle: str, item_id: str, now: datetime
) -> str:
    """Note that it is looked at who chose what on one item, and give the look.

    Raises NotFound, also where fewer than five people answered it.
    """
    cohort, row = _seen(person, cohort_handle, handle)
    met = _met(storage.finished_first(cohort.id, row.id), item_id)
    if sum(option is not None for _revision, option in met.values()) < MIN_PEOPLE:
        raise NotFound
    return note_look(person, cohort.id, met, LookAt.ANSWERS, now)


def _seen(person: Person, cohort_handle: str, handle: str) -> tuple[CohortRow, AssignmentRow]:
    cohort, row = managed_assignment(person, cohort_handle, handle)
    if not sees_items(person, cohort):
        raise NotFound
    return cohort, row


def _lines(found: Sequence[FinishedFirst], site: Site) -> list[ItemLine]:
    options = count_options(_sheets(found))
    items = bank_storage.items_of(revision for revision, _ in options)
    revisions: dict[str, list[int]] = {}
    for revision in sorted(items):
        revisions.setdefault(items[revision].id, []).append(revision)
    by_revision: dict[int, Options] = {revision: Counter() for revision in items}
    for choice, people in options.items():
        by_revision[choice[0]][choice] = people
    return [
        _line(sum((by_revision[revision] for revision in same), Counter()), items, same[-1], site)
        for same in revisions.values()
    ]


def _sheets(found: Sequence[FinishedFirst]) -> list[Sheet]:
    return [
        Sheet(row.person_id, row.assignment_id, row.language, row.finished_at.date(), *row[4:])
        for row in found
    ]


def _line(options: Options, items: Mapping[int, Item], newest: int, site: Site) -> ItemLine:
    """One item over all its revisions, each by its own key; the newest has the words."""
    right = sum(n for (revision, option), n in options.items() if option == items[revision].key)
    blank = sum(n for (_revision, option), n in options.items() if option is None)
    answered = options.total() - blank
    low, high = likely_range(right, answered)
    item = items[newest]
    return ItemLine(
        item_id=item.id,
        stem=item.stem,
        domain=site.taxonomy.oshpd[item.oshpd],
        share=Share(right, answered, people=answered, items=1, low=low, high=high),
        blank=blank,
        wrong=_most_chosen(options, items, site),
    )


def _most_chosen(options: Options, items: Mapping[int, Item], site: Site) -> WrongOption | None:
    wrong = {
        (revision, option): people
        for (revision, option), people in sorted(options.items(), key=str)
        if option is not None and option != items[revision].key
    }
    if not wrong:
        return None
    revision, option_id = max(wrong, key=lambda choice: wrong[choice])
    option = next(option for option in items[revision].options if option.id == option_id)
    return WrongOption(
        text=option.text,
        rationale=option.rationale,
        misconception=site.taxonomy.misconceptions.get(option.misconception or ""),
        people=wrong[revision, option_id],
        equals=[*wrong.values()].count(wrong[revision, option_id]),
    )


def _met(found: Sequence[FinishedFirst], item_id: str) -> dict[int, tuple[int, str | None]]:
    """By person, the item's revision and what was chosen."""
    return {
        row.person_id: (entry[1], option)
        for row in found
        for entry, option in zip(row.form, row.chosen, strict=True)
        if entry[0] == item_id
    }


def _answers(
    cohort: CohortRow, found: Sequence[FinishedFirst], item_id: str, named: frozenset[int]
) -> ItemAnswers:
    met = _met(found, item_id)
    everybody = storage.members(cohort.id, cohort.handle)
    names = {member.person_id: member.name for member in everybody if member.person_id in named}
    people: dict[tuple[int, str | None], list[str]] = {}
    for person_id in sorted(names.keys() & met.keys(), key=lambda id_: names[id_].casefold()):
        people.setdefault(met[person_id], []).append(names[person_id])
    items = bank_storage.items_of(revision for revision, _ in met.values())
    blanks = [name for (_, option), some in people.items() if option is None for name in some]
    options = [
        OptionPeople(option.text, option.id == item.key, tuple(people[revision, option.id]))
        for revision, item in sorted(items.items())
        for option in item.options
        if (revision, option.id) in people
    ]
    if blanks:
        options.append(OptionPeople(None, is_key=False, names=tuple(blanks)))
    return ItemAnswers(item_id, items[max(items)].stem, tuple(options))
