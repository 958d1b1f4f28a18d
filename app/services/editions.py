"""What a form showed when it was opened, in short, so that nobody saves over another's change.

The page sends it back with what was filled in. A form without it (a script's) claims nothing.
"""

import hashlib

from app.domain.errors import ChangedMeanwhile

DIGITS = 8


def edition_of(*values: object) -> str:
    """The values in short, each for itself."""
    return ".".join(_short(value) for value in values)


def require_same(shown: str | None, *values: object | None) -> None:
    """Whether the values are still what was shown; None is not looked at.

    Raises ChangedMeanwhile. The caller holds what it is about to change.
    """
    if not shown:
        return
    before, now = shown.split("."), [value is None or _short(value) for value in values]
    same = len(before) == len(now) and all(
        one is True or one == other for one, other in zip(now, before, strict=True)
    )
    if not same:
        raise ChangedMeanwhile


def _short(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:DIGITS]
