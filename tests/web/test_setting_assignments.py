"""Setting an assignment: the one page, what it proposes, and what it refuses."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.domain.items import Axis
from app.storage.bank import BankLoadRow, ItemRow, item_of
from app.storage.database import db
from tests.cohorts import join, make_cohort
from tests.web.accounts_cast import contents
from tests.web.assignments_cast import FILLED, at, errors, moment, pool, rows, set_by
from tests.web.exam_cast import (
    LANGUAGES,
    checked,
    inside,
    said,
    speak,
    words,
)
from tests.world import NOON

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def cohort(app: Flask) -> str:
    """Ben's cohort with Ana and Eli in it."""
    with inside(app) as stage:
        made = make_cohort(stage)
        join(stage, made, "ana", "eli")
        return made.handle


# Setting


def test_a_trainer_sets_a_quiz_in_two_minutes(app: Flask, ben: FlaskClient, cohort: str) -> None:
    # From sign-in: the cohort's page (1), Assignments (2), Set an assignment (3), tick a
    # subject (4), Assign it (5). Five clicks, nothing typed: every other field has its value.
    page = ben.get(at(cohort, "/new"))
    text = words(page)
    sent = dict(checked(page))
    for name in ("opens", "due"):
        sent[name] = text.split(f'name="{name}"')[1].split('value="')[1].split('"')[0]
    sent |= {"axis": "oshpd", "areas": "3", "attempts": "1", "title": "", "item_ids": ""}
    answer = ben.post(at(cohort, "/new"), data=sent)
    (row,) = rows(app)
    assert (answer.status_code, answer.location) == (303, at(cohort, "/{one}", row.handle))
    assert (row.kind, row.selection["areas"], row.items, len(row.form or [])) == (
        "quiz",
        ["3"],
        10,
        10,
    )
    assert (row.opens_at, row.due_at) == (NOON, moment("2026-03-09T23:59"))


def test_what_is_set_is_what_was_filled_in(app: Flask, ben: FlaskClient, cohort: str) -> None:
    set_by(
        ben,
        cohort,
        axis="samhsa",
        areas=["IX", "XI"],
        levels=["application", "judgment"],
        length="0",
        other_length="17",
        title="  Before the exam ",
        timed="timed",
        attempts="3",
        feedback="after_due",
        test_language="es",
        same="own",
        order="fixed",
    )
    (row,) = rows(app)
    assert row.selection == {
        "axis": "samhsa",
        "areas": ["IX", "XI"],
        "levels": ["application", "judgment"],
        "competencies": [],
        "item_ids": [],
    }
    assert (row.title.es, row.items, row.timed, row.attempts_allowed) == (
        "Before the exam",
        17,
        True,
        3,
    )
    assert (row.feedback, row.language, row.form, row.shuffled) == ("after_due", "es", None, False)
    assert (row.created_at, row.withdrawn_at, row.reminded_at) == (NOON, None, None)


def test_without_a_due_date_it_stays_open(app: Flask, ben: FlaskClient, cohort: str) -> None:
    one = set_by(ben, cohort, due="")
    assert rows(app)[0].due_at is None
    assert said(app, "en", "from %(opens)s, no due date", opens="March 2, 2026, 12:00 PM") in words(
        ben.get(at(cohort, "/{one}", one))
    )


@pytest.mark.parametrize(
    ("chosen", "title"),
    [
        ({"areas": ["3"]}, "Professional Role: Law, Ethics, Boundaries"),
        ({"areas": ["6", "7"]}, "Diversity & Cultural Responsiveness; Systems & Navigation"),
        ({"areas": ["1", "2", "3"]}, "Quiz: 3 subjects"),
        ({"areas": []}, "Quiz: all subjects"),
        ({"item_ids": "oshpd03-0001"}, "Quiz: 1 chosen question"),
        ({"kind": "mock"}, "Mock exam"),
    ],
)
def test_a_title_is_proposed(
    app: Flask, ben: FlaskClient, cohort: str, chosen: dict[str, object], title: str
) -> None:
    set_by(ben, cohort, **chosen)
    assert rows(app)[0].title.en == title


