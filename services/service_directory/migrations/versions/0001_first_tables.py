"""Listings, the outbox, and what publishers said."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.String(100)
_KEY = sa.String(160)
_SLUG = sa.String(64)
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "listings",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("record", _SLUG, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("key", _KEY, nullable=False, index=True),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("record", _SLUG, nullable=False),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "organizations",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("participant_id", _SLUG),
    )
    op.create_table(
        "services",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("programme_id", _SLUG, index=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "imports",
        sa.Column("import_id", sa.String(36), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("applied", sa.Boolean, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in ("imports", "services", "organizations", "outbox", "listings"):
        op.drop_table(table)
