"""Which revision of the schema a database has, and bringing it to another one."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from app.storage.database import db

MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = "head"


def newest_revision() -> str:
    """The revision that this version of PeerPrep works with."""
    return _scripts().get_current_head() or ""


def is_known(revision: str) -> bool:
    """Whether this version of PeerPrep has the revision: a newer one's it has not."""
    try:
        return _scripts().get_revision(revision) is not None
    except CommandError:
        return False


def revision_of(connection: sa.Connection) -> str | None:
    """The database's revision; None where it has no schema."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(connection: sa.Connection, target: str = NEWEST) -> None:
    """Bring the schema up to `target`, inside the connection's own transaction."""
    config, scripts = Config(), _scripts()

    def steps(revision: Any, context: MigrationContext) -> list[Any]:  # noqa: ANN401 (Alembic's)
        del context
        # Alembic's own `upgrade` does the same, but only through env.py and its own connection.
        return scripts._upgrade_revs(target, revision)  # noqa: SLF001

    with EnvironmentContext(config, scripts, fn=steps, destination_rev=target) as environment:
        environment.configure(
            connection=connection, target_metadata=db.metadata, render_as_batch=True
        )
        environment.run_migrations()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))
