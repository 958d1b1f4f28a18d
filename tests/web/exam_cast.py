"""What the tests of exam pages share: attempts to look at, and what a page or a table says."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from html import unescape

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale, gettext
from werkzeug.test import TestResponse

from app.domain.attempts import AttemptKind, Feedback
from app.domain.items import Item
from app.services import attempts as services
from app.storage.attempts import AttemptRow, ResponseRow
from app.storage.bank import item_of
from app.storage.database import db, set_reading
from tests.world import NOON, Stage

LANGUAGES = ("en", "es")
HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
PAGE_LANGUAGE = re.compile(r'<html lang="(\w+)">')
INPUT = re.compile(r"<input[^>]*>")
SIGN_IN = "/sign-in"


@contextmanager
def inside(app: Flask) -> Iterator[Stage]:
    """The app's context, for a look into the database or a step without a page."""
    set_reading(only=False)
    with app.app_context():
        yield Stage(app)
        db.session.commit()
        db.session.remove()


def begin(
    app: Flask,
    username: str = "ana",
    kind: AttemptKind = AttemptKind.QUIZ,
    now: datetime = NOON,
    seed: int = 7,
    **wanted: object,
) -> str:
    """Start an attempt and give its handle."""
    with inside(app) as stage:
        return stage.start(username, kind, now, seed, **wanted)


def begin_with_feedback(app: Flask, username: str = "ana") -> str:
    """Start a quiz that shows each answer when asked."""
    return begin(app, username, feedback=Feedback.EACH_ITEM)


def finish(app: Flask, handle: str, username: str = "ana", now: datetime = NOON) -> str:
    """Submit an attempt and give its handle back."""
    with inside(app) as stage:
        services.submit(stage.person(username), handle, now, stage.site)
    return handle


def finished(
    app: Flask, right: int = 0, wrong: int = 0, now: datetime = NOON, seed: int = 7
) -> str:
    """A finished quiz of Ana's with so many right and wrong answers, the rest blank."""
    handle = begin(app, now=now, seed=seed)
    with inside(app):
        attempt = _row(handle)
        for position in range(1, right + wrong + 1):
            _item_id, revision, order = attempt.form[position - 1]
            key = item_of(revision).key
            others = [option for option in order.split() if option != key]
            chosen = key if position <= right else random.Random(position).choice(others)
            response = db.session.get(ResponseRow, (attempt.id, position)) or _blank(
                attempt, position, now
            )
            response.option_id = response.first_option_id = chosen
            response.seconds = 30
    return finish(app, handle, now=now)


def attempts(app: Flask) -> list[AttemptRow]:
    """Every attempt there is, oldest first."""
    with inside(app):
        rows = list(db.session.scalars(sa.select(AttemptRow).order_by(AttemptRow.id)))
        db.session.expunge_all()
    return rows


def attempt(app: Flask, handle: str) -> AttemptRow:
    """The attempt as it is stored."""
    return next(row for row in attempts(app) if row.handle == handle)


def response(app: Flask, handle: str, position: int = 1) -> ResponseRow | None:
    """The response as it is stored."""
    with inside(app):
        row = db.session.get(ResponseRow, (_row(handle).id, position))
        db.session.expunge_all()
    return row


def item(app: Flask, handle: str, position: int = 1) -> Item:
    """The item at a position, with its key."""
    with inside(app):
        return item_of(_row(handle).form[position - 1][1])


def options(app: Flask, handle: str, position: int = 1) -> list[str]:
    """The option ids at a position, in the order shown."""
    order: str = attempt(app, handle).form[position - 1][2]
    return order.split()


def speak(client: FlaskClient, language: str) -> None:
    """Use the selector."""
    client.post("/language", data={"language": language})


def words(page: TestResponse) -> str:
    """The page's text as a person reads it in the source: entities resolved."""
    return unescape(page.get_data(as_text=True))


def heading(page: TestResponse) -> tuple[str, str]:
    """The page's language and its heading."""
    text = page.get_data(as_text=True)
    language, title = PAGE_LANGUAGE.search(text), HEADING.search(text)
    assert language is not None
    assert title is not None, text
    return language.group(1), unescape(re.sub(r"<[^>]+>", "", title.group(1))).strip()


def said(app: Flask, language: str, message: str, **values: object) -> str:
    """A text of the interface in one language."""
    with app.test_request_context(), force_locale(language):
        return str(gettext(message, **values))


def checked(page: TestResponse) -> set[tuple[str, str]]:
    """Name and value of every ticked box or circle."""
    ticked = (tag for tag in INPUT.findall(page.get_data(as_text=True)) if " checked" in tag)
    return {(_attribute(tag, "name"), _attribute(tag, "value")) for tag in ticked}


def asks_for_sign_in(answer: TestResponse) -> bool:
    """Whether the answer sends a stranger to the sign-in page."""
    return answer.status_code == 303 and (answer.location or "").startswith(SIGN_IN)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found.group(1)) if found else ""


def _row(handle: str) -> AttemptRow:
    row = db.session.scalar(sa.select(AttemptRow).where(AttemptRow.handle == handle))
    assert row is not None
    return row


def _blank(row: AttemptRow, position: int, now: datetime) -> ResponseRow:
    return services.response_row(row, position, now)
