"""Scripts as they are sent: each with what it imports inside it, since every file costs a request.

The modules are written in one plain way, and this knows no other: imports of names from a file
beside, one to a line at the top; `export` before what a name is given to. A module that is written
differently stops the build.
"""

import re
from pathlib import Path

IMPORT = re.compile(r'^import (?P<names>\{[^}]+\}) from "\./(?P<file>\w+)\.js";$')
EXPORT = re.compile(r"^export (?=(?:const|(?:async )?function|class) (?P<name>\w+))")
STRANGE = re.compile(r"^(?:import|export)\b")


def bundle(script: Path) -> str:
    """The script with everything that it imports; without indents and lines of comment."""
    parts: dict[str, str] = {}
    own, _names = _read(script, parts)
    return "\n".join([*parts.values(), own, ""])


def _read(script: Path, parts: dict[str, str]) -> tuple[str, list[str]]:
    lines, names = [], []
    for line in script.read_text(encoding="utf-8").splitlines():
        imported = IMPORT.match(line)
        exported = EXPORT.match(line)
        if imported:
            _include(script.with_name(f"{imported['file']}.js"), parts)
            given = imported["names"].replace(" as ", ": ")
            lines.append(f"const {given} = {_variable(imported['file'])};")
        elif exported:
            names.append(exported["name"])
            lines.append(EXPORT.sub("", line))
        elif STRANGE.match(line):
            message = f"{script.name}: this line cannot be bundled: {line}"
            raise ValueError(message)
        elif not line.lstrip().startswith("//"):
            lines.append(line.strip())
    return "\n".join(filter(None, lines)), names


def _include(script: Path, parts: dict[str, str]) -> None:
    if script.stem in parts:
        return
    code, names = _read(script, parts)
    variable = _variable(script.stem)
    parts[script.stem] = (
        f"const {variable} = (() => {{\n{code}\nreturn {{ {', '.join(names)} }};\n}})();"
    )


def _variable(stem: str) -> str:
    return f"module_{stem}"
