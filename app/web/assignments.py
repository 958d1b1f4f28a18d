"""A trainer's assignments: setting one in two minutes, and what becomes of it."""

import random
import secrets

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.domain.errors import CannotDraw
from app.domain.items import Axis, Level
from app.services import assignment_items as item_services
from app.services import assignments as services
from app.services.assignment_items import Swap
from app.services.cohorts import managed_open_cohort
from app.storage.cohorts import CohortRow
from app.web.access import Policy, access, signed_in_person
from app.web.assignment_forms import AssignmentForm, EditForm
from app.web.assignment_plans import (
    LEVELS,
    assignment_form,
    change_in,
    edit_form,
    plan_in,
    planned_items,
    planned_values,
    say_fault,
    say_shortfalls,
    ticked_areas,
)
from app.web.clock import now
from app.web.editions import kept, shown
from app.web.site import site
from app.web.whole_numbers import number_in_form

bp = Blueprint("assignments", __name__, url_prefix="/cohorts/<cohort>/assignments")

Page = str | tuple[str, int] | Response
BOARD = "board.assignment"


@bp.get("")
@access(Policy.TRAINER)
def assignments(cohort: str) -> Page:
    """Everything that is set for the cohort."""
    page = services.assignments_page(signed_in_person(), cohort, site(), now())
    return render_template("assignments/assignments.html", page=page, board=_board())


@bp.get("/new")
@access(Policy.TRAINER)
def new(cohort: str) -> Page:
    """The one page that sets an assignment; a link brings subjects, questions or a copy along."""
    row = managed_open_cohort(signed_in_person(), cohort)
    axis, planned = _wanted()
    form = assignment_form(axis, row.time_zone, planned)
    return _new_page(row, axis, form, copied="copy" in request.args)


@bp.post("/new")
@access(Policy.TRAINER)
def create(cohort: str) -> Page:
    """Set it; a button that shows other subjects sets nothing and keeps what was filled in."""
    row = managed_open_cohort(signed_in_person(), cohort)
    shown = request.form.get("show")
    axis = _axis(request.form.get("axis"))
    if shown in set(Axis):
        form = assignment_form(Axis(shown), row.time_zone)
        form.areas.data = ticked_areas(axis)[Axis(shown)]
        return _new_page(row, Axis(shown), form, left=axis)
    form = assignment_form(axis, row.time_zone)
    plan = plan_in(form, axis, row.time_zone) if form.validate_on_submit() else None
    if plan is None:
        return _new_page(row, axis, form), 422
    try:
        handle = services.set_assignment(signed_in_person(), cohort, plan, site(), now(), _chance())
    except CannotDraw as error:
        say_shortfalls(form, error)
        return _new_page(row, axis, form), 422
    flash(_("The assignment is set."))
    return redirect(_address(cohort, handle), code=303)


@bp.get("/<assignment>")
@access(Policy.TRAINER)
def assignment(cohort: str, assignment: str) -> Page:
    """One assignment: what it is, and what can be done with it."""
    page = services.assignment_page(signed_in_person(), cohort, assignment, site(), now())
    return render_template("assignments/assignment.html", page=page, board=_board(), levels=LEVELS)


@bp.get("/<assignment>/form")
@access(Policy.TRAINER)
def form(cohort: str, assignment: str) -> Page:
    """Its questions with keys and rationales, where they are the same for all."""
    page = item_services.form_page(signed_in_person(), cohort, assignment, site())
    asked = number_in_form(request.args.get("asked"))
    return render_template("assignments/form.html", page=page, levels=LEVELS, asked=asked)


@bp.post("/<assignment>/form/<int:position>/swap")
@access(Policy.TRAINER)
def swap(cohort: str, assignment: str, position: int) -> Page:
    """Replace one question by another of the same domain and level."""
    outcome = item_services.swap_item(
        signed_in_person(), cohort, assignment, position, site(), _chance()
    )
    text, category = {
        Swap.SWAPPED: (
            _("Question %(position)s was replaced.", position=position),
            "success",
        ),
        Swap.NONE_LEFT: (
            _(
                "The bank has no other question of the same domain and level that fits here. "
                "Nothing was changed."
            ),
            "info",
        ),
        Swap.STARTED: (
            _(
                "Somebody has started this assignment, so its questions stay as they are: "
                "that is fair to all. You can copy it and change the copy."
            ),
            "info",
        ),
    }[outcome]
    flash(text, category)
    where = url_for("assignments.form", cohort=cohort, assignment=assignment, asked=position)
    return redirect(f"{where}#question-{position}", code=303)


