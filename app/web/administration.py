"""The administrator's pages: the bank's problems, people, voids."""

from flask import Blueprint, render_template

from app.services.administration import administration_page
from app.web.access import Policy, access
from app.web.bank_texts import problem_text
from app.web.site import site

bp = Blueprint("administration", __name__, url_prefix="/administration")


@bp.get("")
@access(Policy.ADMINISTRATOR)
def overview() -> str:
    """The bank's state, its faults by file and line, and the mock tries."""
    page = administration_page(site())
    return render_template("administration/overview.html", page=page, problem_text=problem_text)
