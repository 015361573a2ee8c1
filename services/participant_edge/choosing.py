"""Several offers for one person and the pick among acceptances; only this edge knows they belong together."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection

from participant_edge import (
    asking,
    batches,
    choice_rows,
    command_rows,
    outgoing,
    own_intents,
    referral_rows,
    repeats,
    rules,
    withdrawals,
    wording,
)
from participant_edge.command_rows import New
from participant_edge.commands import OfferDraft, Pick, Receipt
from participant_edge.consent_rows import Consent
from participant_edge.errors import OutcomeUnknown, Refused
from participant_edge.fingerprints import canonical
from participant_edge.means import Means
from participant_edge.publishing import ask_withdrawal
from referral_exchange import ids
from referral_exchange.refusals import WRONG_STATE, sentence

_KIND = "pick"


def offer_together(means: Means, drafts: Sequence[OfferDraft], command_id: str) -> tuple[Receipt, ...]:
    """See `Edge.offer_together`."""
    consents = [withdrawals.need_consent(means, draft.consent_id) for draft in drafts]
    sayings = [
        wording.offering(draft, consent.referral_id) for draft, consent in zip(drafts, consents, strict=True)
    ]
    referrals = [consent.referral_id for consent in consents]

    _require_one_person(means, consents)

    def keep(connection: Connection) -> None:
        whole = json.dumps(referrals).encode()
        choice_rows.add(connection, {each: means.memory.protect(whole, each) for each in referrals})

    return batches.say_all(means, sayings, command_id, keep)


def together(means: Means, referral_id: str) -> tuple[str, ...]:
    """See `Edge.together`."""
    outgoing.need_view(means, referral_id)
    with means.store.read() as connection:
        return _together(means, connection, referral_id)


def pick(means: Means, referral_id: str, command_id: str) -> Pick:
    """See `Edge.pick`: what follows from it is stored with it, and repeated until it is done."""
    fingerprint = means.memory.fingerprint(canonical(_KIND, {"referral_id": referral_id}))
    new = New(f"user:{command_id}", fingerprint, _KIND, ids.fresh(), referral_id)
    with means.store.write() as connection:
        stored = command_rows.known(connection, new)
        if stored.state == "begun":
            cancelled = _decide(means, connection, new, referral_id)
        else:
            cancelled = json.loads(means.memory.reveal(stored.prepared or b"", new.command_id))
    for other in cancelled:
        _finish(means, other)
    means.wake.set()
    return Pick(referral_id, tuple(cancelled))


def _decide(means: Means, connection: Connection, new: New, referral_id: str) -> list[str]:
    """Notes the pick, and with it that the others are to be taken back."""
    view = referral_rows.view_of(connection, referral_id)
    if view is None or view.direction != "sent" or view.state not in rules.SERVED or view.standing != "live":
        raise Refused(WRONG_STATE, "pick one that was accepted and whose consent stands")
    now = means.clock.now()
    others = [each for each in _together(means, connection, referral_id) if each != referral_id]
    if choice_rows.picked(connection, others) is not None:
        raise Refused(WRONG_STATE, "another was picked before; " + sentence(WRONG_STATE))
    choice_rows.pick(connection, referral_id)
    cancelled = [each for each in others if _take_back(connection, new.event_id, each, means)]
    told = means.memory.protect(json.dumps(cancelled).encode(), new.command_id)
    command_rows.prepare(connection, new, now, now, kind=_KIND, prepared=told)
    command_rows.acknowledge(connection, new.command_id)
    return cancelled


def _take_back(connection: Connection, source: str, referral_id: str, means: Means) -> bool:
    """Whether there was anything to take back."""
    view = referral_rows.view_of(connection, referral_id)
    now = means.clock.now()
    if view is None or view.standing not in {"live", "withdrawing"}:
        return False
    if view.state in rules.OPEN:
        own_intents.intend_cancel(connection, source, referral_id, now)
        return True
    if view.state == "consented":
        ask_withdrawal(connection, referral_id, now)
        referral_rows.settle(connection, referral_id, now)
        return True
    return False


def _finish(means: Means, referral_id: str) -> None:
    try:
        repeats.finish_own(means, referral_id)
    except OutcomeUnknown:
        raise OutcomeUnknown(
            "the pick is kept and the others are being taken back; repeat with the same ids"
        ) from None


def _together(means: Means, connection: Connection, referral_id: str) -> tuple[str, ...]:
    memory = choice_rows.memory_of(connection, referral_id)
    return (referral_id,) if memory is None else tuple(json.loads(means.memory.reveal(memory, referral_id)))


def _require_one_person(means: Means, consents: Sequence[Consent]) -> None:
    """Consents of different people are never offered as one choice."""
    tokens = {
        asking.to_facts(means.memory.reveal(each.memory, each.consent_id)).get("subject_token")
        for each in consents
        if each.memory is not None
    }
    if len(tokens) > 1 or None in tokens:
        raise Refused("invalid", "these consents are not one person's; offer each person's by themselves")
