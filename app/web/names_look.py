"""A look at a cohort's names, kept while one goes from page to page of that cohort."""

from typing import Any

from flask import has_request_context, request

SHOW_NAMES = frozenset({"records.people", "board.assignment", "gradebook.gradebook"})
"""Pages that read the look at names as `look`."""
PASS_ON = frozenset(
    {
        "cohorts.overview",
        "board.board",
        "board.heat_map",
        "board.items",
        "gradebook.report",
        "records.record",
        "records.look_at",
        "records.time_page",
        "records.add_time",
        "records.give_back_page",
        "records.give_back",
        "records.remove_page",
        "records.remove",
        "records.set_standing",
    }
)
"""Pages without names, or with a look of their own: they pass it on as `names`."""


def names_look() -> str | None:
    """The look at names that this request came with, open or not."""
    if request.endpoint in SHOW_NAMES or request.endpoint == "gradebook.file":
        return request.args.get("look")
    return request.args.get("names")


def carry_names(endpoint: str, values: dict[str, Any]) -> None:
    """Put the look into an address within the same cohort, unless it says otherwise itself."""
    if endpoint not in SHOW_NAMES | PASS_ON or not has_request_context():
        return
    if values.get("cohort") != (request.view_args or {}).get("cohort"):
        return
    look = names_look()
    if look:
        values.setdefault("look" if endpoint in SHOW_NAMES else "names", look)
