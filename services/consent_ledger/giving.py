"""Gives a consent, or records a ground: it and the one for what comes back, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from consent_ledger import missing, rules, store
from consent_ledger.ledger import Ledger, Operation
from consent_ledger.records import Consent, ConsentForm, GroundForm
from consent_ledger.refusals import ConsentConflict, Denied, Refusal, answer_or_raise
from consent_ledger.rules import Pair

_MakePair = Callable[[datetime], Pair]


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
    return _recorded(ledger, lambda now: rules.pair_of(form, now), traceparent)


def record_ground(ledger: Ledger, form: GroundForm, traceparent: str | None = None) -> Given:
    """Records a ground of law and the one for what comes back, as `give` does a consent."""
    return _recorded(ledger, lambda now: rules.ground_pair_of(form, now), traceparent)


def _recorded(ledger: Ledger, make: _MakePair, traceparent: str | None) -> Given:
    try:
        result = _attempt(ledger, make, traceparent)
    except IntegrityError:
        # Somebody took one of these ids between our look and our write; now it is seen.
        result = _attempt(ledger, make, traceparent)
    ledger.faults.reach("consent_ledger:give-committed")
    return answer_or_raise(result)


def _attempt(ledger: Ledger, make: _MakePair, traceparent: str | None) -> Given | Refusal:
    with ledger.operation() as operation:
        return _give(ledger, operation, make(operation.now), traceparent)


def _give(ledger: Ledger, operation: Operation, pair: Pair, traceparent: str | None) -> Given | Refusal:
    asked, ids = pair[0], {consent.consent_id for consent in pair}
    held = store.hold_referral(operation.connection, asked.referral_id, ids)
    stood = {i: c for i, c in held.items() if ids & {i, c.partner_id}}
    if stood:
        if not rules.is_repeat(stood.values(), pair):
            return ConsentConflict()
        waiting = store.waiting_ids(operation.connection, ids)
        return Given(stood[asked.consent_id], created=False, waiting=waiting)
    if not rules.same_parties(held.values(), asked):
        return ConsentConflict()
    if not missing.may_be_given(operation.connection, pair):
        return ConsentConflict()
    return _refused(ledger, operation, pair) or _record(ledger, operation, pair, traceparent)


def _refused(ledger: Ledger, operation: Operation, pair: Pair) -> Denied | None:
    asker = pair[0].discloser
    for consent in pair:
        question = rules.give_question(consent, asker, operation.now, ledger.listed)
        decision = ledger.decide(operation, question)
        if not decision.allowed:
            operation.lines.append(rules.noted(consent, "denied", asker, operation.now))
            return Denied(decision.rules)
    return None


def _record(ledger: Ledger, operation: Operation, pair: Pair, traceparent: str | None) -> Given:
    asker = pair[0].discloser
    facts = [ledger.facts.given(consent, operation.now, traceparent) for consent in pair]
    store.add(operation.connection, pair)
    missing.found_again(operation.connection, pair)
    ledger.new_keys(operation, pair)
    store.send(operation.connection, facts)
    operation.lines += [rules.noted(consent, "given", asker, operation.now) for consent in pair]
    return Given(pair[0], created=True, waiting=[fact.event_id for fact in facts])
