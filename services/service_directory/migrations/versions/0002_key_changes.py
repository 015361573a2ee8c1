"""Evidence of every key that replaced another."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SLUG = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "key_changes",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("programme_id", _SLUG, nullable=False),
        sa.Column("old_key_id", _SLUG, nullable=False),
        sa.Column("new_key_id", _SLUG, nullable=False),
        sa.Column("vouched_by", sa.String(8), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("key_changes")
