"""What a candidate can read about accommodations and looks at the record."""

from flask import Blueprint, render_template

from app.services.my_record import my_record_page
from app.web.access import Policy, access, signed_in_person
from app.web.record_forms import factor_text
from app.web.site import site

bp = Blueprint("my_record", __name__, url_prefix="/my-record")


@bp.get("")
@access(Policy.SIGNED_IN)
def my_record() -> str:
    """The person's own record."""
    page = my_record_page(signed_in_person(), site().settings.time_zone)
    return render_template("my_record/my_record.html", page=page, factor_text=factor_text)
