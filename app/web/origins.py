"""Forms come from this site's own pages: what a browser says of another site's is refused.

Beside the token in every form, not instead of it. Old browsers say nothing: then the token decides.
"""

from urllib.parse import urlsplit

from flask import abort, request

from app.web.site import site

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
OWN = {"same-origin", "none"}
"""What `Sec-Fetch-Site` says of the site's own pages and of a person's own doing."""


def refuse_other_sites() -> None:
    """Before each request: answer 403 to a form that another site's page has sent."""
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("Sec-Fetch-Site", "none") not in OWN or not _is_own_origin():
        abort(403)


def _is_own_origin() -> bool:
    """Whether the form says that it is of this host; by whatever scheme, for a proxy's sake."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    return _host(origin) in {request.host, _host(site().settings.address)}


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""
