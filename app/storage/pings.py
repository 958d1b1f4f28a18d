"""Whether a pooled connection lives still: asked before its use, unless it was used just now.

SQLAlchemy's own `pool_pre_ping` asks each time, which costs as much as a small statement. One that
breaks within the moment is found by the statement that meets it: that request is answered "busy",
and its page says it again.
"""

from time import monotonic

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

MOMENT_SECONDS = 1.0
USED_AT = "used_at"


def install_pings(engine: sa.Engine) -> None:
    """Ask each connection that has rested for longer than a moment."""
    dialect = engine.dialect
    failures = dialect.loaded_dbapi.Error

    def note_use(connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        del connection
        entry.info[USED_AT] = monotonic()

    def ask(
        connection: DBAPIConnection, entry: ConnectionPoolEntry, proxy: PoolProxiedConnection
    ) -> None:
        del proxy
        used_at = entry.info.get(USED_AT)
        if used_at is None or monotonic() - used_at <= MOMENT_SECONDS:  # None: it is new
            return
        try:
            dialect.do_ping(connection)
        except failures as error:
            message = "the connection is lost"
            raise InvalidatePoolError(message) from error

    sa.event.listen(engine, "checkin", note_use)
    sa.event.listen(engine, "checkout", ask)
