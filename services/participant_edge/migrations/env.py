"""Runs the steps on the connection that `migrating.py` hands over."""

from alembic import context

from participant_edge.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
