"""Says one thing about a referral: policy first, then the ledger, then the store, then the broker."""

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from participant_edge import (
    asking,
    command_rows,
    confirming,
    consent_rows,
    legal_facts,
    referral_rows,
    rules,
    taking_part,
)
from participant_edge.codes import require_codes
from participant_edge.command_rows import Command, New
from participant_edge.commands import OpenRecord, Receipt
from participant_edge.errors import Refused, UnknownThing
from participant_edge.fingerprints import canonical
from participant_edge.inbox_rows import back_off
from participant_edge.ledger_messages import ToLock
from participant_edge.means import Means
from participant_edge.publishing import Leaving, event_in, publish
from participant_edge.saying import Outgoing, Saying, consent_named, event_of, malformed, parties
from participant_edge.sealing import Scope, Sealed, seal
from participant_edge.views import ReferralView
from referral_exchange import events, ids, tracing
from referral_exchange.codec import Unencodable
from referral_exchange.policy import Consent, Ground, listed_programme
from referral_exchange.refusals import CONSENT_ENDED, sentence
from referral_exchange.tracing import Stretch

_LEAVE_ALONE = back_off(5)
"""How long a prepared command is its caller's before the repeats take it over."""

_shuffled: Callable[[list[Any]], None] = random.SystemRandom().shuffle


@dataclass(frozen=True, slots=True, repr=False)
class Decided:
    """What may leave, and is not stored yet. `value`: its framed bytes."""

    saying: Saying
    new: New
    event: Outgoing
    value: bytes


def command(means: Means, saying: Saying, command_id: str) -> Receipt:
    """Says what a caller asked for."""
    fingerprint = means.memory.fingerprint(canonical(saying.kind, all_said(saying)))
    return say(means, saying, New(command_id, fingerprint, saying.kind, ids.fresh(), saying.referral_id))


def say(means: Means, saying: Saying, new: New) -> Receipt:
    """Returns once the broker has the event, which a repeat of `new` never makes a second time.

    Raises CommandReused, UnknownThing, Refused and OutcomeUnknown.
    """
    with means.turnstile.of(saying.referral_id):
        stored = known(means, new)
        if stored.state != "acknowledged":
            with stretch_of(means, saying.kind, saying.referral_id) as stretch:
                _send(means, saying, new, stored, stretch)
        return Receipt(stored.event_id, saying.referral_id)


def known(means: Means, new: New) -> Command:
    """The command as it stands. Raises CommandReused, and Refused where it was given up."""
    with means.store.read() as connection:
        stored = command_rows.known(connection, new)
    if stored.state == "refused":
        raise Refused(stored.code or "unknown", "it was given up; " + sentence(stored.code or "unknown"))
    return stored


def need_view(means: Means, referral_id: str) -> ReferralView:
    """The referral. Raises UnknownThing."""
    with means.store.read() as connection:
        view = referral_rows.view_of(connection, referral_id)
    if view is None:
        raise UnknownThing("no referral of that id is known here")
    return view


def covered(means: Means, referral_id: str) -> frozenset[str]:
    """The data classes of a sent referral's consent; empty once it is over. Raises UnknownThing."""
    view = need_view(means, referral_id)
    with means.store.read() as connection:
        consent = consent_rows.find(connection, view.consent_id) if view.direction == "sent" else None
    if consent is None or consent.memory is None or consent.standing != "live":
        return frozenset()
    facts = asking.to_facts(means.memory.reveal(consent.memory, consent.consent_id))
    return frozenset(facts["data_classes"])


def still_allowed(means: Means, event: Leaving, stretch: Stretch) -> None:
    """Asks the ledger again before a repeat: what was sealed may not leave once its consent has ended."""
    if not isinstance(event, Outgoing) or type(event).__name__ in rules.ENDING:
        return
    if isinstance(event, events.ReferralAnswered) and not event.parts:
        return
    taking_part.require_or_wait(means, event.programme_from, event.programme_to)
    _check(
        means, event.programme_from, Scope(event.consent_id, event.referral_id, event.programme_to), stretch
    )


def all_said(saying: Saying) -> dict[str, Any]:
    """Everything the caller said, for telling a repeat from another command."""
    return {name: getattr(saying, name) for name in Saying.__dataclass_fields__}


def publish_known(means: Means, stored: Command, stretch: Stretch) -> None:
    """Produces what an earlier attempt prepared, once the ledger was asked again."""
    still_allowed(means, event_in(means, stored), stretch)
    publish(means, stored, stretch)


def decide(means: Means, saying: Saying, new: New, stretch: Stretch) -> Decided:
    """Policy and ledger say yes and the parts are sealed; nothing is stored and nothing has left."""
    require_codes(saying)
    view = need_view(means, saying.referral_id)
    code = rules.why_not(view, saying.kind, saying.what, on_ground=_on_ground(means, view))
    if code is not None:
        raise Refused(code, sentence(code))
    now = means.clock.now()
    try:
        sealed = _under_consent(means, saying, view, stretch)
        event = event_of(saying, view, new.event_id, now, sealed)
        return Decided(saying, new, event, means.codec.encode(event))
    except Unencodable as error:
        raise malformed(error) from None


