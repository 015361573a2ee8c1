"""Gives a consent, or records a ground: policy first, then the ledger, until its answer is known."""

import json

from participant_edge import asking, command_rows, consent_rows, referral_rows, taking_part
from participant_edge.basis import OPEN_END, Basis
from participant_edge.command_rows import Command, New
from participant_edge.commands import ConsentDraft, GivenConsent, GroundDraft
from participant_edge.consent_rows import Consent
from participant_edge.errors import OutcomeUnknown, Refused
from participant_edge.fingerprints import canonical
from participant_edge.inbox_rows import back_off
from participant_edge.ledger_messages import Given
from participant_edge.means import Means
from participant_edge.views import ReferralView
from referral_exchange import ids, tracing
from referral_exchange.refusals import CONSENT_ENDED, UNKNOWN_PROGRAMME, sentence

KIND = "give"
GROUND = "ground"
"""Kinds of these commands."""


def give(means: Means, draft: ConsentDraft, command_id: str) -> GivenConsent:
    """See `Edge.give_consent`."""
    return once(means, New(command_id, _print(means, KIND, draft), KIND, ids.fresh()), draft)


def record(means: Means, draft: GroundDraft, command_id: str) -> GivenConsent:
    """See `Edge.record_ground`."""
    return once(means, New(command_id, _print(means, GROUND, draft), GROUND, ids.fresh()), draft)


def once(means: Means, new: New, draft: ConsentDraft | GroundDraft) -> GivenConsent:
    """What the ledger recorded for this command, which a repeat never has recorded a second time."""
    means.own.signer(draft.programme_from)
    with means.turnstile.of(new.command_id):
        with means.store.read() as connection:
            command = command_rows.known(connection, new)
        if command.state == "begun":
            command = _prepare(means, draft, new)
        return settle(means, command)


def settle(means: Means, command: Command) -> GivenConsent:
    """Asks the ledger again where its answer is not known. Raises Refused, OutcomeUnknown."""
    if command.state == "refused":
        raise Refused(command.code or "denied", "this consent was refused before; make a new request")
    if command.state == "prepared":
        _ask_ledger(means, command)
    return _receipt(means, command.consent_id or "")


def _print(means: Means, kind: str, draft: ConsentDraft | GroundDraft) -> bytes:
    said = {name: getattr(draft, name) for name in type(draft).__dataclass_fields__}
    return means.memory.fingerprint(canonical(kind, said))


def _prepare(means: Means, draft: ConsentDraft | GroundDraft, new: New) -> Command:
    """Decides by policy, makes the ids, and stores the request before anyone hears of it."""
    _require_recipient(means, draft)
    taking_part.require(means, draft.programme_from, draft.recipient)
    now = means.clock.now()
    basis = Basis(ids.fresh(), ids.fresh(), ids.fresh(), draft.programme_from, draft.recipient)
    facts, request = basis.asked(draft, ids.fresh())
    asked = asking.basis_of(facts, basis.referral_id, basis.parties)
    asking.require(means.policy, asking.giving(means.keys.directory, asked, now))
    memory = means.memory.protect(asking.to_bytes(facts), basis.consent_id)
    with means.store.write() as connection:
        prepared = command_rows.prepare(
            connection,
            new,
            now,
            now + back_off(5),
            referral_id=basis.referral_id,
            consent_id=basis.consent_id,
            programme_from=basis.discloser,
            programme_to=basis.recipient,
            prepared=means.memory.protect(json.dumps(request).encode(), new.command_id),
        )
        consent_rows.add(connection, _consent(basis, draft, memory))
    return prepared


def _consent(basis: Basis, draft: ConsentDraft | GroundDraft, memory: bytes) -> Consent:
    return Consent(
        basis.consent_id,
        basis.return_consent_id,
        basis.referral_id,
        basis.discloser,
        basis.recipient,
        draft.ends_at or OPEN_END,
        "asked",
        memory,
        draft.kind if isinstance(draft, GroundDraft) else "",
    )


def _require_recipient(means: Means, draft: ConsentDraft | GroundDraft) -> None:
    if isinstance(draft, ConsentDraft) and "service-status" not in draft.comes_back:
        raise Refused("invalid", "the form must say that the answer and the service status may come back")
    if draft.recipient not in means.keys.directory.programmes:
        means.keys.refresh()
    listed = means.keys.directory.programmes.get(draft.recipient)
    if listed is None or listed.sealing_key is None:
        raise Refused(UNKNOWN_PROGRAMME, sentence(UNKNOWN_PROGRAMME))
    if listed.participant_id == means.own.participant:
        raise Refused("denied", "inside one organisation nothing is referred through the exchange")


def _ask_ledger(means: Means, command: Command) -> None:
    request = json.loads(means.memory.reveal(command.prepared or b"", command.command_id))
    signer = means.own.signer(command.programme_from)
    with tracing.stretch("give", "client", referral_id=command.referral_id) as stretch:
        try:
            ask = means.ledger.give if command.kind == KIND else means.ledger.record_ground
            given = ask(signer, request, stretch.traceparent)
        except Refused as refused:
            _refuse(means, command, refused.code)
            raise
    _settled(means, command, given, stretch.traceparent)


def _refuse(means: Means, command: Command, code: str) -> None:
    with means.store.write() as connection:
        command_rows.refuse(connection, command.command_id, code)
        consent_rows.forget(connection, command.consent_id or "", "refused")


def _settled(means: Means, command: Command, given: Given, traceparent: str) -> None:
    now = means.clock.now()
    with means.store.write() as connection:
        consent = consent_rows.find(connection, command.consent_id or "")
        if consent is None:
            raise OutcomeUnknown("the consent's own record is missing; restore the edge's database")
        command_rows.acknowledge(connection, command.command_id, prepared=None)
        standing = "live" if consent.standing == "asked" else consent.standing
        consent_rows.set_standing(connection, consent.consent_id, standing, given.ends_at or OPEN_END)
        view = ReferralView(
            referral_id=consent.referral_id,
            direction="sent",
            programme_from=consent.discloser,
            programme_to=consent.recipient,
            consent_id=consent.consent_id,
            return_consent_id=consent.return_consent_id,
            state="consented",
            sub_state=None,
            urgency="unspecified",
            answer_by=None,
            standing="live",
            purge=None,
            overdue=(),
            updated_at=now,
        )
        referral_rows.add(connection, view, traceparent)
        referral_rows.settle(connection, consent.referral_id, now)


def _receipt(means: Means, consent_id: str) -> GivenConsent:
    with means.store.read() as connection:
        consent = consent_rows.find(connection, consent_id)
    if consent is None or consent.memory is None:
        raise Refused(CONSENT_ENDED, sentence(CONSENT_ENDED))
    facts = asking.to_facts(means.memory.reveal(consent.memory, consent_id))
    return GivenConsent(
        consent_id=consent.consent_id,
        return_consent_id=consent.return_consent_id,
        referral_id=consent.referral_id,
        subject_token=str(facts.get("subject_token", "")),
        ends_at=consent.ends_at,
    )
