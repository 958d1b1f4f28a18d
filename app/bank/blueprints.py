"""Turns `blueprint.toml` into the domain's values."""

from collections.abc import Iterator

from app.bank.documents import Document
from app.bank.problems import Problem, ProblemCode
from app.bank.registry_schema import BlueprintModel
from app.domain.blueprint import ExamBlueprint, ExamRules, Range
from app.domain.items import Taxonomy


def exam_blueprint(model: BlueprintModel, taxonomy: Taxonomy) -> ExamBlueprint:
    """Say what a form must hold."""
    ranges = model.ranges
    samhsa = _range(ranges.samhsa)
    focus_area = _range(ranges.focus_area)
    return ExamBlueprint(
        items=model.exam.items,
        minutes=model.exam.minutes,
        break_after=model.exam.break_after,
        break_minutes=model.exam.break_minutes,
        practice_target=model.rules.practice_target,
        oshpd=dict.fromkeys(taxonomy.oshpd, model.quotas.oshpd),
        samhsa=dict.fromkeys(taxonomy.samhsa, samhsa),
        focus_areas=dict.fromkeys(taxonomy.focus_areas, focus_area),
        mean_words_en=_range(ranges.mean_words_en),
        mean_words_es=_range(ranges.mean_words_es),
        key_position=_range(ranges.key_position),
        seen_share=ranges.seen_share,
    )


def exam_rules(model: BlueprintModel) -> ExamRules:
    """Say how an exam runs."""
    rules = model.rules
    return ExamRules(
        break_optional=rules.break_optional,
        break_stops_clock=rules.break_stops_clock,
        lock_first_part=rules.lock_first_part,
        tolerance_seconds=rules.tolerance_seconds,
        tries_per_period=rules.tries_per_period,
        time_factors=tuple(rules.time_factors),
        practice_lengths=tuple(model.lengths.practice),
        quiz_lengths=tuple(model.lengths.quiz),
    )


def blueprint_problems(
    model: BlueprintModel, blueprint: ExamBlueprint, document: Document
) -> Iterator[Problem]:
    """Find numbers that contradict each other."""
    total = sum(blueprint.oshpd.values())
    if total != blueprint.items:
        code = ProblemCode.QUOTAS_DO_NOT_ADD_UP
        yield document.problem("quotas.oshpd", code, total=total, items=blueprint.items)
    if blueprint.break_after is not None and blueprint.break_after >= blueprint.items:
        key = "exam.break_after"
        yield document.problem(key, ProblemCode.OUT_OF_RANGE, key=key)
    for name, value in model.ranges:
        if isinstance(value, list) and value[0] > value[1]:
            key = f"ranges.{name}"
            yield document.problem(key, ProblemCode.RANGE_REVERSED, key=key)
    for length in model.lengths.practice:
        if not _divides(blueprint, length):
            code = ProblemCode.LENGTH_DOES_NOT_DIVIDE
            yield document.problem("lengths.practice", code, length=length)


def _divides(blueprint: ExamBlueprint, length: int) -> bool:
    try:
        blueprint.scaled(length)
    except ValueError:
        return False
    return True


def _range(pair: list[int]) -> Range:
    return Range(pair[0], pair[1])
