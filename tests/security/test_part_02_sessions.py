"""A sign-in's life: what it is worth, how long, and all that ends it on the server."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.services.people import RESET, make_link
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.database import db
from app.storage.people import PersonRow, SignInRow
from tests.security.school import COOKIE
from tests.web.accounts_cast import is_signed_in, row_of, sign_in, token_in, with_csrf
from tests.web.exam_cast import begin, inside
from tests.world import PASSWORD, signed_in

NEW = "eleven loud trumpets"
SCRIPTED = {"paper": {"writer": "a-page"}, "responses": {"writer": None, "changes": []}}

Act = Callable[[Flask, FlaskClient], object]


def by_dev(path: str, **form: str) -> Act:
    """What the administrator does about Ana."""

    def act(app: Flask, _ana: FlaskClient) -> object:
        where = path.replace("ID", str(row_of(app).id))
        return signed_in(app, "dev").post(where, data=form)

    return act


def by_ana(path: str, **form: str) -> Act:
    """What Ana does in her own browser."""
    return lambda _app, ana: ana.post(path, data=form)


def by_link(app: Flask, _ana: FlaskClient) -> object:
    """What somebody does who follows a letter's link."""
    with app.app_context():
        token = make_link(RESET, datetime.now(UTC), row_of(app).id)
    return app.test_client().post(f"/reset-by-link/{token}", data={"password": NEW})


def closed_by_hand(app: Flask, _ana: FlaskClient) -> object:
    """What an operator does in the database itself, with no thought of sign-ins."""
    with inside(app):
        return db.session.execute(
            sa.update(PersonRow).where(PersonRow.username == "ana").values(active=False)
        )


ENDS: dict[str, Act] = {
    "signed out": by_ana("/sign-out"),
    "password changed": by_ana("/account/password", password=PASSWORD, new_password=NEW),
    "password set by a link": by_link,
    "account deleted": by_ana("/account/delete", password=PASSWORD),
    "closed by an administrator": by_dev("/administration/people/ID/active", active="no"),
    "closed by hand": closed_by_hand,
    "another role": by_dev("/administration/people/ID/role", role="trainer"),
    "second step dropped": by_dev("/administration/people/ID/second-step/drop"),
    "ended on the account page": lambda app, _ana: signed_in(app, "ana").post(
        "/account/sign-ins/end"
    ),
}


def copy_of(app: Flask, client: FlaskClient) -> FlaskClient:
    """Another browser with the same cookie."""
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie(COOKIE, cookie.value)
    return thief


@pytest.mark.parametrize("end", ENDS)
def test_a_copied_cookie_is_dead_for_pages_and_for_scripts(
    app: Flask, ana: FlaskClient, end: str
) -> None:
    here = f"/attempts/{begin(app)}"
    ana.post(f"{here}/paper", json=SCRIPTED["paper"])
    thief = copy_of(app, ana)
    assert is_signed_in(thief)
    ENDS[end](app, ana)
    before = app_rows(app)
    assert thief.get("/account").location == "/sign-in?next=/account"
    for path, body in SCRIPTED.items():
        refusal = thief.post(f"{here}/{path}", json=body)
        assert (path, refusal.status_code) == (path, 401)
    assert thief.get(f"{here}/clock", headers={"Accept": "application/json"}).status_code == 401
    assert app_rows(app) == before


def app_rows(app: Flask) -> tuple[list[str | None], list[int]]:
    """What stands of attempts and responses."""
    with inside(app):
        writers = list(db.session.scalars(sa.select(AttemptRow.writer)))
        return writers, list(db.session.scalars(sa.select(ResponseRow.seq)))


def test_a_planted_session_is_not_taken_over(app: Flask) -> None:
    attacker = app.test_client()
    attacker.get("/sign-in")
    victim = copy_of(app, attacker)
    sign_in(victim, "ana")
    planted, after = attacker.get_cookie(COOKIE), victim.get_cookie(COOKIE)
    assert planted is not None
    assert after is not None
    assert after.value != planted.value
    assert not is_signed_in(attacker)


