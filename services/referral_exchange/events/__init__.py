"""Every event class by name. Generated from schemas/ by `make generate`; do not edit."""

from referral_exchange.events.consent import (
    ConsentEnded,
    ConsentExpired,
    ConsentGiven,
    ConsentWithdrawn,
    GroundRecorded,
    PurgeAnswered,
    SafeContactChanged,
)
from referral_exchange.events.directory import CapacityReported, ParticipantListed, ProgrammeListed
from referral_exchange.events.parts import (
    AnswerReason,
    Identity,
    Immigration,
    Location,
    Needs,
    SafeContact,
    StatusDetail,
)
from referral_exchange.events.referral import (
    ReferralAnswered,
    ReferralCancelled,
    ReferralDisclosed,
    ReferralOffered,
)
from referral_exchange.events.routing import MessageQuarantined, ReferralProgressed, ReferralRecord
from referral_exchange.events.service_status import ServiceStatusChanged
from referral_exchange.events.shared import SealedPart
from referral_exchange.events.upkeep import BadMessageReported, ClockElapsed, EventRefused

Event = (
    AnswerReason
    | BadMessageReported
    | CapacityReported
    | ClockElapsed
    | ConsentEnded
    | ConsentExpired
    | ConsentGiven
    | ConsentWithdrawn
    | EventRefused
    | GroundRecorded
    | Identity
    | Immigration
    | Location
    | MessageQuarantined
    | Needs
    | ParticipantListed
    | ProgrammeListed
    | PurgeAnswered
    | ReferralAnswered
    | ReferralCancelled
    | ReferralDisclosed
    | ReferralOffered
    | ReferralProgressed
    | ReferralRecord
    | SafeContact
    | SafeContactChanged
    | ServiceStatusChanged
    | StatusDetail
)
"""Any record of the contract."""

BY_RECORD: dict[str, type[Event]] = {
    kind.RECORD: kind
    for kind in (
        AnswerReason,
        BadMessageReported,
        CapacityReported,
        ClockElapsed,
        ConsentEnded,
        ConsentExpired,
        ConsentGiven,
        ConsentWithdrawn,
        EventRefused,
        GroundRecorded,
        Identity,
        Immigration,
        Location,
        MessageQuarantined,
        Needs,
        ParticipantListed,
        ProgrammeListed,
        PurgeAnswered,
        ReferralAnswered,
        ReferralCancelled,
        ReferralDisclosed,
        ReferralOffered,
        ReferralProgressed,
        ReferralRecord,
        SafeContact,
        SafeContactChanged,
        ServiceStatusChanged,
        StatusDetail,
    )
}
"""Class by `Record.vN`."""

__all__ = [
    "BY_RECORD",
    "AnswerReason",
    "BadMessageReported",
    "CapacityReported",
    "ClockElapsed",
    "ConsentEnded",
    "ConsentExpired",
    "ConsentGiven",
    "ConsentWithdrawn",
    "Event",
    "EventRefused",
    "GroundRecorded",
    "Identity",
    "Immigration",
    "Location",
    "MessageQuarantined",
    "Needs",
    "ParticipantListed",
    "ProgrammeListed",
    "PurgeAnswered",
    "ReferralAnswered",
    "ReferralCancelled",
    "ReferralDisclosed",
    "ReferralOffered",
    "ReferralProgressed",
    "ReferralRecord",
    "SafeContact",
    "SafeContactChanged",
    "SealedPart",
    "ServiceStatusChanged",
    "StatusDetail",
]
