"""How long an assignment may take, and when the results that wait for its due date open."""

from datetime import datetime
from math import ceil

from app.domain.assignments import Assignment, results_open_at
from app.domain.attempts import AttemptKind, Feedback
from app.services.accommodations import MOST_BREAK_MINUTES
from app.services.site import Site

MINUTE = 60


def standard_minutes(assignment: Assignment, site: Site) -> int | None:
    """The standard time; None where no clock runs."""
    if assignment.kind is AttemptKind.MOCK:
        return site.blueprint.minutes
    if not assignment.timed:
        return None
    return ceil(site.blueprint.seconds_per_item * assignment.items / MINUTE)


def results_from(assignment: Assignment, site: Site) -> datetime | None:
    """When key and rationales open for all; None where they open with each attempt's end."""
    if assignment.feedback is not Feedback.AFTER_DUE or assignment.due_at is None:
        return None
    minutes = standard_minutes(assignment, site)
    mock = assignment.kind is AttemptKind.MOCK
    return results_open_at(
        assignment.due_at,
        None if minutes is None else minutes * MINUTE,
        site.rules.time_factors,
        max(site.blueprint.break_minutes, MOST_BREAK_MINUTES) * MINUTE if mock else 0,
    )
