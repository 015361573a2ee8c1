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
from referral_exchange.events.documents import DocumentAnswered, DocumentSent
from referral_exchange.events.forms import (
    AddressConfidentialityFlag,
    CertificationLetter,
    ContinuedPresence,
    DvhtReferral,
    EligibilityLetter,
    HmisEvent,
    InterimAssistanceLetter,
    LetterVerificationAnswered,
    LetterVerificationAsked,
    MandatedReport,
    RequestForAssistance,
    RequestForCertification,
    SupplementB,
    VisaNotice,
)
from referral_exchange.events.intake import (
    EmergencyRequested,
    ResourceRequested,
    ScreeningCompleted,
    TipReported,
)
from referral_exchange.events.parts import (
    Access,
    AnswerReason,
    Contact,
    CriminalLegal,
    Education,
    Employment,
    Family,
    Finances,
    Health,
    HotlineRequest,
    Identity,
    Immigration,
    Legal,
    Location,
    MentalHealth,
    Needs,
    OrientationGender,
    PsychotherapyNotes,
    ResourceNeeded,
    SafeContact,
    ScreeningResult,
    StatusDetail,
    SubstanceUse,
    Tip,
    Tribal,
)
from referral_exchange.events.referral import (
    ReferralAnswered,
    ReferralCancelled,
    ReferralDisclosed,
    ReferralOffered,
)
from referral_exchange.events.reports import (
    CommentReceived,
    CountsReported,
    FeedbackGiven,
    PlanActionReported,
    TrainingCompleted,
)
from referral_exchange.events.routing import (
    MessageQuarantined,
    QuarantineClosed,
    ReferralProgressed,
    ReferralRecord,
    ReplayAsked,
)
from referral_exchange.events.service_status import ServiceStatusChanged
from referral_exchange.events.shared import SealedPart
from referral_exchange.events.upkeep import (
    BadMessageReported,
    ClockElapsed,
    EventRefused,
    QuestionAsked,
    ResyncAsked,
    WithdrawalAsked,
)

Event = (
    Access
    | AddressConfidentialityFlag
    | AnswerReason
    | BadMessageReported
    | CapacityReported
    | CertificationLetter
    | ClockElapsed
    | CommentReceived
    | ConsentEnded
    | ConsentExpired
    | ConsentGiven
    | ConsentWithdrawn
    | Contact
    | ContinuedPresence
    | CountsReported
    | CriminalLegal
    | DocumentAnswered
    | DocumentSent
    | DvhtReferral
    | Education
    | EligibilityLetter
    | EmergencyRequested
    | Employment
    | EventRefused
    | Family
    | FeedbackGiven
    | Finances
    | GroundRecorded
    | Health
    | HmisEvent
    | HotlineRequest
    | Identity
    | Immigration
    | InterimAssistanceLetter
    | Legal
    | LetterVerificationAnswered
    | LetterVerificationAsked
    | Location
    | MandatedReport
    | MentalHealth
    | MessageQuarantined
    | Needs
    | OrientationGender
    | ParticipantListed
    | PlanActionReported
    | ProgrammeListed
    | PsychotherapyNotes
    | PurgeAnswered
    | QuarantineClosed
    | QuestionAsked
    | ReferralAnswered
    | ReferralCancelled
    | ReferralDisclosed
    | ReferralOffered
    | ReferralProgressed
    | ReferralRecord
    | ReplayAsked
    | RequestForAssistance
    | RequestForCertification
    | ResourceNeeded
    | ResourceRequested
    | ResyncAsked
    | SafeContact
    | SafeContactChanged
    | ScreeningCompleted
    | ScreeningResult
    | ServiceStatusChanged
    | StatusDetail
    | SubstanceUse
    | SupplementB
    | Tip
    | TipReported
    | TrainingCompleted
    | Tribal
    | VisaNotice
    | WithdrawalAsked
)
"""Any record of the contract."""

