"""The parts about a person that may be handed over, as JSON, and as records of the contract and back."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from ngo_bridge.api.field_types import (
    AccessNeed,
    AgeBand,
    ContactMethod,
    EachOnce,
    Language,
    Region,
    ServiceCategory,
    Taken,
    Words,
)
from participant_edge.commands import OpenRecord, PartRecord
from referral_exchange import events


class NeedsFields(Taken):
    """What is needed, in codes only: no name, no story, no place."""

    services: Annotated[list[ServiceCategory], EachOnce] = Field(min_length=1, max_length=16)
    languages: Annotated[list[Language], EachOnce] = Field(min_length=1, max_length=16)
    region: Region
    age_band: AgeBand
    household_size: StrictInt = Field(ge=1, le=50, description="People who need it together.")
    access: Annotated[list[AccessNeed], EachOnce] = Field(default_factory=list, max_length=16)

    def record(self) -> events.Needs:
        """As the contract writes it."""
        return events.Needs(**self.model_dump())


class IdentityFields(Taken):
    """Who the person is; the name to use comes first."""

    chosen_name: Words
    pronouns: Words | None = None
    legal_name: Words | None = Field(default=None, description="Only where a form needs it.")
    birth_date: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["1999-12-31"])


class SafeContactFields(Taken):
    """Whether and how the person may be reached. Left out means: do not contact, no voicemail."""

    may_contact: StrictBool = False
    method: ContactMethod | None = None
    value: Words | None = Field(default=None, description="Number or address for the method.")
    window: Words | None = Field(default=None, description="When it is safe, in words.")
    language: Language | None = None
    pretext: Words | None = Field(default=None, description="What to say if another person answers.")
    voicemail: StrictBool = False

    @model_validator(mode="after")
    def _fits(self) -> "SafeContactFields":
        if self.may_contact and self.method is None:
            raise PydanticCustomError("method-missing", "say how the person may be reached")
        if self.may_contact and self.value is None and self.method != "through-sender":
            raise PydanticCustomError("value-missing", "say where the person may be reached")
        if not self.may_contact and (self.method or self.value or self.voicemail):
            raise PydanticCustomError("not-to-be-contacted", "leave out how, where nobody may")
        return self


class LocationFields(Taken):
    """Where the person is or sleeps."""

    place: Words


class ImmigrationFields(Taken):
    """Immigration relief matters; 8 USC 1367."""

    note: Words


class IdentityPart(Taken):
    """Who it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "data_class": "identity",
                    "fields": {"chosen_name": "Invented Marigold", "pronouns": "she/her"},
                }
            ]
        }
    )

    data_class: Literal["identity"]
    fields: IdentityFields


class SafeContactPart(Taken):
    """How to reach the person safely."""

    data_class: Literal["safe-contact"]
    fields: SafeContactFields


class LocationPart(Taken):
    """Where the person is."""

    data_class: Literal["location"]
    fields: LocationFields


class ImmigrationPart(Taken):
    """Immigration matters."""

    data_class: Literal["immigration"]
    fields: ImmigrationFields


class NeedsPart(Taken):
    """Needs, where they changed since the offer."""

    data_class: Literal["needs"]
    fields: NeedsFields


Part = Annotated[
    IdentityPart | SafeContactPart | LocationPart | ImmigrationPart | NeedsPart,
    Field(discriminator="data_class"),
]
"""One kind of data about a person."""

_RECORDS: dict[str, type[PartRecord]] = {
    "identity": events.Identity,
    "safe-contact": events.SafeContact,
    "location": events.Location,
    "immigration": events.Immigration,
    "needs": events.Needs,
}


def record_of(part: Part) -> PartRecord:
    """The part as a record of the contract."""
    return _RECORDS[part.data_class](**part.fields.model_dump())


def fields_of(record: OpenRecord) -> dict[str, Any]:
    """An opened record as JSON fields."""
    return asdict(record)
