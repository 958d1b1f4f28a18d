"""The questions of an assignment: reading the form, replacing one item, seeing it as candidates do.

Whoever is a candidate of the cohort as well finds none of this: they would know it beforehand.
"""

import random
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from app.bank.stats import EASY_ABOVE, HARD_BELOW
from app.domain.access import Person
from app.domain.assembly import FormEntry
from app.domain.attempts import AttemptKind
from app.domain.bilingual import Bilingual, Language
from app.domain.blueprint import ExamBlueprint
from app.domain.errors import NotFound, NotOnForm
from app.domain.items import Axis, Item, Level, PoolItem
from app.domain.swaps import swaps_for
from app.services.assigned_starts import to_selection
from app.services.assignments import drawn_form, managed_assignment, plan_of
from app.services.site import Site
from app.storage import assignment_use as use
from app.storage import bank as bank_storage
from app.storage import cohorts as cohort_storage
from app.storage.assignments import AssignmentRow
from app.storage.attempts import decode_form
from app.storage.bank import exposures, items_of
from app.storage.cohorts import CohortRow
from app.storage.database import db


class Band(StrEnum):
    """How hard an item is assumed to be."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Swap(StrEnum):
    """What came of asking for another item."""

    SWAPPED = "swapped"
    NONE_LEFT = "none_left"
    STARTED = "started"
    """Somebody has the form already, so it stays."""


@dataclass(frozen=True, slots=True)
class ShownOption:
    """One option as trainers read it."""

    text: Bilingual
    rationale: Bilingual
    is_key: bool


@dataclass(frozen=True, slots=True)
class ShownItem:
    """One item of the form as trainers read it."""

    position: int
    item_id: str
    area: str
    """The OSHPD domain's number."""
    area_name: Bilingual
    level: Level
    band: Band
    stem: Bilingual
    options: tuple[ShownOption, ...]
    sensitive: bool


@dataclass(frozen=True, slots=True)
class FormPage:
    """Every item of an assignment that is the same for all."""

    cohort: CohortRow
    handle: str
    title: Bilingual
    started: int
    """How many people have started it: from the first on the form stays."""
    items: tuple[ShownItem, ...]


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """One item as candidates see it: nothing of the key."""

    cohort: CohortRow
    handle: str
    title: Bilingual
    position: int
    total: int
    language: Language | None
    """None where the candidate chooses."""
    same_items: bool
    stem: Bilingual
    options: tuple[Bilingual, ...]
    sensitive: bool


def form_page(person: Person, cohort_handle: str, handle: str, site: Site) -> FormPage:
    """The form with keys and rationales. Raises NotFound, also where each gets their own."""
    cohort, row = _shown_assignment(person, cohort_handle, handle)
    entries = _entries(row)
    items = items_of(entry.revision for entry in entries)
    return FormPage(
        cohort=cohort,
        handle=handle,
        title=row.title,
        started=use.people_started([row.id]).get(row.id, 0),
        items=tuple(_shown_item(entry, items[entry.revision], site) for entry in entries),
    )


def picked_stems(
    person: Person, cohort: CohortRow, item_ids: tuple[str, ...]
) -> dict[str, Bilingual]:
    """The stems of those of the ids that can be drawn; none for a candidate of the cohort."""
    if not item_ids or cohort_storage.membership(person.id, cohort.id) is not None:
        return {}
    revisions = {item.item_id: item.revision for item in bank_storage.current_pool()}
    known = [item_id for item_id in item_ids if item_id in revisions]
    items = items_of(revisions[item_id] for item_id in known)
    return {item_id: items[revisions[item_id]].stem for item_id in known}


def swap_item(
    person: Person, cohort_handle: str, handle: str, position: int, site: Site, rng: random.Random
) -> Swap:
    """Replace an item by another of the same OSHPD domain and level, the least shown first.

    Raises NotFound, CohortArchived or NotOnForm.
    """
    row = _shown_assignment(person, cohort_handle, handle, to_change=True)[1]
    entries = _entries(row)
    if not 1 <= position <= len(entries):
        raise NotOnForm
    if use.people_started([row.id]):
        return Swap.STARTED
    found = _replacement(row, entries, position - 1, site, rng)
    if found is None:
        return Swap.NONE_LEFT
    form = [*(row.form or [])]
    form[position - 1] = _encoded(found, entries[position - 1], rng)
    row.form = form
    db.session.commit()
    return Swap.SWAPPED


