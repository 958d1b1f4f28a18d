"""What the exam page's script sends and is told: the paper, saves, the pulse."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.services.pulse import FRESH
from app.storage.attempts import AttemptRow
from app.storage.bank import item_of
from app.storage.database import db
from app.web.pulse import PULSE
from tests.web.accounts_cast import contents
from tests.web.exam_cast import attempt, begin, finish, inside, options, response, speak
from tests.world import NOON

MOCK = AttemptKind.MOCK

pytestmark = pytest.mark.usefixtures("noon")


def send(client: FlaskClient, handle: str, *changes: dict[str, object], **more: object):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """A batch, as the script sends it."""
    return client.post(f"/attempts/{handle}/responses", json={"changes": [*changes], **more})


def ask(client: FlaskClient, handle: str, **wish: object):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Ask for the paper."""
    return client.post(f"/attempts/{handle}/paper", json=wish)


def test_a_save_is_told_what_stands(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app, "ana", MOCK)
    chosen = options(app, handle, 3)[1]
    saved = send(ana, handle, {"position": 3, "seq": 12, "option_id": chosen})
    assert saved.get_json() == {
        "accepted": [[3, 12]],
        "refused": [],
        "seconds_left": 9000,
        "added": [],
        "late": False,
    }
    stored = response(app, handle, 3)
    assert stored is not None
    assert (stored.option_id, stored.seq) == (chosen, 12)


def test_a_stranger_s_script_is_told_to_sign_in(app: Flask, stranger: FlaskClient) -> None:
    handle = begin(app)
    before = contents(app)
    for answer in (send(stranger, handle, {"position": 1, "seq": 1}), ask(stranger, handle)):
        assert (answer.status_code, answer.get_json()["error"]) == (401, "signed_out")
    assert contents(app) == before


def test_somebody_else_s_attempt_is_none(
    app: Flask, eli: FlaskClient, ben: FlaskClient, dev: FlaskClient
) -> None:
    handle = begin(app)
    before = contents(app)
    for client in (eli, ben, dev):
        for there in (handle, "x" * 22):
            for answer in (send(client, there, {"position": 1, "seq": 1}), ask(client, there)):
                assert (answer.status_code, answer.get_json()["error"]) == (404, "not_found")
    assert contents(app) == before


