"""Reading a roster: encodings, headers, languages and everything that can be wrong at a row."""

import pytest

from app.domain.bilingual import Language
from app.domain.roster_files import MOST_BYTES, FileFault, RosterText, Unread, read_bytes
from app.domain.rosters import Desk, Known, Roster, RosterRow, Wrong, parse_roster, roster_csv
from app.services.rosters import address

NAMES = "name\nJosé Núñez\n"


def read(text: str, known: Known | None = None) -> Roster:
    found = parse_roster(text, Desk(address, known or Known()))
    assert isinstance(found, Roster), found
    return found


def refused(text: str) -> FileFault:
    found = parse_roster(text, Desk(address))
    assert isinstance(found, FileFault), found
    return found


def reasons(text: str, known: Known | None = None) -> list[tuple[int, list[Wrong]]]:
    """The number of each row that waits, with its reasons."""
    return [
        (fault.number, [reason.code for reason in fault.reasons])
        for fault in read(text, known).faults
    ]


@pytest.mark.parametrize(
    ("encoding", "guessed"),
    [("utf-8", False), ("utf-8-sig", False), ("utf-16", False), ("cp1252", True)],
)
def test_every_usual_encoding_is_read_and_a_guess_is_told(encoding: str, guessed: bool) -> None:  # noqa: FBT001 (a row of the table)
    assert read_bytes(NAMES.encode(encoding)) == RosterText(NAMES, guessed)


def test_utf_16_of_either_order_is_read() -> None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert read_bytes(mark + NAMES.encode(encoding)) == RosterText(NAMES)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"PK\x03\x04rest", Unread.SPREADSHEET),
        (b"\xd0\xcf\x11\xe0rest", Unread.SPREADSHEET),
        (b"\x7fELF\0\0", Unread.NOT_TEXT),
        (b"a" * (MOST_BYTES + 1), Unread.TOO_LARGE),
    ],
)
def test_what_is_no_list_is_refused_by_its_kind(data: bytes, fault: Unread) -> None:
    assert read_bytes(data) == FileFault(fault)


@pytest.mark.parametrize(
    "text",
    [
        "name,language,email\nAna,es,ana@example.org\n",
        "Correo electrónico;Nombre;Idioma\r\nana@example.org;Ana;Español\r\n",
        "IDIOMA\tnombre\te-mail\rES\tAna\tANA@Example.org\r",
        '\n\n"email","language","name"\n"ana@example.org"," castellano ","  Ana\u200b "\n',
        "sep=;\nname;email;language\nAna;ana@example.org;spanish",
        "\ufeffname,language,email\nAna,es,ana@example.org",
    ],
)
def test_columns_stand_in_any_order_and_either_language(text: str) -> None:
    row = read(text).rows[0]
    assert (row.name, row.language, row.email) == ("Ana", Language.ES, "ana@example.org")


def test_rows_have_the_numbers_of_the_spreadsheet() -> None:
    text = "name\nAna\n\n,\n  \nEli\n"
    assert [(row.number, row.name) for row in read(text).rows] == [(2, "Ana"), (6, "Eli")]


def test_columns_that_nobody_reads_are_named() -> None:
    text = "phone,name,nombre,,note\n1,Ana,Luz,,x\n"
    assert read(text).ignored == ("phone", "nombre", "note")
    assert [row.name for row in read(text).rows] == ["Ana"]


@pytest.mark.parametrize(
    ("word", "language"),
    [
        ("", Language.EN),
        ("en", Language.EN),
        ("English", Language.EN),
        ("inglés", Language.EN),
        ("INGLES", Language.EN),
        ("es", Language.ES),
        ("Español", Language.ES),
        ("espan\u0303ol", Language.ES),
        ("es_MX", Language.ES),
    ],
)
def test_languages_are_known_by_their_usual_names(word: str, language: Language) -> None:
    assert read(f"name,language\nAna,{word}\n").rows == (RosterRow(2, "Ana", language, None),)


@pytest.mark.parametrize("word", ["fr", "Mixteco", "e", "english and spanish", "?"])
def test_another_language_is_named_and_not_guessed(word: str) -> None:
    fault = read(f"name,language\nAna,{word}\n").faults[0]
    assert [(reason.code, reason.given) for reason in fault.reasons] == [
        (Wrong.UNKNOWN_LANGUAGE, word)
    ]


@pytest.mark.parametrize("given", ["ana", "ana@", "@example.org.", "a b@example.org", "ana@x"])
def test_an_address_that_cannot_be_waits(given: str) -> None:
    codes = reasons(f"name,email\nAna,{given}\n")[0][1]
    assert codes[-1] == Wrong.BAD_EMAIL


