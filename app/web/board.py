"""Who has not started, what the group finds hard, what to teach next."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from itsdangerous import BadSignature, Signer
from werkzeug.wrappers import Response

from app.domain.cohort_statistics import MIN_PEOPLE
from app.domain.items import Axis
from app.domain.progress import ENOUGH_ANSWERED
from app.domain.weak_areas import LEAST_ITEMS
from app.services import board as services
from app.services.difficult_items import items_page, look_at_answers
from app.services.heat_map import heat_map_page
from app.web.access import Policy, access, signed_in_person
from app.web.clock import now
from app.web.report_turns import in_turn
from app.web.site import site

bp = Blueprint("board", __name__, url_prefix="/cohorts/<cohort>/board")

FRAGMENT = "X-Fragment"
DRILL = "assignments.new"


@bp.get("")
@access(Policy.TRAINER)
def board(cohort: str) -> str:
    """Every assignment with its counts."""
    page = services.board_page(signed_in_person(), cohort, now())
    return render_template("board/board.html", page=page)


@bp.get("/heat-map")
@access(Policy.TRAINER)
@in_turn
def heat_map(cohort: str) -> str:
    """What the group finds hard, by subject."""
    asked = request.args.get("axis")
    axis = Axis(asked) if asked in set(Axis) else Axis.OSHPD
    page = heat_map_page(signed_in_person(), cohort, axis, site(), now())
    return render_template(
        "board/heat_map.html",
        page=page,
        axes=[*Axis],
        drill=_drill(archived=page.cohort.archived),
        least=MIN_PEOPLE,
        least_items=LEAST_ITEMS,
    )


@bp.get("/<assignment>")
@access(Policy.TRAINER)
def assignment(cohort: str, assignment: str) -> str:
    """One row for each member; the page's script asks for the changing part alone."""
    look = request.args.get("look")
    page = services.assignment_board(signed_in_person(), cohort, assignment, look, now())
    template = "board/_people.html" if FRAGMENT in request.headers else "board/assignment.html"
    return render_template(
        template,
        page=page,
        look=look,
        target=site().blueprint.practice_target,
        least=ENOUGH_ANSWERED,
    )


@bp.post("/<assignment>/names")
@access(Policy.TRAINER)
def names(cohort: str, assignment: str) -> Response:
    """Note the look at the names, then show them."""
    look = services.show_names(signed_in_person(), cohort, assignment, now())
    where = url_for("board.assignment", cohort=cohort, assignment=assignment, look=look)
    return redirect(where, code=303)


@bp.get("/<assignment>/items")
@access(Policy.TRAINER)
@in_turn
def items(cohort: str, assignment: str) -> str:
    """What the group finds hard in this assignment."""
    item_id = request.args.get("item")
    look = _look_for(assignment, item_id)
    page = items_page(signed_in_person(), cohort, assignment, site(), now(), look, item_id)
    drill = _drill(archived=page.cohort.archived)
    return render_template("board/items.html", page=page, drill=drill, least=MIN_PEOPLE)


@bp.post("/<assignment>/items/<item_id>/who")
@access(Policy.TRAINER)
def who(cohort: str, assignment: str, item_id: str) -> Response:
    """Note the look at who chose what on one item, then show it."""
    look = look_at_answers(signed_in_person(), cohort, assignment, item_id, now())
    where = url_for(
        "board.items",
        cohort=cohort,
        assignment=assignment,
        look=_signer(assignment, item_id).sign(look).decode(),
        item=item_id,
        _anchor="who",
    )
    return redirect(where, code=303)


def _signer(assignment: str, item_id: str) -> Signer:
    """What ties a look to its item: the look that was noted for one opens no other."""
    return Signer(current_app.secret_key or "", salt=f"answers {assignment} {item_id}")


def _look_for(assignment: str, item_id: str | None) -> str | None:
    try:
        signed = request.args.get("look", "")
        return _signer(assignment, item_id or "").unsign(signed).decode()
    except BadSignature:
        return None


def _drill(*, archived: bool) -> str | None:
    """The page that sets an assignment, where this site and this cohort can."""
    return DRILL if DRILL in current_app.view_functions and not archived else None
