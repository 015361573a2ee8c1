"""The directory's own tables."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, String, Table, Text

NEWEST = "head"
_ID = String(100)
_KEY = String(160)
_SLUG = String(64)
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

listings = Table(
    "listings",
    metadata,
    Column("key", _KEY, primary_key=True),
    Column("event_id", String(36), nullable=False),
    Column("record", _SLUG, nullable=False),
    Column("value", LargeBinary, nullable=False),
)
"""What stands in the topic, or will once the outbox is empty; by the key of its record there."""

outbox = Table(
    "outbox",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("key", _KEY, nullable=False, index=True),
    Column("event_id", String(36), nullable=False),
    Column("record", _SLUG, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("value", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""What the broker has not acknowledged yet, oldest first."""

organizations = Table(
    "organizations",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("participant_id", _SLUG),
)

services = Table(
    "services",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("programme_id", _SLUG, index=True),
    Column("document", Text, nullable=False),
)
"""What publishers' records say, scrubbed while reading: names, codes, a region, a date."""

imports = Table(
    "imports",
    metadata,
    Column("import_id", String(36), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("applied", Boolean, nullable=False),
    Column("report", Text, nullable=False),
)

key_changes = Table(
    "key_changes",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("programme_id", _SLUG, nullable=False),
    Column("old_key_id", _SLUG, nullable=False),
    Column("new_key_id", _SLUG, nullable=False),
    Column("vouched_by", String(8), nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Evidence: which key replaced which, and whether the old `key` or a `person` vouched for it."""
