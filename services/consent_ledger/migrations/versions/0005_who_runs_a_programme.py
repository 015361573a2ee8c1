"""Who runs a programme, beside its pinned key: whose certificate its requests must come with."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # NULL until the directory, which tells it, was read once more.
    op.add_column("pinned_keys", sa.Column("participant", sa.String(64)))


def downgrade() -> None:
    with op.batch_alter_table("pinned_keys") as pinned_keys:
        pinned_keys.drop_column("participant")
