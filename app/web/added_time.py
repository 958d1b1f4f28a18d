"""Time that was added, as the exam page is told of it."""

from typing import Any

from flask_babel import ngettext

from app.services.clock import AddedTime


def told(added: AddedTime) -> dict[str, Any]:
    """Time that was added, with the sentence that the page shows, in the page's language."""
    text = ngettext(
        "%(num)s minute was added: %(reason)s",
        "%(num)s minutes were added: %(reason)s",
        added.minutes,
        reason=added.reason,
    )
    return {"id": added.id, "minutes": added.minutes, "reason": added.reason, "text": text}
