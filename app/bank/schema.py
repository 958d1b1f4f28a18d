"""The shape of an item file, and what is checked in one item by itself."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from app.bank.documents import Document
from app.bank.problems import Problem, ProblemCode
from app.domain.bilingual import Bilingual, Language
from app.domain.items import Item, ItemStatus, Level, Option, SourceRef

OPTIONS = 4
TEXT_LIMIT = 1200
_DROPPED_PUNCTUATION = " .,;:!?¡¿\"'«»"


class Strict(BaseModel):
    """A table of a bank file: nothing converted, nothing unknown."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _tidy(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError(ProblemCode.BLANK_TEXT.value, "blank")
    if len(text) > TEXT_LIMIT:
        raise PydanticCustomError(ProblemCode.TEXT_TOO_LONG.value, "long", {"limit": TEXT_LIMIT})
    if text != " ".join(text.split()) or text != unicodedata.normalize("NFC", text):
        raise PydanticCustomError(ProblemCode.UNTIDY_TEXT.value, "untidy")
    return text


def _matching(pattern: str, code: ProblemCode) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise PydanticCustomError(code.value, "pattern")
        return text

    return check


def _distinct(values: list[str]) -> list[str]:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise PydanticCustomError(
                ProblemCode.REPEATED_VALUE.value, "repeated", {"value": value}
            )
        seen.add(value)
    return values


Text = Annotated[str, AfterValidator(_tidy)]
ItemId = Annotated[str, AfterValidator(_matching(r"oshpd[0-9]{2}-[0-9]{4}", ProblemCode.BAD_ID))]
OptionId = Annotated[str, AfterValidator(_matching(r"[a-z][a-z0-9]{2}", ProblemCode.BAD_OPTION_ID))]
Distinct = Annotated[list[str], AfterValidator(_distinct)]


class BilingualModel(Strict):
    """A text in both languages."""

    en: Text
    es: Text

    def value(self) -> Bilingual:
        """Make the domain's value."""
        return Bilingual(self.en, self.es)


class OptionModel(BilingualModel):
    """`[[options]]`: the option's own text stands beside its id."""

    id: OptionId
    rationale: BilingualModel
    misconception: Text | None = None


class SourceRefModel(Strict):
    """An entry of `sources`."""

    id: Text
    place: Text


class ItemModel(Strict):
    """A whole item file."""

    id: ItemId
    status: Literal["draft", "reviewed", "retired"]
    oshpd: int
    samhsa: Text
    competency: int
    focus_area: int
    ethics: Text | None = None
    level: Literal["recall", "application", "judgment"]
    difficulty: Annotated[float, Field(gt=0, lt=1)]
    tags: Distinct
    sources: list[SourceRefModel]
    enemies: Distinct
    key: Text
    stem: BilingualModel
    options: list[OptionModel]

    def value(self) -> Item:
        """Make the domain's value."""
        return Item(
            id=self.id,
            status=ItemStatus(self.status),
            oshpd=self.oshpd,
            samhsa=self.samhsa,
            competency=self.competency,
            focus_area=self.focus_area,
            ethics=self.ethics,
            level=Level(self.level),
            difficulty=float(self.difficulty),
            tags=tuple(self.tags),
            sources=tuple(SourceRef(source.id, source.place) for source in self.sources),
            enemies=tuple(self.enemies),
            stem=self.stem.value(),
            options=tuple(
                Option(option.id, option.value(), option.rationale.value(), option.misconception)
                for option in self.options
            ),
            key=self.key,
        )


class Finding(NamedTuple):
    """A problem before its line is known."""

    key: str
    code: ProblemCode
    detail: dict[str, str | int]


def parse_item(document: Document) -> Item | tuple[Problem, ...]:
    """Make the item, or say everything that keeps the file from being one."""
    try:
        model = ItemModel.model_validate(document.data)
    except ValidationError as error:
        return problems_of(error, document)
    item = model.value()
    findings = [*_item_findings(item), *_option_findings(item)]
    if findings:
        return tuple(document.problem(key, code, **detail) for key, code, detail in findings)
    return item


def problems_of(error: ValidationError, document: Document) -> tuple[Problem, ...]:
    """Put what the schema found on its lines."""
    return tuple(
        document.problem(key, code, **detail)
        for key, code, detail in map(_finding, error.errors(include_url=False, include_input=False))
    )


def _finding(error: ErrorDetails) -> Finding:
    key = ".".join(str(part) for part in error["loc"])
    code = _code(error["type"], key)
    detail: dict[str, Any] = {**error.get("ctx", {}), "key": key or "?"}
    detail["language"] = key.rpartition(".")[2]
    detail["allowed"] = str(detail.get("expected", "")).replace(" or ", ", ")
    return Finding(key, code, {name: detail[name] for name in code.fields})


def _code(kind: str, key: str) -> ProblemCode:
    if kind == "missing":
        is_language = key.rpartition(".")[2] in set(Language)
        return ProblemCode.MISSING_LANGUAGE if is_language else ProblemCode.MISSING_KEY
    if kind in _KINDS:
        return _KINDS[kind]
    return ProblemCode(kind) if kind in set(ProblemCode) else ProblemCode.WRONG_TYPE


_KINDS = {
    "extra_forbidden": ProblemCode.UNKNOWN_KEY,
    "literal_error": ProblemCode.NOT_ALLOWED,
    "greater_than": ProblemCode.OUT_OF_RANGE,
    "greater_than_equal": ProblemCode.OUT_OF_RANGE,
    "less_than": ProblemCode.OUT_OF_RANGE,
    "less_than_equal": ProblemCode.OUT_OF_RANGE,
    "finite_number": ProblemCode.OUT_OF_RANGE,
}


def _item_findings(item: Item) -> Iterator[Finding]:
    if int(item.id[5:7]) != item.oshpd:
        detail: dict[str, str | int] = {"id": item.id, "oshpd": item.oshpd}
        yield Finding("oshpd", ProblemCode.DOMAIN_MISMATCH, detail)
    if not item.sources:
        yield Finding("sources", ProblemCode.NO_SOURCE, {})


def _option_findings(item: Item) -> Iterator[Finding]:
    ids = [option.id for option in item.options]
    if len(ids) != OPTIONS:
        yield Finding("options.0", ProblemCode.OPTION_COUNT, {})
    if item.key not in ids:
        yield Finding("key", ProblemCode.KEY_NOT_AN_OPTION, {"key": item.key})
    for place, option in enumerate(item.options):
        where = f"options.{place}"
        if option.id in ids[:place]:
            detail: dict[str, str | int] = {"key": "id", "value": option.id}
            yield Finding(f"{where}.id", ProblemCode.REPEATED_VALUE, detail)
        if option.id == item.key and option.misconception is not None:
            yield Finding(
                f"{where}.misconception", ProblemCode.MISCONCEPTION_ON_KEY, {"option": option.id}
            )
        if option.id != item.key and option.misconception is None:
            yield Finding(where, ProblemCode.MISCONCEPTION_MISSING, {"option": option.id})
    yield from _equal_options(item)


def _equal_options(item: Item) -> Iterator[Finding]:
    for (_, one), (place, two) in combinations(enumerate(item.options), 2):
        for language in Language:
            if _bare(one.text.text(language)) == _bare(two.text.text(language)):
                yield Finding(
                    f"options.{place}.{language}",
                    ProblemCode.EQUAL_OPTIONS,
                    {"first": one.id, "second": two.id, "language": language.value},
                )


def _bare(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip(_DROPPED_PUNCTUATION)
