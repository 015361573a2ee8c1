"""The ledger's tables. Times are milliseconds since 1970, UTC; lists are JSON text."""

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
    Text,
)

metadata = MetaData()

_Sequence = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows only in a column of its own INTEGER."""


def _id(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    return Column(name, String(36), primary_key=primary_key, nullable=nullable)


def _slug(name: str) -> Column[str]:
    return Column(name, String(64), nullable=False)


def _time(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


consents = Table(
    "consents",
    metadata,
    _id("consent_id", primary_key=True),
    Column("partner_id", String(36), nullable=False, unique=True),
    Column("referral_id", String(36), nullable=False, index=True),
    _slug("discloser"),
    _slug("recipient"),
    _flag("returns"),
    Column("subject_token", String(128)),
    Column("purpose", String(64), nullable=False),
    Column("data_classes", Text, nullable=False),
    Column("funding_streams", Text, nullable=False),
    Column("signer", String(16), nullable=False),
    _flag("signer_is_abuser"),
    _flag("subject_is_minor"),
    _flag("minor_may_sign_alone"),
    _flag("minor_signed"),
    _flag("services_conditioned"),
    Column("form_commitment", LargeBinary, nullable=False),
    Column("language", String(35), nullable=False),
    _time("explained_at"),
    _time("signed_at"),
    _time("ends_at", nullable=True),
    _time("given_at"),
    Column("standing", String(16), nullable=False),
    _time("ended_at", nullable=True),
    Column("ended_after", BigInteger),
    Column("ground", String(32)),
    Column("statute", String(200)),
    Column("jurisdiction", String(100)),
    _flag("intermediary_named"),
    Column("exception_1367", String(32), nullable=False),
    Column("official_class", String(32), nullable=False),
    Column("compelled_by", String(16), nullable=False),
    _flag("notice_attempted"),
    Index("consents_of_a_subject", "discloser", "subject_token"),
    Index("consents_by_end", "standing", "ends_at"),
)
"""`ended_after`: seconds of steady clock that the ledger had seen when an end by date was noticed.
`ground`: what stands in place of a consent; only such a row may have no end.
"""

consent_keys = Table(
    "consent_keys",
    metadata,
    _id("consent_id", primary_key=True),
    Column("version", Integer, nullable=False),
    Column("epoch", Integer, nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
)
"""One key a consent, wrapped under an epoch key that stands outside the database; no row: destroyed."""

disclosures = Table(
    "disclosures",
    metadata,
    Column("number", _Sequence, primary_key=True, autoincrement=True),
    Column("consent_id", String(36), nullable=False, index=True),
    _id("referral_id", nullable=True),
    Column("recipient", String(64)),
    _slug("asked_by"),
    Column("kind", String(16), nullable=False),
    Column("data_class", String(64)),
    _time("at"),
    sqlite_autoincrement=True,
)
"""Who gave, sealed, opened, was denied, withdrew, and what expired. Rows are added only."""

outbox = Table(
    "outbox",
    metadata,
    Column("number", _Sequence, primary_key=True, autoincrement=True),
    Column("event_id", String(36), nullable=False, unique=True),
    _id("consent_id"),
    _id("referral_id"),
    Column("headers", Text, nullable=False),
    Column("value", LargeBinary, nullable=False),
    _time("acknowledged_at", nullable=True),
    Index("outbox_waiting", "acknowledged_at", "number"),
    sqlite_autoincrement=True,
)
"""Facts on their way to the topic `consents`, written in the transaction that made them true."""

ledger_time = Table(
    "ledger_time",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    _id("ledger_id"),
    _time("latest"),
    Column("steady_seconds", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    _time("epoch_since"),
)
"""One row: which ledger this is, the latest time seen, how long the clock was steady, the epoch in force."""

pinned_keys = Table(
    "pinned_keys",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("key_id", String(64), nullable=False),
    Column("signing_key", LargeBinary, nullable=False),
    _time("pinned_at"),
    Column("participant", String(64)),
)
"""The signing key of each programme as first seen; another one needs more than a listing. An expelled
participant's are gone. `participant`: who runs it, as listed last."""

missing_consents = Table(
    "missing_consents",
    metadata,
    _id("consent_id", primary_key=True),
    Column("referral_id", String(36), nullable=False, index=True),
    _slug("discloser"),
    _slug("recipient"),
    _time("ended_at", nullable=True),
)
"""What was told on the topic `consents` and was not in the backup that this ledger was restored from."""

evidence_log = Table(
    "evidence_log",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("peaks", LargeBinary, nullable=False),
    Column("policy", String(64)),
)
"""One row: how many leaves there are, the hashes of the complete subtrees that they make, widest first, and
the digest of the policies last loaded. Whoever adds a leaf holds it until the commit.
"""

evidence_leaves = Table(
    "evidence_leaves",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(36), nullable=False, index=True),
    Column("leaf", Text, nullable=False),
    Column("disclosure", BigInteger, unique=True),
    Column("facts", Text),
)
"""`leaf`: what is hashed, and anyone may see. What it commits to stands in `disclosures`, or in `facts` where
it concerns no person. Rows are added only.
"""

evidence_nodes = Table(
    "evidence_nodes",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)
"""Hashes of complete subtrees of two leaves and more (RFC 6962): a proof reads a few. Rows are added only."""

evidence_keys = Table(
    "evidence_keys",
    metadata,
    Column("subject", String(36), primary_key=True),
    Column("key", LargeBinary, nullable=False),
    _time("made_at"),
)
"""With which a subject's leaves commit to their facts; no row: destroyed, and nothing opens them any more."""

evidence_checkpoints = Table(
    "evidence_checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    _time("at"),
)
"""Signed statements of size and root, as C2SP signed notes. Rows are added only."""

survivor_codes = Table(
    "survivor_codes",
    metadata,
    Column("mark", String(64), primary_key=True),
    _id("request_id"),
    _slug("discloser"),
    Column("subject_token", String(128), nullable=False),
    _time("expires_at"),
    Column("session", String(64)),
    Index("survivor_codes_of", "discloser", "subject_token"),
)
"""Codes that persons were told, as keyed marks. `session`: digest of the one that it was used up for."""

survivor_sessions = Table(
    "survivor_sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    _id("request_id"),
    _slug("discloser"),
    Column("subject_token", String(128), nullable=False),
    _time("opened_at"),
    _time("expires_at"),
    _time("viewed_at", nullable=True),
    Index("survivor_sessions_of", "discloser", "subject_token"),
)
"""Sessions of the persons' own page, as digests; gone a week after they were opened."""
