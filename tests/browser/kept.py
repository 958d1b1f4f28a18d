"""What the site has on disk, read beside it without writing."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from tests.browser.running_site import RunningSite

BUSY_SECONDS = 5
LANGUAGES = ("en", "es")


@dataclass(frozen=True, slots=True)
class KeptResponse:
    """One response as the database has it."""

    option_id: str | None
    flagged: bool
    struck: str
    note: str


@dataclass(frozen=True, slots=True)
class FormItem:
    """One item of a form with its content, options in the form's order."""

    content: dict[str, Any]
    order: tuple[str, ...]

    @property
    def key(self) -> str:
        key: str = self.content["key"]
        return key

    def stem(self, language: str) -> str:
        stem: str = self.content["stem"][LANGUAGES.index(language)]
        return stem

    def options(self, language: str, part: str = "text") -> list[str]:
        """Texts (or rationales) in the form's order."""
        by_id = {option["id"]: option[part] for option in self.content["options"]}
        return [by_id[option_id][LANGUAGES.index(language)] for option_id in self.order]


def rows(site: RunningSite, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What the database answers."""
    address = f"file:{site.database}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS)) as connection:
        return connection.execute(query, values).fetchall()


def responses(site: RunningSite, handle: str) -> dict[int, KeptResponse]:
    """The attempt's responses by position."""
    found = rows(
        site,
        "SELECT r.position, r.option_id, r.flagged, r.struck, r.note FROM response r"
        " JOIN attempt a ON a.id = r.attempt_id WHERE a.handle = ?",
        handle,
    )
    return {
        position: KeptResponse(option, bool(flagged), struck, note)
        for position, option, flagged, struck, note in found
    }


def form_items(site: RunningSite, handle: str) -> dict[int, FormItem]:
    """The attempt's items by position."""
    [(form,)] = rows(site, "SELECT form FROM attempt WHERE handle = ?", handle)
    contents = dict(rows(site, "SELECT id, content FROM item_revision"))
    return {
        position: FormItem(json.loads(contents[revision]), tuple(order.split()))
        for position, (_item, revision, order) in enumerate(json.loads(form), start=1)
    }


def right_answers(site: RunningSite, handle: str) -> int:
    """How many responses hold the key."""
    items = form_items(site, handle)
    given = responses(site, handle)
    return sum(response.option_id == items[at].key for at, response in given.items())


def finish_reason(site: RunningSite, handle: str) -> str | None:
    """How the attempt ended; None while it runs."""
    [(reason,)] = rows(site, "SELECT finish_reason FROM attempt WHERE handle = ?", handle)
    kept: str | None = reason
    return kept
