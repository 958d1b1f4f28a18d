"""A trainer's cohorts: making them, who teaches and learns in them, the codes."""

import random
from typing import NamedTuple

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.services import cohorts as services
from app.services.cohorts import Adding
from app.web.access import Policy, access, signed_in_person
from app.web.clock import now
from app.web.cohort_forms import CodeForm, CohortForm, TrainerForm
from app.web.editions import kept, shown
from app.web.site import site

bp = Blueprint("cohorts", __name__, url_prefix="/cohorts")

Page = str | tuple[str, int] | Response


class Door(NamedTuple):
    """A page that the cohort's own page leads to."""

    endpoint: str
    label: LazyString
    text: LazyString


DOORS = (
    Door(
        "assignments.assignments",
        _l("Assignments"),
        _l("Make assignments and see the ones you have."),
    ),
    Door("board.board", _l("Board"), _l("Who has not started, and what the group finds hard.")),
    Door("gradebook.gradebook", _l("Gradebook"), _l("Results to print or to keep as a file.")),
    Door("records.people", _l("People"), _l("The members, and time for those who need more.")),
    Door("rosters.roster", _l("Roster"), _l("Invite many people at once from a list.")),
)


@bp.get("")
@access(Policy.TRAINER)
def cohorts() -> Page:
    """The list, open and archived, and a form for a new one."""
    return _list(CohortForm(formdata=None, here=site().settings.time_zone))


@bp.post("")
@access(Policy.TRAINER)
def create() -> Page:
    """Make a cohort."""
    form = CohortForm(here=site().settings.time_zone)
    if not form.validate_on_submit():
        return _list(form), 422
    handle = services.create_cohort(signed_in_person(), form.name.data, form.zone, now())
    flash(_("The cohort is ready. Make a class code, and people can join."))
    return _back(handle)


@bp.get("/<cohort>")
@access(Policy.TRAINER)
def overview(cohort: str) -> Page:
    """The cohort's own page."""
    return _overview(cohort)


@bp.post("/<cohort>/rename")
@access(Policy.TRAINER)
def rename(cohort: str) -> Page:
    """Another name, or other clocks."""
    row = services.managed_open_cohort(signed_in_person(), cohort)
    form = CohortForm(here=row.time_zone)
    if not form.validate_on_submit():
        return _overview(cohort, cohort_form=form), 422
    services.rename_cohort(signed_in_person(), cohort, form.name.data, form.zone, shown())
    flash(_("Your changes are saved."))
    return _back(cohort)


@bp.post("/<cohort>/archive")
@access(Policy.TRAINER)
def archive(cohort: str) -> Page:
    """Put the cohort away."""
    services.archive_cohort(signed_in_person(), cohort, now())
    flash(_("The cohort is archived. You can take it out again at any time."))
    return _back(cohort)


@bp.post("/<cohort>/restore")
@access(Policy.TRAINER)
def restore(cohort: str) -> Page:
    """Take the cohort out of the archive."""
    services.restore_cohort(signed_in_person(), cohort)
    flash(_("The cohort is open again."))
    return _back(cohort)


@bp.post("/<cohort>/trainers/add")
@access(Policy.TRAINER)
def add_trainer(cohort: str) -> Page:
    """Let somebody else teach it too."""
    services.managed_open_cohort(signed_in_person(), cohort)
    form = TrainerForm()
    if not form.validate_on_submit():
        return _overview(cohort, trainer_form=form), 422
    adding = services.add_trainer(signed_in_person(), cohort, form.username.data, now())
    if adding is Adding.NO:
        form.username.errors = [_("We cannot add this sign-in name as a trainer. Please check it.")]
        return _overview(cohort, trainer_form=form), 422
    there = adding is Adding.THERE
    flash(_("This person is a trainer here already.") if there else _("The trainer is added."))
    return _back(cohort)


@bp.post("/<cohort>/trainers/<int:person_id>/remove")
@access(Policy.TRAINER)
def remove_trainer(cohort: str, person_id: int) -> Page:
    """Let a trainer teach it no more."""
    services.remove_trainer(signed_in_person(), cohort, person_id)
    flash(_("The trainer is removed from this cohort."))
    if person_id == signed_in_person().id:
        return redirect(url_for("cohorts.cohorts"), code=303)
    return _back(cohort)


@bp.post("/<cohort>/codes")
@access(Policy.TRAINER)
def make_code(cohort: str) -> Page:
    """Make a class code."""
    services.managed_open_cohort(signed_in_person(), cohort)
    form = CodeForm()
    if not form.validate_on_submit():
        return _overview(cohort, code_form=form), 422
    services.make_class_code(
        signed_in_person(), cohort, form.days.data, now(), random.SystemRandom()
    )
    flash(_("The class code is ready."))
    return _back(cohort)


@bp.post("/<cohort>/codes/<int:invitation_id>/revoke")
@access(Policy.TRAINER)
def revoke_code(cohort: str, invitation_id: int) -> Page:
    """Take a code back."""
    services.revoke_invitation(signed_in_person(), cohort, invitation_id, now())
    flash(_("The code no longer works. Whoever has joined with it stays."))
    return _back(cohort)


def _list(form: CohortForm) -> str:
    lines = services.cohort_lines(signed_in_person())
    return render_template(
        "cohorts/cohorts.html",
        here_now=[line for line in lines if not line.archived],
        archived=[line for line in lines if line.archived],
        form=form,
    )


def _overview(
    cohort: str,
    cohort_form: CohortForm | None = None,
    trainer_form: TrainerForm | None = None,
    code_form: CodeForm | None = None,
) -> str:
    """The cohort's page; a form that was sent comes back as it was, the others are fresh."""
    page = services.cohort_page(signed_in_person(), cohort, now())
    fresh = CohortForm(formdata=None, here=page.time_zone, name=page.name)
    return render_template(
        "cohorts/overview.html",
        page=page,
        edition=kept(page.edition),
        doors=_doors(cohort),
        links={code.id: _link(code.shown) for code in page.codes},
        cohort_form=cohort_form or fresh,
        trainer_form=trainer_form or TrainerForm(formdata=None),
        code_form=code_form or CodeForm(formdata=None),
    )


def _doors(cohort: str) -> list[tuple[Door, str]]:
    """The pages that this site has, each with its address."""
    there = (door for door in DOORS if door.endpoint in current_app.view_functions)
    return [(door, url_for(door.endpoint, cohort=cohort)) for door in there]


def _link(code: str) -> str:
    """The code as an address that can be sent to people."""
    return site().settings.address + url_for("joining.join_page", code=code)


def _back(cohort: str) -> Response:
    return redirect(url_for("cohorts.overview", cohort=cohort), code=303)
