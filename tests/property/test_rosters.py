"""Whatever a file holds: it is read without a fault, and every row is taken or has a reason."""

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from app.domain.roster_files import FileFault, RosterText, read_bytes, records_in
from app.domain.rosters import COLUMNS, LANGUAGES, Desk, Roster, parse_roster, roster_csv
from app.services.rosters import address

MANY = settings(max_examples=300)
DESK = Desk(address)
cells: SearchStrategy[str] = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", " ", "Ana", "Ana\nLuz", '"', "=1+1", "x" * 81, "ana@example.org", "@"]),
    st.sampled_from(sorted(LANGUAGES)),
    st.emails(),
)
headers = st.permutations(["nombre", "idioma", "correo", "grupo"])
tables = st.tuples(headers, st.lists(st.lists(cells, max_size=5), max_size=12))
lines = st.lists(st.one_of(st.sampled_from([*COLUMNS, ",", ";", "\t", "\n", '"', "\r"]), cells))


def written(header: list[str], rows: list[list[str]], delimiter: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([header, *rows])
    return out.getvalue()


def numbers(text: str) -> list[int]:
    """The rows beneath the header that hold anything."""
    records = records_in(text)
    assert not isinstance(records, FileFault)
    return [record.number for record in records[1:]]


@MANY
@given(st.one_of(st.text(), lines.map("".join), lines.map(lambda some: "name," + "".join(some))))
def test_any_text_is_read(text: str) -> None:
    read = parse_roster(text, DESK)
    if isinstance(read, Roster):
        assert [line.number for line in read.lines] == numbers(text)


@MANY
@given(st.binary(max_size=300))
def test_any_bytes_become_text_or_are_refused(data: bytes) -> None:
    given_text = read_bytes(data)
    if isinstance(given_text, RosterText):
        assert isinstance(parse_roster(given_text.text, DESK), Roster | FileFault)


@MANY
@given(tables, st.sampled_from(",;\t"))
def test_every_row_is_taken_or_has_a_reason_in_its_place(
    table: tuple[list[str], list[list[str]]], delimiter: str
) -> None:
    header, rows = table
    text = written(header, rows, delimiter)
    read = parse_roster(text, DESK)
    if not isinstance(read, Roster):
        assert numbers(text) == []
        return
    assert [line.number for line in read.lines] == numbers(text)
    assert {*read.rows, *read.faults} == {*read.lines}
    assert all(fault.reasons for fault in read.faults)
    assert all(1 <= len(row.name) <= 80 and row.name.isprintable() for row in read.rows)
    assert read.ignored == ("grupo",)


@MANY
@given(tables, st.sampled_from(",;\t"))
def test_what_is_taken_is_read_back_unchanged(
    table: tuple[list[str], list[list[str]]], delimiter: str
) -> None:
    read = parse_roster(written(*table, delimiter), DESK)
    if not isinstance(read, Roster) or not read.rows:
        return
    again = parse_roster(roster_csv(read.rows), DESK)
    assert isinstance(again, Roster)
    assert [(row.name, row.language, row.email) for row in again.rows] == [
        (row.name, row.language, row.email) for row in read.rows
    ]
    assert again.faults == ()
