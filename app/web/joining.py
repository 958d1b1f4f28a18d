"""A candidate joins a cohort, says what its trainers may see, and leaves."""

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.domain.codes import normal_code, shown_code
from app.services import joining as services
from app.services.joining import Verdict
from app.storage.people import to_person
from app.web.access import Policy, access, signed_in_person, visitor
from app.web.clock import now
from app.web.cohort_forms import EnterCodeForm, JoinForm
from app.web.passwords import wait_text
from app.web.site import site

bp = Blueprint("joining", __name__, url_prefix="/join")

Page = str | tuple[str, int] | Response

CODE = "join_code"
"""Where the session keeps the code of somebody who has yet to register or to sign in."""
ENTRANCES = {
    "accounts.register",
    "security.login",
    "security.mf_recovery",
    "security.two_factor_token_validation",
    "security.wan_signin_response",
}
MY_RECORD = "my_record.my_record"


@bp.get("")
@access(Policy.SIGNED_IN)
def enter_page() -> Page:
    """A field for the code."""
    return render_template("joining/enter.html", form=EnterCodeForm())


@bp.post("")
@access(Policy.SIGNED_IN)
def enter() -> Page:
    """Go to what the code leads to."""
    form = EnterCodeForm()
    if not form.validate_on_submit():
        return render_template("joining/enter.html", form=form), 422
    verdict = _judge(form.code.data)
    if verdict is Verdict.RIGHT:
        code = shown_code(normal_code(form.code.data))
        return redirect(url_for("joining.join_page", code=code), code=303)
    waits = verdict is Verdict.WAIT
    form.code.errors = [wait_text() if waits else _no_cohort()]
    return render_template("joining/enter.html", form=form), 429 if waits else 422


@bp.get("/<code>")
@access(Policy.PUBLIC)
def join_page(code: str) -> Page:
    """What joining means, also for somebody who has yet to sign in or register."""
    row = visitor()
    page = services.invitation_page(to_person(row) if row else None, code, now())
    if row is None:
        session[CODE] = page.code
    else:
        session.pop(CODE, None)
    return render_template("joining/join.html", page=page, form=JoinForm())


@bp.post("/<code>")
@access(Policy.SIGNED_IN)
def join(code: str) -> Page:
    """Join the code's cohort."""
    if _judge(code) is Verdict.WAIT:
        abort(429)
    shares = bool(JoinForm().shares.data)
    name = services.join(signed_in_person(), code, now(), shares_practice=shares)
    flash(_("You have joined %(name)s.", name=name))
    return redirect(url_for("joining.cohorts"), code=303)


@bp.get("/cohorts")
@access(Policy.SIGNED_IN)
def cohorts() -> Page:
    """The person's own cohorts, and what their trainers see."""
    return render_template(
        "joining/cohorts.html",
        cohorts=services.joined_cohorts(signed_in_person()),
        record=url_for(MY_RECORD) if MY_RECORD in current_app.view_functions else None,
    )


@bp.post("/cohorts/<cohort>/sharing")
@access(Policy.SIGNED_IN)
def share(cohort: str) -> Page:
    """Share practice with the trainers, or take that back."""
    wanted = request.form.get("shares")
    if wanted not in {"yes", "no"}:
        abort(422)
    services.share_practice(signed_in_person(), cohort, shares=wanted == "yes")
    if wanted == "yes":
        flash(_("Your trainers can see your own practice from now on."))
    else:
        flash(_("Your own practice is yours alone again."))
    return redirect(url_for("joining.cohorts"), code=303)


@bp.post("/cohorts/<cohort>/leave")
@access(Policy.SIGNED_IN)
def leave(cohort: str) -> Page:
    """Leave the cohort and keep every test."""
    services.leave(signed_in_person(), cohort)
    flash(_("You have left the cohort. Your tests and results stay yours."))
    return redirect(url_for("joining.cohorts"), code=303)


@bp.after_app_request
def lead_back(response: Response) -> Response:
    """Whoever came with a code goes on with it after registering, or after signing in to home."""
    if request.endpoint == "security.logout":
        session.pop(CODE, None)  # the next person at this browser may be another
    came_in = request.endpoint in ENTRANCES and response.location == url_for("start.home")
    if came_in and CODE in session and visitor() is not None:
        response.location = url_for("joining.join_page", code=session.pop(CODE))
    return response


def _judge(code: str) -> Verdict:
    settings = site().settings
    return services.judge_code(signed_in_person(), code, request.remote_addr, now(), settings)


def _no_cohort() -> str:
    return str(
        _("We do not know this code. Please check each sign, or ask your trainer for a new one.")
    )
