"""One member: accommodations, more time, attempts given back, late answers, results."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.domain.errors import AttemptFinished, LookOver
from app.services import accommodations, records
from app.services.accommodations import Standing
from app.services.cohorts import remove_member
from app.services.records import RecordPage
from app.web.access import Policy, access, signed_in_person
from app.web.clock import now
from app.web.editions import kept, shown
from app.web.names_look import carry_names
from app.web.record_forms import AddTimeForm, GiveBackForm, StandingForm, factor_text
from app.web.site import site

bp = Blueprint("records", __name__, url_prefix="/cohorts/<cohort>/people")

bp.app_url_defaults(carry_names)

Page = str | tuple[str, int] | Response


@bp.get("")
@access(Policy.TRAINER)
def people(cohort: str) -> str:
    """The members, by number until their names are asked for."""
    look = request.args.get("look")
    page = records.people_page(signed_in_person(), cohort, look, now())
    return render_template("records/people.html", page=page, look=look)


@bp.post("/names")
@access(Policy.TRAINER)
def names(cohort: str) -> Response:
    """Note the look at the names, then show them."""
    look = records.show_names(signed_in_person(), cohort, now())
    return redirect(url_for("records.people", cohort=cohort, look=look), code=303)


@bp.post("/<int:person_id>/look")
@access(Policy.TRAINER)
def look_at(cohort: str, person_id: int) -> Response:
    """Note the look at one record, then show it."""
    look = records.look_at_record(signed_in_person(), cohort, person_id, now())
    return _to_record(cohort, person_id, look)


@bp.get("/<int:person_id>")
@access(Policy.TRAINER)
def record(cohort: str, person_id: int) -> str:
    """One member's record, by an open look."""
    page = _record(cohort, person_id, request.args.get("look"))
    form = StandingForm(
        formdata=None, time_factor=page.time_factor, break_minutes=page.break_minutes
    )
    if page.standing:
        form.tools.data = page.standing[0].tools
    return _record_page(page, form)


@bp.post("/<int:person_id>/accommodations")
@access(Policy.TRAINER)
def set_standing(cohort: str, person_id: int) -> Page:
    """Set the standing accommodations, with a reason."""
    page = _record(cohort, person_id, _kept_look(cohort, person_id))
    form = StandingForm().offer(page.time_factor)
    if not form.validate():
        return _record_page(page, form), 422
    standing = Standing(
        time_factor=form.time_factor.data,
        break_minutes=form.break_minutes.data,
        tools=form.tools.data or "",
        reason=form.reason.data,
    )
    accommodations.set_standing(signed_in_person(), cohort, person_id, standing, now(), shown())
    flash(_("Saved. It applies to every test started from now on."))
    return _to_record(cohort, person_id, page.look)


@bp.get("/<int:person_id>/attempts/<attempt>/time")
@access(Policy.TRAINER)
def time_page(cohort: str, person_id: int, attempt: str) -> str:
    """How an attempt's clock stands, and the form that adds time."""
    page = _record(cohort, person_id, request.args.get("look"))
    return _attempt_page("records/time.html", page, attempt, AddTimeForm(formdata=None))


@bp.post("/<int:person_id>/attempts/<attempt>/time")
@access(Policy.TRAINER)
def add_time(cohort: str, person_id: int, attempt: str) -> Page:
    """Add time to a running attempt."""
    person, form = signed_in_person(), AddTimeForm()
    page = _record(cohort, person_id, _kept_look(cohort, person_id))
    if not form.validate():
        return _attempt_page("records/time.html", page, attempt, form), 422
    minutes, reason = int(form.minutes.data or 0), form.reason.data
    try:
        accommodations.add_time(person, cohort, person_id, attempt, minutes, reason, now(), site())
    except AttemptFinished:
        flash(_("This attempt has ended in the meantime. Nothing was added."), "error")
    else:
        flash(_added(minutes))
    return _to_record(cohort, person_id, page.look)


