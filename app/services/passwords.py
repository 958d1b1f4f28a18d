"""The list of passwords that guessers try first, and the check against it."""

from functools import cache
from pathlib import Path

from app.domain.passwords import PasswordProblem, password_problem

COMMON = Path(__file__).with_name("common_passwords.txt")


@cache
def common_passwords() -> frozenset[str]:
    """Casefolded, from the file beside this module."""
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def problem_of(password: str, username: str) -> PasswordProblem | None:
    """What is wrong with the password of the person who signs in by `username`."""
    return password_problem(password, username.casefold(), common_passwords())
