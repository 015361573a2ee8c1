"""Ends what an expelled participant discloses or receives, batch by batch, until nothing is left."""

from collections.abc import Collection

from consent_ledger import missing, rules, store
from consent_ledger.ledger import Ledger, Operation
from consent_ledger.records import Consent
from referral_exchange.events import ConsentExpired, ConsentWithdrawn

AT_ONCE = 500
"""Consents that end in one transaction; others wait for the next."""


def end_all(ledger: Ledger, programmes: Collection[str]) -> int:
    """Ends every consent and ground of `programmes` that has not ended, and destroys their keys; how many.

    What is left is found by how it stands, so whoever was killed in the middle goes on where it stopped, and
    who does it twice does it once. Each batch is in force, and told, by itself.
    """
    ended = 0
    while programmes and (some := _end_some(ledger, programmes)):
        ended += some
        ledger.faults.reach("consent_ledger:expelled-some")
    return ended


def _end_some(ledger: Ledger, programmes: Collection[str]) -> int:
    with ledger.operation() as operation:
        held = store.hold_of(operation.connection, programmes, AT_ONCE)
        absent = missing.hold_of(operation.connection, programmes, AT_ONCE)
        live = [c for c in held.values() if c.standing in ("live", "suspended")]
        _end(ledger, operation, [c for c in live if not c.ground])
        _close(ledger, operation, [c for c in live if c.ground])
        # Also of those that ended by their date, and whose key had a day yet.
        store.destroy_keys(operation.connection, held.keys())
        missing.end(operation.connection, {m.consent_id for m in absent}, operation.now)
        now, by = operation.now, ledger.facts.signer.programme
        store.send(operation.connection, [ledger.facts.ended(ConsentWithdrawn, m, now) for m in absent])
        operation.lines += [rules.noted(c, "expelled", by, now) for c in live]
        operation.lines += [rules.noted(m, "expelled", by, now) for m in absent]
    return len(held) + len(absent)


def _end(ledger: Ledger, operation: Operation, consents: list[Consent]) -> None:
    """As a withdrawal does: whoever has something of it is asked to purge."""
    now, ids = operation.now, {c.consent_id for c in consents}
    store.end(operation.connection, ids, "withdrawn", now)
    store.send(operation.connection, [ledger.facts.ended(ConsentWithdrawn, c, now) for c in consents])


def _close(ledger: Ledger, operation: Operation, grounds: list[Consent]) -> None:
    """As its date would: what the law had reported is not asked back."""
    now, ids = operation.now, {c.consent_id for c in grounds}
    steady = int(store.upkeep_row(operation.connection).steady_seconds)
    store.end(operation.connection, ids, "expired", now, steady)
    store.send(operation.connection, [ledger.facts.ended(ConsentExpired, c, now) for c in grounds])
