"""Events of the family forms. Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

PresenceStanding = Literal["unspecified", "granted", "renewed", "ended"]
ReferralSource = Literal[
    "unspecified", "hotline", "law_enforcement", "health_provider", "ngo", "self", "other"
]
EligibilityStatus = Literal["unspecified", "pending", "eligible", "not_eligible"]
EligibilityDecision = Literal["unspecified", "eligible", "denied"]
HmisResult = Literal["unspecified", "client_accepted", "client_rejected", "provider_rejected"]
RequesterKind = Literal["unspecified", "official", "provider", "attorney", "other"]
ClientSex = Literal["unspecified", "female", "male", "another"]
TraffickingType = Literal["unspecified", "labor", "sex", "both"]
CertificationGround = Literal["unspecified", "continued_presence", "t_granted", "t_bona_fide"]
SupplementStanding = Literal["unspecified", "asked", "signed", "declined"]
VisaForm = Literal["unspecified", "i_914", "i_918"]
NoticeKind = Literal["unspecified", "receipt", "bona_fide", "grant", "denial"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AddressConfidentialityFlag:
    """The person takes part in an address confidentiality programme."""

    RECORD: ClassVar[str] = "AddressConfidentialityFlag.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    state: str
    substitute_address: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"state": self.state, "substitute_address": self.substitute_address}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(state=datum["state"], substitute_address=datum["substitute_address"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "AddressConfidentialityFlag.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CertificationLetter:
    """Certification of an adult."""

    RECORD: ClassVar[str] = "CertificationLetter.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    letter_number: str
    issued_on: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"letter_number": self.letter_number, "issued_on": self.issued_on}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(letter_number=datum["letter_number"], issued_on=datum["issued_on"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "CertificationLetter.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ContinuedPresence:
    """Continued Presence granted, renewed or ended. Issued by HSI only."""

    RECORD: ClassVar[str] = "ContinuedPresence.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    reference: str
    standing: PresenceStanding
    starts_on: str
    ends_on: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "reference": self.reference,
            "standing": self.standing,
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            reference=datum["reference"],
            standing=datum["standing"],
            starts_on=datum["starts_on"],
            ends_on=datum["ends_on"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "ContinuedPresence.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DvhtReferral:
    """Referral between grantees (OMB 0970-0467)."""

    RECORD: ClassVar[str] = "DvhtReferral.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    referred_on: str
    source: ReferralSource
    service_status: EligibilityStatus
    closure_reason: str | None = None
    barriers: list[str]
    letter_obtained: bool

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "referred_on": self.referred_on,
            "source": self.source,
            "service_status": self.service_status,
            "closure_reason": self.closure_reason,
            "barriers": self.barriers,
            "letter_obtained": self.letter_obtained,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            referred_on=datum["referred_on"],
            source=datum["source"],
            service_status=datum["service_status"],
            closure_reason=datum["closure_reason"],
            barriers=datum["barriers"],
            letter_obtained=datum["letter_obtained"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "DvhtReferral.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EligibilityLetter:
    """Eligibility of a minor, or its denial."""

    RECORD: ClassVar[str] = "EligibilityLetter.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    letter_number: str
    issued_on: str
    decision: EligibilityDecision
    verification_code: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "letter_number": self.letter_number,
            "issued_on": self.issued_on,
            "decision": self.decision,
            "verification_code": self.verification_code,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            letter_number=datum["letter_number"],
            issued_on=datum["issued_on"],
            decision=datum["decision"],
            verification_code=datum["verification_code"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "EligibilityLetter.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HmisEvent:
    """Coordinated entry event (HMIS 4.20)."""

    RECORD: ClassVar[str] = "HmisEvent.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    event: int
    event_date: str
    result: HmisResult
    result_date: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event": self.event,
            "event_date": self.event_date,
            "result": self.result,
            "result_date": self.result_date,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event=datum["event"],
            event_date=datum["event_date"],
            result=datum["result"],
            result_date=datum["result_date"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "HmisEvent.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class InterimAssistanceLetter:
    """Interim assistance for a minor: 90 days, and 30 more."""

    RECORD: ClassVar[str] = "InterimAssistanceLetter.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    letter_number: str
    starts_on: str
    ends_on: str
    extended: bool

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "letter_number": self.letter_number,
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
            "extended": self.extended,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            letter_number=datum["letter_number"],
            starts_on=datum["starts_on"],
            ends_on=datum["ends_on"],
            extended=datum["extended"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "InterimAssistanceLetter.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LetterVerificationAnswered:
    """Whether it is. Nothing else."""

    RECORD: ClassVar[str] = "LetterVerificationAnswered.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    valid: bool

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"valid": self.valid}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(valid=datum["valid"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "LetterVerificationAnswered.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LetterVerificationAsked:
    """A benefit agency asks whether a letter is real."""

    RECORD: ClassVar[str] = "LetterVerificationAsked.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    letter_number: str
    verification_code: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"letter_number": self.letter_number, "verification_code": self.verification_code}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(letter_number=datum["letter_number"], verification_code=datum["verification_code"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "LetterVerificationAsked.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MandatedReport:
    """Child-protection report to a state or tribal authority. Only the fields that its statute asks for."""

    RECORD: ClassVar[str] = "MandatedReport.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    statute: str
    jurisdiction: str
    concerns: list[str]
    minor_name: str | None = None
    minor_birth_date: str | None = None
    where: str | None = None
    reporter_role: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "statute": self.statute,
            "jurisdiction": self.jurisdiction,
            "concerns": self.concerns,
            "minor_name": self.minor_name,
            "minor_birth_date": self.minor_birth_date,
            "where": self.where,
            "reporter_role": self.reporter_role,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            statute=datum["statute"],
            jurisdiction=datum["jurisdiction"],
            concerns=datum["concerns"],
            minor_name=datum["minor_name"],
            minor_birth_date=datum["minor_birth_date"],
            where=datum["where"],
            reporter_role=datum["reporter_role"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "MandatedReport.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RequestForAssistance:
    """Request for Assistance for a foreign-national minor (OMB 0970-0362). Part A first, the rest after."""

    RECORD: ClassVar[str] = "RequestForAssistance.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    requester_kind: RequesterKind
    requester: str
    requester_contact: str
    minor_name: str
    minor_birth_date: str | None = None
    minor_country: str | None = None
    minor_language: str | None = None
    safety_concerns: list[str]
    exploitation_concerns: list[str]
    needs: list[str]
    placement: str | None = None
    learned_at: str | None = None
    request_number: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "requester_kind": self.requester_kind,
            "requester": self.requester,
            "requester_contact": self.requester_contact,
            "minor_name": self.minor_name,
            "minor_birth_date": self.minor_birth_date,
            "minor_country": self.minor_country,
            "minor_language": self.minor_language,
            "safety_concerns": self.safety_concerns,
            "exploitation_concerns": self.exploitation_concerns,
            "needs": self.needs,
            "placement": self.placement,
            "learned_at": self.learned_at,
            "request_number": self.request_number,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            requester_kind=datum["requester_kind"],
            requester=datum["requester"],
            requester_contact=datum["requester_contact"],
            minor_name=datum["minor_name"],
            minor_birth_date=datum["minor_birth_date"],
            minor_country=datum["minor_country"],
            minor_language=datum["minor_language"],
            safety_concerns=datum["safety_concerns"],
            exploitation_concerns=datum["exploitation_concerns"],
            needs=datum["needs"],
            placement=datum["placement"],
            learned_at=datum["learned_at"],
            request_number=datum["request_number"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "RequestForAssistance.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RequestForCertification:
    """Request for Certification of a foreign-national adult (OMB 0970-0454)."""

    RECORD: ClassVar[str] = "RequestForCertification.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    representative: str
    representative_address: str
    client_name: str
    client_city: str
    client_state: str
    client_language: str | None = None
    urgent_concerns: list[str]
    sex: ClientSex
    trafficking_type: TraffickingType
    ground: CertificationGround
    ground_date: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "representative": self.representative,
            "representative_address": self.representative_address,
            "client_name": self.client_name,
            "client_city": self.client_city,
            "client_state": self.client_state,
            "client_language": self.client_language,
            "urgent_concerns": self.urgent_concerns,
            "sex": self.sex,
            "trafficking_type": self.trafficking_type,
            "ground": self.ground,
            "ground_date": self.ground_date,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            representative=datum["representative"],
            representative_address=datum["representative_address"],
            client_name=datum["client_name"],
            client_city=datum["client_city"],
            client_state=datum["client_state"],
            client_language=datum["client_language"],
            urgent_concerns=datum["urgent_concerns"],
            sex=datum["sex"],
            trafficking_type=datum["trafficking_type"],
            ground=datum["ground"],
            ground_date=datum["ground_date"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "RequestForCertification.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SupplementB:
    """I-914 Supplement B: asked by counsel, signed or declined by an officer, back to the applicant only."""

    RECORD: ClassVar[str] = "SupplementB.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    standing: SupplementStanding
    victim: str
    agency: str
    statement: str
    family_members: int
    attested_by: str | None = None
    attested_on: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "standing": self.standing,
            "victim": self.victim,
            "agency": self.agency,
            "statement": self.statement,
            "family_members": self.family_members,
            "attested_by": self.attested_by,
            "attested_on": self.attested_on,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            standing=datum["standing"],
            victim=datum["victim"],
            agency=datum["agency"],
            statement=datum["statement"],
            family_members=datum["family_members"],
            attested_by=datum["attested_by"],
            attested_on=datum["attested_on"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "SupplementB.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class VisaNotice:
    """A notice about an I-914 or I-918. To the applicant or counsel only."""

    RECORD: ClassVar[str] = "VisaNotice.v1"
    DATA_CLASS: ClassVar[str] = "documents"
    form: VisaForm
    receipt_number: str
    notice: NoticeKind
    dated: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "form": self.form,
            "receipt_number": self.receipt_number,
            "notice": self.notice,
            "dated": self.dated,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            form=datum["form"],
            receipt_number=datum["receipt_number"],
            notice=datum["notice"],
            dated=datum["dated"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "VisaNotice.v1(sealed)"
