"""Withdrawals, and closed grounds: kept from the first word on, repeated until the ledger confirms them."""

import json
import logging
from datetime import datetime

from participant_edge import choice_rows, command_rows, consent_rows, giving, reasons, referral_rows
from participant_edge.consent_rows import Consent, Pending
from participant_edge.errors import OutcomeUnknown, Refused, UnknownThing
from participant_edge.inbox_rows import back_off
from participant_edge.ledger_messages import Withdrawn
from participant_edge.means import Means
from participant_edge.publishing import ask_withdrawal
from participant_edge.views import Opening, PurgeAnswer, Withdrawal, WithdrawalState
from referral_exchange import tracing

_FOR_THE_REASON = 3
"""Attempts that a decline's reason may cost before the consent is withdrawn without it."""

_LOG = logging.getLogger(__name__)


def withdraw(means: Means, which: str) -> Withdrawal:
    """See `Edge.withdraw`: stored first, then asked of the ledger once; the loop repeats what stays open."""
    consent = need_consent(means, which)
    if consent.ground:
        raise Refused("ground", "a legal ground is not withdrawn; cancel its referral, and it is closed")
    now = means.clock.now()
    with means.store.write() as connection:
        ask_withdrawal(connection, consent.referral_id, now)
        referral_rows.settle(connection, consent.referral_id, now)
        pending = consent_rows.withdrawal_of(connection, consent.consent_id)
    if pending is not None and pending.in_force_at is None:
        attempt(means, pending, at_once=True)
    return withdrawal(means, consent.consent_id)


def withdrawal(means: Means, consent_id: str) -> Withdrawal:
    """See `Edge.withdrawal`."""
    consent = need_consent(means, consent_id)
    with means.store.read() as connection:
        pending = consent_rows.withdrawal_of(connection, consent.consent_id)
        told = referral_rows.ending_of(connection, [consent.consent_id]) is not None
        steps = referral_rows.steps_of(connection, consent.referral_id)
    if pending is None:
        raise UnknownThing("no withdrawal was asked for this consent here")
    state: WithdrawalState = "recipients-told" if told else "in-force"
    answers = tuple(
        PurgeAnswer(programme=step.programme, purge=step.what, at=step.at)
        for step in steps
        if step.kind == "PurgeAnswered"
    )
    return Withdrawal(
        consent_id=consent.consent_id,
        referral_id=consent.referral_id,
        state=state if pending.in_force_at is not None else "not-yet-in-force",
        asked_at=pending.asked_at,
        in_force_at=pending.in_force_at,
        opened_before=_revealed(means, pending),
        purge_answers=answers,
    )


def turn(means: Means, *, all_now: bool = False) -> int:
    """Repeats every withdrawal that is due; returns how many the ledger confirmed."""
    with means.store.read() as connection:
        due = consent_rows.due_withdrawals(connection, None if all_now else means.clock.now())
    return sum(attempt(means, pending) for pending in due)


def attempt(means: Means, pending: Pending, *, at_once: bool = False) -> bool:
    """Asks the ledger once more; whether it confirmed. A failure is kept with its next time.

    The reason of a decline is opened first, for it does not open any more afterwards; not `at_once`, where
    a person waits for the withdrawal, and not for more than a few attempts.
    """
    try:
        if not at_once and pending.attempts < _FOR_THE_REASON:
            reasons.learn(means, pending.referral_id)
        done = _ask(means, pending)
    except OutcomeUnknown:
        _put_off(means, pending)
        return False
    except Refused as refused:
        # Whatever the ledger says, the person said no: it is repeated, and shown as not yet in force.
        _LOG.error("a withdrawal was refused with %s; it is repeated, tell the operator", refused.code)
        _put_off(means, pending)
        return False
    _confirm(means, pending, done)
    return True


def _ask(means: Means, pending: Pending) -> Withdrawn:
    consent = need_consent(means, pending.consent_id)
    if not _settle_giving(means, consent):
        # It never stood: nothing was sealed and nothing opened under it.
        return Withdrawn(means.clock.now(), ())
    signer = means.own.signer(consent.discloser)
    with means.store.read() as connection:
        link = referral_rows.traceparent_of(connection, consent.referral_id)
    with tracing.stretch("withdraw", "client", referral_id=consent.referral_id, link=link) as stretch:
        stretch.set(consent_id=consent.consent_id)
        end = means.ledger.close_ground if consent.ground else means.ledger.withdraw
        return end(signer, consent.consent_id, stretch.traceparent)


def _settle_giving(means: Means, consent: Consent) -> bool:
    """Finds out first whether the consent stands at all, where that is not known; False where it does not."""
    with means.store.read() as connection:
        command = command_rows.unsettled_give(connection, consent.consent_id)
    if command is None:
        return consent.standing != "refused"
    try:
        giving.settle(means, command)
    except Refused:
        return False
    return True


def _confirm(means: Means, pending: Pending, done: Withdrawn) -> None:
    with means.store.write() as connection:
        opened = means.memory.protect(_written(done.opened_before), pending.consent_id)
        consent_rows.confirm_withdrawal(connection, pending.consent_id, done.in_force_at, opened)
        consent_rows.forget(connection, pending.consent_id, "withdrawn")
        choice_rows.forget(connection, pending.referral_id)
        referral_rows.settle(connection, pending.referral_id, means.clock.now())


def _put_off(means: Means, pending: Pending) -> None:
    until = means.clock.now() + back_off(pending.attempts)
    with means.store.write() as connection:
        consent_rows.put_off_withdrawal(connection, pending.consent_id, until)


def need_consent(means: Means, which: str) -> Consent:
    """The consent given here of that id. Raises UnknownThing."""
    with means.store.read() as connection:
        consent = consent_rows.find(connection, which)
    if consent is None:
        raise UnknownThing("no consent of that id was given here; withdraw it where it was given")
    return consent


def _written(opened: tuple[Opening, ...]) -> bytes:
    lines = [[o.consent_id, o.data_class, o.recipient, o.at.isoformat()] for o in opened]
    return json.dumps(lines).encode()


def _revealed(means: Means, pending: Pending) -> tuple[Opening, ...]:
    if pending.opened_before is None:
        return ()
    lines = json.loads(means.memory.reveal(pending.opened_before, pending.consent_id))
    return tuple(
        Opening(consent_id=c, data_class=d, recipient=r, at=datetime.fromisoformat(at))
        for c, d, r, at in lines
    )
