"""The questions an edge puts to the policy before anything leaves, and the facts it needs for them. Pure."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from participant_edge import legal_facts
from participant_edge.commands import ConsentDraft, GroundDraft, OpenRecord
from participant_edge.errors import Refused
from participant_edge.views import ReferralView
from referral_exchange.directory import Directory
from referral_exchange.policy import (
    Consent,
    Counts,
    Decision,
    Ground,
    Policy,
    Question,
    listed_programme,
)

Facts = Mapping[str, Any]
"""What is remembered of a consent this edge gave, as JSON; protected wherever it is stored."""


def facts_of(draft: ConsentDraft, subject_token: str) -> dict[str, Any]:
    """What later questions and a repeated command need of the form."""
    return {
        "subject_token": subject_token,
        "purpose": draft.purpose,
        "data_classes": sorted(draft.data_classes),
        "funding_streams": sorted(draft.funding_streams),
        "explained_at": draft.explained_at.isoformat(),
        "signed_at": draft.signed_at.isoformat(),
        "ends_at": draft.ends_at.isoformat(),
        "signer": draft.signer_role,
        "signer_is_abuser": draft.signer_is_abuser,
        "subject_is_minor": draft.subject_is_minor,
        "minor_may_sign_alone": draft.minor_may_sign_alone,
        "minor_signed": draft.minor_signed,
        "services_conditioned": draft.services_conditioned,
        "written": len(draft.form_commitment) == 32,
        "intermediary_named": draft.intermediary_named,
        "exception_1367": draft.exception_1367,
        "official_class": draft.official_class,
    }


def to_bytes(facts: Facts) -> bytes:
    """The facts, to be protected."""
    return json.dumps(facts).encode()


def to_facts(plain: bytes) -> Facts:
    """The facts, revealed."""
    facts: dict[str, Any] = json.loads(plain)
    return facts


def ground_facts_of(draft: GroundDraft) -> dict[str, Any]:
    """What later questions need of a ground."""
    return {
        "ground": draft.kind,
        "statute": draft.statute,
        "jurisdiction": draft.jurisdiction,
        "data_classes": sorted(draft.data_classes),
        "ends_at": draft.ends_at.isoformat() if draft.ends_at is not None else None,
        "compelled_by": draft.compulsion,
        "notice_attempted": draft.notice_attempted,
    }


def basis_of(facts: Facts, referral_id: str, parties: tuple[str, str]) -> Consent | Ground:
    """The live consent, or the live ground, with these facts."""
    make = ground_of if "ground" in facts else consent_of
    return make(facts, referral_id, parties)


def ground_of(facts: Facts, referral_id: str, parties: tuple[str, str]) -> Ground:
    """A live ground for `parties[0]` to speak to `parties[1]`."""
    ends_at = facts["ends_at"]
    return Ground(
        kind=facts["ground"],
        referral_id=referral_id,
        discloser=parties[0],
        recipient=parties[1],
        statute=facts["statute"],
        jurisdiction=facts["jurisdiction"],
        data_classes=frozenset(facts["data_classes"]),
        standing="live",
        ends_at=datetime.fromisoformat(ends_at) if ends_at is not None else None,
        # What was remembered before these were asked for was a report on its statute, or was refused.
        compelled_by=facts.get("compelled_by", "statute" if facts["ground"] == "mandated_report" else ""),
        notice_attempted=facts.get("notice_attempted", False),
    )


def consent_of(facts: Facts, referral_id: str, parties: tuple[str, str]) -> Consent:
    """A live consent from `parties[0]` to `parties[1]` with these facts."""
    return Consent(
        referral_id=referral_id,
        discloser=parties[0],
        recipient=parties[1],
        purpose=facts["purpose"],
        data_classes=frozenset(facts["data_classes"]),
        funding_streams=frozenset(facts["funding_streams"]),
        standing="live",
        written=facts["written"],
        explained_at=datetime.fromisoformat(facts["explained_at"]),
        signed_at=datetime.fromisoformat(facts["signed_at"]),
        ends_at=datetime.fromisoformat(facts["ends_at"]),
        signer=facts["signer"],
        signer_is_abuser=facts["signer_is_abuser"],
        subject_is_minor=facts["subject_is_minor"],
        minor_may_sign_alone=facts["minor_may_sign_alone"],
        minor_signed=facts["minor_signed"],
        services_conditioned=facts["services_conditioned"],
        intermediary_named=facts.get("intermediary_named", False),
        exception_1367=facts.get("exception_1367", ""),
        official_class=facts.get("official_class", ""),
    )


def return_consent_of(view: ReferralView, now: datetime) -> Consent:
    """The return consent as its discloser knows it: that it was offered to answer under, and for what.

    The form lies with the sender; what it says is for the ledger to judge, so those facts are taken as
    the ledger must have found them when it recorded the consent.
    """
    return Consent(
        referral_id=view.referral_id,
        discloser=view.programme_to,
        recipient=view.programme_from,
        purpose="services",
        data_classes=frozenset({"service-status", "documents"}),
        funding_streams=frozenset(),
        standing="live",
        returns=True,
        written=True,
        explained_at=now - timedelta(minutes=1),
        signed_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(minutes=1),
        signer="self",
        signer_is_abuser=False,
        subject_is_minor=False,
        minor_may_sign_alone=False,
        minor_signed=False,
        services_conditioned=False,
        intermediary_named=True,
        exception_1367="waiver",
        official_class="adjudicator",
    )


def giving(directory: Directory, basis: Consent | Ground, now: datetime) -> Question:
    """May this consent, or this ground, be recorded?"""
    return Question(
        action="give",
        at=now,
        asker=basis.discloser,
        discloser=listed_programme(directory, basis.discloser),
        recipient=listed_programme(directory, basis.recipient),
        referral_id=basis.referral_id,
        consent=basis if isinstance(basis, Consent) else None,
        ground=basis if isinstance(basis, Ground) else None,
    )


def publishing(
    directory: Directory,
    basis: Consent | Ground,
    now: datetime,
    record: OpenRecord | None,
    *,
    accepted: bool,
    address_authorised: bool = False,
) -> Question:
    """May `record` (None: an event that seals nothing) leave as a part under this consent or ground?"""
    asked = replace(giving(directory, basis, now), accepted=accepted, address_authorised=address_authorised)
    if record is None:
        return replace(asked, action="check")
    return replace(
        asked,
        action="seal",
        data_class=record.DATA_CLASS,
        accompanied=legal_facts.is_accompanied(record),
        form=legal_facts.form_of(record),
    )


def counting(directory: Directory, programme: str, addressee: str, counts: Counts, now: datetime) -> Question:
    """May `programme` publish these counts?"""
    by = listed_programme(directory, programme)
    return Question(
        action="count",
        at=now,
        asker=programme,
        discloser=by,
        recipient=listed_programme(directory, addressee),
        referral_id="",
        consent=None,
        counts=counts,
    )


def require(policy: Policy, question: Question) -> None:
    """Returns where the policy allows. Raises Refused with the first rule that forbids and its law."""
    decision = policy.decide(question)
    if not decision.allowed:
        raise _denied(decision)


def _denied(decision: Decision) -> Refused:
    if not decision.rules:
        return Refused("denied", "no rule allows this; check recipient, purpose and data classes")
    first = decision.rules[0]
    return Refused("denied", f"the rule {first.id} forbids it", first.id, first.law)
