"""Makes consents live again that a restored ledger suspended, on the word of their discloser."""

from collections.abc import Collection

from consent_ledger import rules, store
from consent_ledger.ledger import Ledger, Operation
from consent_ledger.records import Consent
from consent_ledger.refusals import Denied, Refusal, UnknownConsent, answer_or_raise


def confirm(ledger: Ledger, asker: str, consent_ids: Collection[str]) -> list[Consent]:
    """Each with its partner as they stand now; one that ended stays ended, one that is live stays live.

    The discloser says that the person did not withdraw it: only the programme that she gave it to knows
    of a withdrawal that this ledger forgot. Raises UnknownConsent, Denied; then none is confirmed.
    """
    with ledger.operation() as operation:
        result = _confirm(ledger, operation, asker, set(consent_ids))
    return answer_or_raise(result)


def _confirm(ledger: Ledger, operation: Operation, asker: str, ids: set[str]) -> list[Consent] | Refusal:
    held = store.hold_pairs(operation.connection, ids)
    now, connection = operation.now, operation.connection
    hidden = [i for i in sorted(ids) if not rules.is_party(held.get(i), asker)]
    if hidden:
        operation.lines += [rules.denial_to_stranger(i, asker, now) for i in hidden]
        return UnknownConsent()
    foreign = [c for c in held.values() if not c.returns and c.discloser != asker]
    if foreign:
        operation.lines += [rules.noted(c, "denied", asker, now) for c in foreign]
        return Denied((rules.CONFIRMS,))
    waiting = [c for c in held.values() if c.standing == "suspended"]
    store.revive(connection, {c.consent_id for c in waiting})
    ledger.new_keys(operation, _without_key(operation, waiting))
    operation.lines += [rules.noted(c, "confirmed", asker, now) for c in waiting]
    return [c for c in store.hold_pairs(connection, ids).values() if c.consent_id in ids]


def _without_key(operation: Operation, waiting: Collection[Consent]) -> list[Consent]:
    """Those whose key was gone with its epoch: new parts can be sealed, the old ones stay shut."""
    keyed = store.keys_of(operation.connection, {c.consent_id for c in waiting})
    return [c for c in waiting if c.consent_id not in keyed]