BY_RECORD: dict[str, type[Event]] = {
    kind.RECORD: kind
    for kind in (
        Access,
        AddressConfidentialityFlag,
        AnswerReason,
        BadMessageReported,
        CapacityReported,
        CertificationLetter,
        ClockElapsed,
        CommentReceived,
        ConsentEnded,
        ConsentExpired,
        ConsentGiven,
        ConsentWithdrawn,
        Contact,
        ContinuedPresence,
        CountsReported,
        CriminalLegal,
        DocumentAnswered,
        DocumentSent,
        DvhtReferral,
        Education,
        EligibilityLetter,
        EmergencyRequested,
        Employment,
        EventRefused,
        Family,
        FeedbackGiven,
        Finances,
        GroundRecorded,
        Health,
        HmisEvent,
        HotlineRequest,
        Identity,
        Immigration,
        InterimAssistanceLetter,
        Legal,
        LetterVerificationAnswered,
        LetterVerificationAsked,
        Location,
        MandatedReport,
        MentalHealth,
        MessageQuarantined,
        Needs,
        OrientationGender,
        ParticipantListed,
        PlanActionReported,
        ProgrammeListed,
        PsychotherapyNotes,
        PurgeAnswered,
        QuarantineClosed,
        QuestionAsked,
        ReferralAnswered,
        ReferralCancelled,
        ReferralDisclosed,
        ReferralOffered,
        ReferralProgressed,
        ReferralRecord,
        ReplayAsked,
        RequestForAssistance,
        RequestForCertification,
        ResourceNeeded,
        ResourceRequested,
        ResyncAsked,
        SafeContact,
        SafeContactChanged,
        ScreeningCompleted,
        ScreeningResult,
        ServiceStatusChanged,
        StatusDetail,
        SubstanceUse,
        SupplementB,
        Tip,
        TipReported,
        TrainingCompleted,
        Tribal,
        VisaNotice,
        WithdrawalAsked,
    )
}
"""Class by `Record.vN`."""

__all__ = [
    "BY_RECORD",
    "Access",
    "AddressConfidentialityFlag",
    "AnswerReason",
    "BadMessageReported",
    "CapacityReported",
    "CertificationLetter",
    "ClockElapsed",
    "CommentReceived",
    "ConsentEnded",
    "ConsentExpired",
    "ConsentGiven",
    "ConsentWithdrawn",
    "Contact",
    "ContinuedPresence",
    "CountsReported",
    "CriminalLegal",
    "DocumentAnswered",
    "DocumentSent",
    "DvhtReferral",
    "Education",
    "EligibilityLetter",
    "EmergencyRequested",
    "Employment",
    "Event",
    "EventRefused",
    "Family",
    "FeedbackGiven",
    "Finances",
    "GroundRecorded",
    "Health",
    "HmisEvent",
    "HotlineRequest",
    "Identity",
    "Immigration",
    "InterimAssistanceLetter",
    "Legal",
    "LetterVerificationAnswered",
    "LetterVerificationAsked",
    "Location",
    "MandatedReport",
    "MentalHealth",
    "MessageQuarantined",
    "Needs",
    "OrientationGender",
    "ParticipantListed",
    "PlanActionReported",
    "ProgrammeListed",
    "PsychotherapyNotes",
    "PurgeAnswered",
    "QuarantineClosed",
    "QuestionAsked",
    "ReferralAnswered",
    "ReferralCancelled",
    "ReferralDisclosed",
    "ReferralOffered",
    "ReferralProgressed",
    "ReferralRecord",
    "ReplayAsked",
    "RequestForAssistance",
    "RequestForCertification",
    "ResourceNeeded",
    "ResourceRequested",
    "ResyncAsked",
    "SafeContact",
    "SafeContactChanged",
    "ScreeningCompleted",
    "ScreeningResult",
    "SealedPart",
    "ServiceStatusChanged",
    "StatusDetail",
    "SubstanceUse",
    "SupplementB",
    "Tip",
    "TipReported",
    "TrainingCompleted",
    "Tribal",
    "VisaNotice",
    "WithdrawalAsked",
]
