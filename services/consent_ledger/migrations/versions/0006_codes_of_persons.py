"""Codes that persons are told, and the sessions of their own page that those open."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_DIGEST = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "survivor_codes",
        sa.Column("mark", _DIGEST, primary_key=True),
        sa.Column("request_id", sa.String(36), nullable=False),
        sa.Column("discloser", sa.String(64), nullable=False),
        sa.Column("subject_token", sa.String(128), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("session", _DIGEST),
    )
    op.create_index("survivor_codes_of", "survivor_codes", ["discloser", "subject_token"])
    op.create_table(
        "survivor_sessions",
        sa.Column("digest", _DIGEST, primary_key=True),
        sa.Column("request_id", sa.String(36), nullable=False),
        sa.Column("discloser", sa.String(64), nullable=False),
        sa.Column("subject_token", sa.String(128), nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("viewed_at", sa.BigInteger),
    )
    op.create_index("survivor_sessions_of", "survivor_sessions", ["discloser", "subject_token"])


def downgrade() -> None:
    """Codes and sessions go: an older ledger has no use for them, and a person asks for a new code."""
    op.execute("DELETE FROM consent_keys WHERE consent_id = 'survivor-codes'")
    op.drop_table("survivor_sessions")
    op.drop_table("survivor_codes")
