"""The page of tries: the approval period, real sittings and mock tries."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.domain.access import may_administer
from app.domain.eligibility import SittingResult, SittingState
from app.services import tries as services
from app.web.access import Policy, access, signed_in_person
from app.web.clock import now
from app.web.forms import PeriodForm, SittingForm, VoidForm
from app.web.site import site
from app.web.whole_numbers import number_in_form

bp = Blueprint("tries", __name__, url_prefix="/tries")

Page = str | tuple[str, int] | Response


@bp.get("")
@access(Policy.SIGNED_IN)
def tries() -> Page:
    """Both ledgers."""
    return _page()


@bp.post("/period")
@access(Policy.SIGNED_IN)
def record_period() -> Page:
    """Record the approval period or correct it."""
    form = PeriodForm()
    if not form.validate_on_submit():
        return _page(period_form=form), 422
    wrong = services.record_period(
        signed_in_person(),
        form.approved_on.data,
        form.valid_through.data,
        now(),
        number_in_form(request.form.get("period_id")),
    )
    if wrong:
        form.valid_through.errors = [
            {
                "ends_before_start": _("The last day is before the approval date."),
                "overlaps": _("These dates overlap a period that you recorded before."),
            }[wrong]
        ]
        return _page(period_form=form), 422
    flash(_("Your approval period is recorded."))
    return redirect(url_for("tries.tries"), code=303)


@bp.post("/sittings")
@access(Policy.SIGNED_IN)
def record_sitting() -> Page:
    """Record a real try or change one."""
    form = SittingForm()
    if not form.validate_on_submit():
        return _page(sitting_form=form), 422
    services.record_sitting(
        signed_in_person(),
        SittingState(form.state.data),
        form.on.data,
        SittingResult(form.result.data) if form.result.data else None,
        now(),
        counts=form.counts.data,
        sitting_id=number_in_form(request.form.get("sitting_id")),
    )
    flash(_("Your record of the real exam is saved."))
    return redirect(url_for("tries.tries"), code=303)


@bp.post("/sittings/<int:sitting_id>/remove")
@access(Policy.SIGNED_IN)
def remove_sitting(sitting_id: int) -> Page:
    """Take an entry out of the person's own record."""
    services.remove_sitting(signed_in_person(), sitting_id)
    flash(_("The entry is removed."))
    return redirect(url_for("tries.tries"), code=303)


@bp.get("/mocks/<handle>/void")
@access(Policy.TRAINER)
def void_page(handle: str) -> Page:
    """What giving a try back means."""
    return _void_page(handle, VoidForm())


@bp.post("/mocks/<handle>/void")
@access(Policy.TRAINER)
def void(handle: str) -> Page:
    """Give a mock try back, with a reason."""
    form = VoidForm()
    if not form.validate_on_submit():
        return _void_page(handle, form), 422
    services.void_try(signed_in_person(), handle, form.reason.data, now())
    flash(_("The try is given back. The reason stays on record."))
    runs_site = may_administer(signed_in_person())
    return redirect(url_for("administration.overview" if runs_site else "start.home"), code=303)


def _void_page(handle: str, form: VoidForm) -> str:
    page = services.try_to_void(signed_in_person(), handle)
    return render_template("tries/void.html", form=form, page=page)


def _page(period_form: PeriodForm | None = None, sitting_form: SittingForm | None = None) -> str:
    """Both ledgers; a form that was sent comes back in the place that it was sent from."""
    page = services.tries_page(signed_in_person(), site(), now())
    corrects = not page.period_id or "period_id" in request.form
    sent, unsent = period_form or _recorded(page), _recorded(page)
    return render_template(
        "tries/tries.html",
        page=page,
        period_form=sent if corrects else unsent,
        new_period_form=_beside(PeriodForm(formdata=None) if corrects or not period_form else sent),
        sitting_form=sitting_form or SittingForm(formdata=None),
    )


def _recorded(page: services.TriesPage) -> PeriodForm:
    """The recorded period, to be corrected; a last day that the site proposed stays open."""
    if not page.period_id:
        return PeriodForm(formdata=None)
    period = page.sittings.period
    return PeriodForm(
        formdata=None,
        approved_on=period.approved_on,
        valid_through=None if page.period_computed else period.valid_through,
    )


def _beside(form: PeriodForm) -> PeriodForm:
    """The form under other ids, for it stands on the page beside its like."""
    for field in (form.approved_on, form.valid_through):
        field.id = f"new_{field.id}"
    return form
