"""What this participant wants to say about a referral, and the event it becomes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from participant_edge.commands import OpenRecord
from participant_edge.errors import Refused
from participant_edge.rules import ENDING, RECIPIENTS
from participant_edge.views import ReferralView
from referral_exchange import events
from referral_exchange.codec import Unencodable
from referral_exchange.event_kinds import OPENERS

Opener = (
    events.DocumentSent
    | events.EmergencyRequested
    | events.ReferralOffered
    | events.ResourceRequested
    | events.ScreeningCompleted
    | events.TipReported
    | events.WithdrawalAsked
)
"""What opens a referral."""

Outgoing = (
    Opener
    | events.DocumentAnswered
    | events.PurgeAnswered
    | events.ReferralAnswered
    | events.ReferralCancelled
    | events.ReferralDisclosed
    | events.SafeContactChanged
    | events.ServiceStatusChanged
)
"""What is said about a referral through an outbox."""

_SAID: dict[str, type[Outgoing]] = {kind.__name__: kind for kind in get_args(Outgoing)}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Saying:
    """One thing to say. `kind`: record name. `what`: as in `Step.what`. `parts`: to be sealed."""

    kind: str
    referral_id: str
    what: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    parts: Sequence[OpenRecord] = ()
    address_authorised: bool = False


def parties(view: ReferralView, kind: str) -> tuple[str, str]:
    """Who says `kind`, and to whom."""
    forward = (view.programme_from, view.programme_to)
    return forward[::-1] if kind in RECIPIENTS else forward


def consent_named(view: ReferralView, kind: str) -> str:
    """The consent that `kind` stands on; a purge answers the forward one, which ended."""
    back = kind in RECIPIENTS and kind != "PurgeAnswered"
    return view.return_consent_id if back else view.consent_id


def event_of(
    saying: Saying, view: ReferralView, event_id: str, at: datetime, sealed: list[events.SealedPart]
) -> Outgoing:
    """The event, ready to be encoded."""
    programme_from, programme_to = parties(view, saying.kind)
    fields: dict[str, Any] = {
        "event_id": event_id,
        "occurred_at": at,
        "programme_from": programme_from,
        "programme_to": programme_to,
        "referral_id": saying.referral_id,
        "consent_id": consent_named(view, saying.kind),
        **saying.fields,
    }
    if saying.kind in OPENERS:
        fields["return_consent_id"] = view.return_consent_id
    if saying.kind not in ENDING:
        fields["parts"] = sealed
    return _SAID[saying.kind](**fields)


def malformed(error: Unencodable) -> Refused:
    """A field is not of its schema; its value is never told."""
    return Refused("invalid", f"a field of {error.record} is missing or wrong ({error.code})")
