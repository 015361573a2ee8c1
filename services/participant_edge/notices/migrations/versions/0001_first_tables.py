"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TABLES = ("notice_matters", "notice_steps", "notice_gateways", "notice_reading", "notice_endpoints")


def upgrade() -> None:
    _matters()
    _ways_out()
    _endpoints()


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


def _matters() -> None:
    op.create_table(
        "notice_matters",
        sa.Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("referral_id", sa.String(36), nullable=False),
        sa.Column("cause", sa.String(36), nullable=False),
        sa.Column("urgency", sa.String(16), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("loud_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Index("notice_matters_once", "referral_id", "kind", "cause", unique=True),
        sa.Index("notice_matters_open", "state"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "notice_steps",
        sa.Column("matter", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("rung", sa.String(160), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("planned_at", sa.BigInteger, nullable=False),
        sa.Column("next_try_at", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("code", sa.String(64)),
    )


def _ways_out() -> None:
    op.create_table(
        "notice_gateways",
        sa.Column("name", sa.String(96), primary_key=True),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("next_try_at", sa.BigInteger, nullable=False),
        sa.Column("failing_since", sa.BigInteger),
        sa.Column("code", sa.String(64)),
    )
    op.create_table(
        "notice_reading",
        sa.Column("only", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.String(36), nullable=False),
    )


def _endpoints() -> None:
    op.create_table(
        "notice_endpoints",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("url", sa.String(2048), nullable=False),
        sa.Column("secrets", sa.LargeBinary, nullable=False),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("after", sa.BigInteger, nullable=False),
        sa.Column("after_event", sa.String(36), nullable=False),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("next_try_at", sa.BigInteger, nullable=False),
        sa.Column("failing_since", sa.BigInteger),
        sa.Column("stopped_at", sa.BigInteger),
        sa.Column("code", sa.String(64)),
    )
