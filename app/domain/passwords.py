"""Which passwords are too easy to guess: length and known words count, not composition.

After NIST SP 800-63B: no rules on kinds of characters, and no forced change.
"""

from collections.abc import Set as AbstractSet
from enum import StrEnum

SHORTEST = 8
LONGEST = 256
SITE_WORDS = ("peerprep", "calmhsa")
SHORTEST_NAME = 3
"""A shorter sign-in name may stand inside a good password by chance."""


class PasswordProblem(StrEnum):
    """Why a password cannot be taken."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"
    HOLDS_NAME = "holds_name"
    HOLDS_SITE = "holds_site"


def password_problem(
    password: str, username: str, common: AbstractSet[str]
) -> PasswordProblem | None:
    """What is wrong with the password; `common` and `username` are casefolded."""
    plain = password.casefold()
    if len(password) < SHORTEST:
        return PasswordProblem.TOO_SHORT
    if len(password) > LONGEST:
        return PasswordProblem.TOO_LONG
    if plain in common or len(set(plain)) == 1:
        return PasswordProblem.COMMON
    if len(username) >= SHORTEST_NAME and username in plain:
        return PasswordProblem.HOLDS_NAME
    if any(word in plain for word in SITE_WORDS):
        return PasswordProblem.HOLDS_SITE
    return None
