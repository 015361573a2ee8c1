"""Ends consents: withdrawn by the discloser, or expired by date; and destroys their keys."""

from dataclasses import dataclass, replace
from datetime import datetime

from consent_ledger import missing, rules, store
from consent_ledger.ledger import Ledger, Operation
from consent_ledger.records import Consent, Disclosure, Missing
from consent_ledger.refusals import (
    Denied,
    GroundStands,
    NoGround,
    Refusal,
    UnknownConsent,
    answer_or_raise,
)
from referral_exchange.events import ConsentExpired, ConsentWithdrawn

AT_ONCE = 500
"""Consents that expire in one transaction; others wait for the next."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Both consents of a form ended. `opened_before`: every opening there ever was, overlapping ones too."""

    consent_id: str
    return_consent_id: str
    referral_id: str
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
    # Asked in any case, so that what exists and what does not take the same time.
    missed = missing.pair_to_end(operation.connection, consent_id, asker)
    if signed is None and missed:
        return _withdraw_missed(ledger, operation, asker, missed, traceparent)
    if signed is None or not rules.is_party(signed, asker):
        operation.lines.append(rules.denial_to_stranger(consent_id, asker, operation.now))
        return UnknownConsent()
    if asker != signed.discloser:
        operation.lines.append(rules.noted(signed, "denied", asker, operation.now))
        return Denied((rules.WITHDRAWS,))
    if signed.ground:
        operation.lines.append(rules.noted(signed, "denied", asker, operation.now))
        return GroundStands()
    return withdraw_pair(ledger, operation, asker, pair, traceparent)


def withdraw_pair(
    ledger: Ledger, operation: Operation, asker: str, pair: dict[str, Consent], traceparent: str | None
) -> Withdrawn:
    """Ends both within an operation, on the word of `asker`, who may do so; again: changes nothing."""
    signed = next(c for c in pair.values() if not c.returns)
    opened = store.noted(operation.connection, set(pair), "opened")
    in_force_at = operation.now
    if signed.standing == "withdrawn" and signed.ended_at is not None:
        in_force_at = signed.ended_at
    else:
        _withdraw_both(ledger, operation, asker, pair, traceparent)
    return Withdrawn(signed.consent_id, signed.partner_id, signed.referral_id, in_force_at, opened)


def _withdraw_missed(
    ledger: Ledger, operation: Operation, asker: str, missed: list[Missing], traceparent: str | None
) -> Withdrawn:
    """Ends what a backup did not hold: its keys are gone with it, but its recipient must hear of the end."""
    live = [m for m in missed if m.ended_at is None]
    missing.end(operation.connection, {m.consent_id for m in live}, operation.now)
    facts = [ledger.facts.ended(ConsentWithdrawn, m, operation.now, traceparent) for m in live]
    store.send(operation.connection, facts)
    operation.lines += [rules.noted(m, "withdrawn", asker, operation.now) for m in live]
    opened = store.noted(operation.connection, {m.consent_id for m in missed}, "opened")
    named, back = missed[0], missed[-1]
    in_force_at = named.ended_at or operation.now
    return Withdrawn(named.consent_id, back.consent_id, named.referral_id, in_force_at, opened)


def _withdraw_both(
    ledger: Ledger, operation: Operation, asker: str, pair: dict[str, Consent], traceparent: str | None
) -> None:
    now = operation.now
    store.end(operation.connection, set(pair), "withdrawn", now)
    store.destroy_keys(operation.connection, set(pair))
    facts = [ledger.facts.ended(ConsentWithdrawn, c, now, traceparent) for c in pair.values()]
    store.send(operation.connection, facts)
    operation.lines += [rules.noted(c, "withdrawn", asker, now) for c in pair.values()]


def close(ledger: Ledger, asker: str, ground_id: str, traceparent: str | None = None) -> Consent:
    """Ends a ground and what may come back under it, as its date would; repeated, answers the same.

    Nothing passes from the commit on, and no purge is asked for. Raises UnknownConsent, Denied, NoGround.
    """
    with ledger.operation() as operation:
        result = _close(ledger, operation, asker, ground_id, traceparent)
    return answer_or_raise(result)


def _close(
    ledger: Ledger, operation: Operation, asker: str, ground_id: str, traceparent: str | None
) -> Consent | Refusal:
    pair = store.hold_pairs(operation.connection, {ground_id})
    ground = next((c for c in pair.values() if not c.returns), None)
    if ground is None or not rules.is_party(ground, asker):
        operation.lines.append(rules.denial_to_stranger(ground_id, asker, operation.now))
        return UnknownConsent()
    if asker != ground.discloser or not ground.ground:
        operation.lines.append(rules.noted(ground, "denied", asker, operation.now))
        return Denied((rules.CLOSES,)) if asker != ground.discloser else NoGround()
    if ground.ended_at is not None:
        return ground
    steady = int(store.upkeep_row(operation.connection).steady_seconds)
    _expire(ledger, operation, pair, steady, traceparent)
    operation.lines += [rules.noted(c, "closed", asker, operation.now) for c in pair.values()]
    return replace(ground, standing="expired", ended_at=operation.now)


def expire(ledger: Ledger, steady_seconds: int) -> int:
    """Ends consents whose date has come, `AT_ONCE` at most; returns how many. Their keys stay for now."""
    with ledger.operation() as operation:
        due = store.hold_due(operation.connection, operation.now, AT_ONCE)
        if due:
            _expire(ledger, operation, due, steady_seconds)
            operation.lines += [
                rules.noted(c, "expired", ledger.facts.signer.programme, operation.now) for c in due.values()
            ]
    return len(due)


def _expire(
    ledger: Ledger,
    operation: Operation,
    due: dict[str, Consent],
    steady_seconds: int,
    traceparent: str | None = None,
) -> None:
    now = operation.now
    store.end(operation.connection, set(due), "expired", now, steady_seconds)
    store.send(
        operation.connection,
        [ledger.facts.ended(ConsentExpired, c, now, traceparent) for c in due.values()],
    )


def destroy_expired(ledger: Ledger, steady_seconds: int) -> int:
    """Destroys the keys of consents that expired long enough ago; returns how many."""
    with ledger.operation() as operation:
        expired = store.hold_expired_with_key(operation.connection)
        doomed = {i for i, c in expired.items() if rules.may_destroy(c, operation.now, steady_seconds)}
        if doomed:
            store.destroy_keys(operation.connection, doomed)
    return len(doomed)
