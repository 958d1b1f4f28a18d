"""Tables as files that a spreadsheet opens: CSV and XLSX, made in memory."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from datetime import date

import xlsxwriter  # type: ignore[import-untyped]

Value = str | int
Table = Sequence[Sequence[Value]]
"""Rows of cells, the headings first."""

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA_SIGNS = frozenset("=+-@\t\r\n\0")
"""Also in their wide forms, which some spreadsheets take for the plain ones."""
FIRST_WIDTH = 24
WIDTH = 16
LONGEST_SHEET_NAME = 31


def csv_file(table: Table) -> bytes:
    """The table as CSV: commas, CRLF, and the byte order mark by which spreadsheets know UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(
        [harmless(value) for value in row] for row in table
    )
    return text.getvalue().encode("utf-8-sig")


def xlsx_file(table: Table, sheet_name: str) -> bytes:
    """The table as one sheet. Text is stored as text: nothing in it is ever a formula or a link.

    In memory alone, since it holds names: `constant_memory` would write rows to temporary files.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet(sheet_name[:LONGEST_SHEET_NAME])
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, FIRST_WIDTH)
        sheet.set_column(1, max(1, len(table[0]) - 1), WIDTH)
        for number, row in enumerate(table):
            for place, value in enumerate(row):
                if value == "":  # an empty cell is empty, for counting and for sorting
                    continue
                write = sheet.write_number if isinstance(value, int) else sheet.write_string
                write(number, place, value, None if number else heading)
    return file.getvalue()


def harmless(value: Value) -> Value:
    """Text that a spreadsheet would take for a formula, with an apostrophe before it."""
    if isinstance(value, str) and unicodedata.normalize("NFKC", value[:1]) in FORMULA_SIGNS:
        return f"'{value}"
    return value


def file_name(name: str, day: date, ending: str) -> str:
    """A name in plain ASCII that every system takes: "grupo-manana-2026-03-02.csv"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    return "-".join([*words, day.isoformat()]) + f".{ending}"
