"""A request that two transactions' quarrel ended is begun again, a few times.

PostgreSQL ends one of two transactions that wait for one another (40P01), or that cannot be put in
an order (40001), and expects it to be tried again. That is safe while nothing of it was committed.
"""

import sqlalchemy as sa
from flask import Flask, g, has_request_context
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from app.storage.database import db

QUARRELS = ("40001", "40P01")
MOST_TIMES = 3


def install_again(app: Flask) -> None:
    """Let the app dispatch such a request up to three times; the last error stands."""
    dispatch = app.dispatch_request

    def dispatch_again() -> ResponseReturnValue:
        g.committed = False
        for _time in range(MOST_TIMES - 1):
            try:
                return dispatch()
            except DBAPIError as error:
                if not _may_begin_again(error):
                    raise
                db.session.rollback()
        return dispatch()

    app.dispatch_request = dispatch_again  # type: ignore[method-assign]
    with app.app_context():
        sa.event.listen(db.engine, "commit", _note_commit)


def _may_begin_again(error: DBAPIError) -> bool:
    quarrel = getattr(error.orig, "sqlstate", None) in QUARRELS
    return quarrel and not g.committed


def _note_commit(_connection: sa.Connection) -> None:
    if has_request_context():
        g.committed = True
