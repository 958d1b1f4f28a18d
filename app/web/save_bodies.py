"""What the exam page's script sends, read as values or refused, and what it is told of a save."""

import json
from collections.abc import Sequence
from typing import Any

from werkzeug.exceptions import UnprocessableEntity

from app.domain import errors as domain
from app.domain.bilingual import Language
from app.domain.errors import DomainError
from app.services.paper import EDITION_LENGTH, Wish
from app.services.saves import Batch, BatchSaved, ItemChange
from app.web.plain_text import without_hidden_signs

LONGEST_ID = 8
LONGEST_NOTE = 1000
LONGEST_WRITER = 22
HIGHEST_SEQ = 2**53
"""The largest whole number that a script counts to exactly."""
MOST_POSITIONS = 10_000
MOST_CHANGES = 500
MOST_OPTIONS = 10
LONGEST_AGE = 30 * 24 * 3600.0


CODES: dict[type[DomainError], str] = {
    domain.SignedOut: "signed_out",
    domain.NotFound: "not_found",
    domain.WritesElsewhere: "elsewhere",
    domain.AttemptFinished: "finished",
    domain.TimeIsUp: "time_is_up",
    domain.BreakRunning: "break_running",
    domain.NotOnForm: "not_on_form",
    domain.AnswerShown: "answer_shown",
    domain.PartLocked: "part_locked",
    domain.PartNotReached: "part_not_reached",
}
"""What the script reads; people read the texts."""


def batch_from_json(body: Any) -> Batch:  # noqa: ANN401 (whatever was sent)
    """Everything that one save brings. Raises UnprocessableEntity."""
    sent = _object(body)
    changes = sent.get("changes")
    if not isinstance(changes, list) or len(changes) > MOST_CHANGES:
        raise UnprocessableEntity
    return Batch(
        writer=_text(sent.get("writer"), LONGEST_WRITER),
        reading=_language(sent.get("language")),
        changes=tuple(_change(_object(change)) for change in changes),
        skip_break=bool(_boolean(sent.get("skip_break"))),
    )


def wish_from_json(body: Any) -> Wish:  # noqa: ANN401 (whatever was sent)
    """Which page asks for the paper. Raises UnprocessableEntity."""
    sent = _object(body)
    return Wish(
        writer=_text(sent.get("writer"), LONGEST_WRITER),
        take_over=bool(_boolean(sent.get("take_over"))),
        have=_text(sent.get("have"), EDITION_LENGTH),
    )


def answer_to_save(saved: BatchSaved, added: Sequence[dict[str, Any]]) -> str:
    """What the script is told; `added` is time that was added, in words."""
    return json.dumps(
        {
            "accepted": saved.accepted,
            "refused": [(position, CODES[error]) for position, error in saved.refused],
            "seconds_left": saved.seconds_left,
            "added": added,
            "late": saved.late,
        }
    )


def _change(sent: dict[str, Any]) -> ItemChange:
    return ItemChange(
        position=_whole(sent.get("position"), 1, MOST_POSITIONS),
        seq=_whole(sent.get("seq"), 1, HIGHEST_SEQ),
        option_id=_option(sent.get("option_id")),
        flagged=_boolean(sent.get("flagged")),
        struck=_options(sent.get("struck")),
        note=without_hidden_signs(_text(sent.get("note"), LONGEST_NOTE)),
        seconds=_whole(sent.get("seconds", 0), 0, HIGHEST_SEQ),
        age=_age(sent.get("age", 0)),
    )


def _object(body: object) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise UnprocessableEntity
    return body


def _language(value: object) -> Language | None:
    if value is None:
        return None
    if not isinstance(value, str) or value not in set(Language):
        raise UnprocessableEntity
    return Language(value)


def _option(value: object) -> str | None:
    option = _text(value, LONGEST_ID)
    if option is not None and not option:
        raise UnprocessableEntity
    return option


def _options(value: object) -> tuple[str, ...] | None:
    text = _text(value, LONGEST_ID * MOST_OPTIONS)
    return None if text is None else tuple(text.split())


def _boolean(value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise UnprocessableEntity
    return value


def _text(value: object, longest: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest or not _can_be_stored(value):
        raise UnprocessableEntity
    return value


def _can_be_stored(text: str) -> bool:
    """No NUL, and no half of a character: databases refuse both."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _whole(value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise UnprocessableEntity
    return value


def _age(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise UnprocessableEntity
    return min(float(value), LONGEST_AGE)
