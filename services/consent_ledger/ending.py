"""Ends consents: withdrawn by the discloser, or expired by date; and destroys their keys."""

from dataclasses import dataclass
from datetime import datetime

from consent_ledger import rules, store
from consent_ledger.ledger import Ledger, Operation
from consent_ledger.records import Consent, Disclosure
from consent_ledger.refusals import Denied, Refusal, UnknownConsent, answer_or_raise
from referral_exchange.events import ConsentExpired, ConsentWithdrawn

AT_ONCE = 500
"""Consents that expire in one transaction; others wait for the next."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Both consents of a form ended. `opened_before`: every opening there ever was, overlapping ones too."""

    consent: Consent
    in_force_at: datetime
    opened_before: list[Disclosure]


def withdraw(ledger: Ledger, asker: str, consent_id: str, traceparent: str | None = None) -> Withdrawn:
    """Ends the consent and its partner and destroys their keys; repeated, answers the same.

    In force when this returns: an open either committed before, and is listed, or is refused.
    Raises UnknownConsent, Denied.
    """
    with ledger.operation() as operation:
        result = _withdraw(ledger, operation, asker, consent_id, traceparent)
    ledger.faults.reach("consent_ledger:withdraw-committed")
    return answer_or_raise(result)


def _withdraw(
    ledger: Ledger, operation: Operation, asker: str, consent_id: str, traceparent: str | None
) -> Withdrawn | Refusal:
    pair = store.hold_pairs(operation.connection, {consent_id})
    signed = next((c for c in pair.values() if not c.returns), None)
    if signed is None or not rules.is_party(signed, asker):
        operation.lines.append(rules.denial_to_stranger(consent_id, asker, operation.now))
        return UnknownConsent()
    if asker != signed.discloser:
        operation.lines.append(rules.noted(signed, "denied", asker, operation.now))
        return Denied((rules.WITHDRAWS,))
    opened = store.noted(operation.connection, set(pair), "opened")
    if signed.standing == "withdrawn" and signed.ended_at is not None:
        return Withdrawn(signed, signed.ended_at, opened)
    _end_both(ledger, operation, asker, pair, traceparent)
    return Withdrawn(signed, operation.now, opened)


def _end_both(
    ledger: Ledger, operation: Operation, asker: str, pair: dict[str, Consent], traceparent: str | None
) -> None:
    now = operation.now
    store.end(operation.connection, set(pair), "withdrawn", now)
    store.destroy_keys(operation.connection, set(pair))
    facts = [ledger.facts.ended(ConsentWithdrawn, c, now, traceparent) for c in pair.values()]
    store.send(operation.connection, facts)
    operation.lines += [rules.noted(c, "withdrawn", asker, now) for c in pair.values()]


def expire(ledger: Ledger, steady_seconds: int) -> int:
    """Ends consents whose date has come, `AT_ONCE` at most; returns how many. Their keys stay for now."""
    with ledger.operation() as operation:
        due = store.hold_due(operation.connection, operation.now, AT_ONCE)
        if due:
            store.end(operation.connection, set(due), "expired", operation.now, steady_seconds)
            facts = [ledger.facts.ended(ConsentExpired, c, operation.now) for c in due.values()]
            store.send(operation.connection, facts)
            operation.lines += [
                rules.noted(c, "expired", ledger.facts.signer.programme, operation.now) for c in due.values()
            ]
    return len(due)


def destroy_expired(ledger: Ledger, steady_seconds: int) -> int:
    """Destroys the keys of consents that expired long enough ago; returns how many."""
    with ledger.operation() as operation:
        expired = store.hold_expired_with_key(operation.connection)
        doomed = {i for i, c in expired.items() if rules.may_destroy(c, operation.now, steady_seconds)}
        if doomed:
            store.destroy_keys(operation.connection, doomed)
    return len(doomed)
