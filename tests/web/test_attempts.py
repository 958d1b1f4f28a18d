"""The exam page and everything around it while an attempt runs: who, what, and what is refused."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from tests.web.accounts_cast import contents
from tests.web.exam_cast import (
    LANGUAGES,
    asks_for_sign_in,
    attempt,
    begin,
    begin_with_feedback,
    checked,
    finish,
    heading,
    item,
    options,
    response,
    said,
    speak,
    words,
)
from tests.world import NOON

pytestmark = pytest.mark.usefixtures("noon")
READS = ("", "/items/1", "/clock", "/review", "/break", "/submit")
WRITES = ("/items/1", "/open", "/break", "/submit")
MOCK = AttemptKind.MOCK


def save(client: FlaskClient, handle: str, position: int = 1, /, **form: str) -> TestResponse:
    return post(client, handle, form, position)


def post(client: FlaskClient, handle: str, form: dict[str, str], position: int = 1) -> TestResponse:
    return client.post(f"/attempts/{handle}/items/{position}", data=form)


def send(client: FlaskClient, handle: str, body: Mapping[str, object]) -> TestResponse:
    return client.post(f"/attempts/{handle}/responses", json={"changes": [body]})


def test_a_stranger_is_asked_to_sign_in(app: Flask, stranger: FlaskClient) -> None:
    handle = begin(app)
    before = contents(app)
    for path in READS:
        where = f"/attempts/{handle}{path}"
        assert stranger.get(where).location == f"/sign-in?next={where}"
    for path in WRITES:
        assert asks_for_sign_in(stranger.post(f"/attempts/{handle}{path}"))
    assert contents(app) == before


@pytest.mark.parametrize("kind", list(AttemptKind))
def test_nobody_else_sees_or_changes_an_attempt(
    app: Flask, eli: FlaskClient, ben: FlaskClient, dev: FlaskClient, kind: AttemptKind
) -> None:
    handle = begin(app, "ana", kind)
    order = options(app, handle)
    before = contents(app)
    for client in (eli, ben, dev):
        for path in READS:
            assert client.get(f"/attempts/{handle}{path}").status_code == 404
        for path in WRITES:
            form = {"option": order[0], "position": "2", "do": "leave"}
            assert client.post(f"/attempts/{handle}{path}", data=form).status_code == 404
        change = {"position": 1, "seq": 1, "option_id": order[0]}
        assert send(client, handle, change).status_code == 404
    assert contents(app) == before


def test_somebody_else_s_attempt_looks_like_none_at_all(app: Flask, eli: FlaskClient) -> None:
    handle = begin(app, "ana")
    theirs, none = (eli.get(f"/attempts/{h}/items/1") for h in (handle, "x" * len(handle)))
    assert words(theirs).replace(handle, "x" * len(handle)) == words(none)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("path", "message"),
    [("/review", "Map and review"), ("/break", "Halfway: your break"), ("/submit", None)],
)
def test_the_pages_speak_both_languages(
    app: Flask, eli: FlaskClient, language: str, path: str, message: str | None
) -> None:
    handle = begin(app, "eli", MOCK)
    speak(eli, language)
    wanted = said(app, language, message or "End and submit?")
    assert heading(eli.get(f"/attempts/{handle}{path}")) == (language, wanted)


@pytest.mark.parametrize("language", list(Language))
def test_an_item_of_a_quiz_follows_the_page_s_language(
    app: Flask, ana: FlaskClient, language: Language
) -> None:
    handle = begin(app)
    speak(ana, language.value)
    page = ana.get(f"/attempts/{handle}/items/1")
    shown = item(app, handle)
    assert heading(page)[0] == language.value
    for text in (shown.stem, *(option.text for option in shown.options)):
        assert f'<span lang="{language.value}">{text.text(language)}</span>' in words(page)
        assert text.text(language.other) not in words(page)


def test_an_item_of_a_mock_stays_in_its_language(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app, "ana", MOCK, language=Language.EN)
    page = ana.get(f"/attempts/{handle}/items/1")
    stem = item(app, handle).stem
    assert heading(page)[0] == "es"
    assert f'<span lang="en">{stem.en}</span>' in words(page)
    assert stem.es not in words(page)


def test_resuming_leads_where_the_attempt_stands(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app, "ana", MOCK)
    here = f"/attempts/{handle}"
    save(ana, handle, do="go:7")
    assert ana.get(here).location == f"{here}/items/7"
    ana.post(f"{here}/break", data={"do": "start"})
    assert ana.get(here).location == f"{here}/break"
    ana.post(f"{here}/break", data={"do": "leave"})
    assert ana.get(here).location == f"{here}/items/61"
    ana.post(f"{here}/submit")
    assert ana.get(here).location == f"{here}/result"


def test_a_saved_answer_is_on_the_page_again(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    chosen = options(app, handle)[2]
    saved = save(ana, handle, option=chosen)
    assert (saved.status_code, saved.location) == (303, f"/attempts/{handle}/items/1")
    assert checked(ana.get(saved.location)) == {("option", chosen)}


def test_next_and_previous_save_on_the_way(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    for position, target in ((1, 2), (2, 3), (3, 2)):
        chosen = options(app, handle, position)[0]
        moved = save(ana, handle, position, option=chosen, do=f"go:{target}")
        assert moved.location == f"/attempts/{handle}/items/{target}"
        stored = response(app, handle, position)
        assert stored is not None
        assert stored.option_id == chosen
    assert attempt(app, handle).position == 2


def test_flag_and_unflag(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    found = []
    for button in ("flag", "flag", "unflag"):
        save(ana, handle, do=button)
        stored = response(app, handle)
        assert stored is not None
        found.append(stored.flagged)
    assert found == [True, True, False]


def test_an_option_is_struck_out_and_taken_back(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    first = options(app, handle)[0]
    found = []
    for _ in range(2):
        page = ana.get(save(ana, handle, do=f"strike:{first}").location or "")
        found.append(f'option--struck" data-option="{first}"' in words(page))
    assert found == [True, False]


def test_choosing_a_struck_option_takes_the_strike_back(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    first = options(app, handle)[0]
    save(ana, handle, do=f"strike:{first}")
    save(ana, handle, option=first)
    stored = response(app, handle)
    assert stored is not None
    assert (stored.option_id, stored.struck) == (first, "")


def test_a_note_stays_text(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    note = "<script>alert(1)</script> & {{ 7 * 7 }} \u202e"
    save(ana, handle, note=note)
    page = ana.get(f"/attempts/{handle}/items/1").get_data(as_text=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ 7 * 7 }}" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("note", "kept"),
    [("x" * 3000, "x" * 1000), ("a\0b", "ab"), ("one\r\ntwo", "one\ntwo"), ("", "")],
)
def test_a_note_is_kept_as_far_as_it_fits(
    app: Flask, ana: FlaskClient, note: str, kept: str
) -> None:
    handle = begin(app)
    save(ana, handle, note=note)
    stored = response(app, handle)
    assert stored is not None
    assert stored.note == kept


def test_an_answer_is_shown_only_after_one_is_given(app: Flask, ana: FlaskClient) -> None:
    handle = begin_with_feedback(app)
    rationale = item(app, handle).options[0].rationale.es
    save(ana, handle, do="reveal")
    assert rationale not in words(ana.get(f"/attempts/{handle}/items/1"))
    save(ana, handle, option=options(app, handle)[0], do="reveal")
    assert rationale in words(ana.get(f"/attempts/{handle}/items/1"))


def test_without_an_answer_there_is_nothing_to_check_and_the_page_says_so(
    app: Flask, ana: FlaskClient
) -> None:
    handle = begin_with_feedback(app)
    asked = "Please choose an answer first. Then it can be checked."
    speak(ana, "en")
    save(ana, handle, do="reveal")
    assert asked in words(ana.get(f"/attempts/{handle}/items/1"))
    save(ana, handle, option=options(app, handle)[0], do="reveal")
    assert asked not in words(ana.get(f"/attempts/{handle}/items/1"))


def test_leaving_saves_the_note_and_leads_home(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    assert save(ana, handle, do="home", note="wait").location == "/home"
    stored = response(app, handle)
    assert stored is not None
    assert stored.note == "wait"


def test_a_shown_answer_can_no_longer_change(app: Flask, ana: FlaskClient) -> None:
    handle = begin_with_feedback(app)
    order = options(app, handle)
    save(ana, handle, option=order[0], do="reveal")
    before = contents(app)
    refusal = save(ana, handle, option=order[1])
    assert (refusal.status_code, f'href="/attempts/{handle}"' in words(refusal)) == (409, True)
    assert contents(app) == before


def test_where_answers_come_at_the_end_none_is_shown_before(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    save(ana, handle, option=options(app, handle)[0], do="reveal")
    stored = response(app, handle)
    assert stored is not None
    assert stored.revealed is False


@pytest.mark.parametrize(
    ("button", "leads_to"), [("review", "/review"), ("break", "/break"), ("nonsense", "/items/1")]
)
def test_a_button_saves_and_leads_on(
    app: Flask, ana: FlaskClient, button: str, leads_to: str
) -> None:
    handle = begin(app)
    chosen = options(app, handle)[1]
    answer = save(ana, handle, option=chosen, do=button)
    assert (answer.status_code, answer.location) == (303, f"/attempts/{handle}{leads_to}")
    stored = response(app, handle)
    assert stored is not None
    assert stored.option_id == chosen


def test_the_language_button_saves_and_switches(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    save(ana, handle, option=options(app, handle)[1], do="language:en")
    page = ana.get(f"/attempts/{handle}/items/1")
    assert (heading(page)[0], len(checked(page))) == ("en", 1)


def test_both_languages_side_by_side_and_back(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    stem = item(app, handle).stem
    found = []
    for button in ("stack", "unstack"):
        save(ana, handle, do=button)
        page = words(ana.get(f"/attempts/{handle}/items/1"))
        found.append((stem.en in page, stem.es in page))
    assert found == [(True, True), (False, True)]


def test_a_mock_s_language_cannot_be_doubled(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app, "ana", MOCK)
    assert save(ana, handle, do="stack").status_code == 409
    assert attempt(app, handle).side_by_side is False


@pytest.mark.parametrize(
    "form",
    [
        {"option": "zzz"},
        {"option": "x" * 9},
        {"option": "\0"},
        {"do": "strike:zzz"},
        {"do": "strike:" + "x" * 99},
        {"do": "go:x"},
        {"do": "go:"},
        {"do": "go:-1"},
        {"do": "go:0"},
        {"do": "go:11"},
        {"do": "go:" + "9" * 30},
        {"do": "go:1.5"},
    ],
    ids=str,
)
def test_a_form_with_something_wrong_in_it_changes_nothing(
    app: Flask, ana: FlaskClient, form: dict[str, str]
) -> None:
    handle = begin(app)
    before = contents(app)
    good = {"option": options(app, handle)[0], "note": "kept back", **form}
    assert post(ana, handle, good).status_code == 422
    assert contents(app) == before


def test_an_option_of_the_next_item_is_refused(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    foreign = next(o for o in options(app, handle, 2) if o not in options(app, handle))
    before = contents(app)
    assert save(ana, handle, option=foreign).status_code == 422
    change = {"position": 1, "seq": 5, "option_id": foreign}
    assert send(ana, handle, change).status_code == 422
    assert contents(app) == before


@pytest.mark.parametrize("position", ["0", "11", "2147483647"])
def test_there_is_no_item_off_the_form(app: Flask, ana: FlaskClient, position: str) -> None:
    handle = begin(app)
    before = contents(app)
    where = f"/attempts/{handle}/items/{position}"
    assert ana.get(where).status_code == 422
    assert ana.post(where, data={"do": "flag"}).status_code == 422
    assert contents(app) == before


@pytest.mark.parametrize("position", ["x", "-1", "1.5", "%00", "1e3", "9" * 30])
def test_a_position_that_is_no_number_is_no_page(
    app: Flask, ana: FlaskClient, position: str
) -> None:
    assert ana.get(f"/attempts/{begin(app)}/items/{position}").status_code == 404


def test_the_second_part_opens_with_the_break(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app, "ana", MOCK)
    here = f"/attempts/{handle}"
    assert ana.get(f"{here}/items/61").location == f"{here}/break"
    chosen = options(app, handle, 60)[0]
    assert save(ana, handle, 60, option=chosen, do="go:61").location == f"{here}/break"
    stored = response(app, handle, 60)
    assert stored is not None
    assert stored.option_id == chosen
    before = contents(app)
    assert ana.post(f"{here}/open", data={"position": "61"}).status_code == 409
    assert save(ana, handle, 61, do="flag").status_code == 409
    assert contents(app) == before
    assert ana.post(f"{here}/break", data={"do": "leave"}).location == f"{here}/items/61"
    assert ana.get(f"{here}/items/61").status_code == 200


def test_after_the_break_s_time_the_page_says_that_the_clock_runs(
    app: Flask, ana: FlaskClient, noon: time_machine.Traveller
) -> None:
    here = f"/attempts/{begin(app, 'ana', MOCK)}/break"
    speak(ana, "en")
    ana.post(here, data={"do": "start"})
    noon.shift(timedelta(minutes=10))
    page = ana.get(here)
    assert heading(page) == ("en", "Your break is over")
    assert "data-break-clock" not in words(page)


def test_on_the_break_the_items_are_closed(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app, "ana", MOCK)
    here = f"/attempts/{handle}"
    assert ana.post(f"{here}/break", data={"do": "start"}).location == f"{here}/break"
    assert "data-break-clock" in words(ana.get(f"{here}/break"))
    for path in ("/items/1", "/review"):
        assert ana.get(here + path).location == f"{here}/break"
    before = contents(app)
    assert save(ana, handle, do="flag").status_code == 409
    assert ana.post(f"{here}/open", data={"position": "2"}).status_code == 409
    assert ana.get(f"{here}/submit").status_code == 409
    assert contents(app) == before


@pytest.mark.parametrize("first", ["start", "leave"])
def test_a_break_is_had_once(app: Flask, ana: FlaskClient, first: str) -> None:
    handle = begin(app, "ana", MOCK)
    here = f"/attempts/{handle}/break"
    ana.post(here, data={"do": first})
    ana.post(here, data={"do": "leave"})
    before = contents(app)
    for button in ("start", "leave"):
        refusal = ana.post(here, data={"do": button})
        assert (refusal.status_code, f'href="/attempts/{handle}"' in words(refusal)) == (409, True)
    assert contents(app) == before
    assert ana.get(here).location == f"/attempts/{handle}/items/61"


@pytest.mark.parametrize("form", [{}, {"do": ""}, {"do": "nonsense"}], ids=str)
def test_an_unknown_button_does_not_use_the_break_up(
    app: Flask, ana: FlaskClient, form: dict[str, str]
) -> None:
    handle = begin(app, "ana", MOCK)
    before = contents(app)
    assert ana.post(f"/attempts/{handle}/break", data=form).status_code == 422
    assert contents(app) == before


def test_a_quiz_has_no_break(app: Flask, ana: FlaskClient) -> None:
    here = f"/attempts/{begin(app)}"
    before = contents(app)
    assert ana.get(f"{here}/break").location == f"{here}/items/1"
    for button in ("start", "leave"):
        assert ana.post(f"{here}/break", data={"do": button}).status_code == 409
    assert contents(app) == before


def test_a_break_without_a_clock_has_its_ten_minutes_too(app: Flask, eli: FlaskClient) -> None:
    handle = begin(app, "eli", AttemptKind.PRACTICE, items=120)
    page = words(eli.get(f"/attempts/{handle}/break"))
    assert said(app, "en", "Take the break (%(minutes)s minutes)", minutes=10) in page


def test_the_map_shows_three_states_and_filters_them(app: Flask, eli: FlaskClient) -> None:
    handle = begin(app, "eli")
    save(eli, handle, option=options(app, handle)[0], do="go:2")
    save(eli, handle, 2, do="flag")
    shown = {
        show: words(eli.get(f"/attempts/{handle}/review?show={show}")).count("map__state")
        for show in ("all", "incomplete", "flagged", "unseen", "nonsense", "")
    }
    assert shown == {
        "all": 10, "incomplete": 9, "flagged": 1, "unseen": 8, "nonsense": 10, "": 10,
    }  # fmt: skip


def test_a_walk_goes_through_the_flagged_items_alone(app: Flask, eli: FlaskClient) -> None:
    handle = begin(app, "eli")
    for position in (2, 5, 9):
        save(eli, handle, position, do="flag")
    opened = eli.post(f"/attempts/{handle}/open", data={"position": "2", "walk": "flagged"})
    assert opened.location == f"/attempts/{handle}/items/2?walk=flagged"
    page = words(eli.get(opened.location))
    assert ('value="go:5"' in page, 'value="go:3"' in page) == (True, False)
    moved = save(eli, handle, 2, do="go:5", walk="flagged")
    assert moved.location == f"/attempts/{handle}/items/5?walk=flagged"
    assert eli.get(f"/attempts/{handle}/items/5?walk=nonsense").status_code == 200


@pytest.mark.parametrize(
    ("position", "status"),
    [(None, 400), ("", 400), ("x", 400), ("0", 422), ("11", 422), ("-3", 422), ("9" * 40, 422)],
)
def test_the_map_opens_only_what_is_on_it(
    app: Flask, ana: FlaskClient, position: str | None, status: int
) -> None:
    handle = begin(app)
    before = contents(app)
    form = {} if position is None else {"position": position}
    assert ana.post(f"/attempts/{handle}/open", data=form).status_code == status
    assert contents(app) == before


def test_submitting_says_first_what_is_open(app: Flask, eli: FlaskClient) -> None:
    handle = begin(app, "eli")
    save(eli, handle, option=options(app, handle)[0], do="flag")
    page = words(eli.get(f"/attempts/{handle}/submit"))
    assert f'href="/attempts/{handle}/review?show=unseen"' in page
    assert f'href="/attempts/{handle}/review?show=flagged"' in page
    assert "9 without an answer (9 of them not seen yet)" in " ".join(page.split())
    assert said(app, "en", "After this, answers cannot change, and the result is shown.") in page
    assert attempt(app, handle).finished_at is None


def test_submitting_twice_ends_once(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    first = ana.post(f"/attempts/{handle}/submit")
    before = contents(app)
    second = ana.post(f"/attempts/{handle}/submit")
    assert first.location == second.location == f"/attempts/{handle}/result"
    assert contents(app) == before


def test_a_page_left_open_after_the_end_leads_to_the_result(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app, "ana", MOCK)
    here = f"/attempts/{handle}"
    chosen = options(app, handle)[0]
    finish(app, handle)
    before = contents(app)
    for path in ("/items/1", "/review"):
        assert ana.get(here + path).location == f"{here}/result"
    assert ana.get(f"{here}/break").location == f"{here}/result"
    assert ana.get(f"{here}/submit").location == here
    for path, form in (
        ("/items/1", {"option": chosen}),
        ("/items/1", {"option": chosen, "do": "go:2"}),
        ("/open", {"position": "2"}),
    ):
        refusal = ana.post(here + path, data=form)
        assert (refusal.status_code, f'href="{here}/result"' in words(refusal)) == (409, True)
    for button in ("start", "leave"):
        assert ana.post(f"{here}/break", data={"do": button}).status_code == 409
    refusal = send(ana, handle, {"position": 1, "seq": 9, "option_id": chosen})
    assert (refusal.status_code, refusal.get_json()["error"]) == (409, "finished")
    assert contents(app) == before


def test_a_request_of_megabytes_is_refused(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    before = contents(app)
    much = "x" * (1024 * 1024 + 1)
    assert send(ana, handle, {"position": 1, "seq": 1, "note": much}).status_code == 413
    assert save(ana, handle, note=much).status_code == 413
    assert contents(app) == before


def test_fields_that_nobody_asked_for_change_nothing(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app, "ana", MOCK)
    kept = attempt(app, handle)
    hostile = {"finished_at": None, "person_id": 1, "revealed": True, "started_at": "2030-01-01"}
    body = {"position": 1, "seq": 3, "flagged": True, **hostile}
    assert send(ana, handle, body).status_code == 200
    post(ana, handle, {"do": "flag", **{name: str(value) for name, value in hostile.items()}})
    now, stored = attempt(app, handle), response(app, handle)
    assert stored is not None
    assert (now.started_at, now.finished_at, now.person_id) == (NOON, None, kept.person_id)
    assert (stored.revealed, stored.seconds, stored.flagged) == (False, 0, True)


def test_the_clock_is_the_server_s(
    app: Flask, ana: FlaskClient, noon: time_machine.Traveller
) -> None:
    handle = begin(app, "ana", MOCK)
    noon.shift(timedelta(minutes=20))
    assert ana.get(f"/attempts/{handle}/clock").get_json() == {
        "status": "running",
        "seconds_left": 130 * 60,
        "added": [],
    }
    assert 'data-seconds-left="7800"' in words(ana.get(f"/attempts/{handle}/items/1"))


def test_without_a_clock_there_is_none(app: Flask, ana: FlaskClient) -> None:
    clock = ana.get(f"/attempts/{begin(app)}/clock").get_json()
    assert clock == {"status": "running", "seconds_left": None, "added": []}


def test_at_the_deadline_the_page_says_so_and_late_answers_still_arrive(
    app: Flask, ana: FlaskClient, noon: time_machine.Traveller
) -> None:
    handle = begin(app, "ana", MOCK)
    here = f"/attempts/{handle}"
    chosen = options(app, handle)[0]
    noon.move_to(NOON + timedelta(minutes=150, seconds=60), tick=False)
    for path in ("/items/1", "/review"):
        assert f'action="{here}/submit"' in words(ana.get(here + path))
    assert send(ana, handle, {"position": 1, "seq": 1, "option_id": chosen}).status_code == 200
    refusal = ana.post(f"{here}/open", data={"position": "2"})
    assert (refusal.status_code, f'href="{here}"' in words(refusal)) == (409, True)
    assert ana.get(f"{here}/submit").location == here
    noon.shift(timedelta(seconds=1))
    assert send(ana, handle, {"position": 1, "seq": 2, "flagged": True}).status_code == 409
    assert ana.get(f"{here}/items/1").location == f"{here}/result"
    assert ana.get(f"{here}/result").status_code == 200


@pytest.mark.parametrize("kind", list(AttemptKind))
def test_looking_writes_nothing(app: Flask, ana: FlaskClient, kind: AttemptKind) -> None:
    handle = begin(app, "ana", kind)
    before = contents(app)
    for path in (*READS, "/items/2", "/items/99", "/review?show=flagged", "/result"):
        ana.get(f"/attempts/{handle}{path}")
        ana.head(f"/attempts/{handle}{path}")
    assert contents(app) == before


def test_the_wrong_verb_is_refused(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    assert ana.get(f"/attempts/{handle}/responses").status_code == 405
    assert ana.get(f"/attempts/{handle}/open").status_code == 405
    assert ana.post(f"/attempts/{handle}/clock").status_code == 405
    assert ana.delete(f"/attempts/{handle}").status_code == 405
