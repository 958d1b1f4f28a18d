"""The shapes of the files that the whole bank rests on."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from app.bank.schema import BilingualModel, Distinct, Strict, Text

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Pair = Annotated[list[Count], Field(min_length=2, max_length=2)]


class NumberedModel(BilingualModel):
    """An area with a number."""

    number: Positive


class CompetencyModel(NumberedModel):
    """A state competency, with the focus area that it is assumed to belong to."""

    focus_area: Positive


class NamedModel(BilingualModel):
    """A value with an id."""

    id: Text


class CategoryModel(BilingualModel):
    """A SAMHSA category with its competencies."""

    category: Text
    competencies: list[NumberedModel]


class TaxonomiesModel(Strict):
    """`taxonomies.toml`."""

    oshpd: list[NumberedModel]
    samhsa: list[CategoryModel]
    focus_areas: list[NumberedModel]
    competencies: list[CompetencyModel]
    ethics: list[NamedModel]
    misconceptions: list[NamedModel]
    tags: list[NamedModel]


class SourceModel(NamedModel):
    """An entry of `sources.toml`."""

    note: Text
    checked: date


class SourcesModel(Strict):
    """`sources.toml`."""

    sources: list[SourceModel]


class TermModel(BilingualModel):
    """An entry of `glossary.toml`."""

    also: Distinct


class GlossaryModel(Strict):
    """`glossary.toml`."""

    terms: list[TermModel]


class BannedLanguageModel(Strict):
    """The banned phrases of one language."""

    any_case: Distinct
    exact: Distinct


class BannedModel(Strict):
    """`banned.toml`."""

    en: BannedLanguageModel
    es: BannedLanguageModel


class ExamModel(Strict):
    """`[exam]` of `blueprint.toml`."""

    items: Positive
    minutes: Positive
    break_after: Positive | None = None
    break_minutes: Count
    options: Literal[4]


class RulesModel(Strict):
    """`[rules]`."""

    break_optional: bool
    break_stops_clock: bool
    lock_first_part: bool
    tolerance_seconds: Count
    practice_target: Share
    tries_per_period: Positive
    time_factors: list[Annotated[float, Field(ge=1, le=5)]]


class LengthsModel(Strict):
    """`[lengths]`."""

    practice: list[Positive]
    quiz: list[Positive]


class QuotasModel(Strict):
    """`[quotas]`: the same number of items of each domain."""

    oshpd: Positive


class RangesModel(Strict):
    """`[ranges]`."""

    samhsa: Pair
    focus_area: Pair
    key_position: Pair
    mean_words_en: Pair
    mean_words_es: Pair
    seen_share: Annotated[float, Field(ge=0, le=1)]


class BlueprintModel(Strict):
    """`blueprint.toml`."""

    exam: ExamModel
    rules: RulesModel
    lengths: LengthsModel
    quotas: QuotasModel
    ranges: RangesModel
