"""Reads the bank's folder: good items as values, bad ones as problems with their place."""

import os
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.bank.documents import ITEM_LIMIT, Document, read_document, shown_path
from app.bank.files import BankFiles, ItemPlace
from app.bank.problems import Problem, ProblemCode
from app.bank.registry import Registry, read_registry
from app.bank.schema import parse_item
from app.domain.items import Item

ITEMS_FOLDER = "items"


@dataclass(frozen=True, slots=True)
class _Read:
    document: Document
    item: Item


def read_bank(root: Path) -> BankFiles:
    """Read everything below `root`.

    Raises BankUnreadable where a file that the whole bank rests on is broken; a broken item
    file becomes a problem and stops nothing else.
    """
    registry = read_registry(root)
    problems: list[Problem] = []
    documents: list[Document] = []
    for path in _item_paths(root / ITEMS_FOLDER):
        document = _read_one(path, root)
        if isinstance(document, Problem):
            problems.append(document)
        else:
            documents.append(document)
    ids = _first_places(documents)
    read = [_accepted(document, registry, ids, problems) for document in documents]
    return _bank_files(registry, [one for one in read if one], problems, ids)


def _bank_files(
    registry: Registry, read: list[_Read], problems: list[Problem], ids: Mapping[str, str]
) -> BankFiles:
    for one in read:
        problems.extend(_enemy_problems(one, ids))
    read.sort(key=lambda one: one.item.id)
    return BankFiles(
        items=tuple(one.item for one in read),
        problems=tuple(sorted(problems, key=lambda problem: problem.place)),
        taxonomy=registry.taxonomy,
        sources=registry.sources,
        glossary=registry.glossary,
        blueprint=registry.blueprint,
        rules=registry.rules,
        banned=registry.banned,
        spelling=registry.spelling,
        places={one.item.id: ItemPlace(one.document.path, one.document.lines) for one in read},
    )


def _item_paths(folder: Path) -> Iterator[Path]:
    """Everything in the folder and its folders; hidden files are nobody's business."""
    try:
        entries = sorted(folder.iterdir(), key=os.fsencode)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink() and entry.suffix != ".toml":
            yield from _item_paths(entry)
        else:
            yield entry


def _read_one(path: Path, root: Path) -> Document | Problem:
    if path.suffix != ".toml" and not path.is_symlink():
        return Problem(shown_path(path, root), 1, ProblemCode.UNEXPECTED_FILE, {})
    return read_document(path, root, ITEM_LIMIT)


def _first_places(documents: list[Document]) -> dict[str, str]:
    """For each id the file that owns it: the one standing where it should, else the first."""
    places: dict[str, str] = {}
    for document in sorted(documents, key=lambda one: _place_problem(one) is not None):
        if (item_id := _id(document)) is not None:
            places.setdefault(item_id, document.path)
    return places


def _id(document: Document) -> str | None:
    """Give the id in one form of Unicode, so that look-alike file names do not hide a double."""
    value = document.data.get("id")
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else None


def _place_problem(document: Document) -> Problem | None:
    """Say what is wrong with where the file stands, by its id."""
    item_id = _id(document) or ""
    folder, _, name = document.path.rpartition("/")
    if name != f"{item_id}.toml":
        return document.problem("id", ProblemCode.WRONG_FILE_NAME, expected=f"{item_id}.toml")
    expected = f"{ITEMS_FOLDER}/{item_id.removeprefix('oshpd')[:2]}"
    if folder != expected:
        return document.problem("id", ProblemCode.WRONG_FOLDER, expected=expected)
    return None


def _accepted(
    document: Document, registry: Registry, ids: Mapping[str, str], problems: list[Problem]
) -> _Read | None:
    """Make the item, if nothing is wrong with its file; what is wrong is added to `problems`."""
    item = parse_item(document)
    found = list(_double_problems(document, ids))
    if not isinstance(item, Item):
        problems.extend([*found, *item])
        return None
    if misplaced := _place_problem(document):
        found.append(misplaced)
    found.extend(_reference_problems(document, item, registry))
    problems.extend(found)
    return None if found else _Read(document, item)


def _double_problems(document: Document, ids: Mapping[str, str]) -> Iterator[Problem]:
    item_id = _id(document) or ""
    first = ids.get(item_id, document.path)
    if first != document.path:
        yield document.problem("id", ProblemCode.DUPLICATE_ID, id=item_id, first=first)


def _reference_problems(document: Document, item: Item, registry: Registry) -> Iterator[Problem]:
    for key, name, value, known in _references(item, registry):
        if value not in known:
            yield document.problem(key, ProblemCode.UNKNOWN_REFERENCE, key=name, value=value)


def _references(
    item: Item, registry: Registry
) -> Iterator[tuple[str, str, str | int, Mapping[str, object] | Mapping[int, object]]]:
    """Each name that an item borrows: where it stands, its key, itself, and what is known."""
    taxonomy = registry.taxonomy
    sources = {source.id: source for source in registry.sources}
    yield "oshpd", "oshpd", item.oshpd, taxonomy.oshpd
    yield "samhsa", "samhsa", item.samhsa, taxonomy.samhsa_competencies
    yield "competency", "competency", item.competency, taxonomy.competencies
    yield "focus_area", "focus_area", item.focus_area, taxonomy.focus_areas
    if item.ethics is not None:
        yield "ethics", "ethics", item.ethics, taxonomy.ethics
    for tag in item.tags:
        yield "tags", "tags", tag, taxonomy.tags
    for place, source in enumerate(item.sources):
        yield f"sources.{place}.id", "sources", source.id, sources
    for place, option in enumerate(item.options):
        if option.misconception is not None:
            key = f"options.{place}.misconception"
            yield key, "misconception", option.misconception, taxonomy.misconceptions


def _enemy_problems(one: _Read, ids: Mapping[str, str]) -> Iterator[Problem]:
    """Unknown enemies; the item itself can still be used, so it is kept."""
    for enemy in one.item.enemies:
        if enemy not in ids:
            yield one.document.problem("enemies", ProblemCode.UNKNOWN_ENEMY, enemy=enemy)
