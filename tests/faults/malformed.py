"""Malformed files: what is wrong in each, and what its reader must say of it.

The corpus is made of the one good item, the one good list and the one good settings file: cut,
spoiled and written in another language than theirs.
"""

import re
from itertools import pairwise

from app.bank.problems import ProblemCode
from tests.banks import GOOD_ID, GOOD_TEXT

C = ProblemCode
LONG = "a" * 1300

# What is changed in the good item, into what, and the code and line to expect.
BROKEN: dict[str, tuple[str, str, ProblemCode, int]] = {
    "unclosed string": ('status = "reviewed"', 'status = "reviewed', C.TOML_SYNTAX, 2),
    "key twice": ("oshpd = 3", 'oshpd = 3\nid = "x"', C.TOML_SYNTAX, 4),
    "cut off": ('z4d"', 'z4d"\nx = [', C.TOML_SYNTAX, 48),
    "huge number": ("oshpd = 3", f"oshpd = {'9' * 5000}", C.TOML_SYNTAX, 1),
    "deep list": ("enemies = []", f"enemies = {'[' * 30000}", C.NESTED_TOO_DEEPLY, 1),
    "deep table": ("[stem]", f"[{'a.' * 200}a]\n[stem]", C.NESTED_TOO_DEEPLY, 15),
    "very deep key": ("[stem]", f"{'a.' * 30000}a = 1\n[stem]", C.NESTED_TOO_DEEPLY, 15),
    "too large": ("[stem]", f"# {'x' * 70000}\n[stem]", C.FILE_TOO_LARGE, 1),
    "NUL": ("Monday", "Mon\x00day", C.FORBIDDEN_CHARACTER, 22),
    "escaped NUL": ("Monday", "Mon\\u0000day", C.FORBIDDEN_CHARACTER, 22),
    "right-to-left override": ("lunes", "\u202elunes", C.FORBIDDEN_CHARACTER, 23),
    "escaped override": ("lunes", "\\u202elunes", C.FORBIDDEN_CHARACTER, 23),
    "zero-width space": ("lunes", "lu\u200bnes", C.FORBIDDEN_CHARACTER, 23),
    "soft hyphen": ("lunes", "lu\u00adnes", C.FORBIDDEN_CHARACTER, 23),
    "byte order mark": ('id = "oshpd', '\ufeffid = "oshpd', C.FORBIDDEN_CHARACTER, 1),
    "no status": ('status = "reviewed"\n', "", C.MISSING_KEY, 1),
    "no Spanish stem": ('es = "La tía', 'ex = "La tía', C.MISSING_LANGUAGE, 15),
    "unknown key": ("oshpd = 3", "oshpd = 3\nauthor = 4", C.UNKNOWN_KEY, 4),
    "number as text": ("oshpd = 3", 'oshpd = "3"', C.WRONG_TYPE, 3),
    "true as number": ("competency = 16", "competency = true", C.WRONG_TYPE, 5),
    "stem as text": ("enemies = []", "enemies = 1", C.WRONG_TYPE, 12),
    "unknown status": ('"reviewed"', '"ready"', C.NOT_ALLOWED, 2),
    "unknown level": ('"application"', '"hard"', C.NOT_ALLOWED, 8),
    "difficulty of 1": ("0.7", "1.0", C.OUT_OF_RANGE, 9),
    "difficulty without end": ("0.7", "inf", C.OUT_OF_RANGE, 9),
    "difficulty not a number": ("0.7", "nan", C.OUT_OF_RANGE, 9),
    "id of another form": ('id = "oshpd03-0001"', 'id = "q1"', C.BAD_ID, 1),
    "option id of another form": ('id = "q2m"', 'id = "a"', C.BAD_OPTION_ID, 20),
    "blank text": ('"That the doctor will call back"', '" "', C.BLANK_TEXT, 48),
    "empty Spanish": ('"Que el médico le devolverá la llamada"', '""', C.BLANK_TEXT, 49),
    "two spaces": ("the doctor", "the  doctor", C.UNTIDY_TEXT, 48),
    "decomposed accent": ("médico", "me\u0301dico", C.UNTIDY_TEXT, 49),
    "text without end": ("the doctor", LONG, C.TEXT_TOO_LONG, 48),
    "tag twice": ('["confidentiality"]', '["crisis", "crisis"]', C.REPEATED_VALUE, 10),
    "three options": (GOOD_TEXT[GOOD_TEXT.rindex("[[options]]") :], "", C.OPTION_COUNT, 19),
    "option id twice": ('id = "z4d"', 'id = "q2m"', C.REPEATED_VALUE, 46),
    "key names no option": ('key = "k7f"', 'key = "k8f"', C.KEY_NOT_AN_OPTION, 13),
    "same options": (
        "That the doctor will call back",
        "that they meet on Monday mornings.",
        C.EQUAL_OPTIONS,
        48,
    ),
    "no misconception": ('misconception = "boundary"\n', "", C.MISCONCEPTION_MISSING, 36),
    "misconception on the key": (
        'id = "k7f"',
        'id = "k7f"\nmisconception = "fixing"',
        C.MISCONCEPTION_ON_KEY,
        30,
    ),
    "no source": ('[{ id = "medi-cal-ethics", place = "Confidentiality" }]', "[]", C.NO_SOURCE, 11),
    "source without place": (', place = "Confidentiality"', "", C.MISSING_KEY, 11),
    "domain against id": ("oshpd = 3", "oshpd = 4", C.DOMAIN_MISMATCH, 3),
    "unknown competency": ("competency = 16", "competency = 18", C.UNKNOWN_REFERENCE, 5),
    "unknown SAMHSA number": ('"IX.6"', '"IX.7"', C.UNKNOWN_REFERENCE, 4),
    "unknown focus area": ("focus_area = 1", "focus_area = 9", C.UNKNOWN_REFERENCE, 6),
    "unknown principle": ('ethics = "conf', 'ethics = "unconf', C.UNKNOWN_REFERENCE, 7),
    "unknown tag": ('["confidentiality"]', '["secrets"]', C.UNKNOWN_REFERENCE, 10),
    "unknown source": ('"medi-cal-ethics"', '"hearsay"', C.UNKNOWN_REFERENCE, 11),
    "unknown misconception": ('"wrong_order"', '"silly"', C.UNKNOWN_REFERENCE, 47),
    "another item's id": ("oshpd03-0001", "oshpd03-0009", C.WRONG_FILE_NAME, 1),
}