@pytest.mark.parametrize(
    ("axis", "area"), [("oshpd", "3"), ("samhsa", "IX"), ("focus_area", "8"), ("competency", "16")]
)
def test_subjects_may_be_of_every_axis(
    app: Flask, ben: FlaskClient, cohort: str, axis: str, area: str
) -> None:
    page = ben.post(at(cohort, "/new"), data={**FILLED, "show": axis, "title": "Kept"})
    assert page.status_code == 200
    assert f'name="axis" value="{axis}"' in words(page)
    assert 'value="Kept"' in words(page)
    assert rows(app) == []
    set_by(ben, cohort, axis=axis, areas=area)
    known = pool(app)
    on_form = [known[entry[0]] for entry in rows(app)[0].form or []]
    assert {item.area(Axis(axis)) for item in on_form} == {area}


def test_ticks_wait_under_the_name_where_they_were_made(ben: FlaskClient, cohort: str) -> None:
    there = ben.post(at(cohort, "/new"), data={**FILLED, "show": "focus_area"})
    assert 'name="kept_oshpd" value="3"' in words(there)
    assert ("areas", "3") not in checked(there)
    kept = {"axis": "focus_area", "areas": "8", "kept_oshpd": ["3"], "show": "oshpd"}
    back = ben.post(at(cohort, "/new"), data={**FILLED, **kept})
    assert {value for name, value in checked(back) if name == "areas"} == {"3"}
    assert 'name="kept_focus_area" value="8"' in words(back)


