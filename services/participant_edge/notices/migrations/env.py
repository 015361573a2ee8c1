"""Runs the steps on the connection that `store.migrate` hands over."""

from alembic import context

from participant_edge.notices.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
