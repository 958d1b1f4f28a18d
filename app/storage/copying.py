"""Whole tables as lines of text, alike on SQLite and PostgreSQL, and back again.

A line is one row: a JSON array of its values in the order of the columns. Moments and days are
ISO texts, bytes are base64, and a JSON value stands in a one-element array, which tells the JSON
`null` from no value. Rows come in primary-key order, texts by their bytes, so that equal tables
give equal lines, and equal hashes, whatever the database. The tables are read as they are in the
database, not as the code has them now: a copy may be older than the code.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

BATCH = 500
VERSIONS = "alembic_version"
Value = Any
"""One cell, in the database's form or the line's."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What two copies of a table must agree on."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


def tables(connection: sa.Connection) -> list[sa.Table]:
    """Every table but Alembic's, each after those that it refers to."""
    inspector = sa.inspect(connection)
    names = [name for name, _cycles in inspector.get_sorted_table_and_fkc_names() if name]
    return [_table(inspector, name) for name in names if name != VERSIONS]


def is_empty(connection: sa.Connection) -> bool:
    """Whether the database has no table at all."""
    return not sa.inspect(connection).get_table_names()


def lines(connection: sa.Connection, table: sa.Table) -> Iterator[bytes]:
    """The table's rows as lines."""
    encode = [_encoder(column.type) for column in table.columns]
    asked = _in_order(connection, table).execution_options(yield_per=BATCH)
    for row in connection.execute(asked):
        values = [
            None if value is None else code(value) for code, value in zip(encode, row, strict=True)
        ]
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        yield text.encode() + b"\n"


def fingerprint(table: sa.Table, found: Iterable[bytes]) -> Fingerprint:
    """Count and hash the table's lines."""
    digest, rows = hashlib.sha256(), 0
    for line in found:
        digest.update(line)
        rows += 1
    return Fingerprint(table.name, column_names(table), rows, digest.hexdigest())


def column_names(table: sa.Table) -> tuple[str, ...]:
    """The columns in their order."""
    return tuple(column.name for column in table.columns)


def insert(connection: sa.Connection, table: sa.Table, found: Iterable[bytes]) -> None:
    """Add the rows of the lines."""
    decode = {column.name: _decoder(column.type) for column in table.columns}
    waiting = iter(found)
    while batch := list(islice(waiting, BATCH)):
        rows = [
            {
                name: None if value is None else code(value)
                for (name, code), value in zip(decode.items(), json.loads(line), strict=True)
            }
            for line in batch
        ]
        connection.execute(sa.insert(table), rows)


def number_on(connection: sa.Connection, table: sa.Table) -> None:
    """Let PostgreSQL number new rows after those that came with numbers. SQLite does so anyway."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.columns:
        named = sa.func.pg_get_serial_sequence(table.name, column.name)
        sequence = connection.scalar(sa.select(named))
        if sequence is not None:
            following = sa.func.coalesce(sa.func.max(column), 0) + 1
            connection.execute(sa.select(sa.func.setval(sequence, following, sa.false())))


def _table(inspector: sa.Inspector, name: str) -> sa.Table:
    keys = set(inspector.get_pk_constraint(name)["constrained_columns"])
    found = ((column["name"], column["type"]) for column in inspector.get_columns(name))
    columns = (sa.Column(one, _bound(kind), primary_key=one in keys) for one, kind in found)
    return sa.Table(name, sa.MetaData(), *columns)


def _bound(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    return sa.JSON(none_as_null=True) if isinstance(kind, sa.JSON) else kind


def _in_order(connection: sa.Connection, table: sa.Table) -> sa.Select[Any]:
    by_bytes = connection.dialect.name == "postgresql"
    read = [
        sa.cast(column, sa.Text) if isinstance(column.type, sa.JSON) else column
        for column in table.columns
    ]
    order = [
        sa.collate(column, "C") if by_bytes and isinstance(column.type, sa.String) else column
        for column in table.primary_key
    ]
    return sa.select(*read).order_by(*order)


def _encoder(kind: sa.types.TypeEngine[Any]) -> Callable[[Value], Value]:
    if isinstance(kind, sa.JSON):
        return lambda text: [json.loads(text)]
    if isinstance(kind, sa.DateTime):
        return lambda moment: moment.isoformat(timespec="microseconds")
    if isinstance(kind, sa.Date):
        return lambda day: day.isoformat()
    if isinstance(kind, sa.LargeBinary):
        return lambda content: base64.b64encode(content).decode()
    return float if isinstance(kind, sa.Float) else _unchanged


def _decoder(kind: sa.types.TypeEngine[Any]) -> Callable[[Value], Value]:
    if isinstance(kind, sa.JSON):
        return lambda wrapped: sa.JSON.NULL if wrapped[0] is None else wrapped[0]
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat
    if isinstance(kind, sa.Date):
        return date.fromisoformat
    if isinstance(kind, sa.LargeBinary):
        return base64.b64decode
    return _unchanged


def _unchanged(value: Value) -> Value:
    return value
