"""Whatever is sent to whatever address, by whomever: the site never falls over."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from app.domain.attempts import AttemptKind
from app.services.people import RESET, SET_UP, make_link
from tests.stage_database import Kept, keep_database
from tests.web.exam_cast import begin, begin_with_feedback, finished, inside, options
from tests.web.records_cast import open_classroom
from tests.world import NOON, signed_in

COOKIE = "peerprep"
EXAMPLES = 500
PLACE = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")
NASTY = (
    "", " ", "0", "-1", "1", "2", "61", "121", "2147483647", "2147483648", "9223372036854775808",
    "9" * 400, "1e9", "NaN", "٣", "\0", "a\0b", "\ud800", "\ufeff", "\u202eabc", "é", "e\u0301",
    "'", "' or 1=1 --", '"; drop table person; --', "<script>alert(1)</script>", "{{ 7 * 7 }}",
    "%s%n", "../../etc/passwd", "..\\..\\x", "\r\nSet-Cookie: a=b", "//evil.example", "x" * 5000,
    "None", "null", "true", "[]", "{}", "ana", "dev",
)  # fmt: skip
NAMES = (
    "language", "next", "agree", "items", "timed", "feedback", "areas", "axis", "area", "option",
    "do", "note", "walk", "position", "show", "in", "approved_on", "valid_through", "period_id",
    "state", "on", "result", "counts", "sitting_id", "reason", "username", "password",
    "display_name", "email", "code", "name", "credential", "time_factor", "role", "active",
    "new_password", "new_password_confirm", "setup", "remember", "usage", "remove", "csrf_token",
    "clock_hidden", "shortcuts_off", "seq", "option_id", "flagged", "strike", "person_id", "x",
    "title", "kind", "opens_at", "due_at", "attempts_allowed", "shuffled", "same_items", "roster",
    "file", "look", "minutes", "break_minutes", "tools", "days", "time_zone", "shares", "item",
    "level", "copy", "show_codes", "generate_codes", "verify_password",
)  # fmt: skip
GOOD = (
    "en", "es", "yes", "decline", "10", "30", "untimed", "each_item", "3", "IX", "oshpd", "samhsa",
    "go:2", "go:61", "flag", "reveal", "stack", "review", "start", "leave", "flagged", "sat",
    "missed", "passed", "2026-01-15", "2028-02-29", "candidate", "administrator", "1.5", "/home",
    "strike:abc", "language:es", "authenticator", "quiet river stones", "first",
)  # fmt: skip

wild = st.one_of(st.sampled_from(NASTY), st.sampled_from(GOOD), st.text(max_size=30))
fields = st.dictionaries(st.sampled_from(NAMES), wild, max_size=8)
bodies: SearchStrategy[object] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), wild),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=8,
)


@dataclass(frozen=True, slots=True)
class Ready:
    """A site in the middle of its work, and how to put it back there."""

    app: Flask
    kept: Kept
    known: dict[str, list[str]]
    cookies: dict[str, str]

    def client(self, who: str) -> FlaskClient:
        """A browser of that person's, on a database as it was."""
        self.kept.put_back()
        client = self.app.test_client()
        if who in self.cookies:
            client.set_cookie(COOKIE, self.cookies[who])
        return client


@pytest.fixture
def ready(app: Flask) -> Iterator[Ready]:
    """Attempts of every kind and state, entries, links and people who are signed in."""
    cookies = {}
    for who in ("ana", "ben", "dev"):
        client = signed_in(app, who)
        client.post("/tries/period", data={"approved_on": "2026-01-15"})
        client.post("/tries/sittings", data={"state": "sat", "on": "2026-02-20"})
        cookie = client.get_cookie(COOKIE)
        assert cookie is not None
        cookies[who] = cookie.value
    classroom = open_classroom(app)
    handles = [
        begin(app, "dev", AttemptKind.MOCK),
        finished(app, right=3, wrong=2),
        begin_with_feedback(app),
        begin(app, "ana", AttemptKind.MOCK),
    ]
    with inside(app) as stage:
        tokens = [
            make_link(SET_UP, NOON),
            make_link(RESET, NOON, stage.person("eli").id),
        ]
    kept = keep_database(app)
    numbers = [str(n) for n in range(1, 8)]
    places = {"position": numbers, "sitting_id": numbers, "person_id": numbers}
    school = {
        "cohort": [classroom.cohort],
        "assignment": [classroom.quiz],
        "attempt": [classroom.handle],
        "invitation_id": numbers,
        "item_id": ["oshpd03-0001"],
        "code": ["ABCD-EFGH"],
    }
    known = {"handle": handles, "token": tokens, **places, **school}
    known["option"] = options(app, handles[-1])
    yield Ready(app, kept, known, cookies)
    kept.forget()


def addresses(ready: Ready) -> SearchStrategy[tuple[str, str]]:
    """A verb and an address of some route, its places filled with the known or with anything."""
    routes = sorted(
        (verb, rule.rule)
        for rule in ready.app.url_map.iter_rules()
        for verb in (rule.methods or set()) - {"OPTIONS"}
    )

    def filled(route: tuple[str, str]) -> SearchStrategy[tuple[str, str]]:
        verb, rule = route
        names = PLACE.findall(rule)
        values = [st.one_of(st.sampled_from(ready.known[n]), wild) for n in names]
        return st.tuples(*values).map(lambda given: (verb, address(rule, given)))

    return st.sampled_from(routes).flatmap(filled)


def address(rule: str, given: tuple[str, ...]) -> str:
    """The rule with its places filled, as a browser would write it."""
    values = iter(given)
    return PLACE.sub(
        lambda _match: quote(next(values), safe="", errors="surrogatepass") or "%20", rule
    )


def encodable(form: dict[str, str]) -> dict[str, str]:
    """As a browser sends a form: half characters become question marks."""
    return {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(
    "who",
    ["ana", "ben", *(pytest.param(who, marks=pytest.mark.long) for who in ("stranger", "dev"))],
)
def test_nothing_that_is_sent_is_a_fault_of_ours(ready: Ready, who: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(addresses(ready), fields, fields, st.one_of(st.none(), bodies), st.booleans())
    def send(
        where: tuple[str, str],
        query: dict[str, str],
        form: dict[str, str],
        body: object,
        as_json: bool,  # noqa: FBT001 (drawn)
    ) -> None:
        verb, path = where
        client = ready.client(who)
        query = encodable(query)
        if as_json:
            data = json.dumps(body)
            kind = "application/json"
            answer = client.open(
                path, method=verb, query_string=query, data=data, content_type=kind
            )
        else:
            answer = client.open(path, method=verb, query_string=query, data=encodable(form))
        answer.get_data()
        assert answer.status_code < 500

    send()
