"""From the forms of assignments to plans and back, and the titles that are proposed."""

from collections.abc import Mapping
from datetime import datetime

from flask import request
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.assignments import Selection
from app.domain.attempts import AttemptKind, Feedback
from app.domain.bilingual import Bilingual, Language
from app.domain.errors import CannotDraw
from app.domain.items import Axis, Level
from app.domain.wall_clock import end_of_day_in_a_week, kept_or_read, moment_at, wall_at
from app.services.assignments import (
    AssignmentPage,
    Change,
    Fault,
    Plan,
    passed_fault,
    window_fault,
)
from app.web.assignment_forms import (
    LONGEST_TITLE,
    OTHER_LENGTH,
    AssignmentForm,
    EditForm,
    MomentField,
    picked_ids,
)
from app.web.clock import now
from app.web.language import current_language
from app.web.refusals import shortfall_text
from app.web.site import site

NAMED_AREAS = 2
"""A title names so many areas, and counts them where there are more."""
LEVELS = {
    Level.RECALL: _l("Recall: know it"),
    Level.APPLICATION: _l("Application: use it"),
    Level.JUDGMENT: _l("Judgment: decide what is best"),
}
FAULTS = {
    Fault.DUE_BEFORE_OPENING: _l("The due date is before the opening date. Please check both."),
    Fault.DUE_PASSED: _l("That time has already passed. Please choose a later one."),
    Fault.DUE_NEEDED: _l("Results open after the due date here, so please enter one."),
}


def assignment_form(
    axis: Axis, zone: str, planned: Mapping[str, object] | None = None
) -> AssignmentForm:
    """The form for the areas of one axis, with the usual values where nothing is planned."""
    usual = {
        "length": site().rules.quiz_lengths[0],
        "opens": wall_at(now(), zone),
        "due": end_of_day_in_a_week(now(), zone),
    }
    form = AssignmentForm(data={**usual, **(planned or {})})
    language = current_language()
    names = site().taxonomy.areas(axis)
    form.areas.choices = [(area, name.text(language)) for area, name in names.items()]
    form.levels.choices = [(level.value, name) for level, name in LEVELS.items()]
    form.length.choices = [
        *((n, str(n)) for n in site().rules.quiz_lengths),
        (OTHER_LENGTH, _("Another number")),
    ]
    return form


def planned_values(plan: Plan) -> dict[str, object]:
    """A plan as the form shows it; its dates are over, so the usual ones stay."""
    selection = plan.selection
    usual = plan.items in site().rules.quiz_lengths or plan.kind is AttemptKind.MOCK
    values: dict[str, object] = {
        "kind": plan.kind.value,
        "areas": [*selection.areas],
        "levels": [level.value for level in selection.levels],
        "item_ids": "\n".join(selection.item_ids),
        "title": "" if named_by_the_site(plan) else plan.title.text(current_language()),
        "timed": "timed" if plan.timed else "untimed",
        "attempts": plan.attempts_allowed,
        "feedback": plan.feedback.value,
        "test_language": plan.language.value if plan.language else "choice",
        "same": "same" if plan.same_items else "own",
        "order": "shuffled" if plan.shuffled else "fixed",
    }
    if plan.kind is AttemptKind.QUIZ:
        values["length"] = plan.items if usual else OTHER_LENGTH
        values["other_length"] = None if usual else plan.items
    return values


def planned_items(item_ids: list[str]) -> dict[str, object]:
    """Questions that a link brings along, as the form shows them, with their number as length."""
    picked = picked_ids("\n".join(item_ids))
    values: dict[str, object] = {"item_ids": "\n".join(picked)}
    if picked:
        usual = len(picked) in site().rules.quiz_lengths
        values["length"] = len(picked) if usual else OTHER_LENGTH
        values["other_length"] = None if usual else len(picked)
    return values


def ticked_areas(shown: Axis) -> dict[Axis, list[str]]:
    """The ticks that came with the page, by axis: of `shown` as ticked, of others as kept."""
    names = {axis: "areas" if axis is shown else f"kept_{axis}" for axis in Axis}
    return {
        axis: [area for area in request.form.getlist(name) if area in site().taxonomy.areas(axis)]
        for axis, name in names.items()
    }


