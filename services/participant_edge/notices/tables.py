"""Tables of notices: routing fields, times, and what was sent through which gateway."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

metadata = MetaData()

VERSION_TABLE = "notice_migrations"
"""Where Alembic remembers its step: the edge's own tables may stand in the same database."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Sequence = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """A UTC time, kept as whole milliseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """To milliseconds."""
        return None if value is None else (value - _EPOCH) // timedelta(milliseconds=1)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """From milliseconds."""
        return None if value is None else _EPOCH + timedelta(milliseconds=value)


def _text(name: str, length: int = 64, **options: Any) -> Column[str]:
    return Column(name, String(length), nullable=False, **options)


def _when(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=nullable)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


matters = Table(
    "notice_matters",
    metadata,
    Column("number", _Sequence, primary_key=True, autoincrement=True),
    _text("kind"),
    _text("referral_id", 36),
    _text("cause", 36),
    _text("urgency", 16),
    _when("since"),
    _text("state", 16),  # open, acknowledged, ended
    _when("loud_at", nullable=True),
    _when("ended_at", nullable=True),
    Index("notice_matters_once", "referral_id", "kind", "cause", unique=True),
    Index("notice_matters_open", "state"),
    sqlite_autoincrement=True,
)

steps = Table(
    "notice_steps",
    metadata,
    Column("matter", BigInteger, primary_key=True, autoincrement=False),
    _text("rung", 160, primary_key=True),
    _text("state", 16),  # planned, sent, given-up
    _count("attempts"),
    _when("planned_at"),
    _when("next_try_at"),
    _when("sent_at", nullable=True),
    Column("code", String(64)),
)

# One row for each way out that was ever used: e-mail, SMS, each contact's webhook.
gateways = Table(
    "notice_gateways",
    metadata,
    _text("name", 96, primary_key=True),
    _count("failures"),  # one after another; 0: it works
    _when("next_try_at"),
    _when("failing_since", nullable=True),
    Column("code", String(64)),
)

# One row: how far the edge's changes were read.
reading = Table(
    "notice_reading",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    _count("number"),
    _text("event_id", 36),
)

# Where a participant's own systems want to be told. `secrets`: protected JSON.
endpoints = Table(
    "notice_endpoints",
    metadata,
    _text("id", 36, primary_key=True),
    _text("url", 2048),
    Column("secrets", LargeBinary, nullable=False),
    Column("kinds", Text, nullable=False),
    _when("created_at"),
    _count("after"),  # number of the last change that it took
    _text("after_event", 36),
    _count("failures"),
    _when("next_try_at"),
    _when("failing_since", nullable=True),
    _when("stopped_at", nullable=True),
    Column("code", String(64)),
)
