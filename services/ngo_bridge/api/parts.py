"""The parts about a person that may be handed over, as JSON, and as records of the contract and back."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args

from pydantic import ConfigDict, Field, StrictBool, StrictInt, create_model, model_validator
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
from ngo_bridge.api.schema_fields import Day, SchemaFields, only, shown_fields
from ngo_bridge.api.schema_fields import fields_of as fields_model
from ngo_bridge.api.schema_fields import record_of as made_of
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
    birth_date: Day | None = Field(default=None, examples=["1999-12-31"])

    def record(self) -> events.Identity:
        """As the contract writes it."""
        return events.Identity(**self.model_dump())


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

    def record(self) -> events.SafeContact:
        """As the contract writes it."""
        return events.SafeContact(**self.model_dump())


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
                    "fields": {"chosen_name": "Invented Larkspur", "pronouns": "she/her"},
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


class OtherPart(Taken):
    """Any other kind: its fields stand in its schema."""

    data_class: str
    fields: SchemaFields


_BY_HAND: dict[str, type[Taken]] = {
    "identity": IdentityPart,
    "safe-contact": SafeContactPart,
    "location": LocationPart,
    "immigration": ImmigrationPart,
    "needs": NeedsPart,
}

_RECORDS: dict[str, type[PartRecord]] = {record.DATA_CLASS: record for record in get_args(PartRecord)}


def _model(data_class: str) -> type[Taken]:
    record = _RECORDS[data_class].__name__
    fields: Any = fields_model(record)
    return create_model(
        f"{record}Part",
        __base__=OtherPart,
        __doc__=fields.__doc__,
        data_class=(only(data_class), ...),
        fields=(fields, ...),
    )


if TYPE_CHECKING:
    Part = IdentityPart | SafeContactPart | LocationPart | ImmigrationPart | NeedsPart | OtherPart
else:
    _models = tuple(
        _BY_HAND.get(name) or _model(name) for name in (*_BY_HAND, *sorted(set(_RECORDS) - set(_BY_HAND)))
    )
    Part = Annotated[Union[_models], Field(discriminator="data_class")]  # noqa: UP007
"""One kind of data about a person."""


def record_of(part: Part) -> PartRecord:
    """The part as a record of the contract."""
    record = _RECORDS[part.data_class]
    if isinstance(part, OtherPart):
        made: PartRecord = made_of(record.__name__, part.fields)
        return made
    return record(**part.fields.model_dump())


def fields_of(record: OpenRecord) -> dict[str, Any]:
    """An opened record as JSON fields."""
    return shown_fields(record)
