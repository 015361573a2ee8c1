"""The first tables, and the guard that disclosures are only ever added."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.String(36)
_SLUG = sa.String(64)
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _consents()
    _facts()
    _upkeep()
    _append_only()


def downgrade() -> None:
    for kept in ("leaves", "nodes", "keys", "checkpoints", "log"):
        # A later step keeps its log when it is taken back; with everything else it goes.
        op.execute(f"DROP TABLE IF EXISTS evidence_{kept}")
    for table in ("pinned_keys", "ledger_time", "outbox", "disclosures", "consent_keys", "consents"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
        op.execute("DROP FUNCTION IF EXISTS refuse_change_of_evidence()")


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("consent_id", _ID, primary_key=True),
        sa.Column("partner_id", _ID, nullable=False, unique=True),
        sa.Column("referral_id", _ID, nullable=False, index=True),
        sa.Column("discloser", _SLUG, nullable=False),
        sa.Column("recipient", _SLUG, nullable=False),
        sa.Column("returns", sa.Boolean, nullable=False),
        sa.Column("subject_token", sa.String(128)),
        sa.Column("purpose", _SLUG, nullable=False),
        sa.Column("data_classes", sa.Text, nullable=False),
        sa.Column("funding_streams", sa.Text, nullable=False),
        sa.Column("signer", sa.String(16), nullable=False),
        sa.Column("signer_is_abuser", sa.Boolean, nullable=False),
        sa.Column("subject_is_minor", sa.Boolean, nullable=False),
        sa.Column("minor_may_sign_alone", sa.Boolean, nullable=False),
        sa.Column("minor_signed", sa.Boolean, nullable=False),
        sa.Column("services_conditioned", sa.Boolean, nullable=False),
        sa.Column("form_commitment", sa.LargeBinary, nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("explained_at", sa.BigInteger, nullable=False),
        sa.Column("signed_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ended_after", sa.BigInteger),
        sa.Index("consents_of_a_subject", "discloser", "subject_token"),
        sa.Index("consents_by_end", "standing", "ends_at"),
    )
    op.create_table(
        "consent_keys",
        sa.Column("consent_id", _ID, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False, index=True),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )


def _facts() -> None:
    op.create_table(
        "disclosures",
        sa.Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("consent_id", _ID, nullable=False, index=True),
        sa.Column("referral_id", _ID),
        sa.Column("recipient", _SLUG),
        sa.Column("asked_by", _SLUG, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("data_class", _SLUG),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "outbox",
        sa.Column("number", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("event_id", _ID, nullable=False, unique=True),
        sa.Column("consent_id", _ID, nullable=False),
        sa.Column("referral_id", _ID, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger),
        sa.Index("outbox_waiting", "acknowledged_at", "number"),
        sqlite_autoincrement=True,
    )


def _upkeep() -> None:
    ledger_time = op.create_table(
        "ledger_time",
        sa.Column("only", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("ledger_id", _ID, nullable=False),
        sa.Column("latest", sa.BigInteger, nullable=False),
        sa.Column("steady_seconds", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("epoch_since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "pinned_keys",
        sa.Column("programme", _SLUG, primary_key=True),
        sa.Column("key_id", _SLUG, nullable=False),
        sa.Column("signing_key", sa.LargeBinary, nullable=False),
        sa.Column("pinned_at", sa.BigInteger, nullable=False),
    )
    first = {"latest": 0, "steady_seconds": 0, "epoch": 0, "epoch_since": 0}
    op.bulk_insert(ledger_time, [{"only": 1, "ledger_id": str(uuid.uuid4()), **first}])


def _append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger AS "
            "$$ BEGIN RAISE EXCEPTION 'disclosures are only added'; END $$ LANGUAGE plpgsql"
        )
        op.execute(
            "CREATE TRIGGER disclosures_only_added BEFORE UPDATE OR DELETE ON disclosures "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER disclosures_no_{change.lower()} BEFORE {change} ON disclosures "
            "BEGIN SELECT RAISE(ABORT, 'disclosures are only added'); END"
        )