def test_a_name_is_needed_and_has_a_length() -> None:
    text = f"name,email\n,ana@example.org\n{'x' * 81},\n{'x' * 80},\n"
    assert reasons(text) == [(2, [Wrong.NO_NAME]), (3, [Wrong.NAME_TOO_LONG])]
    assert [row.number for row in read(text).rows] == [4]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "\t=", "\u200b="])
def test_a_cell_that_a_spreadsheet_would_run_waits(sign: str) -> None:
    assert reasons(f'name;language\n"{sign}HYPERLINK(1)";en\n') == [(2, [Wrong.FORMULA])]
    assert Wrong.FORMULA in reasons(f'name;language\nAna;"{sign}1"\n')[0][1]


def test_a_cell_in_a_column_that_nobody_reads_may_hold_anything() -> None:
    assert reasons("name,phone\nAna,+1 555 0100\n") == []


@pytest.mark.parametrize("name", ['"Ana\nLuz"', "Ana\x07", "Jos\ufffd", "A\ud800"])
def test_signs_that_cannot_be_shown_wait(name: str) -> None:
    assert reasons(f"name\n{name}\n") == [(2, [Wrong.UNREADABLE])]


def test_a_comma_in_a_name_is_noticed() -> None:
    assert reasons("name,language\nGarcía, Ana,es\n")[0][1][0] == Wrong.TOO_MANY_CELLS
    assert read('name,language\n"García, Ana",es\n').rows[0].name == "García, Ana"


def test_of_two_like_rows_the_first_is_taken_and_named() -> None:
    text = "name,email\nAna,ana@example.org\nANA ,Ana@example.org\nAna,\nana,\nAna,b@example.org\n"
    found = read(text)
    assert [row.number for row in found.rows] == [2, 4, 6]
    twins = [(f.number, f.reasons[0].code, f.reasons[0].row) for f in found.faults]
    assert twins == [(3, Wrong.TWICE, 2), (5, Wrong.TWICE, 4)]


def test_who_is_invited_or_in_is_found_by_name_or_address() -> None:
    known = Known(frozenset({"ana", "ana@example.org"}), frozenset({"luz ríos"}))
    text = "name,email\nANA,\nAna B.,ana@Example.org\nLuz  Ríos,x@example.org\nLuz Rios,\n"
    assert reasons(text, known) == [(2, [Wrong.MEMBER]), (3, [Wrong.MEMBER]), (4, [Wrong.INVITED])]


def test_everything_wrong_at_a_row_is_told_at_once() -> None:
    assert reasons("name,language,email\n,fr,x\n") == [
        (2, [Wrong.NO_NAME, Wrong.UNKNOWN_LANGUAGE, Wrong.BAD_EMAIL])
    ]


@pytest.mark.parametrize("text", ["", " \n,,\n", "name\n", "nombre;idioma\n\n"])
def test_a_list_without_people_is_told_so(text: str) -> None:
    assert refused(text) == FileFault(Unread.EMPTY)


def test_a_list_without_a_name_column_is_told_so() -> None:
    assert refused("Ana\nEli\n") == FileFault(Unread.NO_NAME_COLUMN)


def test_a_thousand_people_are_read_and_one_more_is_not() -> None:
    rows = [f"Person {number}\n" for number in range(1001)]
    assert len(read("name\n" + "".join(rows[:1000])).rows) == 1000
    assert refused("name\n" + "".join(rows)) == FileFault(Unread.TOO_MANY_ROWS, 1001)


def test_ten_thousand_rows_are_counted() -> None:
    text = "name,language\n" + "".join(f"Person {number},es\n" for number in range(10_000))
    assert refused(text) == FileFault(Unread.TOO_MANY_ROWS, 10_000)


def test_text_beyond_the_limit_is_refused_before_it_is_read() -> None:
    assert refused("name\n" + "ñ" * (MOST_BYTES // 2)) == FileFault(Unread.TOO_LARGE)


def test_a_quotation_mark_that_is_never_closed_is_told() -> None:
    assert refused('name\n"Ana\n' + "Eli\n" * 40_000) == FileFault(Unread.OPEN_QUOTE)


def test_rows_are_written_in_the_form_that_is_read() -> None:
    rows = (RosterRow(2, 'Ana "Nana", Ríos', Language.ES, None),)
    assert roster_csv(rows) == 'name,language,email\n"Ana ""Nana"", Ríos",es,\n'
    assert read(roster_csv(rows)).rows == rows
