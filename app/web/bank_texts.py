"""A bank's fault in the page's language."""

from collections.abc import Mapping

from flask_babel import gettext

from app.bank.problem_texts import PROBLEM_TEXTS
from app.bank.problems import ProblemCode


def problem_text(code: str, detail: Mapping[str, object]) -> str:
    """The words for a fault that was stored when the bank was loaded."""
    text: str = gettext(PROBLEM_TEXTS[ProblemCode(code)])
    return text % dict(detail)
