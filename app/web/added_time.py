"""Time that was added, as the exam page is told of it."""

from typing import Any

from flask_babel import ngettext

from app.services.clock import AddedTime
from app.web.plain_text import isolated


def added_sentence(added: AddedTime) -> str:
    """The sentence that the page shows, in its language.

    It names nobody: an administrator who opens a test again adds time as a trainer does.
    """
    text: str = ngettext(
        "%(num)s minute was added: %(reason)s",
        "%(num)s minutes were added: %(reason)s",
        added.minutes,
        reason=isolated(added.reason),
    )
    return text


def told(added: AddedTime) -> dict[str, Any]:
    """The same for the page's script."""
    text = added_sentence(added)
    return {"id": added.id, "minutes": added.minutes, "reason": added.reason, "text": text}
