"""Code systems and identifiers of both sides, and how a code of one reads in the other. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

OURS = "https://referral-exchange.example/fhir/"

REFERRALS = OURS + "sid/referral"
"""Identifier system of referral ids: random, one for each recipient."""

EFFECTS = OURS + "sid/effect"
"""Identifier system of what the exchange created: the key of every conditional create."""

PROGRAMMES = OURS + "sid/programme"
"""Identifier system of programmes of the exchange's directory."""

NEED = OURS + "CodeSystem/need"
"""What kind of need a Task.input tells; `outcome` and `problem` of a Task.output."""

SERVICE = OURS + "CodeSystem/service-category"
"""NIEM 6.0 ServiceCategoryCode, as the exchange's vocabulary lists it."""

ACCESS = OURS + "CodeSystem/access-need"
AGE_BAND = OURS + "CodeSystem/age-band"
REASON = OURS + "CodeSystem/reason"
"""Answer reasons, and reasons and outcomes of a service status."""

BUSINESS = OURS + "CodeSystem/business-status"
"""What BSeR has no code for: `not-sent`, `hand-over`, `purge-asked`, `purged`, `legal-hold`, ..."""

PROBLEM = OURS + "CodeSystem/problem"
DATA_CLASS = OURS + "CodeSystem/data-class"
PURPOSE = OURS + "CodeSystem/purpose"
ORDER_DETAIL = OURS + "CodeSystem/order-detail"

SAFE_CONTACT = OURS + "StructureDefinition/safe-contact"
PRONOUNS = OURS + "StructureDefinition/pronouns"
SIGNING = OURS + "StructureDefinition/consent-signing"

BSER = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"
TASK_CODE = "http://hl7.org/fhir/CodeSystem/task-code"
SDOHCC = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"

BUSINESS_STATUS: Mapping[str, str] = MappingProxyType(
    {
        "2.0": "Service Request Created",
        "3.0": "Service Request Accepted",
        "4.0": "Service Request Declined",
        "5.1.1": "Service Request Event Scheduled",
        "5.1.2": "Scheduled Service Request Event Unattended",
        "5.1.3": "Scheduled Service Request Event Cancelled",
        "5.1.4": "Service Request Event Completed",
        "5.2": "Service Request Cancellation Requested",
        "6.0": "Service Request Fulfillment Cancelled",
        "7.0": "Service Request Fulfillment Completed",
    }
)
"""BSeR's TaskBusinessStatusCS, whole."""

OWN_BUSINESS_STATUS: Mapping[str, str] = MappingProxyType(
    {
        "interim-communicated": "Interim results were communicated",
        "not-sent": "Not sent: see the problem, mend it, then set Task.status to requested again",
        "hand-over": "Hand over the person's identity to the programme that accepted",
        "handed-over": "The identity was handed over",
        "purge-asked": "The consent was withdrawn: delete what was received and answer purged or legal-hold",
        "purged": "What was received was deleted",
        "legal-hold": "A law requires to keep what was received",
        "expired": "The consent ended by date; nothing more may be shared",
        "ended": "The consent ended; the exchange carries nothing more of this referral",
    }
)

SUB_STATES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "scheduled": (BSER, "5.1.1"),
        "unattended": (BSER, "5.1.2"),
        "event_cancelled": (BSER, "5.1.3"),
        "event_completed": (BSER, "5.1.4"),
        "interim_communicated": (BUSINESS, "interim-communicated"),
    }
)
"""System and code of a sub-state of in_progress."""

SUB_STATE_OF = MappingProxyType({code: name for name, code in SUB_STATES.items()})

PRIORITY: Mapping[str, str] = MappingProxyType(
    {"routine": "routine", "urgent": "urgent", "emergency": "stat"}
)
URGENCY: Mapping[str, str] = MappingProxyType(
    {"routine": "routine", "urgent": "urgent", "asap": "urgent", "stat": "emergency"}
)

SDOH_CATEGORY: Mapping[str, str] = MappingProxyType(
    {
        "Basic Necessities": "material-hardship",
        "Educational Services": "educational-attainment",
        "Employment Services": "employment-status",
        "Housing Services": "housing-instability",
        "Language Services": "language-access",
    }
)
"""SDOH category by service. What is not here is `sdoh-category-unspecified`: no category that says what
happened to a person is derived from what the person asks for."""

SDOH_UNSPECIFIED = "sdoh-category-unspecified"
SERVICE_OF_SDOH = MappingProxyType({category: service for service, category in SDOH_CATEGORY.items()})

PURPOSE_OF_ACT: Mapping[str, str] = MappingProxyType(
    {"TREAT": "services", "CAREMGT": "care-coordination", "ELIGDTRM": "eligibility"}
)
"""v3-ActReason to purposes of the exchange; all else is denied."""

ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
NEEDS = ("service", "language", "region", "age-band", "household-size", "access")
ORDER_DETAILS = ("may-contact",)
OUTPUTS = ("outcome", "problem")


def display(system: str, code: str) -> str | None:
    """What a code of BSeR or of our business status says; None for any other."""
    return {BSER: BUSINESS_STATUS, BUSINESS: OWN_BUSINESS_STATUS}.get(system, {}).get(code)