def test_whoever_signs_in_over_another_s_session_ends_it(app: Flask, ana: FlaskClient) -> None:
    thief = copy_of(app, ana)
    ana.post("/sign-out")
    sign_in(ana, "eli")
    assert "Eli" in ana.get("/account").get_data(as_text=True)
    assert not is_signed_in(thief)


def test_the_form_token_is_new_after_signing_in(app: Flask, stranger: FlaskClient) -> None:
    with with_csrf(app):
        before = token_in(stranger.get("/sign-in"))
        data = {"username": "ana", "password": PASSWORD, "csrf_token": before}
        assert stranger.post("/sign-in", data=data).location == "/home"
        assert stranger.post("/sign-out", data={"csrf_token": before}).status_code == 400
        assert is_signed_in(stranger)


def test_a_changed_session_is_nobody_s(app: Flask, ana: FlaskClient) -> None:
    cookie = ana.get_cookie(COOKIE)
    assert cookie is not None
    body, _, signature = cookie.value.rpartition(".")
    for forged in (body, f"{body}.", f"{body}.{signature[::-1]}", f"x{cookie.value}", "x" * 9000):
        client = app.test_client()
        client.set_cookie(COOKIE, forged)
        assert not is_signed_in(client)


def test_one_person_s_token_does_not_open_another_s_session(
    ana: FlaskClient, eli: FlaskClient
) -> None:
    with ana.session_transaction() as session:
        token = session["sign_in"]
    with eli.session_transaction() as session:
        session["sign_in"] = token
    assert not is_signed_in(eli)


def test_a_sign_in_ends_after_thirty_days_of_daily_use(ana: FlaskClient) -> None:
    begun = datetime.now(UTC)
    for day in range(1, 30):
        with time_machine.travel(begun + timedelta(days=day, hours=1)):
            assert is_signed_in(ana)
    with time_machine.travel(begun + timedelta(days=30, minutes=1)):
        assert not is_signed_in(ana)


def test_a_browser_that_stays_away_for_two_weeks_signs_in_anew(ana: FlaskClient) -> None:
    begun = datetime.now(UTC)
    with time_machine.travel(begun + timedelta(days=13, hours=23)):
        assert is_signed_in(ana)
    with time_machine.travel(begun + timedelta(days=28)):
        assert not is_signed_in(ana)


def test_an_exam_of_double_time_fits_inside(app: Flask, ana: FlaskClient) -> None:
    here = f"/attempts/{begin(app)}"
    ana.post(f"{here}/paper", json=SCRIPTED["paper"])
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=6)):
        saved = ana.post(f"{here}/responses", json={"writer": "a-page", "changes": []})
    assert saved.status_code == 200


def test_two_browsers_are_listed_and_the_other_can_be_ended(app: Flask, ana: FlaskClient) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
    other = app.test_client()
    data = {"username": "ana", "password": PASSWORD}
    other.post("/sign-in", data=data, headers={"User-Agent": agent})
    assert "Firefox" in ana.get("/account").get_data(as_text=True)
    ana.post("/account/sign-ins/end")
    assert (is_signed_in(ana), is_signed_in(other)) == (True, False)
    assert "Firefox" not in ana.get("/account").get_data(as_text=True)


def test_the_table_keeps_no_token(app: Flask, ana: FlaskClient) -> None:
    with ana.session_transaction() as session:
        token = session["sign_in"]
    with app.app_context():
        rows = str(db.session.execute(sa.select(SignInRow.__table__)).all())
    assert len(token) >= 43
    assert token not in rows


def test_signing_out_takes_a_form_not_a_link(ana: FlaskClient) -> None:
    assert ana.get("/sign-out").status_code == 405
    assert is_signed_in(ana)
