"""Reads the files that the whole bank rests on. A fault in one of them stops everything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from app.bank.blueprints import blueprint_problems, exam_blueprint, exam_rules
from app.bank.documents import REGISTRY_LIMIT, Document, read_document, read_lines
from app.bank.files import Banned, Source, Term
from app.bank.problems import BankUnreadable, Problem, ProblemCode
from app.bank.registry_schema import (
    BannedModel,
    BlueprintModel,
    GlossaryModel,
    NumberedModel,
    SourcesModel,
    TaxonomiesModel,
)
from app.bank.schema import Strict, problems_of
from app.domain.bilingual import Bilingual, Language
from app.domain.blueprint import ExamBlueprint, ExamRules
from app.domain.items import Taxonomy

SPELLING_FILE = "spelling.txt"
_Model = TypeVar("_Model", bound=Strict)


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything in the bank's folder but the items."""

    taxonomy: Taxonomy
    sources: tuple[Source, ...]
    glossary: tuple[Term, ...]
    blueprint: ExamBlueprint
    rules: ExamRules
    banned: Mapping[Language, Banned]
    spelling: frozenset[str]


def read_registry(root: Path) -> Registry:
    """Read and check all of them. Raises BankUnreadable on the first fault."""
    taxonomy = _taxonomy(root)
    document, model = _load(root, "blueprint.toml", BlueprintModel)
    blueprint = exam_blueprint(model, taxonomy)
    _refuse(blueprint_problems(model, blueprint, document))
    return Registry(
        taxonomy=taxonomy,
        sources=_sources(root),
        glossary=_glossary(root),
        blueprint=blueprint,
        rules=exam_rules(model),
        banned=_banned(root),
        spelling=_spelling(root),
    )


def _load(root: Path, name: str, model: type[_Model]) -> tuple[Document, _Model]:
    document = read_document(root / name, root, REGISTRY_LIMIT)
    if isinstance(document, Problem):
        raise BankUnreadable(document)
    try:
        return document, model.model_validate(document.data)
    except ValidationError as error:
        raise BankUnreadable(problems_of(error, document)[0]) from None


def _refuse(problems: Iterable[Problem]) -> None:
    for problem in problems:
        raise BankUnreadable(problem)


def _unique(document: Document, table: str, field: str, values: Iterable[str | int]) -> None:
    seen: set[str | int] = set()
    for place, value in enumerate(values):
        if value in seen:
            raise BankUnreadable(
                document.problem(
                    f"{table}.{place}.{field}", ProblemCode.REPEATED_VALUE, key=table, value=value
                )
            )
        seen.add(value)


def _taxonomy(root: Path) -> Taxonomy:
    document, model = _load(root, "taxonomies.toml", TaxonomiesModel)
    _check_taxonomies(document, model)
    return Taxonomy(
        oshpd=_numbered(model.oshpd),
        samhsa={category.category: category.value() for category in model.samhsa},
        samhsa_competencies=_samhsa_competencies(model),
        focus_areas=_numbered(model.focus_areas),
        competencies=_numbered(model.competencies),
        competency_focus={entry.number: entry.focus_area for entry in model.competencies},
        ethics={entry.id: entry.value() for entry in model.ethics},
        misconceptions={entry.id: entry.value() for entry in model.misconceptions},
        tags={entry.id: entry.value() for entry in model.tags},
    )


def _check_taxonomies(document: Document, model: TaxonomiesModel) -> None:
    _unique(document, "oshpd", "number", (entry.number for entry in model.oshpd))
    _unique(document, "samhsa", "category", (entry.category for entry in model.samhsa))
    _unique(document, "focus_areas", "number", (entry.number for entry in model.focus_areas))
    _unique(document, "competencies", "number", (entry.number for entry in model.competencies))
    _unique(document, "ethics", "id", (entry.id for entry in model.ethics))
    _unique(document, "misconceptions", "id", (entry.id for entry in model.misconceptions))
    _unique(document, "tags", "id", (entry.id for entry in model.tags))
    for place, category in enumerate(model.samhsa):
        numbers = (entry.number for entry in category.competencies)
        _unique(document, f"samhsa.{place}.competencies", "number", numbers)
    known = {entry.number for entry in model.focus_areas}
    _refuse(
        document.problem(
            f"competencies.{place}.focus_area",
            ProblemCode.UNKNOWN_REFERENCE,
            key="focus_area",
            value=entry.focus_area,
        )
        for place, entry in enumerate(model.competencies)
        if entry.focus_area not in known
    )


def _numbered(entries: Iterable[NumberedModel]) -> dict[int, Bilingual]:
    return {entry.number: entry.value() for entry in entries}


def _samhsa_competencies(model: TaxonomiesModel) -> dict[str, Bilingual]:
    return {
        f"{category.category}.{entry.number}": entry.value()
        for category in model.samhsa
        for entry in category.competencies
    }


def _sources(root: Path) -> tuple[Source, ...]:
    document, model = _load(root, "sources.toml", SourcesModel)
    _unique(document, "sources", "id", (entry.id for entry in model.sources))
    return tuple(
        Source(entry.id, entry.value(), entry.note, entry.checked) for entry in model.sources
    )


def _glossary(root: Path) -> tuple[Term, ...]:
    document, model = _load(root, "glossary.toml", GlossaryModel)
    _unique(document, "terms", "en", (entry.en for entry in model.terms))
    return tuple(Term(entry.en, entry.es, tuple(entry.also)) for entry in model.terms)


def _banned(root: Path) -> dict[Language, Banned]:
    _, model = _load(root, "banned.toml", BannedModel)
    return {
        language: Banned(tuple(phrases.any_case), tuple(phrases.exact))
        for language, phrases in ((Language.EN, model.en), (Language.ES, model.es))
    }


def _spelling(root: Path) -> frozenset[str]:
    """Read the allow-list: one word a line, in small letters, each once, in order."""
    words = read_lines(root / SPELLING_FILE, root)
    for number, (before, word) in enumerate(pairwise(("", *words)), start=1):
        if word <= before or word != word.strip().lower():
            detail = {"word": word}
            raise BankUnreadable(
                Problem(SPELLING_FILE, number, ProblemCode.SPELLING_LIST_ORDER, detail)
            )
    return frozenset(words)
