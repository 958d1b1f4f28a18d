"""All attempts of a person, with the trend."""

from flask import Blueprint, render_template

from app.services.history import history_page
from app.web.access import Policy, access, signed_in_person
from app.web.clock import now
from app.web.site import site

bp = Blueprint("history", __name__)


@bp.get("/history")
@access(Policy.SIGNED_IN)
def history() -> str:
    """Every attempt, newest first."""
    page = history_page(signed_in_person(), now(), site())
    return render_template("history/history.html", page=page)
