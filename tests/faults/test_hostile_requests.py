"""Requests that no page of the site makes: wrong names, wrong types, doubles, floods, slow senders.

Numbers in the tests' names are those of the fault catalogue.
"""

import io
import json
import re
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from werkzeug import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.test import EnvironBuilder

from app.bank.files import BankFiles
from app.storage.database import db
from app.web.form_bodies import MOST_FIELDS
from app.whole_requests import HEAD_SECONDS, LEAVING_SECONDS, LONG_WAIT, LONGEST_HEAD, MOST_WAITING
from tests.browser.running_site import INSIDE, RunningSite, running_site
from tests.faults.exam_acts import Desk, at_desk
from tests.faults.slow_senders import Saver, connected, dribbling
from tests.web.accounts_cast import contents
from tests.web.conftest import noon  # noqa: F401 (a fixture)
from tests.web.exam_cast import begin, options, response
from tests.web.records_cast import open_classroom
from tests.world import build_app, furnish, signed_in

MOMENT = 5.0
"""Seconds that an answer may take amid hostile requests; ours take hundredths of one."""
NO_FAULTS = {200, 400, 413, 422}
DRIBBLERS = 50
SAVES = 40
THREADS = 8
"""Of the site's one worker."""
KB, MB = 1024, 1024 * 1024
PLACE = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")
NOTED = {"look", "throttle"}
EACH_ID = 5
"""Every address gets each fifth of the bad names, another one another fifth."""
BAD_IDS = (
    "0", "-1", "1e3", "1.5", "0x10", "٣", "²", "2147483648", "9223372036854775808", "9" * 20,
    "9" * 400, "\0", "1\0", "a\0b", "\ud800", "\u202e1", "..", "../../etc/passwd", "..\\x", "%",
    "' or 1=1 --", '"', "<script>", "{{7*7}}", "None", "null", "true", "[]", " ", "1 ", "x" * 3000,
)  # fmt: skip


# 89: what stands in addresses


@pytest.fixture
def known(app: Flask) -> dict[str, str]:
    """A good value for the places in addresses: what Ana and Ben may see."""
    classroom = open_classroom(app)
    return {
        "cohort": classroom.cohort,
        "assignment": classroom.quiz,
        "attempt": classroom.handle,
        "handle": begin(app),
        "person_id": str(classroom.ana),
        "position": "1",
    }