@bp.get("/<assignment>/preview")
@access(Policy.TRAINER)
def preview(cohort: str, assignment: str) -> Page:
    """One question as candidates see it."""
    position = number_in_form(request.args.get("position"))
    page = item_services.preview_page(
        signed_in_person(), cohort, assignment, 1 if position is None else position, site()
    )
    return render_template("assignments/preview.html", page=page)


@bp.get("/<assignment>/edit")
@access(Policy.TRAINER)
def edit_page(cohort: str, assignment: str) -> Page:
    """What can be changed afterwards."""
    managed_open_cohort(signed_in_person(), cohort)
    page = services.assignment_page(signed_in_person(), cohort, assignment, site(), now())
    return _edit_page(page, edit_form(page))


@bp.post("/<assignment>/edit")
@access(Policy.TRAINER)
def edit(cohort: str, assignment: str) -> Page:
    """Change title, dates or attempts."""
    person = signed_in_person()
    page = services.assignment_page(person, cohort, assignment, site(), now())
    form = edit_form(page)
    if not form.validate_on_submit():
        return _edit_page(page, form), 422
    change = change_in(form, page)
    fault = services.change_assignment(person, cohort, assignment, change, site(), now(), shown())
    if fault is not None:
        say_fault(form, fault, page.most_used)
        return _edit_page(page, form), 422
    flash(_("The changes are saved."))
    return redirect(_address(cohort, assignment), code=303)


@bp.get("/<assignment>/withdraw")
@access(Policy.TRAINER)
def withdraw_page(cohort: str, assignment: str) -> Page:
    """What withdrawing means."""
    managed_open_cohort(signed_in_person(), cohort)
    page = services.assignment_page(signed_in_person(), cohort, assignment, site(), now())
    return render_template("assignments/withdraw.html", page=page)


@bp.post("/<assignment>/withdraw")
@access(Policy.TRAINER)
def withdraw(cohort: str, assignment: str) -> Page:
    """Take it back."""
    services.withdraw_assignment(signed_in_person(), cohort, assignment, now())
    flash(_("The assignment is withdrawn. What was started goes on and stays with its candidates."))
    return redirect(url_for("assignments.assignments", cohort=cohort), code=303)


def _new_page(
    cohort: CohortRow,
    axis: Axis,
    form: AssignmentForm,
    *,
    left: Axis | None = None,
    copied: bool = False,
) -> str:
    """`left` is the axis whose subjects were shown before."""
    kept = ticked_areas(left or axis)
    stems = item_services.picked_stems(signed_in_person(), cohort, form.picked)
    return render_template(
        "assignments/new.html",
        cohort=cohort,
        axis=axis,
        axes=[*Axis],
        form=form,
        kept={other: areas for other, areas in kept.items() if other is not axis},
        stems=stems,
        copied=copied,
    )


def _edit_page(page: services.AssignmentPage, form: EditForm) -> str:
    edition = kept(page.view.edition)
    return render_template("assignments/edit.html", page=page, form=form, edition=edition)


def _wanted() -> tuple[Axis, dict[str, object]]:
    """What the address asks for; what it names wrongly is passed over. Raises NotFound."""
    copied = request.args.get("copy")
    if copied is not None:
        plan = services.plan_to_copy(signed_in_person(), copied)
        return plan.selection.axis, planned_values(plan)
    axis = _axis(request.args.get("axis"))
    areas, levels = site().taxonomy.areas(axis), set(Level)
    return axis, {
        "areas": [area for area in request.args.getlist("area") if area in areas],
        "levels": [level for level in request.args.getlist("level") if level in levels],
        **planned_items(request.args.getlist("item")),
    }


def _axis(name: str | None) -> Axis:
    return Axis(name) if name in set(Axis) else Axis.OSHPD


def _chance() -> random.Random:
    return random.Random(secrets.randbits(64))


def _address(cohort: str, assignment: str) -> str:
    return url_for("assignments.assignment", cohort=cohort, assignment=assignment)


def _board() -> str | None:
    """The board's page of one assignment, where this site has one."""
    return BOARD if BOARD in current_app.view_functions else None
