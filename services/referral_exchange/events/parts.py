"""Events of the family parts. Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, Self

HotlineRequestKind = Literal["unspecified", "emergency_shelter", "extraction", "transportation", "referral"]
ResourceKind = Literal["unspecified", "resource", "referral", "training"]
ScreeningTool = Literal["unspecified", "ahtst", "tvit_short", "tvit_long", "other"]
ResultBand = Literal["unspecified", "not_indicated", "possible", "likely"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Access:
    """What the person needs to be able to use a service."""

    RECORD: ClassVar[str] = "Access.v1"
    DATA_CLASS: ClassVar[str] = "access"
    needs: list[str]
    note: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"needs": self.needs, "note": self.note}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(needs=datum["needs"], note=datum["note"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Access.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AnswerReason:
    """Why a programme answered as it did."""

    RECORD: ClassVar[str] = "AnswerReason.v1"
    DATA_CLASS: ClassVar[str] = "service-status"
    code: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"code": self.code}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(code=datum["code"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "AnswerReason.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Contact:
    """How the person can be reached, where safe contact is not enough."""

    RECORD: ClassVar[str] = "Contact.v1"
    DATA_CLASS: ClassVar[str] = "contact"
    phone: str | None = None
    email: str | None = None
    messenger: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"phone": self.phone, "email": self.email, "messenger": self.messenger}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(phone=datum["phone"], email=datum["email"], messenger=datum["messenger"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Contact.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CriminalLegal:
    """Matters of a criminal case in which the person is a witness or was harmed."""

    RECORD: ClassVar[str] = "CriminalLegal.v1"
    DATA_CLASS: ClassVar[str] = "criminal-legal"
    note: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"note": self.note}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(note=datum["note"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "CriminalLegal.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Education:
    """School and training."""

    RECORD: ClassVar[str] = "Education.v1"
    DATA_CLASS: ClassVar[str] = "education"
    note: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"note": self.note}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(note=datum["note"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Education.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Employment:
    """Work and employers."""

    RECORD: ClassVar[str] = "Employment.v1"
    DATA_CLASS: ClassVar[str] = "employment"
    note: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"note": self.note}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(note=datum["note"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Employment.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Family:
    """Family members and dependants."""

    RECORD: ClassVar[str] = "Family.v1"
    DATA_CLASS: ClassVar[str] = "family"
    members: int
    age_bands: list[str]
    note: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"members": self.members, "age_bands": self.age_bands, "note": self.note}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(members=datum["members"], age_bands=datum["age_bands"], note=datum["note"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Family.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Finances:
    """Money, debts, benefits."""

    RECORD: ClassVar[str] = "Finances.v1"
    DATA_CLASS: ClassVar[str] = "finances"
    note: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"note": self.note}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(note=datum["note"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Finances.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Health:
    """Physical health."""

    RECORD: ClassVar[str] = "Health.v1"
    DATA_CLASS: ClassVar[str] = "health"
    note: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"note": self.note}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(note=datum["note"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Health.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HotlineRequest:
    """What is needed at once."""

    RECORD: ClassVar[str] = "HotlineRequest.v1"
    DATA_CLASS: ClassVar[str] = "needs"
    kind: HotlineRequestKind
    region: str
    languages: list[str]
    household_size: int
    access: list[str]

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "kind": self.kind,
            "region": self.region,
            "languages": self.languages,
            "household_size": self.household_size,
            "access": self.access,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            kind=datum["kind"],
            region=datum["region"],
            languages=datum["languages"],
            household_size=datum["household_size"],
            access=datum["access"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "HotlineRequest.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Identity:
    """Who the person is."""

    RECORD: ClassVar[str] = "Identity.v1"
    DATA_CLASS: ClassVar[str] = "identity"
    chosen_name: str
    pronouns: str | None = None
    legal_name: str | None = None
    birth_date: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "chosen_name": self.chosen_name,
            "pronouns": self.pronouns,
            "legal_name": self.legal_name,
            "birth_date": self.birth_date,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            chosen_name=datum["chosen_name"],
            pronouns=datum["pronouns"],
            legal_name=datum["legal_name"],
            birth_date=datum["birth_date"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Identity.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Immigration:
    """Immigration relief matters; 8 USC 1367."""

    RECORD: ClassVar[str] = "Immigration.v1"
    DATA_CLASS: ClassVar[str] = "immigration"
    note: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"note": self.note}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(note=datum["note"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Immigration.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Legal:
    """Privileged or case matters."""

    RECORD: ClassVar[str] = "Legal.v1"
    DATA_CLASS: ClassVar[str] = "legal"
    note: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"note": self.note}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(note=datum["note"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Legal.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Location:
    """Where the person is or sleeps."""

    RECORD: ClassVar[str] = "Location.v1"
    DATA_CLASS: ClassVar[str] = "location"
    place: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"place": self.place}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(place=datum["place"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Location.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MentalHealth:
    """Mental health, without psychotherapy notes."""

    RECORD: ClassVar[str] = "MentalHealth.v1"
    DATA_CLASS: ClassVar[str] = "mental-health"
    note: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"note": self.note}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(note=datum["note"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "MentalHealth.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Needs:
    """What is needed, in codes: what an offer carries."""

    RECORD: ClassVar[str] = "Needs.v1"
    DATA_CLASS: ClassVar[str] = "needs"
    services: list[str]
    languages: list[str]
    region: str
    age_band: str
    household_size: int
    access: list[str]

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "services": self.services,
            "languages": self.languages,
            "region": self.region,
            "age_band": self.age_band,
            "household_size": self.household_size,
            "access": self.access,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            services=datum["services"],
            languages=datum["languages"],
            region=datum["region"],
            age_band=datum["age_band"],
            household_size=datum["household_size"],
            access=datum["access"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Needs.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OrientationGender:
    """Orientation and gender, as the person says it."""

    RECORD: ClassVar[str] = "OrientationGender.v1"
    DATA_CLASS: ClassVar[str] = "orientation-gender"
    note: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"note": self.note}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(note=datum["note"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "OrientationGender.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PsychotherapyNotes:
    """Psychotherapy notes; only by an authorisation of their own."""

    RECORD: ClassVar[str] = "PsychotherapyNotes.v1"
    DATA_CLASS: ClassVar[str] = "psychotherapy-notes"
    note: str
    authorisation: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"note": self.note, "authorisation": self.authorisation}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(note=datum["note"], authorisation=datum["authorisation"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "PsychotherapyNotes.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ResourceNeeded:
    """What is asked for."""

    RECORD: ClassVar[str] = "ResourceNeeded.v1"
    DATA_CLASS: ClassVar[str] = "needs"
    kind: ResourceKind
    services: list[str]
    region: str
    languages: list[str]

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "kind": self.kind,
            "services": self.services,
            "region": self.region,
            "languages": self.languages,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            kind=datum["kind"],
            services=datum["services"],
            region=datum["region"],
            languages=datum["languages"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "ResourceNeeded.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SafeContact:
    """Whether and how the person may be reached."""

    RECORD: ClassVar[str] = "SafeContact.v1"
    DATA_CLASS: ClassVar[str] = "safe-contact"
    may_contact: bool
    method: str | None = None
    value: str | None = None
    window: str | None = None
    language: str | None = None
    pretext: str | None = None
    voicemail: bool

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "may_contact": self.may_contact,
            "method": self.method,
            "value": self.value,
            "window": self.window,
            "language": self.language,
            "pretext": self.pretext,
            "voicemail": self.voicemail,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            may_contact=datum["may_contact"],
            method=datum["method"],
            value=datum["value"],
            window=datum["window"],
            language=datum["language"],
            pretext=datum["pretext"],
            voicemail=datum["voicemail"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "SafeContact.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ScreeningResult:
    """Tool, version and result band; never the answers."""

    RECORD: ClassVar[str] = "ScreeningResult.v1"
    DATA_CLASS: ClassVar[str] = "screening"
    tool: ScreeningTool
    version: str
    band: ResultBand

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"tool": self.tool, "version": self.version, "band": self.band}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(tool=datum["tool"], version=datum["version"], band=datum["band"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "ScreeningResult.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StatusDetail:
    """Reason or outcome of a service status, and the warm handover where a time is set."""

    RECORD: ClassVar[str] = "StatusDetail.v2"
    DATA_CLASS: ClassVar[str] = "service-status"
    reason: str | None = None
    outcome: str | None = None
    handover_at: datetime | None = None
    introduction: str | None = None
    role: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "reason": self.reason,
            "outcome": self.outcome,
            "handover_at": self.handover_at,
            "introduction": self.introduction,
            "role": self.role,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            reason=datum["reason"],
            outcome=datum["outcome"],
            handover_at=datum["handover_at"],
            introduction=datum["introduction"],
            role=datum["role"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "StatusDetail.v2(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SubstanceUse:
    """Substance use records; 42 CFR Part 2."""

    RECORD: ClassVar[str] = "SubstanceUse.v2"
    DATA_CLASS: ClassVar[str] = "substance-use"
    note: str
    redisclosure_notice: bool
    notice: str | None = None
    consent_discloser: str | None = None
    consent_recipient: str | None = None
    consent_intermediary: str | None = None
    consent_purpose: str | None = None
    consent_data_classes: list[str] = field(default_factory=list)
    consent_signed_at: str | None = None
    consent_ends_at: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "note": self.note,
            "redisclosure_notice": self.redisclosure_notice,
            "notice": self.notice,
            "consent_discloser": self.consent_discloser,
            "consent_recipient": self.consent_recipient,
            "consent_intermediary": self.consent_intermediary,
            "consent_purpose": self.consent_purpose,
            "consent_data_classes": self.consent_data_classes,
            "consent_signed_at": self.consent_signed_at,
            "consent_ends_at": self.consent_ends_at,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            note=datum["note"],
            redisclosure_notice=datum["redisclosure_notice"],
            notice=datum["notice"],
            consent_discloser=datum["consent_discloser"],
            consent_recipient=datum["consent_recipient"],
            consent_intermediary=datum["consent_intermediary"],
            consent_purpose=datum["consent_purpose"],
            consent_data_classes=datum["consent_data_classes"],
            consent_signed_at=datum["consent_signed_at"],
            consent_ends_at=datum["consent_ends_at"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "SubstanceUse.v2(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Tip:
    """What a third party saw. Nothing of the caller unless the caller agreed."""

    RECORD: ClassVar[str] = "Tip.v1"
    DATA_CLASS: ClassVar[str] = "criminal-legal"
    what: str
    where: str
    when: str | None = None
    imminent: bool
    caller_agrees: bool
    caller_contact: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "what": self.what,
            "where": self.where,
            "when": self.when,
            "imminent": self.imminent,
            "caller_agrees": self.caller_agrees,
            "caller_contact": self.caller_contact,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            what=datum["what"],
            where=datum["where"],
            when=datum["when"],
            imminent=datum["imminent"],
            caller_agrees=datum["caller_agrees"],
            caller_contact=datum["caller_contact"],
        )

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Tip.v1(sealed)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Tribal:
    """Nation and membership."""

    RECORD: ClassVar[str] = "Tribal.v1"
    DATA_CLASS: ClassVar[str] = "tribal"
    nation: str
    membership: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"nation": self.nation, "membership": self.membership}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(nation=datum["nation"], membership=datum["membership"])

    def __repr__(self) -> str:
        """The name alone: what it holds is sealed."""
        return "Tribal.v1(sealed)"
