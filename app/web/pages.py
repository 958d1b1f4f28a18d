"""Pages for everybody: what this is, help, privacy."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.services.home import stock
from app.web.access import Policy, access, visitor
from app.web.static_files import SOURCE

bp = Blueprint("pages", __name__)


@bp.get("/")
@access(Policy.PUBLIC)
def front() -> str | Response:
    """What PeerPrep is; a signed-in person goes on to their own page."""
    if visitor() is not None:
        return redirect(url_for("start.home"), code=303)
    return render_template("pages/front.html", stock=stock())


@bp.get("/help")
@access(Policy.PUBLIC)
def help_page() -> str:
    """How everything works."""
    return render_template("pages/help.html")


@bp.get("/about")
@access(Policy.PUBLIC)
def about() -> str:
    """What is official and what is assumed."""
    return render_template("pages/about.html")


@bp.get("/privacy")
@access(Policy.PUBLIC)
def privacy() -> str:
    """What is kept and what is not."""
    return render_template("pages/privacy.html")


@bp.get("/sw.js")
@access(Policy.PUBLIC)
def service_worker() -> Response:
    """The worker for exams without a connection: it may serve what lies below its own address."""
    return Response((SOURCE / "sw.js").read_bytes(), mimetype="text/javascript")
