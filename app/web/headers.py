"""Headers on every response: nothing from elsewhere, nothing inline, nothing kept."""

from flask import request
from werkzeug.wrappers import Response

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; font-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
FIXED = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
ALWAYS = FIXED | {
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding, Accept-Language, Cookie",
}
TLS_ONLY = "max-age=31536000; includeSubDomains"
SOON = "5"
"""Seconds after which a busy site is asked again."""


def add_headers(response: Response) -> Response:
    """Set them all; pages are never kept by a cache, since every page is somebody's."""
    response.headers.update(ALWAYS)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = TLS_ONLY
    return response


def come_again() -> Response:
    """What a script is told where the database is busy or away, and no page is made."""
    return Response("", 503, {**ALWAYS, "Retry-After": SOON})


def bare_headers(scheme: str, kind: str) -> list[tuple[str, str]]:
    """The same for an answer of this kind that no page makes; its length is still to be said."""
    secure = [("Strict-Transport-Security", TLS_ONLY)] if scheme == "https" else []
    return [("Content-Type", kind), *ALWAYS.items(), *secure]
