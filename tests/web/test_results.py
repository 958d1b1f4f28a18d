"""The result of an attempt: who may read it and when, what it says, item by item and on paper."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.domain.attempts import AttemptKind
from app.domain.bilingual import Language
from app.services.tries import void_try
from tests.web.accounts_cast import contents
from tests.web.exam_cast import (
    LANGUAGES,
    asks_for_sign_in,
    begin,
    finish,
    finished,
    heading,
    inside,
    item,
    options,
    said,
    speak,
    words,
)
from tests.world import NOON

pytestmark = pytest.mark.usefixtures("noon")
PAGES = ("", "/items", "/items?show=missed", "/items/1", "/items/1?show=missed", "/print")


def result(handle: str, rest: str = "") -> str:
    return f"/attempts/{handle}/result{rest}"


def test_a_stranger_is_asked_to_sign_in(app: Flask, stranger: FlaskClient) -> None:
    handle = finished(app, right=1)
    for page in PAGES:
        assert asks_for_sign_in(stranger.get(result(handle, page)))


def test_nobody_else_reads_a_result(
    app: Flask, eli: FlaskClient, ben: FlaskClient, dev: FlaskClient
) -> None:
    handle = finished(app, right=1)
    for client in (eli, ben, dev):
        for page in PAGES:
            assert client.get(result(handle, page)).status_code == 404


@pytest.mark.parametrize("kind", list(AttemptKind))
def test_before_the_end_there_is_no_result_but_a_way_back(
    app: Flask, ana: FlaskClient, kind: AttemptKind
) -> None:
    handle = begin(app, "ana", kind)
    for page in PAGES:
        refusal = ana.get(result(handle, page))
        assert (page, refusal.status_code) == (page, 409)
        assert f'href="/attempts/{handle}"' in words(refusal)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_both_languages(app: Flask, ana: FlaskClient, language: str) -> None:
    handle = finished(app, right=3, wrong=2)
    speak(ana, language)
    share = said(app, language, "%(right)s of %(total)s right", right=3, total=10)
    assert heading(ana.get(result(handle))) == (language, share)
    place, title = heading(ana.get(result(handle, "/items/4")))
    assert place == language
    assert title.endswith("10")
    assert heading(ana.get(result(handle, "/print")))[1].endswith(share)


def test_right_missed_and_blank_are_told_apart(app: Flask, ana: FlaskClient) -> None:
    page = words(ana.get(result(finished(app, right=3, wrong=2))))
    counted = {state: page.count(f"map__item--{state}") for state in ("right", "missed")}
    assert counted == {"right": 3, "missed": 7}
    blank = said(app, "es", "blank")
    assert page.count(f'<span class="map__state">{blank}</span>') == 5


def test_every_option_has_its_reason_and_one_is_the_key(app: Flask, ana: FlaskClient) -> None:
    handle = finished(app, right=1)
    shown = item(app, handle)
    page = words(ana.get(result(handle, "/items/1")))
    for option in shown.options:
        assert f'<span lang="es">{option.text.es}</span>' in page
        assert f'<span lang="es">{option.rationale.es}</span>' in page
    assert page.count("option--key") == 1


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("page", ["/items/1", "/print"])
def test_either_language_can_be_read_whatever_the_page_speaks(
    app: Flask, ana: FlaskClient, language: Language, page: str
) -> None:
    handle = finished(app, right=1)
    stem = item(app, handle).stem
    answer = ana.get(result(handle, page), query_string={"in": language.value})
    assert heading(answer)[0] == "es"
    assert stem.text(language) in words(answer)
    assert stem.text(language.other) not in words(answer)


@pytest.mark.parametrize("wanted", ["fr", "", "EN", "\0", "en,es"])
def test_an_unknown_language_is_passed_over(app: Flask, ana: FlaskClient, wanted: str) -> None:
    handle = finished(app, right=1)
    page = ana.get(result(handle, "/items/1"), query_string={"in": wanted})
    assert item(app, handle).stem.es in words(page)


def test_missed_items_can_be_gone_through_alone(app: Flask, ana: FlaskClient) -> None:
    handle = finished(app, right=4, wrong=6)
    first = ana.get(result(handle, "/items?show=missed"))
    assert first.location == result(handle, "/items/5?show=missed")
    page = words(ana.get(first.location))
    assert result(handle, "/items/6?show=missed") in page
    assert result(handle, "/items/4?show=missed") not in page


def test_with_nothing_missed_the_way_leads_to_the_first(app: Flask, ana: FlaskClient) -> None:
    handle = finished(app, right=10)
    first = ana.get(result(handle, "/items?show=missed"))
    assert first.location == result(handle, "/items/1?show=missed")
    assert ana.get(first.location).status_code == 200


@pytest.mark.parametrize("position", ["0", "11", "2147483647"])
def test_there_is_no_item_off_the_form(app: Flask, ana: FlaskClient, position: str) -> None:
    handle = finished(app, right=1)
    assert ana.get(result(handle, f"/items/{position}")).status_code == 422


@pytest.mark.parametrize("position", ["x", "-1", "1.0", "%00", "9" * 30])
def test_a_position_that_is_no_number_is_no_page(
    app: Flask, ana: FlaskClient, position: str
) -> None:
    assert ana.get(result(finished(app), f"/items/{position}")).status_code == 404


def test_a_note_is_read_again_as_text(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    note = "<img src=x onerror=alert(1)> {{ 7 * 7 }}"
    ana.post(f"/attempts/{handle}/items/1", data={"note": note, "do": "flag"})
    finish(app, handle)
    page = ana.get(result(handle, "/items/1")).get_data(as_text=True)
    assert "&lt;img src=x onerror=alert(1)&gt; {{ 7 * 7 }}" in page
    assert "<img" not in page


def test_changed_answers_are_counted_both_ways(app: Flask, ana: FlaskClient) -> None:
    handle = begin(app)
    for position, first_right in ((1, True), (2, False), (3, False)):
        key = item(app, handle, position).key
        other = next(o for o in options(app, handle, position) if o != key)
        for option in (key, other) if first_right else (other, key):
            ana.post(f"/attempts/{handle}/items/{position}", data={"option": option})
    finish(app, handle)
    told = said(
        app,
        "es",
        "Changed answers: %(better)s from wrong to right, %(worse)s from right to wrong.",
        better=2,
        worse=1,
    )
    assert told in words(ana.get(result(handle)))


def test_one_subject_has_no_second_range_beside_the_whole_one(app: Flask, ana: FlaskClient) -> None:
    speak(ana, "en")
    page = words(ana.get(result(finished(app, right=1, wrong=9))))
    domains = page.split('id="areas-heading"')[1].split("<details")[0]
    assert said(app, "en", "the whole test: see the range at the top") in domains
    assert ('class="range"' in domains, 'class="tag' in domains) == (False, False)
    assert 'href="/quiz?axis=oshpd&area=3"' in domains
    assert said(app, "en", "Study next") not in domains
    assert "Every question was on one subject" in page


def test_a_time_that_ran_out_is_said(
    app: Flask, ana: FlaskClient, noon: time_machine.Traveller
) -> None:
    handle = begin(app, "ana", AttemptKind.MOCK)
    noon.move_to(NOON + timedelta(days=1), tick=False)
    told = said(app, "es", "The time ran out; every answer saved before counts.")
    assert told in words(ana.get(result(handle)))


def test_a_try_given_back_keeps_its_result_and_its_reason(app: Flask, ana: FlaskClient) -> None:
    handle = finish(app, begin(app, "ana", AttemptKind.MOCK))
    with inside(app) as stage:
        void_try(stage.person("dev"), handle, "The <power> was out.", NOON)
    page = ana.get(result(handle))
    assert page.status_code == 200
    assert "The &lt;power&gt; was out." in page.get_data(as_text=True)


def test_the_print_view_holds_every_item(app: Flask, ana: FlaskClient) -> None:
    handle = finished(app, right=2, wrong=3)
    page = words(ana.get(result(handle, "/print")))
    assert page.count('class="paper__item"') == 10
    stems = [item(app, handle, position).stem.es for position in range(1, 11)]
    assert [stem in page for stem in stems] == [True] * 10


def test_looking_writes_nothing(app: Flask, ana: FlaskClient) -> None:
    handle = finished(app, right=2, wrong=3)
    before = contents(app)
    for page in PAGES:
        ana.get(result(handle, page))
    assert contents(app) == before


def test_a_result_takes_no_form(app: Flask, ana: FlaskClient) -> None:
    handle = finished(app)
    assert [ana.post(result(handle, page)).status_code for page in PAGES] == [405] * len(PAGES)
