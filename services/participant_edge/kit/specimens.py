"""Effects about nobody, each detail of it unmistakable: what a connector's checks deliver."""

from datetime import UTC, datetime

from participant_edge.commands import OpenRecord
from participant_edge.delivery import Effect
from participant_edge.views import OpenedPart
from referral_exchange import events, ids

_AT = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)
_REFERRAL = "7c1f3c52-5d0b-4b0e-9a44-1f6f0f0a1d01"
_CONSENT = "7c1f3c52-5d0b-4b0e-9a44-1f6f0f0a1d02"
_BACK = "7c1f3c52-5d0b-4b0e-9a44-1f6f0f0a1d03"
_OFFER = "7c1f3c52-5d0b-4b0e-9a44-1f6f0f0a1d04"
_DISCLOSURE = "7c1f3c52-5d0b-4b0e-9a44-1f6f0f0a1d05"
FROM, TO = "lantern-case-management", "cedar-grove-clinic"

CANARIES = ("Canarina", "Invented-Vogel", "canary-0100", "canary-mornings", "canary-orchard")
"""Texts that stand in the specimens' parts and nowhere else."""


def offered() -> Effect:
    """Needs, and nobody."""
    event = events.ReferralOffered(
        event_id=_OFFER,
        occurred_at=_AT,
        programme_from=FROM,
        programme_to=TO,
        referral_id=_REFERRAL,
        consent_id=_CONSENT,
        return_consent_id=_BACK,
        urgency="urgent",
        answer_by=None,
        parts=[],
    )
    needs = events.Needs(
        services=["Medical and Dental Services"],
        languages=["es"],
        region="North Valley",
        age_band="adult",
        household_size=1,
        access=["interpreter"],
    )
    return _effect(event, needs)


def disclosed() -> Effect:
    """Who it is, how to reach the person, and where."""
    event = events.ReferralDisclosed(
        event_id=_DISCLOSURE,
        occurred_at=_AT,
        programme_from=FROM,
        programme_to=TO,
        referral_id=_REFERRAL,
        consent_id=_CONSENT,
        parts=[],
    )
    identity = events.Identity(chosen_name=f"{CANARIES[0]} {CANARIES[1]}")
    contact = events.SafeContact(
        may_contact=True, method="text", value=CANARIES[2], window=CANARIES[3], voicemail=False
    )
    return _effect(event, identity, contact, events.Location(place=CANARIES[4]))


def _effect(event: events.ReferralOffered | events.ReferralDisclosed, *records: OpenRecord) -> Effect:
    parts = tuple(
        OpenedPart(event_id=event.event_id, data_class=each.DATA_CLASS, record=each) for each in records
    )
    return Effect(effect_id=ids.derived(event.event_id, "effect", TO), event=event, parts=parts)
