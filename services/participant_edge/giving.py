"""Gives a consent: policy first, then the ledger, repeated until its answer is known."""

import json
from base64 import b64encode
from typing import Any

from participant_edge import asking, command_rows, consent_rows, referral_rows
from participant_edge.command_rows import Command, New
from participant_edge.commands import ConsentDraft, GivenConsent
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
"""Kind of these commands."""


def give(means: Means, draft: ConsentDraft, command_id: str) -> GivenConsent:
    """See `Edge.give_consent`."""
    means.own.signer(draft.programme_from)
    new = New(command_id, means.memory.fingerprint(canonical(KIND, _said(draft))), KIND, ids.fresh())
    with means.turnstile.of(command_id):
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


def _said(draft: ConsentDraft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in ConsentDraft.__dataclass_fields__}


def _prepare(means: Means, draft: ConsentDraft, new: New) -> Command:
    """Decides by policy, makes the ids, and stores the request before anyone hears of it."""
    _require_recipient(means, draft)
    now = means.clock.now()
    facts = asking.facts_of(draft, draft.subject_token or ids.fresh())
    consent_id, return_id, referral_id = ids.fresh(), ids.fresh(), ids.fresh()
    parties = (draft.programme_from, draft.recipient)
    asked = asking.consent_of(facts, referral_id, parties)
    asking.require(means.policy, asking.giving(means.keys.directory, asked, now))
    request = _request(draft, str(facts["subject_token"]), (consent_id, return_id, referral_id))
    memory = means.memory.protect(asking.to_bytes(facts), consent_id)
    consent = Consent(consent_id, return_id, referral_id, *parties, draft.ends_at, "asked", memory)
    with means.store.write() as connection:
        prepared = command_rows.prepare(
            connection,
            new,
            now,
            now + back_off(5),
            referral_id=referral_id,
            consent_id=consent_id,
            programme_from=draft.programme_from,
            programme_to=draft.recipient,
            prepared=means.memory.protect(json.dumps(request).encode(), new.command_id),
        )
        consent_rows.add(connection, consent)
    return prepared


def _require_recipient(means: Means, draft: ConsentDraft) -> None:
    if "service-status" not in draft.comes_back:
        raise Refused("invalid", "the form must say that the answer and the service status may come back")
    if draft.recipient not in means.keys.directory.programmes:
        means.keys.refresh()
    listed = means.keys.directory.programmes.get(draft.recipient)
    if listed is None or listed.sealing_key is None:
        raise Refused(UNKNOWN_PROGRAMME, sentence(UNKNOWN_PROGRAMME))
    if listed.participant_id == means.own.participant:
        raise Refused("denied", "inside one organisation nothing is referred through the exchange")


def _request(draft: ConsentDraft, token: str, fresh: tuple[str, str, str]) -> dict[str, Any]:
    """The body of `POST /v1/consents`."""
    consent_id, return_id, referral_id = fresh
    return {
        "consent_id": consent_id,
        "return_consent_id": return_id,
        "referral_id": referral_id,
        "subject_token": token,
        "discloser": draft.programme_from,
        "recipient": draft.recipient,
        "purpose": draft.purpose,
        "data_classes": list(draft.data_classes),
        "comes_back": list(draft.comes_back),
        "signer_role": draft.signer_role,
        "signer_is_abuser": draft.signer_is_abuser,
        "subject_is_minor": draft.subject_is_minor,
        "minor_may_sign_alone": draft.minor_may_sign_alone,
        "minor_signed": draft.minor_signed,
        "services_conditioned": draft.services_conditioned,
        "form_commitment": b64encode(draft.form_commitment).decode(),
        "language": draft.language,
        "explained_at": draft.explained_at.isoformat(),
        "signed_at": draft.signed_at.isoformat(),
        "ends_at": draft.ends_at.isoformat(),
        "funding_streams": list(draft.funding_streams),
    }


def _ask_ledger(means: Means, command: Command) -> None:
    request = json.loads(means.memory.reveal(command.prepared or b"", command.command_id))
    signer = means.own.signer(command.programme_from)
    with tracing.stretch("give", "client", referral_id=command.referral_id) as stretch:
        try:
            given = means.ledger.give(signer, request, stretch.traceparent)
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
        consent_rows.set_standing(connection, consent.consent_id, standing, given.ends_at)
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
        subject_token=str(facts["subject_token"]),
        ends_at=consent.ends_at,
    )
