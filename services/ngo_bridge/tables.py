"""The bridge's tables: keys used, tokens, and who of the NGO signs in. Nothing about a person it serves."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

# Times are ISO 8601, UTC, so that text order is time order.
command = Table(
    "command",
    metadata,
    Column("command_id", String(36), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("first_at", String(40), nullable=False),
)

# A row stays after its token was revoked: the audit names it.
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

# A row stays after its account was taken away: a name in the audit must never mean somebody else.
caseworker = Table(
    "caseworker",
    metadata,
    Column("caseworker_id", String(36), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("password", String(200), nullable=False),
    Column("codes", LargeBinary, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("added_at", String(40), nullable=False),
    Column("revoked_at", String(40)),
    Column("last_signed_in_on", String(10)),
)

session = Table(
    "session",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("caseworker_id", String(36), nullable=False, index=True),
    Column("started_at", String(40), nullable=False),
    Column("seen_at", String(40), nullable=False),
)

sign_in_wait = Table(
    "sign_in_wait",
    metadata,
    Column("mark", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", String(40), nullable=False, index=True),
    Column("waits_until", String(40), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", String(40), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("actor", String(48)),
    Column("about", String(48)),
    Column("what", String(96)),
)
