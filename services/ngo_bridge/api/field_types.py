"""The kinds of value that the API takes: codes of the vocabulary, slugs, times. All of them bounded."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError, core_schema

from referral_exchange import vocabulary
from referral_exchange.unshown import no_fields

LONGEST_TEXT = 200
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Taken(BaseModel):
    """A request body: fields that are not listed are refused, not ignored."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    __repr_args__ = no_fields


@dataclass(frozen=True, slots=True)
class OneOf:
    """Annotation: a text that is one of `codes`, listed in the API description."""

    codes: tuple[str, ...]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> core_schema.CoreSchema:
        """As pydantic asks for it."""
        return core_schema.literal_schema(list(self.codes))


def one_of(codes: Iterable[str]) -> OneOf:
    """The annotation for `codes`."""
    return OneOf(tuple(codes))


def _utc(moment: datetime) -> datetime:
    if not _EARLIEST <= moment <= _LATEST:
        raise PydanticCustomError("time-out-of-range", "a time between 2000 and 2200")
    return moment.astimezone(UTC)


def _each_once(items: list[str]) -> list[str]:
    if len(set(items)) != len(items):
        raise PydanticCustomError("listed-twice", "name each only once")
    return items


Moment = Annotated[AwareDatetime, AfterValidator(_utc), Field(examples=["2031-05-04T22:15:00Z"])]
"""RFC 3339 with its offset; taken as UTC."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_id(text: str) -> bool:
    """Whether `text` is a UUID as ids are written here."""
    return _ID.fullmatch(text) is not None


ProgrammeId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,62}$", examples=["meadow-housing"])]
ThingId = Annotated[
    str,
    Field(
        pattern=f"^{_ID.pattern}$",
        examples=["5f0c7a52-6d0e-4b57-9d0c-0a4a1c6f2b11"],
    ),
]
"""A UUID in lower case."""

Language = Annotated[
    str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", examples=["es"], description="BCP 47 tag.")
]
Region = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 .'-]{0,39}$",
        examples=["South Fields"],
        description="A coarse region as the directory names it; never an address.",
    ),
]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]

DataClass = Annotated[str, one_of(vocabulary.data_classes())]
Purpose = Annotated[str, one_of(vocabulary.purposes())]
FundingStream = Annotated[str, one_of(vocabulary.funding_streams())]
ServiceCategory = Annotated[str, one_of(vocabulary.service_categories())]
AccessNeed = Annotated[str, one_of(vocabulary.access_needs())]
AgeBand = Annotated[str, one_of(vocabulary.age_bands())]
AnswerReasonCode = Annotated[str, one_of(vocabulary.answer_reasons())]
ContactMethod = Annotated[str, one_of(vocabulary.contact_methods())]

EachOnce = AfterValidator(_each_once)
