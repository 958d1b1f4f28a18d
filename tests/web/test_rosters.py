"""The pages of a roster: choose, look through, take, print, take back, send."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domain.codes import normal_code
from app.domain.roster_files import MOST_BYTES
from app.services.cohorts import archive_cohort
from app.storage.cohorts import InvitationRow
from app.storage.database import db
from app.storage.mail import OutboxRow
from app.web.site import EXTENSION
from tests.cohorts import join, make_cohort
from tests.web.accounts_cast import contents, with_csrf
from tests.web.exam_cast import LANGUAGES, asks_for_sign_in, heading, inside, said, speak, words
from tests.world import NOON, signed_in

pytestmark = pytest.mark.usefixtures("noon")
TEXT = "name,language,email,phone\nLuz,es,luz@example.org,1\nSam,,,2\n=Eva,fr,x,3\n"
GOOD = "name,language,email\nLuz,es,luz@example.org\nSam,en,\n"
AREA = re.compile(r'<textarea[^>]*id="text"[^>]*>(.*?)</textarea>', re.DOTALL)
LINK = re.compile(r'href="http[^"]*/join/([^"]+)"')
ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)


@pytest.fixture
def cohort(app: Flask) -> str:
    """The address of the roster of Ben's cohort."""
    with inside(app) as stage:
        return f"/cohorts/{make_cohort(stage).handle}/roster"


@pytest.fixture
def mailing(app: Flask) -> Iterator[None]:
    """The site names a mail server."""
    site = app.extensions[EXTENSION]
    settings = replace(site.settings, mail_server="mail.example.org")
    app.extensions[EXTENSION] = replace(site, settings=settings)
    yield
    app.extensions[EXTENSION] = site


def paste(client: FlaskClient, cohort: str, text: str = TEXT) -> TestResponse:
    return client.post(f"{cohort}/preview", data={"text": text, "file": (io.BytesIO(), "")})


def upload(client: FlaskClient, cohort: str, data: bytes) -> TestResponse:
    return client.post(f"{cohort}/preview", data={"file": (io.BytesIO(data), "list.csv")})


def take(client: FlaskClient, cohort: str, text: str = GOOD) -> TestResponse:
    return client.post(cohort, data={"text": text})


def kept(page: TestResponse) -> str:
    """What stands in the page's field for text, as a browser would send it back."""
    found = AREA.search(words(page))
    assert found is not None
    return found.group(1).lstrip("\r\n")


def invitations(app: Flask) -> list[InvitationRow]:
    with inside(app):
        rows = list(db.session.scalars(sa.select(InvitationRow).order_by(InvitationRow.id)))
        db.session.expunge_all()
    return rows


def outbox(app: Flask) -> list[OutboxRow]:
    with inside(app):
        rows = list(db.session.scalars(sa.select(OutboxRow).order_by(OutboxRow.id)))
        db.session.expunge_all()
    return rows


def ways(cohort: str) -> list[tuple[str, str]]:
    return [
        ("GET", cohort),
        ("GET", f"{cohort}/template.csv"),
        ("GET", f"{cohort}/invitations"),
        ("POST", cohort),
        ("POST", f"{cohort}/preview"),
        ("POST", f"{cohort}/invitations/1/revoke"),
        ("POST", f"{cohort}/invitations/send"),
    ]


def test_a_stranger_is_asked_to_sign_in(app: Flask, stranger: FlaskClient, cohort: str) -> None:
    before = contents(app)
    for verb, path in ways(cohort):
        assert asks_for_sign_in(stranger.open(path, method=verb, data={"text": GOOD}))
    assert contents(app) == before


@pytest.mark.usefixtures("mailing")
@pytest.mark.parametrize("username", ["ana", "caro"])
def test_a_roster_that_is_not_yours_is_not_here(
    app: Flask, ben: FlaskClient, cohort: str, username: str
) -> None:
    take(ben, cohort)
    other = signed_in(app, username)
    before = contents(app)
    for verb, path in ways(cohort):
        answer = other.open(path, method=verb, data={"text": GOOD})
        assert (path, answer.status_code) == (path, 404)
    assert contents(app) == before


