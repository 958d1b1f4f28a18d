"""A roster: the rows that can be invited, and what is wrong at the others.

Nothing is corrected by guess: a row is taken as it stands, or waits with every reason named.
"""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.bilingual import Language
from app.domain.roster_files import MOST_ROWS, FileFault, Record, Unread, is_too_large, records_in

LONGEST_NAME = 80
LONGEST_SHOWN = 80
"""Of a faulty cell so much is shown."""
MOST_NAMED = 12
"""So many columns that are not read are named."""
FORMULA_SIGNS = frozenset("=+-@")
COLUMNS = {
    "name": "name",
    "nombre": "name",
    "full name": "name",
    "nombre completo": "name",
    "language": "language",
    "idioma": "language",
    "lengua": "language",
    "email": "email",
    "e-mail": "email",
    "email address": "email",
    "correo": "email",
    "correo electronico": "email",
}
"""Headers without accents, in small letters."""
LANGUAGES = {
    "": None,
    "en": Language.EN,
    "eng": Language.EN,
    "en-us": Language.EN,
    "english": Language.EN,
    "ingles": Language.EN,
    "es": Language.ES,
    "spa": Language.ES,
    "es-us": Language.ES,
    "es-mx": Language.ES,
    "spanish": Language.ES,
    "espanol": Language.ES,
    "castellano": Language.ES,
}


class Wrong(StrEnum):
    """What can be wrong at a row."""

    NO_NAME = "no_name"
    NAME_TOO_LONG = "name_too_long"
    UNKNOWN_LANGUAGE = "unknown_language"
    BAD_EMAIL = "bad_email"
    FORMULA = "formula"
    UNREADABLE = "unreadable"
    """A line break or a sign that cannot be shown."""
    TOO_MANY_CELLS = "too_many_cells"
    TWICE = "twice"
    INVITED = "invited"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is wrong: which cell it is in, or which row it repeats."""

    code: Wrong
    given: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A row that can be invited."""

    number: int
    name: str
    language: Language
    email: str | None


@dataclass(frozen=True, slots=True)
class RosterFault:
    """A row that waits, with its cells as they were given and every reason."""

    number: int
    name: str
    language: str
    email: str
    reasons: tuple[Reason, ...]
    cells: tuple[str, str, str] = field(default=("", "", ""), compare=False)
    """Name, language and address as they came, for mending."""


@dataclass(frozen=True, slots=True)
class Roster:
    """Every row of a file in its order, and the columns that nobody reads."""

    lines: tuple[RosterRow | RosterFault, ...]
    ignored: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[RosterRow, ...]:
        """The rows that can be invited."""
        return tuple(line for line in self.lines if isinstance(line, RosterRow))

    @property
    def faults(self) -> tuple[RosterFault, ...]:
        """The rows that wait."""
        return tuple(line for line in self.lines if isinstance(line, RosterFault))


@dataclass(frozen=True, slots=True)
class Known:
    """Who is in the cohort or was invited, by `same_name` and by address."""

    members: frozenset[str] = frozenset()
    invited: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Desk:
    """What rows are checked with.

    `address` gives an e-mail address as it is kept, or None where there can be no such address.
    """

    address: Callable[[str], str | None]
    known: Known = Known()
    language: Language = Language.EN
    """For rows that name none."""


def parse_roster(text: str, desk: Desk) -> Roster | FileFault:
    """Read every row. At most `MOST_ROWS` rows beneath the one that names the columns."""
    if is_too_large(text):
        return FileFault(Unread.TOO_LARGE)
    records = records_in(text)
    if isinstance(records, FileFault):
        return records
    header, *rest = records or [Record(1, ())]
    columns, ignored = _columns(header)
    if records and "name" not in columns:
        return FileFault(Unread.NO_NAME_COLUMN)
    if not rest:
        return FileFault(Unread.EMPTY)
    if len(rest) > MOST_ROWS:
        return FileFault(Unread.TOO_MANY_ROWS, len(rest))
    width = len(header.cells)
    return Roster(_without_twins(_line(record, columns, width, desk) for record in rest), ignored)


def roster_csv(rows: Sequence[RosterRow], faults: Sequence[RosterFault] = ()) -> str:
    """The rows as a file that `parse_roster` reads back unchanged; what waits stands first."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("name", "language", "email"))
    writer.writerows(fault.cells for fault in faults)
    writer.writerows((row.name, row.language.value, row.email or "") for row in rows)
    return out.getvalue()


def same_name(name: str) -> str:
    """One form for every way of writing the same name or address."""
    return _clean(name).casefold()


def _columns(header: Record) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each column stands, and the names of those that nobody reads."""
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, cell in enumerate(header.cells):
        column = COLUMNS.get(_plain(cell))
        if column is not None and column not in places:
            places[column] = place
        elif _clean(cell):
            ignored.append(_shown(cell))
    return places, tuple(ignored[:MOST_NAMED])


