"""Tables of an edge's own database. Sealed bytes and routing fields; memory of own clients is encrypted."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)

NEWEST = "0002"
"""The migration that these tables stand at."""

_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """A UTC time, kept as whole milliseconds like the events' own times."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """To milliseconds since 1970."""
        return None if value is None else (value - _EPOCH) // timedelta(milliseconds=1)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """From milliseconds since 1970."""
        return None if value is None else _EPOCH + timedelta(milliseconds=value)


metadata = MetaData()


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, String, nullable=False, **options)


def _when(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, Instant, nullable=nullable)


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, BigInteger, nullable=False, default=default)


# What was asked of this edge: stored before anything leaves, so that a repeat is the same event.
commands = Table(
    "commands",
    metadata,
    _text("command_id", primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    _text("kind"),  # ce_type of its event, or `give`
    _text("event_id", unique=True),
    _text("state"),  # begun (own ones only), prepared, acknowledged, refused
    Column("referral_id", String),
    Column("consent_id", String),
    _text("programme_from", default=""),
    _text("programme_to", default=""),
    _text("intent", default=""),  # routing fields as JSON, of what the edge sends by itself
    Column("prepared", LargeBinary),  # framed event bytes, or a protected request to the ledger
    Column("code", String),
    _when("created_at"),
    _number("attempts"),
    _when("next_try_at"),
    Index("commands_open", "state", "next_try_at"),
    Index("commands_referral", "referral_id"),
)

# Consents that this edge gave. `memory`: protected JSON (subject token, classes, purpose, streams).
consents = Table(
    "consents",
    metadata,
    _text("consent_id", primary_key=True),
    _text("return_consent_id", unique=True),
    _text("referral_id", unique=True),
    _text("discloser"),
    _text("recipient"),
    _when("ends_at"),
    _text("standing"),  # asked, live, withdrawing, withdrawn, expired, refused
    Column("memory", LargeBinary),
    _text("ground", default=""),  # kind of the legal ground; empty for a consent
)

# Ends that came in, also of consents this edge has not seen yet: what comes later under them is not kept.
endings = Table(
    "endings",
    metadata,
    _text("consent_id", primary_key=True),
    _text("referral_id"),
    _text("event_id"),
    _text("ending"),
    _text("programme"),
    _when("ended_at"),
)

referrals = Table(
    "referrals",
    metadata,
    _text("referral_id", primary_key=True),
    _number("changed"),  # counts up; the order and the cursor of lists
    _text("direction"),
    _text("programme_from"),
    _text("programme_to"),
    _text("consent_id"),
    _text("return_consent_id"),
    _text("state"),
    Column("sub_state", String),
    _text("urgency"),
    _when("answer_by", nullable=True),
    _text("standing"),
    Column("purge", String),
    _text("overdue", default=""),  # names of clocks, one a line
    _when("updated_at"),
    Column("traceparent", String),
    _text("kind", default=""),  # record name of what opened it
    Column("reason", LargeBinary),  # protected: the code that came with a decline or a hold
    Index("referrals_changed", "changed"),
)

steps = Table(
    "steps",
    metadata,
    Column("place", _SEQUENCE, primary_key=True),
    _text("referral_id"),
    _text("event_id"),
    _text("kind"),
    _text("what"),
    _text("programme"),
    _when("at"),
    Column("pending", Boolean, nullable=False),  # own, and not known to be with the broker
    UniqueConstraint("referral_id", "event_id", "kind"),
    Index("steps_event", "event_id"),
)

# Own events that the router refused; a refusal may come in before its step is confirmed.
refusals = Table(
    "refusals",
    metadata,
    _text("event_id", primary_key=True),
    _text("code"),
    _when("at"),
)

# What came in, and the memory of its effect. `value`: the event's sealed bytes, erased when its consent ends.
inbox = Table(
    "inbox",
    metadata,
    Column("place", _SEQUENCE, primary_key=True),
    _text("participant"),
    _text("event_id"),
    _text("ce_type"),
    _text("what"),
    Column("referral_id", String),
    Column("consent_id", String),
    _text("programme_from"),
    _text("programme_to"),
    _when("occurred_at"),
    _when("received_at"),
    _text("topic"),
    _number("partition"),
    _number("offset"),
    Column("first", Boolean, nullable=False, default=False),  # overtakes the others
    _text("state"),  # waiting, delivered, shut, held
    _number("parts"),
    Column("value", LargeBinary),
    Column("signature", LargeBinary),  # of a held message, to be judged again
    _text("key_id", default=""),
    Column("traceparent", String),
    _number("attempts"),
    _when("next_try_at"),
    _when("delivered_at", nullable=True),
    _text("delivered", default="at-least-once"),
    Column("code", String),  # why it is shut
    UniqueConstraint("participant", "event_id"),
    Index("inbox_waiting", "state", "place"),
    Index("inbox_referral", "referral_id"),
)

withdrawals = Table(
    "withdrawals",
    metadata,
    _text("consent_id", primary_key=True),
    _text("referral_id"),
    _when("asked_at"),
    _when("in_force_at", nullable=True),
    Column("opened_before", LargeBinary),  # protected JSON
    _number("attempts"),
    _when("next_try_at"),
    Index("withdrawals_referral", "referral_id"),
)

# What this edge learnt and said, for those who follow it. Its numbers grow and are never used again.
changes = Table(
    "changes",
    metadata,
    Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("referral_id", String),
    _text("event_id"),
    _text("kind"),
    _text("what"),
    _text("direction"),
    _when("at"),
    Index("changes_at", "at"),
    sqlite_autoincrement=True,
)

# Referrals of one person among which one is picked. `memory`: protected, which ones belong together.
choices = Table(
    "choices",
    metadata,
    _text("referral_id", primary_key=True),
    Column("memory", LargeBinary, nullable=False),
    Column("picked", Boolean, nullable=False, default=False),
)

# Keys of other programmes: pinned on first sight; a later one is proposed until a human confirms it.
pins = Table(
    "pins",
    metadata,
    _text("programme", primary_key=True),
    _text("key_id", primary_key=True),
    _text("state"),  # pinned, proposed, retired
    Column("signing_key", LargeBinary, nullable=False),
    Column("sealing_key", LargeBinary),
    _when("seen_at"),
)
