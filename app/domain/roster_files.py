"""A roster file as it comes: its bytes made text, its text made numbered rows of cells."""

import codecs
import csv
import io
import re
from dataclasses import dataclass
from enum import StrEnum

MOST_BYTES = 512 * 1024
MOST_ROWS = 1000
DELIMITERS = ",;\t"
SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx, .ods and .xls files begin."""
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
QUOTED = re.compile(r'"[^"]*"')
NAMES_DELIMITER = re.compile(r"sep=([,;\t])\n", re.IGNORECASE)
"""A first line that some spreadsheets write, and that no spreadsheet shows as a row."""


class Unread(StrEnum):
    """Why a whole file cannot be read."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    SPREADSHEET = "spreadsheet"
    NOT_TEXT = "not_text"
    OPEN_QUOTE = "open_quote"
    NO_NAME_COLUMN = "no_name_column"
    TOO_MANY_ROWS = "too_many_rows"


@dataclass(frozen=True, slots=True)
class FileFault:
    """Why a file was not read, with the number of rows where it has too many."""

    code: Unread
    rows: int = 0


@dataclass(frozen=True, slots=True)
class RosterText:
    """A file's text. `guessed` says that the encoding is a guess (Windows-1252)."""

    text: str
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One row of cells, numbered as a spreadsheet shows it, from 1."""

    number: int
    cells: tuple[str, ...]


def read_bytes(data: bytes) -> RosterText | FileFault:
    """The file's text: UTF-8 or UTF-16 where it says so, else UTF-8, else Windows-1252."""
    if len(data) > MOST_BYTES:
        return FileFault(Unread.TOO_LARGE)
    if data.startswith(SPREADSHEETS):
        return FileFault(Unread.SPREADSHEET)
    if data.startswith(UTF_16):
        return RosterText(data.decode("utf-16", errors="replace"))
    if b"\0" in data:
        return FileFault(Unread.NOT_TEXT)
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return RosterText(data.decode("utf-8"))
    except UnicodeDecodeError:
        return RosterText(data.decode("cp1252", errors="replace"), guessed=True)


def is_too_large(text: str) -> bool:
    """Whether text that was pasted is longer than a file may be."""
    return len(text.encode("utf-8", errors="replace")) > MOST_BYTES


def records_in(text: str) -> list[Record] | FileFault:
    """The rows that hold anything, in order. Empty ones are left out and keep their number."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    named = NAMES_DELIMITER.match(plain)
    if named:
        plain = plain[named.end() :]
    delimiter = named.group(1) if named else delimiter_of(plain)
    rows = csv.reader(io.StringIO(plain, newline="\n"), delimiter=delimiter)
    found = []
    try:
        for number, cells in enumerate(rows, 1):
            if any(cell.strip() for cell in cells):
                found.append(Record(number, tuple(cells)))
    except csv.Error:  # a cell beyond csv.field_size_limit()
        return FileFault(Unread.OPEN_QUOTE)
    return found


def delimiter_of(text: str) -> str:
    """What stands between the cells of the first line that holds anything; else a comma."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    bare = QUOTED.sub("", first)
    return max(DELIMITERS, key=bare.count)