def test_a_typed_number_is_taken_and_two_numbers_are_asked_about(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    set_by(ben, cohort, length="10", other_length="15")
    assert rows(app)[0].items == 15
    page = ben.post(at(cohort, "/new"), data={**FILLED, "length": "20", "other_length": "15"})
    assert (page.status_code, errors(words(page))) == (
        422,
        [
            said(
                app,
                "en",
                "Please choose one: %(chosen)s or %(typed)s questions.",
                chosen=20,
                typed=15,
            )
        ],
    )
    top = words(page).split('role="alert"')[1].split("</div>")[0]
    assert 'href="#other_length"' in top
    assert words(page).index('role="alert"') < words(page).index("<h1")


def test_a_link_with_questions_sets_their_number_and_shows_their_stems(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    page = ben.get(at(cohort, "/new?item=oshpd03-0001&item=oshpd03-0002"))
    with inside(app):
        stem = item_of(pool(app)["oshpd03-0001"].revision).stem.en
    assert stem[:40] in words(page)
    assert ("length", "0") in checked(page)
    assert 'value="2"' in words(page).split('id="other_length"')[1].split(">")[0]


def test_a_copy_says_that_its_questions_are_drawn_anew(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    told = said(
        app, "en", "This is a copy of the choices: the questions themselves are drawn anew."
    )
    assert told in words(ben.get(at(cohort, f"/new?copy={set_by(ben, cohort)}")))
    assert told not in words(ben.get(at(cohort, "/new")))


def test_a_link_brings_subjects_levels_and_questions_along(ben: FlaskClient, cohort: str) -> None:
    query = {"axis": "samhsa", "area": ["IX", "no such"], "level": ["recall", "x"]}
    page = ben.get(at(cohort, "/new"), query_string=query)
    assert {("areas", "IX"), ("levels", "recall")} <= checked(page)
    assert 'name="axis" value="samhsa"' in words(page)
    page = ben.get(at(cohort, "/new?item=oshpd03-0001&item=oshpd03-0002"))
    assert "oshpd03-0001\noshpd03-0002</textarea>" in words(page)


@pytest.mark.parametrize("query", ["axis=nonsense&area=3", "area=99&level=", "item=%00", "axis="])
def test_what_an_address_names_wrongly_is_passed_over(
    ben: FlaskClient, cohort: str, query: str
) -> None:
    page = ben.get(f"{at(cohort, '/new')}?{query}")
    assert page.status_code == 200
    assert 'name="axis" value="oshpd"' in words(page)


def test_questions_picked_by_hand_are_asked_as_they_were_listed(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    ids = ["oshpd05-0002", "oshpd03-0001", "oshpd07-0003"]
    set_by(ben, cohort, item_ids=f"{ids[0].upper()}\n {ids[1]},{ids[2]}\n{ids[0]}", order="fixed")
    (row,) = rows(app)
    assert [entry[0] for entry in row.form or []] == ids
    assert (row.items, row.selection["item_ids"]) == (3, ids)


def test_an_unknown_question_is_named_at_its_field(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    sent = {**FILLED, "item_ids": "oshpd03-0001\noshpd99-0001\nnonsense\0"}
    page = ben.post(at(cohort, "/new"), data=sent)
    assert page.status_code == 422
    assert errors(words(page)) == [
        "These numbers are not in the question bank: oshpd99-0001, nonsense\0"
    ]
    assert "oshpd99-0001" in words(page).split("<textarea")[1].split("</textarea>")[0]
    assert rows(app) == []


def test_enemies_picked_by_hand_are_refused(app: Flask, ben: FlaskClient, cohort: str) -> None:
    one, other = next(
        (item.item_id, enemy)
        for item in pool(app).values()
        for enemy in item.enemies
        if enemy in pool(app)
    )
    page = ben.post(at(cohort, "/new"), data={**FILLED, "item_ids": f"{one}\n{other}"})
    assert (page.status_code, rows(app)) == (422, [])
    assert len(errors(words(page))) == 1


def test_more_questions_than_the_bank_has_are_refused_and_not_shortened(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    recall = sum(i.oshpd == 3 and i.level.value == "recall" for i in pool(app).values())
    before = contents(app)
    for same in ("same", "own"):
        sent = {**FILLED, "levels": "recall", "length": "30", "same": same, "title": "Kept"}
        page = ben.post(at(cohort, "/new"), data=sent)
        assert page.status_code == 422
        told = (
            "The question bank does not have enough questions for this: "
            f"questions in the bank: 30 needed, {recall} there."
        )
        assert errors(words(page)) == [told]
        assert {("areas", "3"), ("levels", "recall"), ("length", "30")} <= checked(page)
        assert 'value="Kept"' in words(page)
    assert contents(app) == before


def test_a_mock_that_the_bank_cannot_fill_is_refused_at_its_field(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    with inside(app):
        db.session.execute(
            sa.update(ItemRow).where(ItemRow.id.like("oshpd04%")).values(status="retired")
        )
        db.session.add(BankLoadRow(loaded_at=NOON, fingerprint="smaller", problems=[]))
    before = contents(app)
    page = ben.post(at(cohort, "/new"), data={**FILLED, "kind": "mock"})
    assert page.status_code == 422
    assert any("questions of OSHPD domain 4: 12 needed, 0 there" in e for e in errors(words(page)))
    assert contents(app) == before


def test_a_mock_is_the_whole_exam_whatever_else_was_chosen(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    set_by(ben, cohort, kind="mock", areas=["3"], levels=["recall"], length="10")
    (row,) = rows(app)
    assert (row.kind, row.items, row.timed, len(row.form or [])) == ("mock", 120, True, 120)
    assert (row.selection["areas"], row.selection["levels"]) == ([], [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "practice"},
        {"kind": ""},
        {"areas": ["3", "99"]},
        {"levels": ["hard"]},
        {"length": "11"},
        {"length": "0"},
        {"length": "0", "other_length": "121"},
        {"length": "0", "other_length": "-1"},
        {"other_length": "ten"},
        {"title": "x" * 121},
        {"title": "a\0b"},
        {"opens": ""},
        {"opens": "soon"},
        {"opens": "0001-01-01T00:00"},
        {"due": "9999-12-31T23:59"},
        {"due": "2026-02-30T10:00"},
        {"due": "2026-03-02T12:00"},
        {"due": "2026-03-01T12:00"},
        {"opens": "2026-02-01T12:00", "due": "2026-03-01T12:00"},
        {"due": "", "feedback": "after_due"},
        {"timed": "x"},
        {"attempts": "0"},
        {"attempts": "11"},
        {"attempts": ""},
        {"feedback": "never"},
        {"kind": "mock", "feedback": "each_item"},
        {"test_language": "fr"},
        {"same": "x"},
        {"order": "x"},
        {"item_ids": "x" * 8001},
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_lost(
    app: Flask,
    ben: FlaskClient,
    cohort: str,
    wrong: dict[str, object],
    language: str,
) -> None:
    speak(ben, language)
    before = contents(app)
    page = ben.post(at(cohort, "/new"), data={"title": "Kept", **FILLED, **wrong})
    assert page.status_code == 422
    assert len(errors(words(page))) >= 1
    if "areas" not in wrong:
        assert ("areas", "3") in checked(page)
    assert contents(app) == before
