"""Grounds of law, what a restored ledger must know, and no emptying of the disclosures."""

import sqlalchemy as sa
from alembic import op

from consent_ledger.database import CannotStepBack

revision = "0002"
down_revision = "0001"

_ID = sa.String(36)
_SLUG = sa.String(64)
_STRANGE = {
    "grounds of law": "SELECT count(*) FROM consents WHERE ground IS NOT NULL",
    "consents that wait for a confirmation": "SELECT count(*) FROM consents WHERE standing = 'suspended'",
    "consents that a backup did not hold": "SELECT count(*) FROM missing_consents",
}
"""What the ledger of 0001 would take for something else."""


def upgrade() -> None:
    with op.batch_alter_table("consents") as consents:
        consents.add_column(sa.Column("ground", sa.String(32)))
        consents.add_column(sa.Column("statute", sa.String(200)))
        consents.add_column(sa.Column("jurisdiction", sa.String(100)))
        consents.alter_column("ends_at", existing_type=sa.BigInteger, nullable=True)
    op.create_table(
        "missing_consents",
        sa.Column("consent_id", _ID, primary_key=True),
        sa.Column("referral_id", _ID, nullable=False, index=True),
        sa.Column("discloser", _SLUG, nullable=False),
        sa.Column("recipient", _SLUG, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER disclosures_not_emptied BEFORE TRUNCATE ON disclosures "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for what, counted in _STRANGE.items():
        if op.get_bind().exec_driver_sql(counted).scalar():
            raise CannotStepBack(f"an older ledger cannot hold {what}; keep this one")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER disclosures_not_emptied ON disclosures")
    op.drop_table("missing_consents")
    with op.batch_alter_table("consents") as consents:
        consents.alter_column("ends_at", existing_type=sa.BigInteger, nullable=False)
        consents.drop_column("jurisdiction")
        consents.drop_column("statute")
        consents.drop_column("ground")