def addresses(app: Flask, known: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Verb, endpoint and address, with one place at a time filled with something bad."""
    for rule in app.url_map.iter_rules():
        for number, place in enumerate(sorted(rule.arguments)):
            for bad in BAD_IDS[(len(rule.rule) + number) % EACH_ID :: EACH_ID]:
                values = known | {place: bad}
                path = PLACE.sub(partial(filled, values), rule.rule)
                for verb in sorted((rule.methods or set()) & {"GET", "POST"}):
                    yield verb, rule.endpoint, path


def filled(values: dict[str, str], place: re.Match[str]) -> str:
    """A place's value as it stands in an address."""
    return quote(values.get(place[1], "-"), safe="", errors="surrogatepass")


def changing(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    """What the database holds, but for the notes on who asked for what."""
    return {name: rows for name, rows in contents(app).items() if name not in NOTED}


@pytest.mark.usefixtures("noon")
def test_89_a_bad_id_in_an_address_names_nothing_and_is_no_fault(
    app: Flask, known: dict[str, str]
) -> None:
    clients = cycle([signed_in(app, who) for who in ("ana", "ben", "dev")])
    before, wrong = changing(app), set()
    for verb, endpoint, path in addresses(app, known):
        status = next(clients).open(path, method=verb).status_code
        library = endpoint.startswith("security.") and status == 302  # to its own start
        unfilled = verb == "POST" and status in {400, 405, 422}  # the empty form is refused first
        off_the_form = endpoint == "attempts.item" and status == 422
        fine = library or unfilled or off_the_form
        if status not in {403, 404} and not fine:
            wrong.add((verb, endpoint, status, path[-60:]))
    assert wrong == set()
    assert changing(app) == before


# 90: wrong types in JSON


@pytest.fixture
def desk(app: Flask, ana: FlaskClient) -> Desk:
    """Ana's page of a quiz, with an answer given."""
    desk = at_desk(ana, begin(app))
    assert desk.choose(1).status_code == 200
    return desk


GOOD = {"position": 2, "seq": 9, "option_id": None, "flagged": True, "note": "x", "seconds": 3}
WRONG: dict[str, tuple[Any, ...]] = {
    "position": (None, True, "2", 2.0, [2], {}, 0, -1, 2**31, 2**63, 10**400),
    "seq": (None, True, "9", "1e9", 9.5, [9], {}, 0, -1, 2**53 + 1, 2**63, 10**400),
    "option_id": ([], {}, 1, True, "", "x" * 9, ["a"], "\0", "\ud800"),
    "flagged": (0, 1, "true", "", [], {}),
    "struck": ([], {}, 1, True, ["a"], "x" * 81, "\0"),
    "note": ([], {}, 1, True, "x" * 1001, "a\0b", "\ud800"),
    "seconds": (None, True, "3", 3.5, [], -1, 2**63),
    "age": (None, True, "3", [], {}, -1, -0.1),
}
BODIES: tuple[Any, ...] = (
    None, True, 1, "x", [], [GOOD], {"changes": None}, {"changes": {}}, {"changes": "x"},
    {"changes": [None]}, {"changes": [[]]}, {"changes": ["x"]}, {"changes": [GOOD] * 501},
    {"writer": 1, "changes": []}, {"writer": ["x"]}, {"writer": "x" * 23}, {"writer": "\0"},
    {"skip_break": "yes", "changes": []}, {"skip_break": 1}, {"language": "fr"}, {"language": 1},
)  # fmt: skip
TEXTS = (
    "", "{", "}", "[", "nul", "NaN", '{"changes": [', "{'changes': []}", '{"changes": [],}',
    '{"changes": []} x', '{"changes": [], "changes": []}', '{"writer": null, "writer": "x"}',
    '{"changes": [{"position": NaN, "seq": 1}]}', '{"changes": [{"position": 1, "seq": Infinity}]}',
    '{"changes": [{"position": 1, "position": 2, "seq": 9}]}', "[" * 100_000, '{"a":' * 100_000,
    '{"changes": [{"position": 1, "seq": ' + "9" * 5000 + "}]}", "\0", "\ud800",
    '"\\ud800"', '{"changes": [{"position": 1, "seq": 9, "note": "\\u0000"}]}',
)  # fmt: skip


def test_90_a_value_of_the_wrong_type_is_refused_and_nothing_is_stored(
    app: Flask, desk: Desk
) -> None:
    before = contents(app)
    for name, values in WRONG.items():
        for value in values:
            answer = desk.send([GOOD, {**GOOD, "position": 1, name: value}])
            assert (name, str(value)[:40], answer.status_code) == (name, str(value)[:40], 422)
    assert contents(app) == before
    assert desk.send([{**GOOD, "option_id": desk.items[1][0]}]).status_code == 200


@pytest.mark.parametrize("where", ["responses", "paper"])
def test_90_a_body_that_is_no_batch_is_refused_and_nothing_is_stored(
    app: Flask, desk: Desk, where: str
) -> None:
    before = contents(app)
    sent = [json.dumps(body) for body in BODIES if where == "responses" or body == "x"]
    for text in (*sent, *TEXTS):
        answer = desk.client.post(
            f"{desk.address}/{where}",
            data=text.encode("utf-8", "surrogatepass"),
            content_type="application/json",
        )
        refused = {422} if where == "responses" else {422, 409}  # one that another page writes
        assert (text[:60], answer.status_code in refused) == (text[:60], True)
    assert contents(app) == before


def test_90_an_endless_number_is_no_fault(desk: Desk) -> None:
    age = f'{{"writer": "{desk.writer}", "changes": [{{"position": 1, "seq": 50, "age": 1e999}}]}}'
    sent = {"data": age, "content_type": "application/json"}
    answer = desk.client.post(f"{desk.address}/responses", **sent)
    assert (answer.status_code, answer.get_json()["accepted"]) == (200, [[1, 50]])


anything: SearchStrategy[object] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12),
        st.sampled_from([2**31, 2**53, 2**63, 2**64, -1, "1e9", "\0", 1.5]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from([*WRONG, "x"]), inner)
    ),
    max_leaves=6,
)  # fmt: skip