def preview_page(
    person: Person, cohort_handle: str, handle: str, position: int, site: Site
) -> PreviewPage:
    """One item of the form, or of an example where each candidate gets their own.

    Raises NotFound, NotOnForm or CannotDraw.
    """
    cohort, row = _shown_assignment(person, cohort_handle, handle)
    plan = plan_of(row)
    # The same example each time, so that previous and next walk through one form.
    entries = (
        _entries(row) if row.form else drawn_form(plan, site, {}, random.Random(row.id)).entries
    )
    if not 1 <= position <= len(entries):
        raise NotOnForm
    entry = entries[position - 1]
    item = bank_storage.item_of(entry.revision)
    texts = {option.id: option.text for option in item.options}
    return PreviewPage(
        cohort=cohort,
        handle=handle,
        title=row.title,
        position=position,
        total=len(entries),
        language=plan.language,
        same_items=plan.same_items,
        stem=item.stem,
        options=tuple(texts[option_id] for option_id in entry.option_order),
        sensitive="sensitive" in item.tags,
    )


def _shown_assignment(
    person: Person, cohort_handle: str, handle: str, *, to_change: bool = False
) -> tuple[CohortRow, AssignmentRow]:
    cohort, row = managed_assignment(person, cohort_handle, handle, to_change=to_change)
    if cohort_storage.membership(person.id, cohort.id) is not None:
        raise NotFound
    return cohort, row


def _entries(row: AssignmentRow) -> tuple[FormEntry, ...]:
    if row.form is None:
        raise NotFound
    return decode_form(row.form, None).entries


def _replacement(
    row: AssignmentRow,
    entries: tuple[FormEntry, ...],
    place: int,
    site: Site,
    rng: random.Random,
) -> PoolItem | None:
    items = items_of(entry.revision for entry in entries)
    form = [PoolItem.of(items[entry.revision], entry.revision) for entry in entries]
    pool = to_selection(row.selection).of(bank_storage.current_pool())
    found = swaps_for(form, place, pool, _kept_blueprint(row, form, site))
    shown = exposures()
    return min(found, key=lambda item: (shown.get(item.item_id, 0), rng.random()), default=None)


def _kept_blueprint(row: AssignmentRow, form: list[PoolItem], site: Site) -> ExamBlueprint:
    """What the form must keep to: the exam's rules for a mock, its own mixture for a quiz."""
    if row.kind == AttemptKind.MOCK.value:
        return site.blueprint
    return site.blueprint.for_quiz(Counter(item.oshpd for item in form), len(form))


def _encoded(item: PoolItem, leaving: FormEntry, rng: random.Random) -> list[object]:
    """The item in its place; its key stands where the other's stood, so that none is crowded."""
    old_key = bank_storage.item_of(leaving.revision).key
    order = [option_id for option_id in item.option_ids if option_id != item.key]
    rng.shuffle(order)
    order.insert(leaving.option_order.index(old_key), item.key)
    return [item.item_id, item.revision, " ".join(order)]


def _shown_item(entry: FormEntry, item: Item, site: Site) -> ShownItem:
    options = {option.id: option for option in item.options}
    return ShownItem(
        position=entry.position,
        item_id=item.id,
        area=str(item.oshpd),
        area_name=site.taxonomy.areas(Axis.OSHPD)[str(item.oshpd)],
        level=item.level,
        band=_band(item.difficulty),
        stem=item.stem,
        options=tuple(
            ShownOption(options[o].text, options[o].rationale, o == item.key)
            for o in entry.option_order
        ),
        sensitive="sensitive" in item.tags,
    )


def _band(difficulty: float) -> Band:
    """The band of an assumed share of right answers."""
    if difficulty > EASY_ABOVE:
        return Band.EASY
    return Band.HARD if difficulty < HARD_BELOW else Band.MEDIUM
