"""When the site last wrote into its database."""

from datetime import datetime

import sqlalchemy as sa

from app.storage.database import UtcDateTime

STAMPED = {
    "attempt": "started_at",
    "bank_load": "loaded_at",
    "response": "saved_at",
    "sign_in": "created_at",
}
"""Tables that tell when the site last wrote."""


def newest_stamp(connection: sa.Connection) -> datetime | None:
    """The newest moment that the site has written; None in an empty database."""
    have = set(sa.inspect(connection).get_table_names())
    newest = (
        connection.scalar(
            sa.select(sa.func.max(sa.column(column, UtcDateTime()))).select_from(sa.table(table))
        )
        for table, column in STAMPED.items()
        if table in have
    )
    return max((moment for moment in newest if moment is not None), default=None)