def test_90_whatever_json_is_sent_is_no_fault_and_earlier_answers_stand(
    app: Flask, desk: Desk
) -> None:
    chosen = desk.items[0][0]

    @settings(max_examples=60)
    @given(st.lists(st.dictionaries(st.sampled_from([*WRONG, "x"]), anything), max_size=3))
    def send(changes: list[dict[str, object]]) -> None:
        body = json.dumps({"writer": desk.writer, "changes": changes})
        sent = {"data": body, "content_type": "application/json"}
        status = desk.client.post(f"{desk.address}/responses", **sent).status_code
        assert status in {200, 422}

    send()
    stored = response(app, desk.handle)
    assert stored is not None
    assert stored.option_id == chosen


# 91: what is not on the form


def test_91_an_option_of_another_item_is_refused_and_nothing_is_stored(
    app: Flask, desk: Desk
) -> None:
    foreign = next(o for o in desk.items[2] if o not in desk.items[1])
    good = {"position": 3, "seq": 8, "option_id": desk.items[2][0]}
    before = contents(app)
    for change in (
        {"position": 2, "seq": 9, "option_id": foreign},
        {"position": 2, "seq": 9, "option_id": "zzz"},
        {"position": 2, "seq": 9, "option_id": desk.items[1][0].upper()},
        {"position": 2, "seq": 9, "struck": foreign},
        {"position": 2, "seq": 9, "struck": f"{desk.items[1][0]} {foreign}"},
        {"position": 11, "seq": 9, "option_id": desk.items[1][0]},
        {"position": 11, "seq": 9, "flagged": True},
        {"position": 10_000, "seq": 9, "note": "x"},
    ):
        answer = desk.send([good, change])
        assert (change, answer.status_code) == (change, 422)
    assert contents(app) == before


def test_91_a_form_without_script_is_held_to_the_same(app: Flask, desk: Desk) -> None:
    foreign = next(o for o in desk.items[2] if o not in desk.items[1])
    before = contents(app)
    for data in (
        {"option": foreign},
        {"option": "zzz"},
        {"do": f"strike:{foreign}"},
        {"option": desk.items[1][0], "do": f"strike:{foreign}"},
    ):
        answer = desk.client.post(f"{desk.address}/items/2", data=data)
        assert (data, answer.status_code) == (data, 422)
    for position in (0, 11, 10_000):
        answer = desk.client.post(f"{desk.address}/items/{position}", data={"option": foreign})
        assert answer.status_code in {404, 422}
    assert contents(app) == before


# 92: the same thing said twice


def test_92_an_address_never_answers_for_a_form(app: Flask, desk: Desk) -> None:
    one, two = options(app, desk.handle, 2)[:2]
    desk.client.post(f"{desk.address}/items/2?option={one}", data={"note": "x"})
    stored = response(app, desk.handle, 2)
    assert stored is not None
    assert (stored.option_id, stored.note) == (None, "x")
    desk.client.post(f"{desk.address}/items/2?option={one}&note=y", data={"option": two})
    stored = response(app, desk.handle, 2)
    assert stored is not None
    assert (stored.option_id, stored.note) == (two, "x")


