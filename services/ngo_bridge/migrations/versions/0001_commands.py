"""Which Idempotency-Keys were used: the bridge's first table, taken over where an older bridge made it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("command"):
        return
    op.create_table(
        "command",
        sa.Column("command_id", sa.String(36), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("first_at", sa.String(40), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("command")
