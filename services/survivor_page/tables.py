"""What waits here until it was said or taken back: ids and programmes, never a person. Times in ms, UTC."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

taken_back = Table(
    "taken_back",
    metadata,
    Column("consent_id", String(36), primary_key=True),
    Column("session", LargeBinary, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False, index=True),
)
"""Consents that were taken back here and whose end the ledger has not said yet; then the row is gone.

`session`: encrypted under a key outside the database.
"""

sayings = Table(
    "sayings",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("fields", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False, index=True),
)
"""Questions and feedback on their way. Nothing joins feedback to a session: no id, and no hour."""