def _line(
    record: Record, columns: dict[str, int], width: int, desk: Desk
) -> RosterRow | RosterFault:
    raw = {column: _cell(record, place) for column, place in columns.items()}
    name, language, email = (
        _clean(raw.get(column, "")) for column in ("name", "language", "email")
    )
    reasons = [
        *_sign_reasons(raw.values()),
        *_name_reasons(name),
        *_language_reasons(language),
        *_email_reasons(email, desk),
        *_known_reasons(name, email, desk.known),
    ]
    if any(cell.strip() for cell in record.cells[width:]):
        reasons.insert(0, Reason(Wrong.TOO_MANY_CELLS))
    if reasons:
        return RosterFault(
            record.number,
            _shown(name),
            _shown(language),
            _shown(email),
            tuple(reasons),
            cells=(name, language, email),
        )
    return RosterRow(
        number=record.number,
        name=name,
        language=LANGUAGES[_plain(language)] or desk.language,
        email=desk.address(email) if email else None,
    )


def _sign_reasons(cells: Iterable[str]) -> list[Reason]:
    """Signs that would run in a spreadsheet, or that cannot be shown."""
    reasons = []
    for cell in cells:
        text = _clean(cell)
        if unicodedata.normalize("NFKC", text)[:1] in FORMULA_SIGNS:
            reasons.append(Reason(Wrong.FORMULA, _shown(text)))
        if "\n" in cell.strip() or not text.isprintable() or "\ufffd" in text:
            reasons.append(Reason(Wrong.UNREADABLE, _shown(text)))
    return reasons


def _name_reasons(name: str) -> list[Reason]:
    if not name:
        return [Reason(Wrong.NO_NAME)]
    return [Reason(Wrong.NAME_TOO_LONG)] if len(name) > LONGEST_NAME else []


def _language_reasons(language: str) -> list[Reason]:
    known = _plain(language) in LANGUAGES
    return [] if known else [Reason(Wrong.UNKNOWN_LANGUAGE, _shown(language))]


def _email_reasons(email: str, desk: Desk) -> list[Reason]:
    if not email or desk.address(email) is not None:
        return []
    return [Reason(Wrong.BAD_EMAIL, _shown(email))]


def _known_reasons(name: str, email: str, known: Known) -> list[Reason]:
    keys = {same_name(name), same_name(email)} - {""}
    if keys & known.members:
        return [Reason(Wrong.MEMBER)]
    return [Reason(Wrong.INVITED)] if keys & known.invited else []


def _without_twins(
    lines: Iterable[RosterRow | RosterFault],
) -> tuple[RosterRow | RosterFault, ...]:
    """Of rows with the same name and address the first is taken."""
    first: dict[tuple[str, str], int] = {}
    checked: list[RosterRow | RosterFault] = []
    for line in lines:
        if isinstance(line, RosterRow):
            key = (same_name(line.name), same_name(line.email or ""))
            row = first.setdefault(key, line.number)
            if row != line.number:
                checked.append(_twin(line, row))
                continue
        checked.append(line)
    return tuple(checked)


def _twin(line: RosterRow, row: int) -> RosterFault:
    reason = Reason(Wrong.TWICE, row=row)
    cells = (line.name, line.language.value, line.email or "")
    return RosterFault(line.number, *cells[:2], _shown(cells[2]), (reason,), cells=cells)


def _cell(record: Record, place: int) -> str:
    return record.cells[place] if place < len(record.cells) else ""


def _clean(text: str) -> str:
    """Composed, without signs that are not seen, with single spaces."""
    seen = (sign for sign in text if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFC", "".join(seen)).split())


def _plain(text: str) -> str:
    """In small letters and without accents, for words that are looked up."""
    parts = unicodedata.normalize("NFD", _clean(text).casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign)).replace("_", "-")


def _shown(text: str) -> str:
    """Short enough for a page, and printable."""
    plain = "".join(sign if sign.isprintable() else "\ufffd" for sign in _clean(text))
    return plain if len(plain) <= LONGEST_SHOWN else plain[: LONGEST_SHOWN - 1] + "…"