def plan_in(form: AssignmentForm, axis: Axis, zone: str) -> Plan | None:
    """The plan that a valid form brings; None where its dates do not fit, which it then says."""
    feedback = Feedback(form.feedback.data)
    opens, due = moment_at(form.opens.data, zone), _due_moment(form.due, None, zone)
    fault = window_fault(opens, due, feedback) or passed_fault(due, now())
    if fault is not None:
        form.due.errors = [FAULTS[fault]]
        return None
    selection = _selection(form, axis)
    language = form.test_language.data
    return Plan(
        title=own_title(form.title.data) or proposed_title(form, selection),
        kind=AttemptKind(form.kind.data),
        selection=selection,
        items=form.wanted_items if form.is_quiz else site().blueprint.items,
        timed=form.timed.data == "timed",
        feedback=feedback,
        language=None if language == "choice" else Language(language),
        opens_at=opens,
        due_at=due,
        attempts_allowed=form.attempts.data,
        same_items=form.same.data == "same",
        shuffled=form.order.data == "shuffled",
    )


def own_title(words: str | None) -> Bilingual | None:
    """A trainer's own title, the same in both languages; None where it was left empty."""
    given = (words or "").strip()
    return Bilingual(given, given) if given else None


def named_by_the_site(plan: Plan) -> bool:
    """Whether the title is the site's own, and so in both languages."""
    return plan.title.en != plan.title.es


def proposed_title(form: AssignmentForm, selection: Selection) -> Bilingual:
    """A title in both languages for whoever leaves it to the site."""
    titles = []
    for language in Language:
        with force_locale(language.value):
            titles.append(_proposed(form, selection, language))
    return Bilingual(*titles)


def _proposed(form: AssignmentForm, selection: Selection, language: Language) -> str:
    if not form.is_quiz:
        return str(_("Mock exam"))
    if selection.item_ids:
        count = len(selection.item_ids)
        return str(
            ngettext("Quiz: %(num)s chosen question", "Quiz: %(num)s chosen questions", count)
        )
    if not selection.areas:
        return str(_("Quiz: all subjects"))
    if len(selection.areas) > NAMED_AREAS:
        return str(_("Quiz: %(count)s subjects", count=len(selection.areas)))
    names = site().taxonomy.areas(selection.axis)
    return "; ".join(names[area].text(language) for area in selection.areas)[:LONGEST_TITLE]


def say_shortfalls(form: AssignmentForm, error: CannotDraw) -> None:
    """Say at the field that settles it which rule the bank cannot meet, and by how much."""
    field = form.kind if not form.is_quiz else form.item_ids if form.picked else form.length
    field.errors = [
        _(
            "The question bank does not have enough questions for this: %(rule)s.",
            rule=shortfall_text(shortfall),
        )
        for shortfall in error.shortfalls
    ]


def edit_form(page: AssignmentPage) -> EditForm:
    """What can be changed, as it is now."""
    plan, zone = page.view.plan, page.cohort.time_zone
    return EditForm(
        data={
            "title": plan.title.text(current_language()),
            "opens": wall_at(plan.opens_at, zone),
            "due": wall_at(plan.due_at, zone) if plan.due_at else None,
            "attempts": plan.attempts_allowed,
        }
    )


def change_in(form: EditForm, page: AssignmentPage) -> Change:
    """The change that a valid form brings; a date that it shows as it was is not moved."""
    plan, zone = page.view.plan, page.cohort.time_zone
    given = form.title.data.strip()
    kept = given == plan.title.text(current_language())
    return Change(
        title=plan.title if kept else Bilingual(given, given),
        opens_at=kept_or_read(form.opens.data, plan.opens_at, zone),
        due_at=_due_moment(form.due, plan.due_at, zone),
        attempts_allowed=form.attempts.data,
    )


def say_fault(form: EditForm, fault: Fault, most_used: int) -> None:
    """Say at its field why the change cannot be so."""
    if fault is Fault.FEWER_THAN_USED:
        form.attempts.errors = [
            ngettext(
                "Somebody has used %(num)s attempt already.",
                "Somebody has used %(num)s attempts already.",
                most_used,
            )
        ]
    else:
        form.due.errors = [FAULTS[fault]]


def _selection(form: AssignmentForm, axis: Axis) -> Selection:
    if not form.is_quiz:
        return Selection()
    if form.picked:
        return Selection(axis=axis, item_ids=form.picked)
    levels = tuple(Level(level) for level in form.levels.data)
    return Selection(axis=axis, areas=tuple(form.areas.data), levels=levels)


def _due_moment(field: MomentField, kept: datetime | None, zone: str) -> datetime | None:
    if field.data is None:
        return None
    return moment_at(field.data, zone) if kept is None else kept_or_read(field.data, kept, zone)
