"""What holds for every page about accounts: no writing GET, no forged form, both languages."""

import re
from datetime import UTC, datetime
from pathlib import Path

import polib
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.services.people import CONFIRM_EMAIL, RESET, SET_UP, make_link
from tests.web.accounts_cast import contents, row_of, sign_in, turn_two_step_on, with_csrf
from tests.world import NOON, signed_in

MINE = ("/account", "/account/password", "/account/two-step", "/account/recovery-codes")
PAGES = (
    *MINE,
    "/account/recovery-codes?show_codes=yes",
    "/account/passkeys",
    "/account/check",
    "/account/check/passkey",
    "/account/delete",
    "/account/data",
    "/account/passkeys/remove",
)
OPEN_PAGES = (
    "/register",
    "/reset",
    "/sign-in",
    "/sign-in/passkey",
    "/sign-in/lost-phone",
    "/sign-in/code",
    "/sign-in/recovery-code",
    "/sign-in/second-step",
)
POSTS = re.compile(r"^/(account|sign-|register|reset|setup|confirm-email)")
LIBRARY = Path(sa.__file__).parents[1] / "flask_security/translations/flask_security.pot"
OUR_TEXT = re.compile(r'(?:_|_l|gettext)\(\s*"([^"]+)"')


def our_texts(app: Flask) -> set[str]:
    """What the site's own templates and pages say."""
    root = Path(app.root_path)
    sources = [*root.glob("templates/**/*.html"), *root.glob("web/*.py")]
    return {text for file in sources for text in OUR_TEXT.findall(file.read_text("utf-8"))}


def test_opening_pages_writes_nothing(app: Flask, stranger: FlaskClient) -> None:
    turn_two_step_on(app, "eli")
    ana = signed_in(app, "ana")
    sign_in(stranger, "eli")
    with app.app_context():
        links = [
            f"/setup/{make_link(SET_UP, NOON)}",
            f"/reset-by-link/{make_link(RESET, datetime.now(UTC), row_of(app).id)}",
            f"/confirm-email/{_confirm_link(app)}",
        ]
    before = contents(app)
    for path in (*PAGES, *OPEN_PAGES, *links):
        for client in (ana, stranger, app.test_client()):
            assert client.get(path).status_code in {200, 302, 303, 404}
            assert client.head(path).status_code in {200, 302, 303, 404}
    assert contents(app) == before


def test_every_form_needs_its_token(app: Flask, ana: FlaskClient, stranger: FlaskClient) -> None:
    paths = sorted(
        rule.rule.replace("<token>", "x")
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and POSTS.match(rule.rule)
    )
    assert len(paths) > 25
    with with_csrf(app):
        before = contents(app)
        for path in paths:
            for client in (ana, stranger):
                for data in ({}, {"csrf_token": "made-up"}):
                    assert (path, client.post(path, data=data).status_code) == (path, 400)
                assert (path, client.post(path, json={}).status_code) == (path, 400)
        assert contents(app) == before


def test_spanish_pages_say_nothing_in_the_library_s_english(
    app: Flask, stranger: FlaskClient
) -> None:
    # Words such as "Password" are in the site's own catalogue as well, and translated there.
    english = {entry.msgid for entry in polib.pofile(str(LIBRARY))} - our_texts(app)
    ana = signed_in(app, "ana")
    turn_two_step_on(app)
    spanish = {"Accept-Language": "es"}
    pages = [ana.get(path) for path in PAGES if path != "/account/data"]
    pages += [stranger.get(path, headers=spanish) for path in OPEN_PAGES]
    pages += [
        ana.post("/account/two-step", data={"setup": "sms"}),
        ana.post("/account/two-step", data={"setup": "authenticator"}),
        ana.post("/account/passkeys", data={"name": "<b>", "usage": "first"}),
        ana.post("/account/passkeys", data={"name": "", "usage": "x"}),
        ana.post("/account/passkeys", data={"name": "Mi teléfono", "usage": "first"}),
        ana.post("/account/passkeys/remove", data={"name": "x"}, follow_redirects=True),
        ana.post("/account/passkeys/made-up", data={}, follow_redirects=True),
        ana.post("/account/password", data={}),
        ana.post("/account/check", data={}),
        ana.post("/account/recovery-codes"),
        stranger.post("/sign-in", data={}, headers=spanish),
        stranger.post("/sign-in/passkey", data={}, headers=spanish),
        stranger.post("/sign-in/passkey/made-up", headers=spanish, follow_redirects=True),
        sign_in(stranger, "ana", "wrong"),
    ]
    sign_in(stranger, "ana")
    pages += [
        stranger.get("/sign-in/code", headers=spanish),
        stranger.post("/sign-in/code", data={"code": ""}, headers=spanish),
        stranger.post("/sign-in/code", data={"code": "1"}, headers=spanish),
        stranger.post("/sign-in/recovery-code", data={"code": "1"}, headers=spanish),
    ]
    for page in pages:
        said = {part.strip() for part in re.split(r"<[^>]*>", page.get_data(as_text=True))}
        assert said & english == set()


def test_every_page_of_the_library_is_ours(app: Flask) -> None:
    names = [
        "login_user",
        "verify",
        "change_password",
        "two_factor_setup",
        "two_factor_verify_code",
        "two_factor_select",
        "mf_recovery",
        "mf_recovery_codes",
        "wan_register",
        "wan_signin",
        "wan_verify",
    ]
    ours = Path(app.root_path) / "templates/security"
    for name in names:
        template = app.jinja_env.get_or_select_template(f"security/{name}.html")
        assert Path(str(template.filename)).parent == ours


def _confirm_link(app: Flask) -> str:
    return make_link(CONFIRM_EMAIL, datetime.now(UTC), row_of(app).id, "ana@example.org")
