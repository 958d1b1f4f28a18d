"""Nothing of anybody's is kept by a cache, a proxy or the browser after signing out."""

from dataclasses import dataclass, field

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from tests.web.exam_cast import begin, finished
from tests.world import signed_in

STORABLE = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}
"""What a cache may keep without being told to (RFC 9110, 15.1)."""


@dataclass
class SharedCache:
    """A cache between many people and the site, as eager as RFC 9111 lets it be."""

    app: Flask
    kept: dict[str, TestResponse] = field(default_factory=dict)

    def get(self, client: FlaskClient, path: str) -> TestResponse:
        """What is kept for the path, whoever asks; else what the site answers."""
        if path in self.kept:
            return self.kept[path]
        answer = client.get(path)
        if may_be_kept(answer):
            self.kept[path] = answer
        return answer


def may_be_kept(answer: Response) -> bool:
    """Whether a shared cache may keep the answer and give it to others."""
    said = set(answer.headers.get("Cache-Control", "").replace(" ", "").split(","))
    if said & {"no-store", "private", "no-cache"}:
        return False
    told = {"public", "max-age", "s-maxage"} & {word.partition("=")[0] for word in said}
    return bool(told) or answer.status_code in STORABLE


def private_pages(app: Flask) -> list[str]:
    """Every page without a place in its address, and those of two attempts."""
    running, over = f"/attempts/{begin(app)}", f"/attempts/{finished(app, right=2)}/result"
    rules = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
    ]
    return [*rules, f"{running}/items/1", f"{running}/clock", over, f"{over}/items/1"]


def test_a_shared_cache_gives_nobody_another_s_page(app: Flask, ana: FlaskClient) -> None:
    cache, eli = SharedCache(app), signed_in(app, "eli")
    for path in private_pages(app):
        hers = cache.get(ana, path)
        for client in (eli, app.test_client()):
            fresh = client.get(path)
            seen = cache.get(client, path)
            assert (path, seen.status_code) == (path, fresh.status_code)
        assert (path, may_be_kept(hers)) == (path, False)
    assert cache.kept == {}


def test_nor_a_sign_in_of_somebody_else(app: Flask, stranger: FlaskClient) -> None:
    """CVE-2023-30861: a cached answer that sets a cookie hands the session on."""
    answer = stranger.get("/sign-in")
    assert "Set-Cookie" in answer.headers
    assert (may_be_kept(answer), "Cookie" in answer.headers["Vary"]) == (False, True)
    client = signed_in(app, "ana")
    for path in ("/home", "/account"):
        page = client.get(path)
        assert (may_be_kept(page), "Cookie" in page.headers["Vary"]) == (False, True)


def test_the_cache_of_the_test_would_keep_what_it_may(app: Flask) -> None:
    """The negative control: the site without its header is caught."""
    cache = SharedCache(app)
    ana, eli = signed_in(app, "ana"), signed_in(app, "eli")

    class Forgetful:
        """A browser whose proxy takes the site's word on caching away."""

        def __init__(self, client: FlaskClient) -> None:
            self.client = client

        def get(self, path: str) -> TestResponse:
            answer = self.client.get(path)
            del answer.headers["Cache-Control"]
            return answer

    cache.get(Forgetful(ana), "/account")  # type: ignore[arg-type]
    page = cache.get(Forgetful(eli), "/account")  # type: ignore[arg-type]
    assert 'value="Ana"' in page.get_data(as_text=True)


def test_a_static_file_may_be_kept_and_sets_no_cookie(app: Flask, stranger: FlaskClient) -> None:
    with stranger.get(app.jinja_env.globals["static_url"]("site.css")) as answer:  # type: ignore[operator]
        assert (may_be_kept(answer), "Set-Cookie" in answer.headers) == (True, False)


@pytest.mark.parametrize("path", ["/sign-out"])
def test_signing_out_clears_what_the_browser_kept(ana: FlaskClient, path: str) -> None:
    assert ana.post(path).headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Ana" not in ana.get("/").get_data(as_text=True)