ALIASES = list(pairwise("abcdefghi"))
YAML = {
    "alias bomb": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "alias of itself": "a: &a [*a]\n",
    "mapping in itself": "a: &a\n  b: *a\n",
    "merge of itself": "a: &a\n  <<: *a\n",
    "call": "!!python/object/apply:os.system ['touch {mark}']\n",
    "new object": "!!python/object/new:os.system ['touch {mark}']\n",
    "name": "!!python/name:os.system\n",
    "module": "!!python/module:os\n",
    "tuple": "!!python/tuple [1, 2]\n",
    "bytes": "!!binary aGVsbG8=\n",
    "a list": "- id: oshpd03-0001\n- status: NO\n",
    "a mapping": "id: oshpd03-0001\nstatus: reviewed\noshpd: 010\n",
    "two documents": "---\nid: a\n---\nid: b\n",
    "a block": "stem: |\n  What now?\n",
}
"""Another language, with what it is feared for; `{mark}` is a file that must not come to be."""

TYPING_TRAPS: dict[str, tuple[str, str, ProblemCode, int]] = {
    "a bare word": ('status = "reviewed"', "status = NO", C.TOML_SYNTAX, 2),
    "true": ('status = "reviewed"', "status = true", C.NOT_ALLOWED, 2),
    "a number as a word": ('key = "k7f"', "key = 7", C.WRONG_TYPE, 13),
    "a leading nought": ("oshpd = 3", "oshpd = 010", C.TOML_SYNTAX, 3),
    "an octal number": ("oshpd = 3", "oshpd = 0o10", C.DOMAIN_MISMATCH, 3),
    "a time of day": ("difficulty = 0.7", "difficulty = 01:30:00", C.WRONG_TYPE, 9),
    "minutes": ("difficulty = 0.7", "difficulty = 1:30", C.TOML_SYNTAX, 9),
    "a day": ('samhsa = "IX.6"', "samhsa = 2026-01-02", C.WRONG_TYPE, 4),
    "a day that is none": ('samhsa = "IX.6"', "samhsa = 2026-13-45", C.TOML_SYNTAX, 4),
    "a whole number with a point": ("oshpd = 3", "oshpd = 3.0", C.WRONG_TYPE, 3),
    "nothing": ("oshpd = 3", "oshpd = null", C.TOML_SYNTAX, 3),
    "a number as text": ("difficulty = 0.7", 'difficulty = "0.7"', C.WRONG_TYPE, 9),
}
"""What is changed in the good item, into what, and the code and line to expect."""

