"""Every route says who may use it; one that says nothing stops the build and the request."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.domain.access import Person, Role
from app.storage.people import PersonRow, to_person

View = TypeVar("View", bound=Callable[..., object])

POLICY = "access_policy"


class Policy(StrEnum):
    """Who may use a route."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    AT_GATE = "at_gate"
    """Signed in, and theirs: the service asks the database for both in one statement."""
    TRAINER = "trainer"
    """Trainers and administrators."""
    ADMINISTRATOR = "administrator"


LET_THROUGH = {Policy.PUBLIC, Policy.AT_GATE}


def access(policy: Policy) -> Callable[[View], View]:
    """Declare who may use the view."""

    def mark(view: View) -> View:
        setattr(view, POLICY, policy)
        return view

    return mark


def policy_of(app: Flask, endpoint: str) -> Policy | None:
    """What the endpoint declares; None where it declares nothing."""
    declared = getattr(app.view_functions[endpoint], POLICY, None)
    if declared is not None:
        return Policy(declared)
    known: dict[str, Policy] = app.extensions.get("peerprep_policies", {})
    return known.get(endpoint)


def declare(app: Flask, policies: dict[str, Policy]) -> None:
    """Declare for endpoints that a library brings."""
    app.extensions.setdefault("peerprep_policies", {}).update(policies)


def enforce() -> Response | None:
    """Before each request: let it through, ask for a sign-in, or answer 404."""
    if request.endpoint is None:
        return None
    policy = policy_of(current_app, request.endpoint)
    if policy is None:
        abort(404)
    if policy in LET_THROUGH:
        return None
    row = visitor()
    if row is None:
        return _ask_for_sign_in()
    if not _allowed(policy, Role(row.role)):
        abort(404)
    return None


def asked_at_gate() -> bool:
    """Whether the service behind this route asks who is there, so that nobody else need ask."""
    endpoint = request.endpoint
    return endpoint is not None and policy_of(current_app, endpoint) is Policy.AT_GATE


def visitor() -> PersonRow | None:
    """Who is asking; None for somebody who is not signed in."""
    found = current_user._get_current_object()  # noqa: SLF001
    return found if isinstance(found, PersonRow) else None


def signed_in_person() -> Person:
    """Who is asking. Only for routes that need a sign-in."""
    row = visitor()
    if row is None:
        abort(401)
    return to_person(row)


def _allowed(policy: Policy, role: Role) -> bool:
    if policy is Policy.ADMINISTRATOR:
        return role is Role.ADMINISTRATOR
    if policy is Policy.TRAINER:
        return role in {Role.TRAINER, Role.ADMINISTRATOR}
    return True


def _ask_for_sign_in() -> Response:
    if request.is_json or request.accept_mimetypes.best == "application/json":
        abort(401)
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("security.login", next=back), code=303)