def keep(connection: Connection, decided: Decided, now: datetime) -> Command:
    """Stores what was decided; from here on the event is what it is."""
    event, new = decided.event, decided.new
    prepared = command_rows.prepare(
        connection,
        new,
        now,
        now + _LEAVE_ALONE,
        kind=event.RECORD,
        consent_id=event.consent_id,
        programme_from=event.programme_from,
        programme_to=event.programme_to,
        prepared=decided.value,
    )
    if (step := rules.step_of(event)) is not None:
        referral_rows.add_step(connection, event.referral_id, step, now, pending=True)
    return prepared


def stretch_of(means: Means, kind: str, referral_id: str) -> AbstractContextManager[Stretch]:
    """A stretch that leads on from where the referral's last one ended."""
    with means.store.read() as connection:
        link = referral_rows.traceparent_of(connection, referral_id)
    return tracing.stretch(f"publish {kind}", "producer", referral_id=referral_id, link=link)


def _send(means: Means, saying: Saying, new: New, stored: Command, stretch: Stretch) -> None:
    if stored.state != "begun":
        publish_known(means, stored, stretch)
        return
    decided = decide(means, saying, replace(new, event_id=stored.event_id), stretch)
    with means.store.write() as connection:
        kept = keep(connection, decided, means.clock.now())
    means.faults.reach("participant_edge:prepared")
    publish(means, kept, stretch)


def _on_ground(means: Means, view: ReferralView) -> bool:
    with means.store.read() as connection:
        consent = consent_rows.find(connection, view.consent_id)
    return consent is not None and consent.ground != ""


def _under_consent(
    means: Means, saying: Saying, view: ReferralView, stretch: Stretch
) -> list[events.SealedPart]:
    """What the consent lets out: the sealed parts. An event that only ends something needs none."""
    speaker = parties(view, saying.kind)[0]
    means.own.signer(speaker)
    if saying.kind in rules.ENDING:
        return []
    taking_part.require(means, speaker)
    declines = (saying.kind, saying.what) == ("ReferralAnswered", "declined")
    if declines and view.standing != "live":
        return []
    try:
        return _sealed(means, saying, view, stretch)
    except Refused:
        if declines:
            # The consent ended on the way, or the other side is away: the decline goes, its reason stays.
            return []
        raise


def _sealed(means: Means, saying: Saying, view: ReferralView, stretch: Stretch) -> list[events.SealedPart]:
    speaker, listener = parties(view, saying.kind)
    scope = Scope(consent_named(view, saying.kind), view.referral_id, listener)
    taking_part.require(means, listener)
    basis = _policy_basis(means, view, saying.kind)
    streams = listed_programme(means.keys.directory, speaker).funding_streams
    records = legal_facts.with_what_must_go_along(saying.parts, basis, streams)
    _require_policy(means, saying, view, basis, records)
    if not records:
        _check(means, speaker, scope, stretch)
        return []
    key = means.keys.sealing_key(listener)
    made = [seal(record, scope, key) for record in records]
    _shuffled(made)
    accompanied = any(legal_facts.is_accompanied(record) for record in records)
    asked = [_to_lock(scope, part, saying.address_authorised, accompanied) for part in made]
    with stretch.child("seal", "client", consent_id=scope.consent_id, part_count=len(asked)) as sealing:
        signer, trace = means.own.signer(speaker), sealing.traceparent
        locks = confirming.asking(means, speaker, lambda: means.ledger.seal(signer, asked, trace))
    pairs = zip(locks, made, strict=True)
    return [events.SealedPart(lock=lock, ciphertext=part.ciphertext) for lock, part in pairs]


def _check(means: Means, speaker: str, scope: Scope, stretch: Stretch) -> None:
    """Returns where the ledger lets `speaker` say something that seals nothing."""
    signer, (consent_id, referral_id, listener) = means.own.signer(speaker), astuple(scope)
    with stretch.child("check", "client", consent_id=consent_id) as checking:
        trace = checking.traceparent
        ask = partial(means.ledger.check, signer, consent_id, referral_id, listener, trace)
        confirming.asking(means, speaker, ask)


def _to_lock(scope: Scope, part: Sealed, address_authorised: bool, accompanied: bool) -> ToLock:
    return ToLock(
        scope.consent_id,
        scope.referral_id,
        scope.recipient,
        part.data_class,
        part.blob,
        address_authorised and part.data_class == "location",
        accompanied and part.data_class == "substance-use",
    )


def _require_policy(
    means: Means, saying: Saying, view: ReferralView, basis: Consent | Ground, records: Sequence[OpenRecord]
) -> None:
    by_class = sorted(records, key=lambda record: record.DATA_CLASS)
    for record in by_class or (None,):
        question = asking.publishing(
            means.keys.directory,
            basis,
            means.clock.now(),
            record,
            accepted=view.state in rules.SERVED,
            address_authorised=saying.address_authorised,
        )
        asking.require(means.policy, question)


def _policy_basis(means: Means, view: ReferralView, kind: str) -> Consent | Ground:
    if kind in rules.RECIPIENTS:
        return asking.return_consent_of(view, means.clock.now())
    with means.store.read() as connection:
        consent = consent_rows.find(connection, view.consent_id)
    if consent is None or consent.standing != "live":
        raise Refused(CONSENT_ENDED, sentence(CONSENT_ENDED))
    if consent.memory is None:
        raise Refused("form-lost", "what the form allows was lost with the disk; ask for a new consent")
    facts = asking.to_facts(means.memory.reveal(consent.memory, consent.consent_id))
    return asking.basis_of(facts, view.referral_id, parties(view, kind))
