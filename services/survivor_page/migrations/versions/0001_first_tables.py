"""What is to be taken back, and what is to be said."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "taken_back",
        sa.Column("consent_id", sa.String(36), primary_key=True),
        sa.Column("session", sa.LargeBinary, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "sayings",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False, index=True),
    )


def downgrade() -> None:
    op.drop_table("sayings")
    op.drop_table("taken_back")