def test_92_of_a_field_that_comes_twice_the_first_is_meant(app: Flask, desk: Desk) -> None:
    one, two = options(app, desk.handle, 2)[:2]
    desk.client.post(f"{desk.address}/items/2", data={"option": [one, two]})
    stored = response(app, desk.handle, 2)
    assert stored is not None
    assert stored.option_id == one


@pytest.mark.usefixtures("noon")
def test_92_what_a_form_does_not_ask_is_not_taken_from_it(app: Flask, ana: FlaskClient) -> None:
    data = {"display_name": ["Ana", "Eva"], "language": "en", "role": "administrator", "id": "5"}
    sent = {**data, "active": "", "time_factor": "1.0", "username": "dev", "fs_uniquifier": "x"}
    before = {row[:2]: row for row in contents(app)["person"]}
    ana.post("/account?display_name=Zoe&role=trainer&username=dev", data=sent)
    after = {row[:2]: row for row in contents(app)["person"]}
    assert before.keys() == after.keys()
    (changed,) = [row for name, row in after.items() if row != before[name]]
    assert "'Ana'" in changed
    assert not {"'Eva'", "'Zoe'", "'administrator'", "'trainer'"} & set(changed)


def test_92_no_header_and_no_field_turns_a_verb_into_another(app: Flask, ana: FlaskClient) -> None:
    before = contents(app)
    for address in ("/account/delete", "/account/delete?_method=POST"):
        headers = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE"}
        assert ana.get(address, headers=headers).status_code == 200
    for verb in ("PUT", "PATCH", "DELETE", "TRACE", "CONNECT"):
        assert ana.open("/account", method=verb).status_code == 405
    assert contents(app) == before


def test_92_json_with_a_name_twice_is_no_json(app: Flask, desk: Desk) -> None:
    one, two = desk.items[1][:2]
    change = f'{{"position": 2, "seq": 9, "option_id": "{one}", "option_id": "{two}"}}'
    text = f'{{"writer": "{desk.writer}", "changes": [{change}]}}'
    sent = {"data": text, "content_type": "application/json"}
    assert desk.client.post(f"{desk.address}/responses", **sent).status_code == 422
    assert response(app, desk.handle, 2) is None


# 93: floods of parts


FLOOD = "multipart/form-data; boundary=flood"
URLENCODED = "application/x-www-form-urlencoded"


def multipart(count: int) -> tuple[bytes, str]:
    """A form of so many parts; some hold files."""
    part = '--flood\r\nContent-Disposition: form-data; name="x"{file}\r\n\r\na\r\n'
    parts = (part.format(file='; filename="a"' if n % 2 else "") for n in range(count))
    return ("".join(parts) + "--flood--\r\n").encode(), FLOOD


def seconds_for(client: FlaskClient, data: bytes, kind: str) -> tuple[int, float]:
    """The status, and what it cost of the processor."""
    before = time.process_time()
    answer = client.post("/sign-in", data=data, content_type=kind)
    return answer.status_code, time.process_time() - before


def test_93_a_flood_of_parts_is_refused_before_it_costs_anything(stranger: FlaskClient) -> None:
    for count in (MOST_FIELDS + 1, 10_000):
        status, seconds = seconds_for(stranger, *multipart(count))
        assert (count, status) == (count, 413)
        assert seconds < MOMENT
    assert seconds_for(stranger, *multipart(MOST_FIELDS))[0] == 200