@bp.get("/<int:person_id>/attempts/<attempt>/give-back")
@access(Policy.TRAINER)
def give_back_page(cohort: str, person_id: int, attempt: str) -> str:
    """What giving an attempt back means."""
    page = _record(cohort, person_id, request.args.get("look"))
    return _attempt_page("records/give_back.html", page, attempt, GiveBackForm(formdata=None))


@bp.post("/<int:person_id>/attempts/<attempt>/give-back")
@access(Policy.TRAINER)
def give_back(cohort: str, person_id: int, attempt: str) -> Page:
    """Give an attempt back, with a reason."""
    page, form = _record(cohort, person_id, _kept_look(cohort, person_id)), GiveBackForm()
    if not form.validate():
        return _attempt_page("records/give_back.html", page, attempt, form), 422
    reason = form.reason.data
    accommodations.give_back(signed_in_person(), cohort, person_id, attempt, reason, now())
    flash(_("The attempt is given back. The reason stays on record."))
    return _to_record(cohort, person_id, page.look)


@bp.post("/<int:person_id>/attempts/<attempt>/late")
@access(Policy.TRAINER)
def count_late(cohort: str, person_id: int, attempt: str) -> Response:
    """Let an attempt's late answers count; a second press changes nothing."""
    look = _kept_look(cohort, person_id)
    person = signed_in_person()
    answers = accommodations.count_late_answers(person, cohort, person_id, attempt, now())
    flash(_late(answers) if answers else _("No late answers are waiting to be counted."))
    return _to_record(cohort, person_id, look)


@bp.get("/<int:person_id>/remove")
@access(Policy.TRAINER)
def remove_page(cohort: str, person_id: int) -> str:
    """What removing somebody means, before it is done."""
    look = request.args.get("look")
    facts, name = records.name_shown(signed_in_person(), cohort, person_id, look, now())
    return render_template("records/remove.html", cohort=facts, name=name, person_id=person_id)


@bp.post("/<int:person_id>/remove")
@access(Policy.TRAINER)
def remove(cohort: str, person_id: int) -> Response:
    """Take a member out of the cohort."""
    remove_member(signed_in_person(), cohort, person_id)
    flash(_("The person is no longer in the cohort. Every attempt stays theirs."))
    return redirect(url_for("records.people", cohort=cohort), code=303)


@bp.errorhandler(LookOver)
def look_over(error: LookOver) -> tuple[str, int]:
    """Say calmly that the hour is over, with the button that opens the record again."""
    del error
    values = request.view_args or {}
    page = render_template(
        "records/look_over.html", cohort=values["cohort"], person_id=values["person_id"]
    )
    return page, 404


def _added(minutes: int) -> str:
    text = ngettext(
        "%(num)s minute is added. The attempt's page says so within half a minute.",
        "%(num)s minutes are added. The attempt's page says so within half a minute.",
        minutes,
    )
    return str(text)


def _late(answers: int) -> str:
    text = ngettext("%(num)s late answer counts now.", "%(num)s late answers count now.", answers)
    return str(text)


def _kept_look(cohort: str, person_id: int) -> str:
    look = request.args.get("look")
    return records.kept_look(signed_in_person(), cohort, person_id, look, now())


def _record(cohort: str, person_id: int, look: str | None) -> RecordPage:
    return records.record_page(signed_in_person(), cohort, person_id, look, now(), site())


def _record_page(page: RecordPage, form: StandingForm) -> str:
    form.offer(page.time_factor)
    values = {"edition": kept(page.edition), "factor_text": factor_text}
    return render_template("records/record.html", page=page, form=form, **values)


def _attempt_page(template: str, page: RecordPage, attempt: str, form: object) -> str:
    line = records.attempt_line(page, attempt)
    again = records.again_after(page.person_id, line.handle, now())
    return render_template(template, page=page, line=line, form=form, again=again.value)


def _to_record(cohort: str, person_id: int, look: str) -> Response:
    address = url_for("records.record", cohort=cohort, person_id=person_id, look=look)
    return redirect(address, code=303)
