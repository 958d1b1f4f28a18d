"""Finds the line on which each key of a TOML text stands; the parser itself does not tell."""

import re
from collections.abc import Mapping

_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_FENCE = re.compile(r'"""|\'\'\'')


class KeyLines:
    """Lines by dotted key, list places counted from 0: "options.2.rationale.es"."""

    def __init__(self, text: str) -> None:
        """Scan valid TOML; of a broken text what can be made out."""
        self.count = max(1, text.count("\n") + (not text.endswith("\n")))
        self._lines = _scan(text)

    def line(self, key: str) -> int:
        """Give the line of `key`, or of the nearest thing around it, or 1."""
        while key:
            if key in self._lines:
                return self._lines[key]
            key = key.rpartition(".")[0]
        return 1


def _scan(text: str) -> Mapping[str, int]:
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, fence = "", ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not fence:
            if line.lstrip().startswith("["):
                table = _open_table(line.strip(), counts)
                lines.setdefault(table, number)
            elif key := _KEY.match(line):
                lines.setdefault(_join(table, _parts(key[1])), number)
        fence = _fence_after(line, fence)
    return lines


def _open_table(header: str, counts: dict[str, int]) -> str:
    """Resolve a header to a dotted key: lists of tables get the place of their newest entry."""
    repeated = header.startswith("[[")
    parts = _parts(header.lstrip("[").partition("]")[0])
    key = ""
    for place, part in enumerate(parts, start=1):
        key = _join(key, [part])
        if repeated and place == len(parts):
            counts[key] = counts.get(key, -1) + 1
        if key in counts:
            key = f"{key}.{counts[key]}"
    return key


def _fence_after(line: str, fence: str) -> str:
    """Which multi-line string is open at the line's end, if any."""
    for mark in _FENCE.findall(line):
        if not fence:
            fence = mark
        elif mark == fence:
            fence = ""
    return fence


def _parts(name: str) -> list[str]:
    return [part.strip().strip("\"'") for part in name.split(".")]


def _join(table: str, parts: list[str]) -> str:
    return ".".join([table, *parts] if table else parts)
