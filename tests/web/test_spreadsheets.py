"""Tables as files: what is text stays text, and every spreadsheet can read it."""

import csv
import io
from datetime import date

import openpyxl
import pytest

from app.web.spreadsheets import Value, csv_file, file_name, harmless, xlsx_file

TABLE: list[list[Value]] = [
    ["Person", "Quiz: right"],
    ['Zoë, "the" Ñandú', 7],
    ["=1+1", 10],
    ["Sum", ""],
]


def test_a_csv_file_has_its_mark_commas_and_line_ends() -> None:
    assert (
        csv_file([["Ñandú", 7], ["a,b", ""]]) == b'\xef\xbb\xbf\xc3\x91and\xc3\xba,7\r\n"a,b",\r\n'
    )


def test_a_csv_file_says_what_the_table_says() -> None:
    read = csv.reader(io.StringIO(csv_file(TABLE).decode("utf-8-sig"), newline=""))
    wanted = [["Person", "Quiz: right"], ['Zoë, "the" Ñandú', "7"], ["'=1+1", "10"], ["Sum", ""]]
    assert [*read] == wanted


def test_an_xlsx_file_says_what_the_table_says() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_file(TABLE, "Gradebook")))
    read = [list(row) for row in book["Gradebook"].iter_rows(values_only=True)]
    assert read == [[None if value == "" else value for value in row] for row in TABLE]


@pytest.mark.parametrize("value", ["Ana", "a=1", "", "'=1", 7, -7, 0])
def test_everything_else_stays_as_it_is(value: str | int) -> None:
    assert harmless(value) == value


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Morning group", "morning-group-2026-03-02.csv"),
        ("Grupo de la mañana: 3.º", "grupo-de-la-manana-3-o-2026-03-02.csv"),
        ('"; rm -rf /\r\nX', "rm-rf-x-2026-03-02.csv"),
        ("小組", "2026-03-02.csv"),
    ],
)
def test_the_name_of_a_file_is_plain(name: str, wanted: str) -> None:
    assert file_name(name, date(2026, 3, 2), "csv") == wanted
