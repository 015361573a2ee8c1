"""What the operator does to the exchange, as leaves; and what the ledger holds of a programme."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from consent_ledger.evidence import Act
from consent_ledger.ledger import Ledger
from consent_ledger.refusals import Denied
from consent_ledger.tables import (
    consent_keys,
    consents,
    disclosures,
    evidence_leaves,
    evidence_log,
    missing_consents,
    outbox,
    pinned_keys,
)
from referral_exchange.policy import Rule

OPERATOR = "operator"
"""The programme whose word counts here."""

ADMINISTERS = Rule("only-the-operator-administers", "exchange consent rule")


def administer(ledger: Ledger, asker: str, action: str, about: str) -> str:
    """Writes that the operator is about to do `action`; returns the leaf. Raises Denied."""
    require_operator(ledger, asker, action)
    with ledger.operation() as operation:
        operation.acts.append(Act("administration", {"action": action, "about": about}))
    return operation.leaves[-1]


def require_operator(ledger: Ledger, asker: str, action: str) -> None:
    """Raises Denied to anybody else, which is a leaf too."""
    if asker == OPERATOR:
        return
    with ledger.operation() as operation:
        if ledger.strangers.spend(asker):
            operation.acts.append(Act("administration-denied", {"asked_by": asker, "action": action}))
    raise Denied((ADMINISTERS,))


def policies_loaded(ledger: Ledger) -> bool:
    """Writes a leaf where the policies are not those of the last start; whether they are not."""
    digest = ledger.policy.digest
    with ledger.operation() as operation:
        before = operation.connection.execute(select(evidence_log.c.policy)).scalar_one()
        if before == digest:
            return False
        operation.connection.execute(update(evidence_log).values(policy=digest))
        operation.acts.append(Act("policy-changed", {"sha256": digest, "before": before}))
    return True


def tell_of_strangers(ledger: Ledger) -> None:
    """Writes how many refusals to strangers were not written each."""
    with ledger.strangers.counted() as counts:
        if not counts:
            return
        with ledger.operation() as operation:
            operation.acts += [
                Act("denials-counted", {"asked_by": programme, "count": count})
                for programme, count in sorted(counts.items())
            ]


def held(connection: Connection, programmes: Collection[str], most: int) -> dict[str, Any]:
    """What is held of these programmes: how many of each, and the tokens of `most` consents at most."""
    parties = or_(consents.c.discloser.in_(programmes), consents.c.recipient.in_(programmes))
    ours = select(consents.c.consent_id).where(parties)
    lines = select(disclosures.c.number).where(
        or_(disclosures.c.consent_id.in_(ours), disclosures.c.asked_by.in_(programmes))
    )
    missed = or_(missing_consents.c.discloser.in_(programmes), missing_consents.c.recipient.in_(programmes))
    waits = outbox.c.acknowledged_at.is_(None)
    pins = select(pinned_keys.c.programme, pinned_keys.c.key_id).where(
        pinned_keys.c.programme.in_(programmes)
    )
    return {
        "consents": _by(connection, consents.c.standing, parties, consents.c.ground.is_(None)),
        "grounds": _by(connection, consents.c.standing, parties, consents.c.ground.is_not(None)),
        "consents_lost_with_a_backup": _count(connection, missing_consents.c.consent_id, missed),
        "subjects": _subjects(connection, programmes),
        "consent_keys": _count(connection, consent_keys.c.consent_id, consent_keys.c.consent_id.in_(ours)),
        "disclosures": _by(connection, disclosures.c.kind, disclosures.c.number.in_(lines)),
        "evidence_leaves": _count(
            connection, evidence_leaves.c.number, evidence_leaves.c.disclosure.in_(lines)
        ),
        "facts_to_send": _count(connection, outbox.c.number, outbox.c.consent_id.in_(ours), waits),
        "facts_sent": _count(connection, outbox.c.number, outbox.c.consent_id.in_(ours), ~waits),
        "pinned_keys": {row.programme: row.key_id for row in connection.execute(pins)},
        "tokens": _tokens(connection, parties, most),
    }


def _by(connection: Connection, column: Any, *where: Any) -> dict[str, int]:
    chosen = select(column, func.count()).where(*where).group_by(column).order_by(column)
    return {row[0]: int(row[1]) for row in connection.execute(chosen)}


def _count(connection: Connection, column: Any, *where: Any) -> int:
    return int(connection.execute(select(func.count(column)).where(*where)).scalar_one())


def _subjects(connection: Connection, programmes: Collection[str]) -> int:
    tokens = func.count(consents.c.subject_token.distinct())
    return int(connection.execute(select(tokens).where(consents.c.discloser.in_(programmes))).scalar_one())


def _tokens(connection: Connection, parties: Any, most: int) -> list[dict[str, Any]]:
    named = ("consent_id", "referral_id", "discloser", "recipient", "standing", "given_at", "ended_at")
    chosen = select(*(consents.c[name] for name in named)).where(parties).order_by(consents.c.given_at)
    return [dict(row) for row in connection.execute(chosen.limit(most)).mappings()]
