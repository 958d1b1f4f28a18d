"""Text stays text: in queries, logs, letters, spreadsheets, file names and headers."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.mail import Letter
from app.web.spreadsheets import csv_file
from tests.log_lines import written
from tests.security.school import School, open_school
from tests.web.accounts_cast import sign_in

FILTERS = (
    ("ana", "/attempts/<handle>/review", "show"),
    ("ana", "/attempts/<handle>/items/1", "walk"),
    ("ana", "/quiz", "axis"),
    ("ana", "/quiz", "area"),
    ("ben", "/cohorts/<cohort>/people", "look"),
    ("ben", "/cohorts/<cohort>/people/<person_id>", "look"),
    ("ben", "/cohorts/<cohort>/board", "sort"),
    ("ben", "/cohorts/<cohort>/board", "look"),
    ("ben", "/cohorts/<cohort>/board/heat-map", "axis"),
    ("ben", "/cohorts/<cohort>/board/<assignment>/items", "sort"),
    ("ben", "/cohorts/<cohort>/gradebook", "look"),
    ("ben", "/cohorts/<cohort>/gradebook", "sort"),
    ("ben", "/cohorts/<cohort>/assignments/new", "copy"),
    ("ben", "/cohorts/<cohort>/assignments/<assignment>/preview", "position"),
    ("dev", "/administration/people", "search"),
)
SQL = (
    "'", '"', "';", "' or '1'='1", "' or 1=1 --", '" or ""="', "') or ('a'='a",
    "1; drop table person", "1 union select password from person",
    "' union select null,null,password from person --", "display_name; --", "(select 1)",
    "1 and sleep(5)", "'||(select password from person limit 1)||'", "%' or '1'='1", "\\'; --",
    "1/**/or/**/1=1", "0x27", "admin'--", "%27%20or%201=1", "’ or 1=1 --",
)  # fmt: skip
PIECES = st.lists(st.one_of(st.sampled_from(SQL), st.text(max_size=6)), min_size=1, max_size=3).map(
    "".join
)
TOKEN = re.compile(r'name="csrf_token"[^>]*value="[^"]+"')
SECRETS = ("$argon2id$", "sqlite", "psycopg", "syntax error", "Traceback", "SELECT ")


@pytest.fixture
def school(app: Flask) -> Iterator[School]:
    """The school, as it begins."""
    yield from open_school(app)


@pytest.mark.usefixtures("noon")
def test_no_filter_or_order_reaches_the_database_as_words_of_its_own(school: School) -> None:
    """Whatever is asked for, the page tells no secret, nothing is changed, and nothing fails."""
    places = school.places["live"]

    @settings(max_examples=80)
    @given(st.sampled_from(FILTERS), PIECES)
    def ask(chosen: tuple[str, str, str], typed: str) -> None:
        who, path, name = chosen
        for place, value in places.items():
            path = path.replace(f"<{place}>", value)
        typed = typed.encode("utf-8", "replace").decode()
        answer = school.client(who).get(path, query_string={name: typed})
        page = answer.get_data(as_text=True)
        assert answer.status_code < 500
        assert [secret for secret in SECRETS if secret in page] == []
        assert not school.changed()

    ask()


@pytest.mark.parametrize("typed", SQL)
def test_no_name_signs_in_by_what_it_says(stranger: FlaskClient, typed: str) -> None:
    assert sign_in(stranger, f"ana{typed}", typed).status_code == 200
    assert stranger.get("/account").status_code == 303


def test_no_line_of_the_log_is_somebody_else_s(app: Flask, stranger: FlaskClient) -> None:
    """A name with a line's end in it makes no line, an escape colours no terminal."""
    forged = "x\r\n2026-01-01 INFO person 1 signed in\x1b[31m\u2028y"
    with written(app) as log:
        sign_in(stranger, forged, forged)
        stranger.get("/" + "nothing%0d%0aINFO%20forged", headers={"User-Agent": "a\tb\x1b[1m"})
        stranger.post("/register", data={"username": forged, "display_name": forged})
    assert [line for line in log.text.splitlines() if "signed in" in line or "forged" in line] == []
    assert not any(sign in log.text for sign in ("\x1b", "\r", "\u2028"))


def test_no_letter_gets_a_header_by_its_subject_or_reader() -> None:
    from email.message import EmailMessage  # noqa: PLC0415 (the standard library's own guard)

    letter = EmailMessage()
    for name, value in (("Subject", "a\r\nBcc: b@evil.example"), ("To", "a@b.example\nCc: c@d")):
        with pytest.raises(ValueError, match=r"newline|linefeed"):
            letter[name] = value
    assert Letter.__dataclass_fields__.keys() >= {"subject", "body"}


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_becomes_a_formula(sign: str) -> None:
    cell = f'{sign}cmd|"/c calc"!A1'
    line = csv_file([["Name"], [cell]])
    text = line.decode("utf-8-sig") if isinstance(line, bytes) else "".join(line)
    assert not re.search(r'(?m)^"?[=+\-@\t\r]', text.partition("\n")[2])


@pytest.mark.usefixtures("noon")
def test_a_group_s_name_makes_no_header_and_no_path(school: School) -> None:
    """The gradebook's file is named after its group."""
    hostile = 'x"; filename="../../evil.sh\\..%2f'
    here = f"/cohorts/{school.places['live']['cohort']}"
    ben = school.client("ben")
    ben.post(f"{here}/rename", data={"name": hostile, "time_zone": "America/Los_Angeles"})
    answer = ben.post(f"{here}/gradebook/file", data={"format": "csv"})
    assert answer.status_code == 200
    named = re.fullmatch(r'attachment; filename="([^"]*)"', answer.headers["Content-Disposition"])
    assert named is not None
    assert re.fullmatch(r"[\w.\- ]+\.csv", named[1])
    assert ".." not in named[1].removesuffix(".csv")
