"""When what opens a leaf of evidence is destroyed: three years after the consent it is about has ended."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, or_, select

from consent_ledger import evidence_rows
from consent_ledger.evidence import EXCHANGE
from consent_ledger.ledger import Ledger
from consent_ledger.records import to_ms
from consent_ledger.tables import consents, evidence_keys

KEPT = timedelta(days=3 * 366)
"""For so long an accounting of disclosures may be asked for (42 CFR Part 2)."""

A_MONTH = timedelta(days=31)
AT_ONCE = 200


def forget_due(ledger: Ledger) -> int:
    """Destroys the keys whose time has come, `AT_ONCE` at most; how many.

    Called only while the clock runs steadily. The leaves stay and prove themselves, and say no more than a
    second and a kind. The disclosures are rows of their own and stay.
    """
    with ledger.database.snapshot() as connection:
        # Looked for beside the others: as a rule there is none.
        if not _due(connection, ledger.wall()):
            return 0
    with ledger.operation() as operation:
        due = _due(operation.connection, operation.now)
        evidence_rows.forget(operation.connection, due)
    return len(due)


def _due(connection: Connection, now: datetime) -> list[str]:
    ended = and_(consents.c.ended_at.is_not(None), consents.c.ended_at <= to_ms(now - KEPT))
    # What was refused before it was a consent, was lost with a backup, or is a month of strangers.
    of_none = and_(consents.c.consent_id.is_(None), evidence_keys.c.made_at <= to_ms(now - KEPT - A_MONTH))
    chosen = (
        select(evidence_keys.c.subject)
        .outerjoin(consents, consents.c.consent_id == evidence_keys.c.subject)
        .where(evidence_keys.c.subject != EXCHANGE, or_(ended, of_none))
    )
    return list(connection.execute(chosen.order_by(evidence_keys.c.subject).limit(AT_ONCE)).scalars())