GOOD_LIST = "name,language,email\nLuz,es,luz@example.org\nSam,en,\n"
LISTS: dict[str, bytes] = {
    "nothing": b"",
    "only a header": b"name,language\n",
    "only commas": b",,,\n,,,\n",
    "no header": b"Ana,en\nEli,es\n",
    "another header": b"surname,first\nLee,Sam\n",
    "an open quote": b'name\n"Ana\n' + b"Eli\n" * 40_000,
    "a huge cell": b"name\n" + b"x" * 200_000 + b"\n",
    "a long name": b"name\n" + b"x" * 81 + b"\n",
    "zeros": b"\0" * 100,
    "zeros in a name": b"name\nAn\0a\n",
    "a program": b"\x7fELF\x02\x01\x01\0\0",
    "a picture": b"\x89PNG\r\n\x1a\n\0\0",
    "a spreadsheet": b"PK\x03\x04\x14\0\0\0",
    "an old spreadsheet": b"\xd0\xcf\x11\xe0\xa1\xb1",
    "half an UTF-16 file": b"\xff\xfen",
    "UTF-16 without a partner": b"\xff\xfen\0a\0m\0e\0\n\0\0\xd8\n\0",
    "half an UTF-8 sign": b"name\nJos\xc3\n",
    "a lone surrogate": b"name\n\xed\xa0\x80\n",
    "UTF-7": b"name\n+ADw-script+AD4-\n",
    "too many cells": b"name,language\nAna,en,x,y\n",
    "an unknown language": b"name,language\nAna,fr\n",
    "a language as yes and no": b"name,language\nAna,NO\n",
    "no name": b"name,language\n,en\n",
    "a bad address": b"name,email\nAna,ana at home\n",
    "an address with a header": b'name,email\nAna,"a@example.org\nBcc: b@example.org"\n',
    "a formula": b"name\n=1+1\n",
    "a formula in quotes": b"name\n\"=cmd|' /C calc'!A0\"\n",
    "a formula after a tab": b'name\n"\t=1"\n',
    "a wide formula": "name\n＝1\n".encode(),
    "a line in a name": b'name\n"Ana\nLuz"\n',
    "a bell": b"name\nAn\x07a\n",
    "an escape": b"name\nAn\x1b[31ma\n",
    "twice the same": b"name\nAna\nana\n",
    "twice in two encodings": "name\nJosé\nJose\u0301\n".encode(),
    "a page": b"<!doctype html><script>alert(1)</script>",
    "JSON": b'[{"name": "Ana"}]',
    "XML": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
    "too many people": b"name\n" + b"".join(b"Person %d\n" % n for n in range(1001)),
    "too many bytes": b"name\n" + b"x" * (512 * 1024),
    **{f"YAML: {name}": text.encode() for name, text in YAML.items()},
}
"""Lists of people of which not every row can be taken."""

SETTINGS = {
    "no end of a text": 'host = "127',
    "no end of a list": "port = [",
    "no sign": "port 8000",
    "twice": "port = 1\nport = 2",
    "a table twice": "[a]\n[a]",
    "a bare word": "host = localhost",
    "a leading nought": "port = 08000",
    "brackets without end": "port = " + "[" * 30_000,
    "a number without end": "port = " + "9" * 5000,
    "a zero": "port = 1\0",
    "YAML": "port: 8000\nhost: &a [*a]\n",
    "unknown": "colour = 3",
    "a table": "[port]\na = 1",
    "a word for a number": 'port = "many"',
}


def items() -> dict[str, bytes]:
    """Item files that are no items: the tables above, cuts, and one without each key."""
    spoiled = {
        f"{name}": GOOD_TEXT.replace(old, new, 1)
        for name, (old, new, _code, _line) in {**BROKEN, **TYPING_TRAPS}.items()
    }
    keys = re.findall(r"^(\w+) = .*\n", GOOD_TEXT, re.MULTILINE)
    without = {
        f"without key {number}, {key}": _without_line(number)
        for number, key in enumerate(keys)
        if key not in {"ethics", "misconception"}
    }
    ends = range(0, len(GOOD_TEXT) - 60, len(GOOD_TEXT) // 40)
    cut = {f"cut at {end}": GOOD_TEXT[:end] for end in ends}
    made = {**spoiled, **without, **cut, **{f"YAML: {name}": text for name, text in YAML.items()}}
    return {**{name: text.encode() for name, text in made.items()}, **_not_text()}


def under(name: bytes, number: int) -> tuple[str, bytes]:
    """The file under an id of its own, where it has one: its path and its content."""
    own = f"oshpd03-{number:04}"
    return f"items/03/{own}.toml", name.replace(GOOD_ID.encode(), own.encode())


def _without_line(number: int) -> str:
    lines = GOOD_TEXT.splitlines(keepends=True)
    keyed = [place for place, line in enumerate(lines) if re.match(r"\w+ = ", line)]
    del lines[keyed[number]]
    return "".join(lines)


def _not_text() -> dict[str, bytes]:
    """The good file with a byte that no text has, at every twentieth of it."""
    good = GOOD_TEXT.encode()
    places = range(0, len(good), len(good) // 20)
    return {f"no text at {place}": good[:place] + b"\xff" + good[place:] for place in places}
