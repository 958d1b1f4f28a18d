"""What pages need of the whole site."""

from flask import current_app

from app.services.site import Site

EXTENSION = "peerprep_site"


def site() -> Site:
    """The site that this request is for."""
    found: Site = current_app.extensions[EXTENSION]
    return found
