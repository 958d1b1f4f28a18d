"""The pages for everybody, and what is the same on every page."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain.attempts import AttemptKind
from app.web.access import Policy, policy_of
from tests.web.accounts_cast import contents
from tests.web.exam_cast import LANGUAGES, begin, finished, heading, speak, words

pytestmark = pytest.mark.usefixtures("noon")
PAGES = ("/", "/help", "/about", "/privacy")
LINK = re.compile(r'<a [^>]*href="(/[^"#]*)')
SOURCE = re.compile(r'(?:src|href|action)="([^"]*)"')


def read_routes(app: Flask, policy: Policy | None = None) -> list[str]:
    """Every page that can be opened without a value of its own."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and policy in {None, policy_of(app, rule.endpoint)}
    )


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_reads_it_in_both_languages(
    stranger: FlaskClient, path: str, language: str
) -> None:
    speak(stranger, language)
    page = stranger.get(path)
    assert (page.status_code, heading(page)[0]) == (200, language)


@pytest.mark.parametrize("path", ["/help", "/about", "/privacy"])
def test_a_signed_in_person_reads_it_too(ana: FlaskClient, path: str) -> None:
    assert (ana.get(path).status_code, heading(ana.get(path))[0]) == (200, "es")


def test_a_signed_in_person_starts_at_home(ana: FlaskClient) -> None:
    assert ana.get("/").location == "/home"


def test_the_site_says_that_it_is_well(stranger: FlaskClient) -> None:
    answer = stranger.get("/health")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"ok\n", "text/plain")


def test_the_front_page_counts_the_stock(app: Flask, stranger: FlaskClient) -> None:
    with app.app_context():
        from app.services.home import stock  # noqa: PLC0415 (needs the app)

        count = stock()
    speak(stranger, "en")
    assert re.search(rf"\b{count}\b", words(stranger.get("/")))


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/static/nothing.js", "/.git/config", "/instance/peerprep.db", "/%00", "//"],
)
def test_what_is_not_here_is_a_kind_page(stranger: FlaskClient, path: str) -> None:
    page = stranger.get(path)
    assert page.status_code in {308, 404}
    if page.status_code == 404:
        assert 'href="/"' in words(page)


@pytest.mark.parametrize("path", PAGES)
def test_reading_takes_no_other_verb(stranger: FlaskClient, path: str) -> None:
    for verb in ("post", "put", "patch", "delete", "trace"):
        assert getattr(stranger, verb)(path).status_code == 405


@pytest.mark.parametrize("who", ["stranger", "ana", "ben", "dev"])
def test_every_link_on_every_page_leads_somewhere(
    app: Flask, request: pytest.FixtureRequest, who: str
) -> None:
    client: FlaskClient = request.getfixturevalue(who)
    begin(app, "ana", AttemptKind.MOCK)
    finished(app, right=2, wrong=2)
    waiting, seen = {"/"}, set[str]()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        page = client.get(path)
        assert (path, page.status_code in {200, 302, 303}) == (path, True)
        found = LINK.findall(page.get_data(as_text=True)) if page.mimetype == "text/html" else []
        found += [page.location] if page.location else []
        targets = {target.replace("&amp;", "&") for target in found}
        waiting |= {target for target in targets if not target.startswith("/static/")} - seen
    assert len(seen) > 5


@pytest.mark.parametrize("who", ["stranger", "ana", "ben", "dev"])
def test_opening_every_page_writes_nothing(
    app: Flask, request: pytest.FixtureRequest, who: str
) -> None:
    client: FlaskClient = request.getfixturevalue(who)
    running, ended = begin(app, "ana", AttemptKind.MOCK), finished(app, right=2)
    paths = [
        rule.rule.replace("<handle>", handle)
        .replace("<int:position>", "1")
        .replace("<token>", "made-up")
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        for handle in (running, ended)
    ]
    before = contents(app)
    for path in sorted(set(paths)):
        assert (path, client.get(path).status_code < 500) == (path, True)
        client.head(path)
        client.options(path)
    assert contents(app) == before


@pytest.mark.parametrize("who", ["stranger", "dev"])
def test_nothing_on_any_page_comes_from_elsewhere(
    app: Flask, request: pytest.FixtureRequest, who: str
) -> None:
    client: FlaskClient = request.getfixturevalue(who)
    for path in read_routes(app):
        page = client.get(path)
        if page.mimetype == "text/html":
            sources = SOURCE.findall(page.get_data(as_text=True))
            assert [s for s in sources if not s.startswith(("/", "#"))] == []
            assert [s for s in sources if s.startswith("//")] == []


def test_the_title_says_nothing_about_health_or_people(app: Flask, ana: FlaskClient) -> None:
    for path in read_routes(app):
        page = ana.get(path)
        found = re.search(r"<title>(.*?)</title>", page.get_data(as_text=True), re.DOTALL)
        if found:
            assert "Ana" not in found.group(1)
