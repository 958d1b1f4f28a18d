"""What is said about a roster that cannot be read, and about each row that waits."""

from flask_babel import format_decimal, gettext

from app.domain.roster_files import MOST_BYTES, MOST_ROWS, FileFault, Unread
from app.domain.rosters import LONGEST_NAME, Reason, Wrong

KILOBYTE = 1024


def file_fault_text(fault: FileFault) -> str:
    """Why a whole file was not read, and what to do."""
    texts = {
        Unread.EMPTY: gettext(
            "The list has no people yet. The first row names the columns, "
            "and each row under it is one person."
        ),
        Unread.TOO_LARGE: too_large_text(),
        Unread.SPREADSHEET: gettext(
            "This is a spreadsheet in its own format. Please save it as CSV, or copy its cells "
            "and paste them below."
        ),
        Unread.NOT_TEXT: gettext(
            "This file is not text. Please save your list as CSV and choose that file."
        ),
        Unread.OPEN_QUOTE: gettext(
            "A quotation mark is opened and never closed, so the rows after it cannot be told "
            "apart. Please close it or take it out."
        ),
        Unread.NO_NAME_COLUMN: gettext(
            "There is no column called name or nombre. "
            "Please put the names of the columns into the first row."
        ),
        Unread.TOO_MANY_ROWS: gettext(
            "This list has %(rows)s people, and at most %(most)s can be read at once. "
            "Please split it into several lists.",
            rows=format_decimal(fault.rows),
            most=format_decimal(MOST_ROWS),
        ),
    }
    return str(texts[fault.code])


def too_large_text() -> str:
    """What is said of a file beyond the limit."""
    return str(
        gettext(
            "This list is too large: at most %(rows)s people and %(size)s kB can be read at once. "
            "Please split it into several lists. Nothing was saved.",
            rows=format_decimal(MOST_ROWS),
            size=format_decimal(MOST_BYTES // KILOBYTE),
        )
    )


def reason_text(reason: Reason) -> str:
    """What is wrong at a row, and what to do."""
    texts = {
        Wrong.NO_NAME: gettext("The name is missing."),
        Wrong.NAME_TOO_LONG: gettext(
            "The name is too long: at most %(most)s letters.", most=LONGEST_NAME
        ),
        Wrong.UNKNOWN_LANGUAGE: gettext(
            "The language %(given)s is not known here. Please write en or es, or leave it empty.",
            given=reason.given,
        ),
        Wrong.BAD_EMAIL: gettext(
            "%(given)s does not look like an e-mail address. Please check it, or leave it empty.",
            given=reason.given,
        ),
        Wrong.FORMULA: gettext(
            "%(given)s begins with =, +, - or @. A spreadsheet could run it as a formula later, "
            "so please leave that sign out.",
            given=reason.given,
        ),
        Wrong.UNREADABLE: gettext(
            "There is a line break or a sign that cannot be shown. Please type this row again."
        ),
        Wrong.TOO_MANY_CELLS: gettext(
            "This row has more cells than the list has columns. Put quotation marks around "
            "a name that has a comma."
        ),
        Wrong.TWICE: gettext(
            "The same name and e-mail address are in row %(row)s.", row=reason.row
        ),
        Wrong.INVITED: gettext(
            "Somebody with this name or e-mail address has an open invitation. If this is "
            "another person, please add an initial to the name."
        ),
        Wrong.MEMBER: gettext(
            "Somebody with this name or e-mail address is in the cohort already. If this is "
            "another person, please add an initial to the name."
        ),
    }
    return str(texts[reason.code])
