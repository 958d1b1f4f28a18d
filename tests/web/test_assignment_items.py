"""The questions of an assignment: reading, swapping and previewing them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.storage.bank import item_of
from app.storage.cohorts import find_cohort
from tests.cohorts import join, make_cohort
from tests.web.accounts_cast import contents
from tests.web.assignments_cast import at, pool, rows, set_by, started
from tests.web.exam_cast import (
    inside,
    said,
    words,
)

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def cohort(app: Flask) -> str:
    """Ben's cohort with Ana and Eli in it."""
    with inside(app) as stage:
        made = make_cohort(stage)
        join(stage, made, "ana", "eli")
        return made.handle


# Its questions


def test_the_form_shows_every_question_with_its_key_and_reasons(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    one = set_by(ben, cohort)
    page = words(ben.get(at(cohort, "/{one}/form", one)))
    with inside(app):
        items = [item_of(entry[1]) for entry in rows(app)[0].form or []]
    for item in items:
        assert item.stem.en in page
        assert all(option.rationale.en in page for option in item.options)
    assert page.count("option--key") == 10


def test_where_each_person_gets_their_own_there_is_no_form(ben: FlaskClient, cohort: str) -> None:
    one = set_by(ben, cohort, same="own")
    assert ben.get(at(cohort, "/{one}/form", one)).status_code == 404
    assert ben.post(at(cohort, "/{one}/form/1/swap", one)).status_code == 404
    assert ben.get(at(cohort, "/{one}/preview?position=10", one)).status_code == 200


def test_a_question_is_swapped_for_another_of_the_same_domain_and_level(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    one = set_by(ben, cohort, areas=["3", "5"])
    before = rows(app)[0].form or []
    answer = ben.post(at(cohort, "/{one}/form/4/swap", one))
    assert answer.location == at(cohort, "/{one}/form?asked=4#question-4", one)
    told = said(app, "en", "Question %(position)s was replaced.", position=4)
    beside = words(ben.get(answer.location)).split('id="question-4"')[1].split("</section>")[0]
    assert told in beside
    after = rows(app)[0].form or []
    assert [n for n, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]] == [
        3
    ]
    known = pool(app)
    old, new = known[before[3][0]], known[after[3][0]]
    assert (old.oshpd, old.level) == (new.oshpd, new.level)
    assert new.item_id not in {entry[0] for entry in before}
    assert sorted(after[3][2].split()) == sorted(new.option_ids)
    assert after[3][2].split().index(new.key) == before[3][2].split().index(old.key)


def test_where_no_other_question_fits_the_page_says_so_kindly(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    one = set_by(ben, cohort, item_ids="oshpd03-0001\noshpd03-0002")
    before = contents(app)
    answer = ben.post(at(cohort, "/{one}/form/1/swap", one), follow_redirects=True)
    wanted = said(
        app,
        "en",
        "The bank has no other question of the same domain and level that fits here. "
        "Nothing was changed.",
    )
    assert wanted in words(answer)
    assert contents(app)["assignment"] == before["assignment"]


def test_once_somebody_has_started_the_questions_stay(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    one = set_by(ben, cohort)
    started(app, one)
    before = contents(app)
    answer = ben.post(at(cohort, "/{one}/form/1/swap", one), follow_redirects=True)
    assert "Somebody has started this assignment, so its questions stay" in words(answer)
    assert "Replace by another" not in words(answer)
    assert contents(app)["assignment"] == before["assignment"]


@pytest.mark.parametrize("position", ["0", "11", "99999", "2147483648", "x", "-1"])
def test_a_place_that_is_not_on_the_form_is_refused(
    app: Flask, ben: FlaskClient, cohort: str, position: str
) -> None:
    one = set_by(ben, cohort)
    before = contents(app)
    swapped = ben.post(at(cohort, f"/{{one}}/form/{position}/swap", one))
    shown = ben.get(at(cohort, f"/{{one}}/preview?position={position}", one))
    assert {swapped.status_code, shown.status_code} <= {404, 422}
    assert contents(app) == before


def test_a_trainer_who_is_a_candidate_there_too_sees_no_question(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    one = set_by(ben, cohort)
    with inside(app) as stage:
        row = find_cohort(cohort)
        assert row is not None
        join(stage, row, "ben")
    before = contents(app)
    for rest in ("/{one}/form", "/{one}/preview"):
        assert ben.get(at(cohort, rest, one)).status_code == 404
    assert ben.post(at(cohort, "/{one}/form/1/swap", one)).status_code == 404
    page = ben.get(at(cohort, "/{one}", one))
    assert page.status_code == 200
    assert f"{one}/form" not in words(page)
    assert contents(app) == before


@pytest.mark.parametrize("same", ["same", "own"])
def test_the_preview_walks_through_the_questions_without_a_key(
    ben: FlaskClient, cohort: str, same: str
) -> None:
    one = set_by(ben, cohort, same=same)
    shown = [words(ben.get(at(cohort, f"/{{one}}/preview?position={n}", one))) for n in (1, 2, 2)]
    assert shown[1] == shown[2]
    assert shown[0] != shown[1]
    for page in shown:
        assert "option--key" not in page
        assert "rationale" not in page
        assert "<input" not in page.split("<main")[1].split("</main")[0]


def test_the_preview_is_in_the_language_that_is_set(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    one = set_by(ben, cohort, test_language="es")
    with inside(app):
        item = item_of((rows(app)[0].form or [])[0][1])
    page = words(ben.get(at(cohort, "/{one}/preview", one)))
    assert f'<span lang="es">{item.stem.es}</span>' in page
