"""Reads one TOML file with suspicion: size, encoding, characters, syntax."""

import os
import re
import stat
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.bank.lines import KeyLines
from app.bank.problems import BankUnreadable, Detail, Problem, ProblemCode

ITEM_LIMIT = 64 * 1024
REGISTRY_LIMIT = 1024 * 1024
DEEPEST = 50
"""Tables in tables; far beyond any file of the bank."""
_PLAIN_CONTROLS = frozenset("\n\r\t")
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SYNTAX_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed TOML file and where in it things stand."""

    path: str
    data: dict[str, Any]
    lines: KeyLines

    def problem(self, where: str, code: ProblemCode, /, **detail: Detail) -> Problem:
        """Place a problem on the line of the key `where`."""
        return Problem(self.path, self.lines.line(where), code, detail)


class _Refused(Exception):
    def __init__(self, line: int, code: ProblemCode, **detail: Detail) -> None:
        super().__init__(code)
        self.line, self.code, self.detail = line, code, detail


def shown_path(path: Path, root: Path) -> str:
    """Give the path below the bank's folder, printable whatever bytes its name holds."""
    raw = os.fsencode(path.relative_to(root).as_posix())
    return raw.decode("utf-8", "backslashreplace")


def read_document(path: Path, root: Path, limit: int) -> Document | Problem:
    """Read the file at `path`, or say what keeps it from being read; bad content never raises."""
    shown = shown_path(path, root)
    try:
        text = _text(path, root, limit)
        lines = KeyLines(text)
        data = _parse(text, lines)
        _refuse_escaped(data, lines)
    except _Refused as refused:
        return Problem(shown, refused.line, refused.code, refused.detail)
    return Document(shown, data, lines)


def read_lines(path: Path, root: Path) -> tuple[str, ...]:
    """Read the lines of a plain text file. Raises BankUnreadable."""
    try:
        return tuple(_text(path, root, REGISTRY_LIMIT).splitlines())
    except _Refused as refused:
        shown = shown_path(path, root)
        raise BankUnreadable(Problem(shown, refused.line, refused.code, refused.detail)) from None


def _text(path: Path, root: Path, limit: int) -> str:
    raw = _bytes(path, root, limit)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _Refused(line, ProblemCode.NOT_UTF8) from None
    for number, line_text in enumerate(text.split("\n"), start=1):
        _refuse_characters(line_text, number)
    return text.replace("\r\n", "\n")


def _bytes(path: Path, root: Path, limit: int) -> bytes:
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            raise _Refused(1, ProblemCode.LINK_OUTSIDE)
        if not stat.S_ISREG(path.stat().st_mode):
            raise _Refused(1, ProblemCode.NOT_A_FILE)
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise _Refused(1, ProblemCode.FILE_UNREADABLE, reason=reason) from None
    if len(raw) > limit:
        raise _Refused(1, ProblemCode.FILE_TOO_LARGE, limit=limit)
    return raw


def _refuse_characters(text: str, line: int) -> None:
    for character in text:
        if unicodedata.category(character) in _REFUSED and character not in _PLAIN_CONTROLS:
            raise _Refused(
                line, ProblemCode.FORBIDDEN_CHARACTER, character=f"U+{ord(character):04X}"
            )


def _parse(text: str, lines: KeyLines) -> dict[str, Any]:
    for number, line_text in enumerate(text.split("\n"), start=1):
        if line_text.partition("=")[0].count(".") > DEEPEST:  # the parser takes seconds over it
            raise _Refused(number, ProblemCode.NESTED_TOO_DEEPLY)
    try:
        return tomllib.loads(text)
    except ValueError as error:  # also numbers with thousands of digits
        message = str(error)
        place = _SYNTAX_PLACE.search(message)
        line = int(place[1]) if place and place[1] else lines.count if place else 1
        reason = _SYNTAX_PLACE.sub("", message)
        raise _Refused(min(line, lines.count), ProblemCode.TOML_SYNTAX, reason=reason) from None
    except RecursionError:
        raise _Refused(1, ProblemCode.NESTED_TOO_DEEPLY) from None


def _refuse_escaped(data: dict[str, Any], lines: KeyLines) -> None:
    """Refuse characters that only the escapes of TOML brought in."""
    for key, text in _strings(data):
        _refuse_characters(text, lines.line(key))


def _strings(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every key and string value; a stack, since the nesting is the file's to choose."""
    stack: list[tuple[str, Any]] = [("", data)]
    while stack:
        key, value = stack.pop()
        if key.count(".") > DEEPEST:
            raise _Refused(1, ProblemCode.NESTED_TOO_DEEPLY)
        if isinstance(value, dict):
            for name, below in value.items():
                yield key, name
                stack.append((f"{key}.{name}" if key else name, below))
        elif isinstance(value, list):
            stack.extend((f"{key}.{place}", below) for place, below in enumerate(value))
        elif isinstance(value, str):
            yield key, value
