"""Locks parts for their recipient, opens locks for it, and checks what seals nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from consent_ledger import decoys, rules, store
from consent_ledger.ledger import Ledger, Operation
from consent_ledger.locks import Binding, Locked, LockUnusable, lock, unlock
from consent_ledger.records import Consent
from consent_ledger.refusals import Denied, LockRefused, Refusal, Suspended, UnknownConsent, answer_or_raise
from consent_ledger.rules import LockToOpen, PartToSeal
from referral_exchange.policy import Decision

Held = Mapping[str, Consent]
Keys = Mapping[str, tuple[int, bytes]]
"""Key version and key, by consent id."""


@dataclass(frozen=True, slots=True)
class _Judged:
    consent: Consent
    data_class: str | None
    decision: Decision


def seal(ledger: Ledger, asker: str, parts: Sequence[PartToSeal]) -> list[bytes]:
    """A lock for each part, in order; all or none. Raises UnknownConsent, Denied."""
    with ledger.operation() as operation:
        result = _seal(ledger, operation, asker, parts)
    ledger.faults.reach("consent_ledger:seal-committed")
    return answer_or_raise(result)


def open_locks(ledger: Ledger, asker: str, locks: Sequence[LockToOpen]) -> list[Locked]:
    """Class and blob of each lock, in order; all or none. The disclosure is committed before this returns.

    Raises UnknownConsent, Denied, LockRefused.
    """
    with ledger.operation() as operation:
        result = _open(ledger, operation, asker, locks)
    ledger.faults.reach("consent_ledger:open-committed")
    return answer_or_raise(result)


def check(ledger: Ledger, asker: str, consent_id: str, referral_id: str, recipient: str) -> None:
    """Passes where `asker` may publish an event that seals nothing. Raises UnknownConsent, Denied."""
    with ledger.operation() as operation:
        held = store.hold(operation.connection, {consent_id})
        result = _barred(operation, asker, held, {consent_id}) or _check(
            ledger, operation, asker, held[consent_id], referral_id, recipient
        )
    answer_or_raise(result)


def _seal(
    ledger: Ledger, operation: Operation, asker: str, parts: Sequence[PartToSeal]
) -> list[bytes] | Refusal:
    ids = {part.consent_id for part in parts}
    held = store.hold(operation.connection, ids)
    if refused := _barred(operation, asker, held, ids):
        return refused
    judged = [_judge_part(ledger, operation, asker, held[part.consent_id], part) for part in parts]
    if denied := _denied(operation, asker, judged):
        return denied
    operation.lines += [rules.noted(j.consent, "sealed", asker, operation.now, j.data_class) for j in judged]
    keys = ledger.unwrapped(operation, ids)
    return [_lock(keys, part) for part in parts]


def _judge_part(
    ledger: Ledger, operation: Operation, asker: str, consent: Consent, part: PartToSeal
) -> _Judged:
    question = rules.seal_question(consent, part, asker, operation.now, ledger.listed)
    return _Judged(consent, part.data_class, ledger.decide(operation, question))


def _lock(keys: Keys, part: PartToSeal) -> bytes:
    version, key = keys[part.consent_id]
    binding = Binding(part.consent_id, part.referral_id, part.recipient)
    return lock(key, version, binding, Locked(part.data_class, part.blob))


def _open(
    ledger: Ledger, operation: Operation, asker: str, locks: Sequence[LockToOpen]
) -> list[Locked] | Refusal:
    ids = {asked.consent_id for asked in locks}
    held = store.hold(operation.connection, ids)
    if refused := _barred(operation, asker, held, ids):
        if isinstance(refused, UnknownConsent):
            _judge_nothing(ledger, operation, asker, locks)
        return refused
    keys = ledger.unwrapped(operation, ids)
    inside = [_unlock(keys, held[asked.consent_id], asked) for asked in locks]
    judged = [
        _judge_lock(ledger, operation, asker, held[asked.consent_id], asked, locked)
        for asked, locked in zip(locks, inside, strict=True)
    ]
    if denied := _denied(operation, asker, judged):
        return _hidden(ledger, asker, judged) or denied
    opened = [locked for locked in inside if locked is not None]
    operation.lines += [rules.noted(j.consent, "opened", asker, operation.now, j.data_class) for j in judged]
    return opened


def _judge_nothing(ledger: Ledger, operation: Operation, asker: str, locks: Sequence[LockToOpen]) -> None:
    """What `_open` does before it hides something takes its time; so does this, and decides nothing."""
    store.keys_of(operation.connection, {asked.consent_id for asked in locks})
    for asked in locks:
        ledger.decide(operation, decoys.question_about_nothing(asked, asker, ledger.listed))


def _unlock(keys: Keys, consent: Consent, asked: LockToOpen) -> Locked | None:
    """What is inside; None where the key is destroyed or the lock belongs elsewhere."""
    if asked.consent_id not in keys:
        return None
    version, key = keys[asked.consent_id]
    binding = Binding(asked.consent_id, asked.referral_id, consent.recipient)
    try:
        return unlock(key, version, binding, asked.lock)
    except LockUnusable:
        return None


def _judge_lock(
    ledger: Ledger,
    operation: Operation,
    asker: str,
    consent: Consent,
    asked: LockToOpen,
    locked: Locked | None,
) -> _Judged:
    # The class comes from inside the authenticated lock, never from the request.
    data_class = locked.data_class if locked else None
    question = rules.open_question(consent, asked, data_class, asker, operation.now, ledger.listed)
    return _Judged(consent, data_class, ledger.decide(operation, question))


def _check(
    ledger: Ledger, operation: Operation, asker: str, consent: Consent, referral_id: str, recipient: str
) -> Refusal | None:
    question = rules.check_question(
        consent,
        referral_id=referral_id,
        recipient=recipient,
        asker=asker,
        now=operation.now,
        listed=ledger.listed,
    )
    return _denied(operation, asker, [_Judged(consent, None, ledger.decide(operation, question))])


def _barred(operation: Operation, asker: str, held: Held, ids: Iterable[str]) -> Refusal | None:
    """Who is no party is told nothing; a party is told of a consent that waits for its confirmation."""
    if strangers := _strangers(operation, asker, held, ids):
        return strangers
    waiting = [held[i] for i in sorted(ids) if held[i].standing == "suspended"]
    operation.lines += [rules.noted(consent, "denied", asker, operation.now) for consent in waiting]
    return Suspended() if waiting else None


def _strangers(operation: Operation, asker: str, held: Held, ids: Iterable[str]) -> UnknownConsent | None:
    """One answer, and one line written, whether such a consent exists or not."""
    hidden = [i for i in sorted(ids) if not rules.is_party(held.get(i), asker)]
    operation.lines += [rules.denial_to_stranger(i, asker, operation.now) for i in hidden]
    return UnknownConsent() if hidden else None


def _denied(operation: Operation, asker: str, judged: Sequence[_Judged]) -> Refusal | None:
    refused = [j for j in judged if not j.decision.allowed]
    operation.lines += [rules.noted(j.consent, "denied", asker, operation.now, j.data_class) for j in refused]
    if not refused:
        return None
    # Silence: nothing forbids it, but no class came out of the lock, so nothing permits it either.
    explained = next((j.decision.rules for j in refused if j.decision.rules), None)
    return Denied(explained) if explained else LockRefused()


def _hidden(ledger: Ledger, asker: str, judged: Sequence[_Judged]) -> UnknownConsent | None:
    """8 USC 1367 protects even that a record exists: its denial is that of what is not there."""
    refused = [j.decision.rules for j in judged if not j.decision.allowed]
    if not any(rule.law.startswith("8 USC 1367") for rules_ in refused for rule in rules_):
        return None
    for _ in refused:
        ledger.strangers.spend(asker)
    return UnknownConsent()
