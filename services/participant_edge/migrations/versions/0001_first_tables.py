"""The first tables: commands, consents, referrals, the inbox, withdrawals and pinned keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _commands()
    _consents()
    _referrals()
    _inbox()
    _pins()


def downgrade() -> None:
    for table in (
        "pins",
        "inbox",
        "refusals",
        "steps",
        "referrals",
        "withdrawals",
        "endings",
        "consents",
        "commands",
    ):
        op.drop_table(table)


def _text(name: str, **options: bool) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False, **options)  # type: ignore[arg-type]


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _bytes(name: str, *, nullable: bool = True) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


def _commands() -> None:
    op.create_table(
        "commands",
        _text("command_id", primary_key=True),
        _bytes("fingerprint", nullable=False),
        _text("kind"),
        _text("event_id", unique=True),
        _text("state"),
        sa.Column("referral_id", sa.String),
        sa.Column("consent_id", sa.String),
        _text("programme_from"),
        _text("programme_to"),
        _text("intent"),
        _bytes("prepared"),
        sa.Column("code", sa.String),
        _number("created_at"),
        _number("attempts"),
        _number("next_try_at"),
        sa.Index("commands_open", "state", "next_try_at"),
    )


def _consents() -> None:
    op.create_table(
        "consents",
        _text("consent_id", primary_key=True),
        _text("return_consent_id", unique=True),
        _text("referral_id", unique=True),
        _text("discloser"),
        _text("recipient"),
        _number("ends_at"),
        _text("standing"),
        _bytes("memory"),
    )
    op.create_table(
        "endings",
        _text("consent_id", primary_key=True),
        _text("referral_id"),
        _text("event_id"),
        _text("ending"),
        _text("programme"),
        _number("ended_at"),
    )
    op.create_table(
        "withdrawals",
        _text("consent_id", primary_key=True),
        _text("referral_id"),
        _number("asked_at"),
        _number("in_force_at", nullable=True),
        _bytes("opened_before"),
        _number("attempts"),
        _number("next_try_at"),
    )


def _referrals() -> None:
    op.create_table(
        "referrals",
        _text("referral_id", primary_key=True),
        _number("changed"),
        _text("direction"),
        _text("programme_from"),
        _text("programme_to"),
        _text("consent_id"),
        _text("return_consent_id"),
        _text("state"),
        sa.Column("sub_state", sa.String),
        _text("urgency"),
        _number("answer_by", nullable=True),
        _text("standing"),
        sa.Column("purge", sa.String),
        _text("overdue"),
        _number("updated_at"),
        sa.Column("traceparent", sa.String),
        sa.Index("referrals_changed", "changed"),
    )
    op.create_table(
        "steps",
        sa.Column("place", _SEQUENCE, primary_key=True),
        _text("referral_id"),
        _text("event_id"),
        _text("kind"),
        _text("what"),
        _text("programme"),
        _number("at"),
        sa.Column("pending", sa.Boolean, nullable=False),
        sa.UniqueConstraint("referral_id", "event_id", "kind"),
    )
    op.create_table("refusals", _text("event_id", primary_key=True), _text("code"), _number("at"))


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("place", _SEQUENCE, primary_key=True),
        _text("participant"),
        _text("event_id"),
        _text("ce_type"),
        _text("what"),
        sa.Column("referral_id", sa.String),
        sa.Column("consent_id", sa.String),
        _text("programme_from"),
        _text("programme_to"),
        _number("occurred_at"),
        _number("received_at"),
        _text("topic"),
        _number("partition"),
        _number("offset"),
        sa.Column("first", sa.Boolean, nullable=False),
        _text("state"),
        _number("parts"),
        _bytes("value"),
        _bytes("signature"),
        _text("key_id"),
        sa.Column("traceparent", sa.String),
        _number("attempts"),
        _number("next_try_at"),
        _number("delivered_at", nullable=True),
        _text("delivered"),
        sa.Column("code", sa.String),
        sa.UniqueConstraint("participant", "event_id"),
        sa.Index("inbox_waiting", "state", "place"),
        sa.Index("inbox_referral", "referral_id"),
    )


def _pins() -> None:
    op.create_table(
        "pins",
        _text("programme", primary_key=True),
        _text("key_id", primary_key=True),
        _text("state"),
        _bytes("signing_key", nullable=False),
        _bytes("sealing_key"),
        _number("seen_at"),
    )
