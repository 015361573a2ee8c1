"""Request models made from the contract: what a form or part may hold stands in its Avro schema alone."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool, StrictInt, create_model, model_validator
from pydantic_core import PydanticCustomError

from ngo_bridge.api.field_types import (
    AccessNeed,
    AgeBand,
    EachOnce,
    Language,
    Moment,
    Region,
    ServiceCategory,
    Taken,
    one_of,
)
from referral_exchange import catalog, events
from referral_exchange.vocabulary import as_shown, on_the_wire

LONGEST_FORM_TEXT = 4000
_MOST_ITEMS = 50
_MOST_COUNT = 1000
_RANGE = re.compile(r"(\d+) to (\d+)\.")


class SchemaFields(Taken):
    """The fields of one record of the contract."""

    @model_validator(mode="after")
    def _fits(self) -> "SchemaFields":
        starts, ends = (getattr(self, name, None) for name in ("starts_on", "ends_on"))
        if starts is not None and ends is not None and ends < starts:
            raise PydanticCustomError("ends-before-it-starts", "the last day comes after the first")
        if getattr(self, "caller_contact", None) and not getattr(self, "caller_agrees", True):
            raise PydanticCustomError("caller-did-not-agree", "leave out how to reach the caller")
        return self

    def datum(self) -> dict[str, Any]:
        """Values by name as the contract writes them."""
        plain = self.model_dump(mode="json")
        enums = _enums(type(self).__name__.removesuffix("Fields"))
        return {n: on_the_wire(v) if n in enums and v is not None else v for n, v in plain.items()}


def fields_of(record: str) -> type[SchemaFields]:
    """The model of `record`'s fields (`RequestForAssistance`), from the newest version of its schema."""
    declared = _declared(record)
    fields: dict[str, Any] = {f["name"]: _field(f) for f in declared["fields"]}
    made = create_model(f"{record}Fields", __base__=SchemaFields, __doc__=declared["doc"], **fields)
    return made


def only(text: str) -> Any:
    """The type whose one value is `text`."""
    return Literal[text]


def record_of(record: str, fields: SchemaFields) -> Any:
    """The record of the contract that `fields` fill."""
    return getattr(events, record)(**fields.datum())


def shown_fields(record: Any) -> dict[str, Any]:
    """A record as JSON: codes with hyphens, as everywhere in the API."""
    enums = _enums(type(record).__name__)
    return {n: as_shown(v) if n in enums and v is not None else v for n, v in record.to_datum().items()}


def _declared(record: str) -> dict[str, Any]:
    return catalog.newest(catalog.committed())[record].declared


def _enums(record: str) -> frozenset[str]:
    return frozenset(f["name"] for f in _declared(record)["fields"] if _is_enum(f["type"]))


def _is_enum(kind: Any) -> bool:
    options = kind if isinstance(kind, list) else [kind]
    return any(isinstance(option, dict) and option["type"] == "enum" for option in options)


def _field(declared: dict[str, Any]) -> tuple[Any, Any]:
    kind, doc = declared["type"], declared["doc"]
    optional = isinstance(kind, list)
    inner = next(option for option in kind if option != "null") if optional else kind
    annotation = _annotation(inner, declared["name"], doc)
    if optional:
        return annotation | None, Field(default=None, description=doc)
    return annotation, Field(description=doc)


def _annotation(kind: Any, name: str, doc: str) -> Any:
    if isinstance(kind, dict) and kind["type"] == "enum":
        return Annotated[str, one_of(as_shown(s) for s in kind["symbols"] if s != "unspecified")]
    if isinstance(kind, dict) and kind["type"] == "array":
        item: Any = _text(name, doc)
        each_once = () if name == "age_bands" else (EachOnce,)
        return Annotated[(list.__class_getitem__(item), Field(max_length=_MOST_ITEMS), *each_once)]
    if kind == "int":
        return _count(doc)
    return StrictBool if kind == "boolean" else _text(name, doc)


def _count(doc: str) -> Any:
    found = _RANGE.fullmatch(doc)
    lowest, highest = (int(found[1]), int(found[2])) if found else (0, _MOST_COUNT)
    return Annotated[StrictInt, Field(ge=lowest, le=highest)]


def _text(name: str, doc: str) -> Any:
    """What the schema's own words ask of a text."""
    if "YYYY-MM-DD" in doc or name.endswith("birth_date"):
        return Day
    if "ISO 8601" in doc:
        return Moment
    for words, annotation in _BY_WORDS.items():
        if words in doc:
            return annotation
    return Annotated[str, Field(min_length=1, max_length=LONGEST_FORM_TEXT)]


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("no-such-day", "a day of the calendar") from None
    return text


Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2031-05-04"]), AfterValidator(_day)]
"""A day of the calendar, YYYY-MM-DD."""

_BY_WORDS = {
    "NIEM ServiceCategoryCode": ServiceCategory,
    "Codes of access_needs": AccessNeed,
    "Codes of age_bands": AgeBand,
    "BCP 47": Language,
    "Coarse region": Region,
}

__all__ = ["LONGEST_FORM_TEXT", "Day", "SchemaFields", "fields_of", "only", "record_of", "shown_fields"]
