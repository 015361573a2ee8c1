"""What this participant wants to say about a referral, and the event it becomes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from participant_edge.commands import OpenRecord
from participant_edge.errors import Refused
from participant_edge.rules import RECIPIENTS
from participant_edge.views import ReferralView
from referral_exchange import events, vocabulary


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
) -> events.Event:
    """The event, ready to be encoded."""
    programme_from, programme_to = parties(view, saying.kind)
    common: dict[str, Any] = {
        "event_id": event_id,
        "occurred_at": at,
        "programme_from": programme_from,
        "programme_to": programme_to,
        "referral_id": saying.referral_id,
        "consent_id": consent_named(view, saying.kind),
        **saying.fields,
    }
    match saying.kind:
        case "ReferralOffered":
            return events.ReferralOffered(**common, return_consent_id=view.return_consent_id, parts=sealed)
        case "ReferralAnswered":
            return events.ReferralAnswered(**common, parts=sealed)
        case "ReferralDisclosed":
            return events.ReferralDisclosed(**common, parts=sealed)
        case "ServiceStatusChanged":
            return events.ServiceStatusChanged(**common, parts=sealed)
        case "ReferralCancelled":
            return events.ReferralCancelled(**common)
        case "PurgeAnswered":
            return events.PurgeAnswered(**common)
    raise ValueError(f"{saying.kind} is not said through an edge")


def require_codes(saying: Saying) -> None:
    """Refuses codes that the exchange does not know: they would reach the other side as nothing."""
    for record in saying.parts:
        _require_record_codes(record, saying.what)
    if saying.kind == "ReferralAnswered" and saying.what not in {"accepted", "declined"}:
        raise _unknown("answer")
    if saying.kind == "ServiceStatusChanged":
        state, _, sub_state = saying.what.partition(":")
        if sub_state and vocabulary.as_shown(sub_state) not in vocabulary.sub_states(
            vocabulary.as_shown(state)
        ):
            raise _unknown("sub-state")


def _require_record_codes(record: OpenRecord, what: str) -> None:
    match record:
        case events.AnswerReason(code=code):
            if code not in vocabulary.answer_reasons() or (code == "accepted") != (what == "accepted"):
                raise _unknown("reason")
        case events.StatusDetail(reason=reason, outcome=outcome):
            state = vocabulary.as_shown(what.partition(":")[0])
            given, known = {reason, outcome} - {None}, vocabulary.status_details(state).keys()
            if not given <= known:
                raise _unknown("reason or outcome")
        case events.Needs():
            _require_needs(record)
        case _:
            return


def _require_needs(needs: events.Needs) -> None:
    if not needs.services or not set(needs.services) <= vocabulary.service_categories().keys():
        raise _unknown("service")
    if not set(needs.access) <= vocabulary.access_needs().keys():
        raise _unknown("access need")
    if needs.age_band not in vocabulary.age_bands() or needs.household_size < 1:
        raise _unknown("age band or household size")


def _unknown(which: str) -> Refused:
    return Refused("unknown-code", f"this {which} is not a code of the exchange; choose one of its list")
