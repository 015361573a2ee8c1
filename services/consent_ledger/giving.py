"""Gives a consent: the one that was signed and the one for what comes back, in one transaction."""

from dataclasses import dataclass

from consent_ledger import rules, store
from consent_ledger.ledger import Ledger, Operation
from consent_ledger.records import Consent, ConsentForm
from consent_ledger.refusals import ConsentConflict, Denied, Refusal, answer_or_raise


@dataclass(frozen=True, slots=True)
class Given:
    """A consent that stands. `waiting`: ids of its events that the broker has not acknowledged yet."""

    consent: Consent
    created: bool
    waiting: list[str]


def give(ledger: Ledger, form: ConsentForm, traceparent: str | None = None) -> Given:
    """Records both consents of `form`, asked by its discloser. The same form again changes nothing.

    Raises ConsentConflict where an id stands for something else, Denied where a rule forbids it.
    """
    with ledger.operation() as operation:
        result = _give(ledger, operation, form, traceparent)
    ledger.faults.reach("consent_ledger:give-committed")
    return answer_or_raise(result)


def _give(
    ledger: Ledger, operation: Operation, form: ConsentForm, traceparent: str | None
) -> Given | Refusal:
    pair = rules.pair_of(form, operation.now)
    ids = {consent.consent_id for consent in pair}
    stood = store.hold_pairs(operation.connection, ids)
    if stood:
        if not rules.is_repeat(stood.values(), pair):
            return ConsentConflict()
        waiting = store.waiting_ids(operation.connection, ids)
        return Given(stood[form.consent_id], created=False, waiting=waiting)
    if not rules.same_parties(store.hold_referral(operation.connection, form.referral_id).values(), pair[0]):
        return ConsentConflict()
    return _refused(ledger, operation, pair) or _record(ledger, operation, pair, traceparent)


def _refused(ledger: Ledger, operation: Operation, pair: tuple[Consent, Consent]) -> Denied | None:
    asker = pair[0].discloser
    for consent in pair:
        question = rules.give_question(consent, asker, operation.now, ledger.listed)
        decision = ledger.decide(operation, question)
        if not decision.allowed:
            operation.lines.append(rules.noted(consent, "denied", asker, operation.now))
            return Denied(decision.rules)
    return None


def _record(
    ledger: Ledger, operation: Operation, pair: tuple[Consent, Consent], traceparent: str | None
) -> Given:
    asker = pair[0].discloser
    facts = [ledger.facts.given(consent, operation.now, traceparent) for consent in pair]
    store.add(operation.connection, pair)
    ledger.new_keys(operation, pair)
    store.send(operation.connection, facts)
    operation.lines += [rules.noted(consent, "given", asker, operation.now) for consent in pair]
    return Given(pair[0], created=True, waiting=[fact.event_id for fact in facts])
