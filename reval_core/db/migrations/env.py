"""Runs the migration steps on the connection that `schema.upgrade` hands over."""

from alembic import context

from reval_core.db.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
