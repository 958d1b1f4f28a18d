"""The hidden field by which a form says what it showed when it was opened."""

from flask import current_app, request, url_for

FIELD = "shown"
PAGES = {
    "accounts.save_account": "accounts.account",
    "administration.set_role": "administration.people",
    "assignments.edit": "assignments.edit_page",
    "cohorts.rename": "cohorts.overview",
    "records.set_standing": "records.people",
}
"""On which page each such form is."""


def shown() -> str | None:
    """What the form that was sent had shown; None where it says nothing."""
    return request.form.get(FIELD)


def kept(edition: str) -> str:
    """The edition for a form: of one that comes back with faults, the one it was opened with."""
    return shown() or edition


def page_of_form() -> str | None:
    """The address of the page that the form was on."""
    page = PAGES.get(request.endpoint or "")
    if page is None:
        return None
    (rule, *_rest) = current_app.url_map.iter_rules(page)
    here = request.view_args or {}
    return url_for(page, **{name: here[name] for name in rule.arguments})