def test_an_administrator_may_do_it_too(app: Flask, dev: FlaskClient, cohort: str) -> None:
    assert take(dev, cohort).status_code == 303
    assert len(invitations(app)) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_both_languages(
    app: Flask, ben: FlaskClient, cohort: str, language: str
) -> None:
    speak(ben, language)
    for page, title in (
        (ben.get(cohort), "Invite people from a list"),
        (paste(ben, cohort), "Check the list"),
        (ben.get(f"{cohort}/invitations"), "Open invitations"),
    ):
        assert heading(page) == (language, said(app, language, title))
    take(ben, cohort)
    page = ben.get(f"{cohort}/invitations")
    assert heading(page) == (language, said(app, language, "Open invitations"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_to_begin_with_can_be_sent_back_as_it_is(
    ben: FlaskClient, cohort: str, language: str
) -> None:
    speak(ben, language)
    answer = ben.get(f"{cohort}/template.csv")
    data = answer.get_data()
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert data.startswith(b"\xef\xbb\xbf")
    page = upload(ben, cohort, data)
    assert page.status_code == 200
    rows = list(csv.reader(io.StringIO(kept(page))))
    assert rows[1:] == [["Ana García", "es", "ana@example.org"], ["Sam Lee", "en", ""]]


def test_every_row_is_shown_with_its_number_and_what_is_wrong(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    before = contents(app)
    page = paste(ben, cohort)
    text = words(page)
    assert page.status_code == 200
    assert "Columns that are not read: phone." in text
    assert "2 people can be invited." in text
    assert "1 row needs a check." in text
    faulty = next(row for row in ROW.findall(text) if "Row 4" in row)
    assert "=Eva begins with =, +, - or @." in faulty
    assert "The language fr is not known here." in faulty
    assert "x does not look like an e-mail address." in faulty
    assert kept(page) == GOOD
    assert contents(app) == before


def test_what_was_shown_as_ready_is_taken_and_listed_with_links(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    answer = take(ben, cohort, kept(paste(ben, cohort)))
    assert (answer.status_code, answer.location) == (303, f"{cohort}/invitations")
    page = ben.get(f"{cohort}/invitations")
    codes = [normal_code(code) for code in LINK.findall(words(page))]
    assert codes == [row.code for row in invitations(app)]
    assert [row.name for row in invitations(app)] == ["Luz", "Sam"]
    assert "2 invitations are made." in words(page)
    assert "April 1, 2026, 1:00 PM" in words(page)


def test_the_link_leads_into_the_cohort(
    app: Flask, ben: FlaskClient, eli: FlaskClient, cohort: str
) -> None:
    take(ben, cohort)
    code = LINK.findall(words(ben.get(f"{cohort}/invitations")))[0]
    assert eli.get(f"/join/{code}").status_code == 200
    assert eli.post(f"/join/{code}").status_code == 303
    used = invitations(app)[0]
    assert (used.name, used.email, used.used_at is not None) == (None, None, True)
    assert "Luz" not in words(ben.get(f"{cohort}/invitations"))


def test_a_row_that_is_wrong_at_the_end_keeps_all_from_being_written(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    before = contents(app)
    page = take(ben, cohort, GOOD + "Eva,fr,\n")
    assert page.status_code == 422
    assert "Nobody has been invited yet" in words(page)
    assert "The language fr is not known here." in words(page)
    assert kept(page) == GOOD
    assert contents(app) == before


def test_sending_twice_invites_once(app: Flask, ben: FlaskClient, cohort: str) -> None:
    take(ben, cohort)
    page = take(ben, cohort)
    assert page.status_code == 422
    assert words(page).count("has an open invitation") == 2
    assert len(invitations(app)) == 2


def test_members_are_named_as_such(app: Flask, ben: FlaskClient, cohort: str) -> None:
    with inside(app) as stage:
        row = make_cohort(stage, "Evening group")
        join(stage, row, "ana")
        cohort = f"/cohorts/{row.handle}/roster"
    page = paste(ben, cohort, "nombre\nana\n")
    assert "is in the cohort already" in words(page)
    assert "0 people can be invited." in words(page)
    assert re.search(r'<textarea[^>]*id="text"', words(page)) is None


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", False), ("utf-8-sig", False), ("utf-16", False), ("cp1252", True)],
)
def test_a_file_of_any_usual_encoding_is_read(
    ben: FlaskClient,
    cohort: str,
    encoding: str,
    told: bool,  # noqa: FBT001 (a row of the table)
) -> None:
    page = upload(ben, cohort, "nombre;idioma\nJosé Núñez;español\n".encode(encoding))
    assert kept(page) == "name,language,email\nJosé Núñez,es,\n"
    assert ("We had to guess" in words(page)) == told


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The list has no people yet."),
        (b"name\n", "The list has no people yet."),
        (b"Ana\nEli\n", "There is no column called name or nombre."),
        (b"PK\x03\x04", "This is a spreadsheet in its own format."),
        (b"\0\0", "This file is not text."),
        (b"name\n" + b"Ana\n" * 10_000, "This list has 10,000 people, and at most 1,000"),
        (b"n" * (MOST_BYTES + 1), "at most 1,000 people and 512 kB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(
    app: Flask, ben: FlaskClient, cohort: str, data: bytes, message: str
) -> None:
    before = contents(app)
    page = upload(ben, cohort, data)
    assert page.status_code == 422
    found = re.search(r'id="file-error">([^<]*)<', page.get_data(as_text=True))
    assert found is not None
    assert message in found.group(1)
    assert contents(app) == before


def test_text_that_cannot_be_read_comes_back_as_it_was(ben: FlaskClient, cohort: str) -> None:
    page = paste(ben, cohort, "Ana,en\nEli,es")
    assert page.status_code == 422
    assert 'id="text-error"' in words(page)
    assert kept(page).splitlines() == ["Ana,en", "Eli,es"]
    page = take(ben, cohort, "Ana,en\nEli,es")
    assert (page.status_code, kept(page).splitlines()) == (422, ["Ana,en", "Eli,es"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_more_than_is_ever_read_is_refused_with_the_limit(
    app: Flask, ben: FlaskClient, cohort: str, language: str
) -> None:
    speak(ben, language)
    page = upload(ben, cohort, b"name\n" + b"x" * (2 * MOST_BYTES))
    assert page.status_code == 413
    assert heading(page) == (language, said(app, language, "This list is too large"))
    assert "512" in words(page)


def test_markup_in_a_name_stays_text(ben: FlaskClient, cohort: str) -> None:
    name = "<b>Luz</b></textarea>"
    page = paste(ben, cohort, f"name\n{name}\n")
    assert name not in page.get_data(as_text=True)
    take(ben, cohort, f"name\n{name}\n")
    assert name not in ben.get(f"{cohort}/invitations").get_data(as_text=True)


def test_an_invitation_is_taken_back_and_its_person_forgotten(
    app: Flask, ben: FlaskClient, eli: FlaskClient, cohort: str
) -> None:
    take(ben, cohort)
    luz = invitations(app)[0]
    answer = ben.post(f"{cohort}/invitations/{luz.id}/revoke")
    assert (answer.status_code, answer.location) == (303, f"{cohort}/invitations")
    revoked = invitations(app)[0]
    assert (revoked.name, revoked.email, revoked.revoked_at is not None) == (None, None, True)
    assert "Luz" not in words(ben.get(f"{cohort}/invitations"))
    assert eli.get(f"/join/{luz.code}").status_code == 404


def test_another_cohort_s_invitation_cannot_be_taken_back(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    with inside(app) as stage:
        other = f"/cohorts/{make_cohort(stage, 'Evening group', 'caro').handle}/roster"
    take(signed_in(app, "caro"), other)
    before = contents(app)
    for number in (invitations(app)[0].id, 999):
        assert ben.post(f"{cohort}/invitations/{number}/revoke").status_code == 404
    assert contents(app) == before


@pytest.mark.usefixtures("mailing")
def test_an_archived_cohort_shows_its_list_and_changes_nothing(
    app: Flask, ben: FlaskClient, cohort: str
) -> None:
    take(ben, cohort)
    with inside(app) as stage:
        handle = cohort.split("/")[2]
        archive_cohort(stage.person("ben"), handle, NOON)
    before = contents(app)
    for verb, path in ways(cohort):
        status = 200 if path.endswith("invitations") else 409
        answer = ben.open(path, method=verb, data={"text": GOOD})
        assert (path, answer.status_code) == (path, status)
    page = words(ben.get(f"{cohort}/invitations"))
    assert "Luz" in page
    assert "Send invitations by e-mail" not in page
    assert contents(app) == before


@pytest.mark.usefixtures("mailing")
def test_letters_go_out_on_a_button_each_once(app: Flask, ben: FlaskClient, cohort: str) -> None:
    take(ben, cohort)
    assert outbox(app) == []
    assert "Send invitations by e-mail" in words(ben.get(f"{cohort}/invitations"))
    for _again in range(2):
        assert ben.post(f"{cohort}/invitations/send").location == f"{cohort}/invitations"
    letter = outbox(app)[0]
    assert [row.recipient for row in outbox(app)] == ["luz@example.org"]
    assert letter.subject == said(app, "es", "PeerPrep: an invitation for you")
    assert "Morning group" in letter.body
    assert "Morning group" not in letter.subject
    assert "1:00" in letter.body
    assert normal_code(letter.body.split("/join/")[1].split()[0]) == invitations(app)[0].code
    assert "Send invitations by e-mail" not in words(ben.get(f"{cohort}/invitations"))


def test_a_site_without_mail_offers_none(app: Flask, ben: FlaskClient, cohort: str) -> None:
    take(ben, cohort)
    assert "Send invitations by e-mail" not in words(ben.get(f"{cohort}/invitations"))
    assert ben.post(f"{cohort}/invitations/send").status_code == 404
    assert outbox(app) == []
    assert "please give the links by hand" in words(ben.get(f"{cohort}/invitations"))


def test_rows_that_wait_can_be_mended_as_text(ben: FlaskClient, cohort: str) -> None:
    page = words(paste(ben, cohort))
    found = re.search(r'<textarea[^>]*id="mend"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    text = found.group(1).lstrip("\r\n")
    assert text.splitlines()[:2] == ["name,language,email", "=Eva,fr,x"]
    assert text.splitlines()[2:] == GOOD.splitlines()[1:]
    mended = paste(ben, cohort, text.replace("=Eva,fr,x", "Eva,en,"))
    assert "3 people can be invited." in words(mended)


def test_an_invitation_is_taken_back_after_a_question(ben: FlaskClient, cohort: str) -> None:
    take(ben, cohort)
    asked, _found, _rest = words(ben.get(f"{cohort}/invitations")).partition(
        "Take this invitation back"
    )
    assert asked.rfind("<details") > asked.rfind("</details")


def test_the_language_can_be_switched_on_the_page_of_rows(ben: FlaskClient, cohort: str) -> None:
    assert f'name="next" value="{cohort}"' in words(paste(ben, cohort))


def test_a_form_without_its_token_writes_nothing(app: Flask, ben: FlaskClient, cohort: str) -> None:
    with with_csrf(app):
        assert take(ben, cohort).status_code == 400
        assert paste(ben, cohort).status_code == 400
    assert invitations(app) == []
