"""The bridge's tables: which keys were used, and which tokens may call. Nothing about a person."""

from sqlalchemy import Column, LargeBinary, MetaData, String, Table

metadata = MetaData()

# Times are ISO 8601, UTC, so that text order is time order.
command = Table(
    "command",
    metadata,
    Column("command_id", String(36), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("first_at", String(40), nullable=False),
)

# A row stays after its token was revoked: a bridge that once asked for tokens never stops by itself.
token = Table(
    "token",
    metadata,
    Column("token_id", String(36), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("issued_at", String(40), nullable=False),
    Column("ends_at", String(40)),
    Column("revoked_at", String(40)),
    Column("last_used_on", String(10)),
)
