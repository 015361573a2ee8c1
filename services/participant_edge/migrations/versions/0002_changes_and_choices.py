"""Numbered changes, choices among acceptances, legal grounds, reasons, and what long lists need."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_INDEXES = (
    ("commands_referral", "commands", "referral_id"),
    ("steps_event", "steps", "event_id"),
    ("withdrawals_referral", "withdrawals", "referral_id"),
)


def upgrade() -> None:
    _tables()
    op.add_column("consents", sa.Column("ground", sa.String, nullable=False, server_default=""))
    op.add_column("referrals", sa.Column("reason", sa.LargeBinary))
    op.add_column("referrals", sa.Column("kind", sa.String, nullable=False, server_default=""))
    # Until now nothing else opened a referral.
    op.execute("UPDATE referrals SET kind = 'ReferralOffered' WHERE urgency <> 'unspecified'")
    for name, table, column in _INDEXES:
        op.create_index(name, table, [column])


def downgrade() -> None:
    for name, table, _ in _INDEXES:
        op.drop_index(name, table)
    op.drop_column("referrals", "kind")
    op.drop_column("referrals", "reason")
    op.drop_column("consents", "ground")
    op.drop_table("choices")
    op.drop_table("changes")


def _tables() -> None:
    op.create_table(
        "changes",
        sa.Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("referral_id", sa.String),
        sa.Column("event_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("direction", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Index("changes_at", "at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "choices",
        sa.Column("referral_id", sa.String, primary_key=True),
        sa.Column("memory", sa.LargeBinary, nullable=False),
        sa.Column("picked", sa.Boolean, nullable=False),
    )
