"""Pages travel compressed, for phones with little data.

A page holds a secret (its form token) beside what came in with the address, so its compressed
length could be asked questions (the BREACH attack). The name field of the gzip header is
filled with noise of random length, as Django does ("Heal the BREACH", Palacios and others, 2022).
"""

import gzip
import io
import secrets

from flask import request
from werkzeug.wrappers import Response

LEAST_BYTES = 600
LEVEL = 5
MOST_NOISE = 100
KINDS = {"text/html", "application/json", "text/plain"}


def compress(response: Response) -> Response:
    """Compress a page for a browser that takes gzip."""
    if response.is_streamed or (response.content_length or LEAST_BYTES) < LEAST_BYTES:
        return response
    takes = "gzip" in request.headers.get("Accept-Encoding", "").lower()
    fits = response.mimetype in KINDS
    if not takes or not fits or "Content-Encoding" in response.headers:
        return response
    body = response.get_data()
    if len(body) >= LEAST_BYTES:
        response.set_data(_gzip(body))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _gzip(body: bytes) -> bytes:
    noise = secrets.token_urlsafe(MOST_NOISE)[: secrets.randbelow(MOST_NOISE)]
    packed = io.BytesIO()
    with gzip.GzipFile(noise, "wb", LEVEL, packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()
