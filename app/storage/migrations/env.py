"""Alembic's way into the application's database, on SQLite and PostgreSQL alike."""

from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db
with database.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_as_batch=True,
        compare_type=True,
        # SQLite can undo what a migration did, and the app's connections begin and end their
        # transactions themselves: all steps or none, as on PostgreSQL.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
