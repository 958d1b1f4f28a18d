"""Invitation codes: made by chance, read aloud, typed on a phone."""

import random

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""No 0, O, 1, I or L: they are taken for one another."""
CODE_LENGTH = 8
_HALF = CODE_LENGTH // 2


def make_code(rng: random.Random) -> str:
    """Give a new code as it is kept: eight characters, no dash. Pass a `SystemRandom`."""
    return "".join(rng.choice(ALPHABET) for _ in range(CODE_LENGTH))


def normal_code(text: str) -> str:
    """Give what was typed as codes are kept: no dash, no space, in capitals."""
    return "".join(sign for sign in text if sign.isascii() and sign.isalnum()).upper()


def shown_code(code: str) -> str:
    """Give a code as people see it, ABCD-EFGH."""
    return f"{code[:_HALF]}-{code[_HALF:]}"
