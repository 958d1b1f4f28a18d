"""The exam page and everything around it while an attempt runs."""

from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.domain.attempts import AttemptStatus
from app.domain.errors import AttemptFinished, BreakRunning, PartNotReached, TimeIsUp
from app.services import attempts as services
from app.services import responses
from app.services.clock import clock_face
from app.services.review import part_page
from app.web.access import Policy, access, signed_in_person
from app.web.added_time import told
from app.web.clock import now
from app.web.item_form import Walk, change_from_form, target_of
from app.web.language import current_language, switch_language
from app.web.site import site

bp = Blueprint("attempts", __name__, url_prefix="/attempts/<handle>")

Page = str | tuple[str, int] | Response


@bp.get("")
@access(Policy.SIGNED_IN)
def resume(handle: str) -> Page:
    """Go on where the attempt stands, on whatever device."""
    row, attempt = services.load(signed_in_person(), handle, now(), site())
    if attempt.status is AttemptStatus.FINISHED:
        return _to("results.result", handle)
    if attempt.status is AttemptStatus.ON_BREAK:
        return _to("attempts.break_page", handle)
    return _to("attempts.item", handle, position=min(row.position, attempt.reach))


@bp.get("/items/<int:position>")
@access(Policy.SIGNED_IN)
def item(handle: str, position: int) -> Page:
    """One item."""
    try:
        page = responses.item_page(
            signed_in_person(), handle, position, current_language(), now(), site()
        )
    except AttemptFinished:
        return _to("results.result", handle)
    except TimeIsUp:
        return render_template("attempts/time_up.html", handle=handle)
    except (BreakRunning, PartNotReached):
        return _to("attempts.break_page", handle)
    walk = Walk.from_name(request.args.get("walk"))
    return render_template("attempts/item.html", page=page, walk=walk, way=walk.way(page))


@bp.post("/items/<int:position>")
@access(Policy.SIGNED_IN)
def save_item(handle: str, position: int) -> Page:
    """What the item's form did: save, and then stay or go where its button says."""
    person, change = signed_in_person(), change_from_form(request.form)
    target = target_of(request.form)
    walk = request.form.get("walk") or None
    if target.position is not None:
        try:
            responses.save_and_go(person, handle, position, change, target.position, now(), site())
        except PartNotReached:
            return _to("attempts.break_page", handle)
        return _to("attempts.item", handle, position=target.position, walk=walk)
    responses.save_response(person, handle, position, change, now(), site())
    if change.reveal and change.option_id is None:
        flash(_("Please choose an answer first. Then it can be checked."), "info")
    if target.language is not None:
        switch_language(target.language)
    if target.both_languages is not None:
        services.show_both_languages(person, handle, now(), site(), both=target.both_languages)
    if target.home:
        return redirect(url_for("start.home"), code=303)
    if target.page:
        return _to(target.page, handle)
    return _to("attempts.item", handle, position=position, walk=walk)


@bp.get("/clock")
@access(Policy.SIGNED_IN)
def clock(handle: str) -> Response:
    """The server's clock, which decides."""
    _row, attempt = services.load(signed_in_person(), handle, now(), site())
    face = clock_face(attempt, now())
    return jsonify(
        status=attempt.status.value,
        seconds_left=None if face is None else face.seconds_left,
        added=[] if face is None else [told(added) for added in face.added],
    )


@bp.get("/review")
@access(Policy.SIGNED_IN)
def review(handle: str) -> Page:
    """The map of all items, with filters."""
    try:
        page = part_page(
            signed_in_person(), handle, now(), site(), show=request.args.get("show", "all")
        )
    except AttemptFinished:
        return _to("results.result", handle)
    except TimeIsUp:
        return render_template("attempts/time_up.html", handle=handle)
    except BreakRunning:
        return _to("attempts.break_page", handle)
    return render_template("attempts/review.html", page=page)


@bp.post("/open")
@access(Policy.SIGNED_IN)
def open_item(handle: str) -> Page:
    """Jump to an item from the map."""
    target = request.form.get("position", type=int)
    if target is None:
        abort(400)
    responses.open_position(signed_in_person(), handle, target, now(), site())
    return _to("attempts.item", handle, position=target, walk=request.form.get("walk") or None)


@bp.get("/break")
@access(Policy.SIGNED_IN)
def break_page(handle: str) -> Page:
    """The break: offered, running, or behind."""
    row, attempt = services.load(signed_in_person(), handle, now(), site())
    if attempt.status is AttemptStatus.FINISHED:
        return _to("results.result", handle)
    if attempt.break_after is None or attempt.taken_break.decided:
        return _to("attempts.item", handle, position=row.position)
    page = part_page(signed_in_person(), handle, now(), site(), on_break=True)
    return render_template("attempts/break.html", page=page)


@bp.post("/break")
@access(Policy.SIGNED_IN)
def move_break(handle: str) -> Page:
    """Start the break, or leave it (skipping counts as leaving)."""
    if request.form.get("do") == "start":
        services.start_break(signed_in_person(), handle, now(), site())
        return _to("attempts.break_page", handle)
    if request.form.get("do") != "leave":
        abort(422)
    position = services.leave_break(signed_in_person(), handle, now(), site())
    return _to("attempts.item", handle, position=position)


@bp.get("/submit")
@access(Policy.SIGNED_IN)
def confirm(handle: str) -> Page:
    """What submitting means, with the counts in words."""
    try:
        page = part_page(signed_in_person(), handle, now(), site())
    except (AttemptFinished, TimeIsUp):
        return _to("attempts.resume", handle)
    return render_template("attempts/submit.html", page=page)


@bp.post("/submit")
@access(Policy.SIGNED_IN)
def submit(handle: str) -> Page:
    """End the attempt."""
    services.submit(signed_in_person(), handle, now(), site())
    return _to("results.result", handle)


def _to(endpoint: str, handle: str, **values: Any) -> Response:  # noqa: ANN401 (what url_for takes)
    return redirect(url_for(endpoint, handle=handle, **values), code=303)
