"""Where a `next` may lead: to this site's own pages and nowhere else."""

from urllib.parse import unquote

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

HOME = "/"
LONGEST = 500


def safe_path(path: str | None) -> str:
    """The path where it is one of this site's pages, else the start page."""
    if not path or len(path) > LONGEST or not path.startswith("/"):
        return HOME
    plain = unquote(path)
    if plain.startswith("//") or any(mark in plain for mark in "\\\r\n\t\0@"):
        return HOME
    route, _, _query = path.partition("?")
    adapter = current_app.create_url_adapter(request)
    try:
        if adapter is None:
            return HOME
        adapter.match(route, method="GET")
    except (HTTPException, RequestRedirect):
        return HOME
    return path