def test_an_ended_attempt_says_so(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    finish(app, handle)
    for answer in (send(ana, handle, {"position": 1, "seq": 1}), ask(ana, handle)):
        assert (answer.status_code, answer.get_json()["error"]) == (409, "finished")


def test_on_the_break_items_are_closed(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app, "ana", MOCK)
    ana.post(f"/attempts/{handle}/break", data={"do": "start"})
    for answer in (send(ana, handle, {"position": 1, "seq": 1}), ask(ana, handle)):
        assert (answer.status_code, answer.get_json()["error"]) == (409, "break_running")


@pytest.mark.parametrize("language", list(Language))
def test_a_refusal_has_words_in_the_page_s_language(
    app: Flask, ana: FlaskClient, language: Language
) -> None:
    handle = begin(app)
    speak(ana, language.value)
    ask(ana, handle)
    told = send(ana, handle, {"position": 1, "seq": 1}).get_json()
    assert told["error"] == "elsewhere"
    assert ("otra ventana" in told["text"]) == (language is Language.ES)


def test_late_choices_are_marked_in_the_reply(
    app: Flask, ana: FlaskClient, noon: time_machine.Traveller
) -> None:
    handle = begin(app, "ana", MOCK)
    noon.move_to(NOON + timedelta(minutes=160), tick=False)
    change = {"position": 1, "seq": 1, "option_id": options(app, handle)[0]}
    assert send(ana, handle, {**change, "age": 5}).get_json()["error"] == "time_is_up"
    assert send(ana, handle, {**change, "age": 700}).get_json() == {
        "accepted": [[1, 1]],
        "refused": [],
        "seconds_left": None,
        "added": [],
        "late": True,
    }


# The paper


def test_the_paper_holds_the_whole_form_and_nothing_of_its_keys(
    app: Flask, ana: FlaskClient
) -> None:
    handle = begin(app, "ana", MOCK, language=Language.ES)
    paper = ask(ana, handle)
    sheet = paper.get_json()
    form = attempt(app, handle).form
    assert [item["position"] for item in sheet["items"]] == list(range(1, 121))
    with inside(app):
        for entry, sent in zip(form, sheet["items"], strict=True):
            item = item_of(entry[1])
            texts = {option.id: option.text.es for option in item.options}
            wanted = [{"id": name, "es": texts[name]} for name in entry[2].split()]
            assert (sent["stem"], sent["options"]) == ({"es": item.stem.es}, wanted)
            for option in item.options:
                assert json.dumps(option.rationale.es)[1:-1] not in paper.get_data(as_text=True)
    assert set(sheet["items"][0]) == {"position", "part", "sensitive", "stem", "options"}
    assert (sheet["reach"], sheet["last"], sheet["break_after"]) == (60, 120, 60)


def test_a_free_attempt_s_paper_has_both_languages(app: Flask, ana: FlaskClient) -> None:
    sheet = ask(ana, begin(app)).get_json()
    assert set(sheet["items"][0]["stem"]) == {"en", "es"}


NO_EDITIONS: list[object] = [7, "x" * 17, [], "\ud800"]


def test_a_page_that_has_the_items_is_not_sent_them_again(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    whole = ask(ana, handle).get_json()
    again = ask(ana, handle, writer=whole["writer"], have=whole["edition"]).get_json()
    assert again == whole | {"items": None}
    other = ask(ana, begin(app, "ana", MOCK)).get_json()["edition"]
    for wrong in (other, "", None):
        assert ask(ana, handle, writer=whole["writer"], have=wrong).get_json() == whole
    for nonsense in NO_EDITIONS:
        assert ask(ana, handle, writer=whole["writer"], have=nonsense).status_code == 422


def test_an_edition_is_of_the_languages_and_the_shape_too(
    app: Flask, ana: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = begin(app)

    def edition() -> object:
        return ask(ana, handle, take_over=True).get_json()["edition"]

    first = edition()
    speak(ana, "en")
    assert edition() == first  # both languages are sent, whichever the page is in
    with inside(app):
        row = db.session.scalars(sa.select(AttemptRow).where(AttemptRow.handle == handle)).one()
        row.language_fixed = True
    assert edition() != first
    second = edition()
    monkeypatch.setattr("app.services.paper.SHAPE", "2")
    assert edition() != second


def test_the_paper_knows_what_was_marked(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    order = options(app, handle)
    send(
        ana,
        handle,
        {"position": 1, "seq": 7, "option_id": order[0], "struck": order[1], "note": "Why?"},
    )
    sheet = ask(ana, handle).get_json()
    assert sheet["seq"] == 7
    assert sheet["marks"]["1"] == {
        "option_id": order[0],
        "flagged": False,
        "struck": order[1],
        "note": "Why?",
        "seq": 7,
        "revealed": False,
    }


def test_another_device_asks_before_it_takes_over(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    first = ask(ana, handle).get_json()["writer"]
    refusal = ask(ana, handle)
    assert (refusal.status_code, refusal.get_json()["error"]) == (409, "elsewhere")
    second = ask(ana, handle, take_over=True).get_json()["writer"]
    assert ask(ana, handle, writer=second).get_json()["writer"] == second != first
    change = {"position": 1, "seq": 1, "option_id": options(app, handle)[0]}
    assert send(ana, handle, change, writer=first).get_json()["error"] == "elsewhere"
    assert response(app, handle, 1).option_id is None  # type: ignore[union-attr]
    assert send(ana, handle, change, writer=second).status_code == 200


# The pulse


def test_the_pulse_is_the_same_for_any_handle_and_tells_nothing(
    app: Flask, stranger: FlaskClient
) -> None:
    handle = begin(app)
    for there in (handle, "x" * 22, "%00", "é"):
        pulse = stranger.get(f"/pulse/{there}")
        assert (pulse.status_code, pulse.get_data(as_text=True)) == (200, "0")


ASKED = b"GET /pulse/%s HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"


def test_a_server_that_may_not_wait_is_given_the_same_answer(
    app: Flask, stranger: FlaskClient
) -> None:
    pulse, handle = app.extensions[PULSE], begin(app)
    by_the_page = stranger.get(f"/pulse/{handle}")
    at_once = pulse.at_once(ASKED % handle.encode())
    head, _, mark = at_once.decode().partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    told = dict(line.split(": ", 1) for line in lines)
    assert told.pop("Date").endswith("GMT")
    assert (status, mark) == ("HTTP/1.1 200 OK", by_the_page.text)
    assert told == dict(by_the_page.headers)


@pytest.mark.parametrize(
    "sent",
    [
        ASKED.replace(b"GET", b"POST") % b"x",
        ASKED.replace(b"pulse", b"health") % b"x",
        ASKED.replace(b"HTTP/1.1", b"HTTP/1.0") % b"x",
        ASKED % b"x y",
        ASKED % "\u00e9".encode(),
        ASKED % b"x" * 2,
        (ASKED % b"x")[:-2],
        (ASKED % b"x") + b"G",
        ASKED.replace(b"Accept: */*", b"connection:close") % b"x",
        ASKED.replace(b"Accept: */*", b"CONTENT-LENGTH: 4") % b"x",
        ASKED.replace(b"Accept: */*", b"Transfer-Encoding: chunked") % b"x",
        ASKED.replace(b"Accept: */*", b"Expect: 100-continue") % b"x",
    ],
    ids=[
        "a form", "another page", "an older browser", "two words", "other bytes", "two at once",
        "half of it", "more", "who leaves", "with a body", "in chunks", "who asks first",
    ],
)  # fmt: skip
def test_what_is_not_plainly_a_pulse_goes_the_long_way(
    app: Flask, stranger: FlaskClient, sent: bytes
) -> None:
    pulse = app.extensions[PULSE]
    assert stranger.get("/pulse/x").status_code == 200
    assert pulse.at_once(ASKED % b"x") is not None
    assert pulse.at_once(sent) is None


def test_nobody_is_answered_at_once_from_what_is_no_longer_known(
    app: Flask, stranger: FlaskClient, noon: time_machine.Traveller
) -> None:
    assert stranger.get("/pulse/x").status_code == 200
    noon.move_to(NOON + FRESH, tick=False)
    assert app.extensions[PULSE].at_once(ASKED % b"x") is None


# Wrong bodies

NO_BODIES: list[object] = [
    [],
    "",
    7,
    True,
    [[1]],
    {},
    {"position": 1, "seq": 1},
    {"changes": None},
    {"changes": {}},
    {"changes": [1]},
    {"changes": [{"position": 1}]},
    {"changes": [{"seq": 1}]},
    {"changes": [{"position": 1, "seq": 1}] * 501},
    {"changes": [], "writer": 7},
    {"changes": [], "writer": "x" * 23},
    {"changes": [], "skip_break": 1},
    {"changes": [], "language": "xx"},
    {"changes": [], "language": ["en"]},
]
WRONG_VALUES: dict[str, list[object]] = {
    "position": [None, 0, -1, 11, 10_001, 2**63, "1", 1.0, True, [1], {}],
    "seq": [None, -1, 0, 2**53 + 1, 2**63, 10**40, "1", 1.5, True, [1], {}],
    "option_id": ["zzz", "", "x" * 9, 1, [], {}, True],
    "flagged": ["yes", 1, 0, [], {}],
    "struck": ["zzz", 1, [], False, "x" * 81],
    "note": [1, [], {}, "x" * 1001, "a\0", "\ud800"],
    "seconds": [-1, "1", 1.5, None, True, []],
    "age": [-1, "1", None, True, []],
}
WRONG_BODIES = NO_BODIES + [
    {"changes": [{"position": 1, "seq": 1, field: value}]}
    for field, values in WRONG_VALUES.items()
    for value in values
]


def test_wrong_bodies_change_nothing(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    before = contents(app)
    for body in WRONG_BODIES:
        refusal = ana.post(f"/attempts/{handle}/responses", json=body)
        assert (body, refusal.status_code, refusal.is_json) == (body, 422, True)
    assert contents(app) == before


NO_JSON = {
    "nothing": b"",
    "null": b"null",
    "half of it": b"{",
    "other bytes": b"\xff\xfe",
    "no number": b'{"changes": [{"position": 1, "seq": NaN}]}',
    "beyond numbers": b'{"changes": [{"position": 1e400, "seq": 1}]}',
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "many digits": b'{"changes": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
def test_a_body_that_is_no_json_is_refused(app: Flask, ana: FlaskClient, body: bytes) -> None:
    handle = begin(app)
    before = contents(app)
    where, kind = f"/attempts/{handle}/responses", "application/json"
    assert ana.post(where, data=body, content_type=kind).status_code in {400, 422}
    assert ana.post(where, data=body, content_type="text/plain").status_code == 422
    assert contents(app) == before
