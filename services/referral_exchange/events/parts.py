"""Events of the family parts. Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self


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


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StatusDetail:
    """Reason or outcome of a service status."""

    RECORD: ClassVar[str] = "StatusDetail.v1"
    DATA_CLASS: ClassVar[str] = "service-status"
    reason: str | None = None
    outcome: str | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"reason": self.reason, "outcome": self.outcome}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(reason=datum["reason"], outcome=datum["outcome"])
