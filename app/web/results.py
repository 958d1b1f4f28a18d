"""The result of an attempt, item by item, and on paper."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain.bilingual import Language
from app.services.results import result_page, review_all, review_page
from app.web.access import Policy, access, signed_in_person
from app.web.clock import now
from app.web.language import current_language
from app.web.site import site

bp = Blueprint("results", __name__, url_prefix="/attempts/<handle>/result")


@bp.get("")
@access(Policy.SIGNED_IN)
def result(handle: str) -> str:
    """The honest result."""
    page = result_page(signed_in_person(), handle, now(), site())
    return render_template("results/result.html", page=page)


@bp.get("/items")
@access(Policy.SIGNED_IN)
def first_item(handle: str) -> Response:
    """To the first item, or the first missed one."""
    missed = request.args.get("show") == "missed"
    page = result_page(signed_in_person(), handle, now(), site())
    shown = [line.position for line in page.items if not (missed and line.correct)] or [1]
    return redirect(
        url_for(
            "results.item", handle=handle, position=shown[0], show="missed" if missed else None
        ),
        code=303,
    )


@bp.get("/items/<int:position>")
@access(Policy.SIGNED_IN)
def item(handle: str, position: int) -> str:
    """One item with the given answer, the key, and a rationale for every option."""
    missed = request.args.get("show") == "missed"
    page = review_page(signed_in_person(), handle, position, now(), site(), missed_only=missed)
    return render_template(
        "results/item.html", page=page, missed=missed, reading=_reading_language()
    )


@bp.get("/print")
@access(Policy.SIGNED_IN)
def printed(handle: str) -> str:
    """Everything on one page, for paper."""
    page, items = review_all(signed_in_person(), handle, now(), site())
    return render_template(
        "results/print.html", page=page, items=items, reading=_reading_language()
    )


def _reading_language() -> Language:
    """Either language, whatever the attempt was in."""
    wanted = request.args.get("in")
    return Language(wanted) if wanted in set(Language) else current_language()
