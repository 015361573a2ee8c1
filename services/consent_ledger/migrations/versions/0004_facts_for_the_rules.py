"""What rules of law ask of a consent or a ground beyond the first forms: Part 2, 8 USC 1367, compulsion."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from consent_ledger.database import CannotStepBack

revision = "0004"
down_revision = "0003"

_ADDED: dict[str, tuple[Any, Any]] = {
    "intermediary_named": (sa.Boolean, sa.false()),
    "exception_1367": (sa.String(32), ""),
    "official_class": (sa.String(32), ""),
    "compelled_by": (sa.String(16), ""),
    "notice_attempted": (sa.Boolean, sa.false()),
}
_STRANGE = {
    "compelled releases and legal holds": "ground IN ('compelled_release', 'legal_hold')",
    "consents that name the exchange as intermediary": "intermediary_named",
    "consents under an exception of 8 USC 1367": "exception_1367 <> '' OR official_class <> ''",
    "reports that no statute compels": "ground = 'mandated_report' AND compelled_by <> 'statute'",
}
"""What an older ledger would take for something else."""


def upgrade() -> None:
    with op.batch_alter_table("consents") as consents:
        for name, (kind, before) in _ADDED.items():
            consents.add_column(sa.Column(name, kind, nullable=False, server_default=before))
    # Until now a report stood on its statute, or was refused.
    op.execute("UPDATE consents SET compelled_by = 'statute' WHERE ground = 'mandated_report'")


def downgrade() -> None:
    for what, found in _STRANGE.items():
        if op.get_bind().exec_driver_sql(f"SELECT count(*) FROM consents WHERE {found}").scalar():
            raise CannotStepBack(f"an older ledger cannot hold {what}; keep this one")
    with op.batch_alter_table("consents") as consents:
        for name in reversed(_ADDED):
            consents.drop_column(name)
