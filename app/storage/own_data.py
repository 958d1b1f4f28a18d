"""Everything that hangs on a person, found by walking the foreign keys.

The walk follows what deletion follows: keys that cascade. So a new table is in the download as
soon as it is in the database, and what is downloaded is what deletion deletes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from app.storage.database import Base, db
from app.storage.people import PersonRow

SECRET = frozenset(
    {
        "credential_id",
        "fs_uniquifier",
        "fs_webauthn_user_handle",
        "mf_recovery_codes",
        "password",
        "public_key",
        "tf_last_counter",
        "tf_totp_secret",
        "token_hash",
        "writer",
    }
)
"""Columns that prove who one is; a download would only spread them."""


def rows_of(person_id: int) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Each table with the person's rows in it, without secrets."""
    for table, condition in tables_of(person_id):
        shown = [column for column in table.columns if column.name not in SECRET]
        chosen = sa.select(*shown).where(condition)
        yield table.name, [dict(row) for row in db.session.execute(chosen).mappings()]


def tables_of(person_id: int) -> Iterator[tuple[sa.Table, sa.ColumnElement[bool]]]:
    """Each table that can hold rows of the person, with the condition that finds them."""
    person = PersonRow.__table__
    found: dict[sa.Table | sa.FromClause, sa.ColumnElement[bool]] = {
        person: person.c.id == person_id
    }
    for table in Base.metadata.sorted_tables:
        links = [
            key.parent.in_(sa.select(key.column).where(found[key.column.table]))
            for key in table.foreign_keys
            if key.ondelete == "CASCADE" and key.column.table in found
        ]
        if links:
            found[table] = sa.or_(*links)
        if table in found:
            yield table, found[table]