def test_93_a_flood_of_fields_is_refused_before_it_costs_anything(stranger: FlaskClient) -> None:
    kind = URLENCODED
    for data in (b"a=&" * (MB // 4), b"&" * MB, b"a&" * MOST_FIELDS):
        status, seconds = seconds_for(stranger, data[:MB], kind)
        assert status == 413
        assert seconds < MOMENT / 10
    assert seconds_for(stranger, b"a=&" * (MOST_FIELDS - 1), kind)[0] == 200


@pytest.mark.parametrize("filling", [b"\r", b"\n", b"\r\n", b"-", b"--flood", b"\r\n--floo"])
def test_93_a_part_made_to_look_like_its_own_end_costs_little(
    stranger: FlaskClient, filling: bytes
) -> None:
    head = b'--flood\r\nContent-Disposition: form-data; name="x"; filename="a"\r\n\r\n'
    data = head + filling * (900 * KB // len(filling)) + b"\r\n--flood--\r\n"
    status, seconds = seconds_for(stranger, data, FLOOD)
    assert status in NO_FAULTS
    assert seconds < MOMENT


PARTS = "multipart/form-data; boundary=a"
NO_FORMS = {
    "no boundary": (b"x", "multipart/form-data"),
    "an empty boundary": (b"x", "multipart/form-data; boundary="),
    "no end": (b"--a\r\n\r\n", PARTS),
    "no name": (b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--", PARTS),
    "no text": (b"\xff\xfe--\0--", "multipart/form-data; boundary=\xff"),
    "cut off": (multipart(3)[0][:-30], FLOOD),
    "many heads": (b"--a\r\n" + b"X: y\r\n" * 5000 + b"\r\n--a--", PARTS),
    "odd signs": (b"a=%ff%fe%00&%=%&=&&;", URLENCODED),
}


@pytest.mark.parametrize("what", NO_FORMS)
def test_93_a_form_that_is_none_is_no_fault(stranger: FlaskClient, what: str) -> None:
    assert seconds_for(stranger, *NO_FORMS[what])[0] in NO_FAULTS


def test_93_more_than_the_limit_is_refused_unread(stranger: FlaskClient) -> None:
    for kind in (URLENCODED, "application/json", "multipart/form-data"):
        status, seconds = seconds_for(stranger, b"a" * (MB + 1), kind)
        assert (kind, status) in {(kind, 413), ("application/json", 400)}
        assert seconds < MOMENT / 10


def test_control_a_form_without_a_bound_is_caught() -> None:
    data, kind = multipart(10_000)
    environ = EnvironBuilder(method="POST", data=data, content_type=kind).get_environ()

    unbounded, bounded = Request(environ.copy()), Request(environ)
    unbounded.max_form_parts, bounded.max_form_parts = MB, MOST_FIELDS
    assert len(unbounded.form.getlist("x")) == 5000
    environ["wsgi.input"] = io.BytesIO(data)
    with pytest.raises(RequestEntityTooLarge):
        _ = bounded.form


# 94: slow senders


ON_ONE_SITE = pytest.mark.xdist_group("slow-senders")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, bank: BankFiles) -> tuple[Path, str]:
    """A site's folder with Ana in the middle of a quiz, and the attempt's handle."""
    instance = tmp_path_factory.mktemp("prepared")
    app = build_app(instance, bank, database_url=f"sqlite:///{instance / 'peerprep.db'}")
    furnish(app, bank)
    handle = begin(app)
    with app.app_context():
        db.engine.dispose()
    return instance, handle


def longest_save(saver: Saver, count: int) -> float:
    """The slowest of so many saves."""
    return max(saver.save(1 + number % 10) for number in range(count))


@pytest.fixture(scope="module")
def slow_site(
    tmp_path_factory: pytest.TempPathFactory, prepared: tuple[Path, str]
) -> Iterator[tuple[RunningSite, str]]:
    """The real server, and an attempt on it."""
    instance = shutil.copytree(prepared[0], tmp_path_factory.mktemp("slow") / "instance")
    with running_site(instance, limit_floods="false") as site:
        yield site, prepared[1]


@ON_ONE_SITE
def test_94_amid_fifty_slow_senders_every_save_is_served(
    slow_site: tuple[RunningSite, str],
) -> None:
    site, handle = slow_site
    saver = Saver(site, "ana", handle, MOMENT)
    with dribbling(site, DRIBBLERS):
        assert longest_save(saver, SAVES) < MOMENT
    assert longest_save(saver, 3) < MOMENT


@pytest.mark.long
@ON_ONE_SITE
def test_94_hundreds_more_than_it_waits_for_do_not_close_the_site(
    slow_site: tuple[RunningSite, str],
) -> None:
    site, handle = slow_site
    with dribbling(site, MOST_WAITING + 100):
        saver = Saver(site, "ana", handle, MOMENT)
        assert longest_save(saver, 10) < MOMENT


@ON_ONE_SITE
@pytest.mark.sqlite_only("a write lock of the whole database")
def test_94_whoever_gave_up_while_they_waited_is_not_answered_first(
    slow_site: tuple[RunningSite, str],
) -> None:
    site, handle = slow_site
    saver = Saver(site, "ana", handle, MOMENT)
    with ExitStack() as stack:
        others = stack.enter_context(closing(sqlite3.connect(site.database, isolation_level=None)))
        others.execute("BEGIN IMMEDIATE")
        waiting = [stack.enter_context(connected(site)) for _thread in range(THREADS)]
        for position, one in enumerate(waiting, start=1):
            one.sendall(saver.request(position))
        time.sleep(0.5)
        with connected(site) as gone:
            gone.sendall(saver.request(THREADS + 1))
        given_up = saver.seq
        time.sleep(LONG_WAIT + 0.5)
        others.execute("ROLLBACK")
        assert all(b" 200 OK" in one.recv(64 * KB) for one in waiting)
        assert saver.save(THREADS + 2) < MOMENT
        asked = "SELECT r.seq FROM response r JOIN attempt a ON a.id = r.attempt_id"
        kept = {row[0] for row in others.execute(f"{asked} WHERE a.handle = ?", (handle,))}
    assert [seq in kept for seq in range(given_up - 1, given_up + 2)] == [True, False, True]


def answer_to(site: RunningSite, *pieces: bytes) -> bytes:
    """What comes back until the site hangs up."""
    with connected(site) as one:
        for piece in pieces:
            one.sendall(piece)
        found = b""
        while block := one.recv(64 * KB):
            found += block
        return found


@pytest.mark.long
@ON_ONE_SITE
def test_94_a_slow_head_is_given_up_after_a_while(slow_site: tuple[RunningSite, str]) -> None:
    before = time.monotonic()
    assert answer_to(slow_site[0], b"GET /health HTTP/1.1\r\nX: ").startswith(b"HTTP/1.1 408 ")
    assert HEAD_SECONDS - 1 < time.monotonic() - before < HEAD_SECONDS + LEAVING_SECONDS + 3


HEAD = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
FORM = HEAD + b"Content-Type: application/x-www-form-urlencoded\r\n"


ODD = {
    "a plain one": (
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"200",
    ),
    "a long head": (b"GET / HTTP/1.1\r\nX: " + b"a" * LONGEST_HEAD, b"431"),
    "pieces": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
    "pieces with a length": (
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"411",
    ),
    "two lengths": (HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", b"400"),
    "a length below nought": (HEAD + b"Content-Length: -1\r\n\r\n", b"400"),
    "a length in hex": (HEAD + b"Content-Length: 0x3\r\n\r\nabc", b"400"),
    "a length with a space": (HEAD + b"Content-Length : 3\r\n\r\nabc", b"400"),
    "an empty head": (b"\r\n\r\n", b"400"),
    "no words": (b"\0\xff\r\n\r\n", b"400"),
    "another HTTP": (b"GET / HTTP/9.9\r\n\r\n", b"400"),
    "a question first": (FORM + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n", b"100"),
}


@ON_ONE_SITE
@pytest.mark.parametrize("what", ODD)
def test_94_every_odd_request_is_answered_at_once(
    slow_site: tuple[RunningSite, str], what: str
) -> None:
    sent, status = ODD[what]
    before = time.monotonic()
    with connected(slow_site[0]) as one:
        one.sendall(sent)
        told = one.recv(64 * KB)
    assert told.split(b" ", 2)[1] == status, told[:200]
    assert time.monotonic() - before < MOMENT


@ON_ONE_SITE
def test_94_a_form_that_comes_in_pieces_is_read_whole(slow_site: tuple[RunningSite, str]) -> None:
    body = b"username=ana&password=" + b"x" * 3000
    head = FORM + b"Content-Length: %d\r\n\r\n" % len(body)
    pieces = [(head + body)[place : place + 100] for place in range(0, len(head + body), 100)]
    assert answer_to(slow_site[0], *pieces).startswith(b"HTTP/1.1 400 ")  # it has no token


@ON_ONE_SITE
def test_94_requests_sent_together_are_answered_one_after_another(
    slow_site: tuple[RunningSite, str],
) -> None:
    one = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert answer_to(slow_site[0], one * 5 + last).count(b"HTTP/1.1 200 OK") == 6


@ON_ONE_SITE
def test_94_pulses_are_answered_one_by_one_however_they_come(
    slow_site: tuple[RunningSite, str],
) -> None:
    site, handle = slow_site
    one = b"GET /pulse/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % handle.encode()
    last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert answer_to(site, one * 5 + last).count(b"HTTP/1.1 200 OK") == 6
    with connected(site) as page:
        for _pulse in range(3):
            page.sendall(one)
            told = b""
            while not told.endswith(b"\r\n\r\n0"):
                told += page.recv(64 * KB)
            assert told.startswith(b"HTTP/1.1 200 OK\r\n")
        page.sendall(one[:20])
        time.sleep(0.1)
        page.sendall(one[20:] + one + last)
        rest = b""
        while block := page.recv(64 * KB):
            rest += block
    assert rest.count(b"HTTP/1.1 200 OK") == 3


@ON_ONE_SITE
def test_94_what_is_too_large_gets_its_page_and_not_a_cut_line(
    slow_site: tuple[RunningSite, str],
) -> None:
    told = answer_to(slow_site[0], FORM + b"Content-Length: 5000000\r\n\r\n", b"a" * 5_000_000)
    assert told.startswith(b"HTTP/1.1 413 ")
    assert b"That is too large" in told


@ON_ONE_SITE
def test_94_whoever_does_not_hang_up_holds_nobody_up(slow_site: tuple[RunningSite, str]) -> None:
    site, handle = slow_site
    asked = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    saver = Saver(site, "ana", handle, MOMENT)
    stayers: list[socket.socket] = []
    try:
        for _one in range(10):
            stayers.append(connected(site))
            stayers[-1].sendall(asked)
            assert stayers[-1].recv(KB).startswith(b"HTTP/1.1 200 ")
        assert longest_save(saver, 5) < MOMENT
    finally:
        for one in stayers:
            one.close()


PLAIN = (
    INSIDE[0],
    "from app import server; ours = server._gunicorn_settings; "
    "server._gunicorn_settings = lambda *given: ours(*given) | {'worker_class': 'gthread'}; "
    + INSIDE[1],
)
"""The same site on gunicorn's own worker, whose threads wait for whoever sends."""


@pytest.mark.long
@ON_ONE_SITE
def test_control_threads_that_wait_for_slow_senders_are_caught(
    tmp_path: Path, prepared: tuple[Path, str]
) -> None:
    instance = shutil.copytree(prepared[0], tmp_path / "instance")
    with running_site(instance, program=PLAIN, limit_floods="false") as site:
        saver = Saver(site, "ana", prepared[1], MOMENT)
        with dribbling(site, DRIBBLERS), pytest.raises(OSError, match="timed out"):
            longest_save(saver, SAVES)
