"""What the exam page's form and script send, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from werkzeug.exceptions import UnprocessableEntity

from app.domain.attempts import ItemState
from app.domain.bilingual import Language
from app.services.responses import Change, ItemPage
from app.web.language import current_language
from app.web.plain_text import without_hidden_signs

LONGEST_ID = 8
LONGEST_NOTE = 1000


@dataclass(frozen=True, slots=True)
class Target:
    """Where the pressed button leads: another item, another page, or nowhere."""

    position: int | None = None
    page: str | None = None
    language: Language | None = None
    both_languages: bool | None = None
    home: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """Previous and next on a walk."""

    previous: int | None
    next: int | None
    place: int
    count: int


class Walk(StrEnum):
    """Going through all items, or through a part of them only."""

    ALL = ""
    FLAGGED = "flagged"
    INCOMPLETE = "incomplete"

    @classmethod
    def from_name(cls, name: str | None) -> "Walk":
        """The walk of that name; all items where there is none."""
        return cls(name) if name in set(cls) else cls.ALL

    def way(self, page: ItemPage) -> Way:
        """Where previous and next lead from the page's item."""
        places = [line.position for line in page.map if line.open and self._takes(line)]
        before = [place for place in places if place < page.position]
        after = [place for place in places if place > page.position]
        return Way(
            previous=before[-1] if before else None,
            next=after[0] if after else None,
            place=len(before) + 1,
            count=len(before) + len(after) + 1,
        )

    def _takes(self, line: Any) -> bool:  # noqa: ANN401 (a map line)
        if self is Walk.FLAGGED:
            return bool(line.flagged)
        return self is Walk.ALL or line.state is not ItemState.COMPLETE


def change_from_form(form: Mapping[str, str]) -> Change:
    """The change that a plain form brings. Raises UnprocessableEntity."""
    button = form.get("do", "")
    return Change(
        reading=current_language(),
        option_id=_option(form.get("option") or None),
        flagged=_flag(form),
        strike=_option(button.removeprefix("strike:") if button.startswith("strike:") else None),
        note=_written(form.get("note")),
        reveal=button == "reveal",
    )


def target_of(form: Mapping[str, str]) -> Target:
    """Where the pressed button leads."""
    button = form.get("do", "")
    if button.startswith("go:"):
        number = button.removeprefix("go:")
        if not number.isdecimal() or len(number) > LONGEST_ID:
            raise UnprocessableEntity
        return Target(position=int(number))
    if button in {"language:en", "language:es"}:
        return Target(language=Language(button.removeprefix("language:")))
    if button in {"stack", "unstack"}:
        return Target(both_languages=button == "stack")
    if button == "home":
        return Target(home=True)
    pages = {"review": "attempts.review", "break": "attempts.break_page"}
    return Target(page=pages.get(button))


def _flag(form: Mapping[str, str]) -> bool | None:
    if form.get("do") == "flag":
        return True
    return False if form.get("do") == "unflag" else None


def _option(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        raise UnprocessableEntity
    return value


def _written(note: str | None) -> str | None:
    """A note as a form sends it: lines end as the script's do, and what does not fit is cut."""
    return (without_hidden_signs(note) or "")[:LONGEST_NOTE] if note is not None else None
