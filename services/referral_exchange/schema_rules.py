"""The rules that one schema must keep, as a pure function over its JSON."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

from referral_exchange.shape import checker

TAGS = ("routing", "public", "sealed")
"""routing: what the router may see; public: what everyone may; sealed: what only the recipient can open."""

PLAINTEXTS = frozenset({"parts", "forms"})
"""The families of plaintexts: never on a topic."""

STATE_RECORDS = frozenset({"ReferralRecord"})
"""Records that are a state and not an event: they have no id and no time of their own."""

CLEAR_TEXT = frozenset(
    {
        # Slugs of programmes and participants.
        *("programme_from", "programme_to", "programme_id", "participant_id", "Verdict.participant"),
        # Codes and names that the exchange itself coins.
        *("BadMessageReported.code", "EventRefused.code", "MessageQuarantined.code", "Verdict.code"),
        *("MessageQuarantined.topic", "Clock.name", "ClockElapsed.clock", "ReferralProgressed.clock"),
        *("ReferralProgressed.step", "ReferralProgressed.state", "ReferralProgressed.sub_state"),
        *("ReferralProgressed.trace_id", "ReferralRecord.trace_id", "ReferralRecord.sub_state"),
        # The ledger's own event, repeated whole as proof; its schema is linted where it stands.
        *("ConsentEnded.ledger_type", "ConsentEnded.ledger_event"),
        *("ConsentEnded.ledger_signature", "ConsentEnded.ledger_key_id"),
        # What an organisation publishes of itself: no address, phone or coordinates.
        *("ParticipantListed.name", "ProgrammeListed.name", "ProgrammeListed.funding_streams"),
        *("ProgrammeListed.services", "ProgrammeListed.languages", "ProgrammeListed.region"),
        *("ProgrammeListed.age_bands", "ProgrammeListed.signing_key", "ProgrammeListed.sealing_key"),
        *("ProgrammeListed.key_id", "ProgrammeListed.access", "CapacityReported.languages"),
        *("ProgrammeListed.previous_key_id", "ProgrammeListed.previous_key_signature"),
        # Codes without a subject. What people write in words stays where it came in.
        *("CountCell.code", "TrainingCompleted.course", "TrainingCompleted.region", "FeedbackGiven.service"),
        *("CommentReceived.section", "PlanActionReported.action"),
        # Pointers of the operator.
        *("ReplayAsked.topic", "QuarantineClosed.topic"),
    }
)
"""Text and bytes in clear: only these, by field or by record and field. Never one about a person."""

_NOTHING_SAID = "unspecified"
_SHARED = "referral_exchange"
_PART_FORM = {"lock": "bytes", "ciphertext": "bytes"}
_UUID = {"type": "string", "logicalType": "uuid"}
_INSTANT = {"type": "long", "logicalType": "timestamp-millis"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken rule: its stable name, where in the schema, and what to do."""

    rule: str
    where: str
    remedy: str


def faults(family: str, declared: dict[str, Any], data_classes: Container[str]) -> Iterator[Fault]:
    """Every broken rule of a schema that is valid Avro and stands in the folder `family`."""
    yield from _namespace_faults(family, declared)
    yield from _top_faults(family, declared, data_classes)
    for where, kind in kinds(declared, declared["name"]):
        yield from _kind_faults(family, where, kind)
    for where in _recursions(declared, declared["name"], ()):
        yield Fault("recursive", where, "a type may not hold itself")


def kinds(kind: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Every type at every depth of `kind`, outermost first, and where it stands."""
    yield where, kind
    if isinstance(kind, list):
        for branch in kind:
            yield from kinds(branch, where)
    elif isinstance(kind, dict):
        for field in kind.get("fields", ()):
            yield from kinds(field["type"], f"{where}.{field['name']}")
        if (items := kind.get("items", kind.get("values"))) is not None:
            yield from kinds(items, f"{where}[]")


def _namespace_faults(family: str, declared: dict[str, Any]) -> Iterator[Fault]:
    expected = f"{_SHARED}.{family.replace('-', '_')}"
    if declared.get("namespace") != expected:
        yield Fault("namespace", declared["name"], f"its namespace is {expected}, after its folder")
    for where, kind in kinds(declared, declared["name"]):
        space = kind.get("namespace", expected) if isinstance(kind, dict) else expected
        if kind is not declared and space not in (expected, _SHARED):
            yield Fault("namespace", where, f"a nested type is of {expected} or of {_SHARED}")


def _top_faults(family: str, declared: dict[str, Any], data_classes: Container[str]) -> Iterator[Fault]:
    name, first = declared["name"], [(f["name"], f["type"]) for f in declared["fields"][:2]]
    if family in PLAINTEXTS:
        if declared.get("sealed_part") is not True or declared.get("data_class") not in data_classes:
            yield Fault("part-declared", name, "say sealed_part: true and a data_class of the vocabulary")
    elif name not in STATE_RECORDS and first != [("event_id", _UUID), ("occurred_at", _INSTANT)]:
        yield Fault("event-begins", name, "an event begins with event_id (uuid), occurred_at (millis)")
    for field in declared["fields"]:
        try:
            checker(field["type"])
        except ValueError as error:
            yield Fault("type-in-use", f"{name}.{field['name']}", str(error))


def _kind_faults(family: str, where: str, kind: Any) -> Iterator[Fault]:
    match kind:
        case {"type": "record"}:
            yield from _documented(where, kind)
            yield from _record_faults(family, where, kind)
        case {"type": "enum"}:
            yield from _documented(where, kind)
            if kind["symbols"][0] != _NOTHING_SAID or kind.get("default") != _NOTHING_SAID:
                yield Fault("enum-default", where, f"{_NOTHING_SAID} is the first symbol and the default")
        case {"type": "array" | "map"}:
            if _is_empty(kind.get("items", kind.get("values"))):
                yield Fault("zero-byte-items", where, "items of no bytes let a few bytes fill the memory")


def _record_faults(family: str, where: str, record: dict[str, Any]) -> Iterator[Fault]:
    is_part = record.get("sealed_part") is True
    form = {field["name"]: field["type"] for field in record["fields"]}
    if is_part and family not in PLAINTEXTS and (record["name"], form) != ("SealedPart", _PART_FORM):
        yield Fault(
            "part-form",
            where,
            "outside schemas/parts and schemas/forms only SealedPart (lock, ciphertext) is a part",
        )
    for field in record["fields"]:
        place = f"{where}.{field['name']}"
        yield from _documented(place, field)
        yield from _tag_faults(place, field.get("tag"), is_part)
        names = {field["name"], f"{record['name']}.{field['name']}"}
        if not is_part and _holds_text(field["type"]) and not names & CLEAR_TEXT:
            yield Fault("clear-text", place, "no free text in clear: a uuid, an enum, or named in CLEAR_TEXT")
        if isinstance(field["type"], list) and field.get("default", _NOTHING_SAID) is not None:
            yield Fault("optional-default", place, "an optional field has the default null")


def _documented(where: str, described: dict[str, Any]) -> Iterator[Fault]:
    if not str(described.get("doc", "")).strip():
        yield Fault("documented", where, "say in doc what it is, and its unit")


def _tag_faults(where: str, tag: object, is_part: bool) -> Iterator[Fault]:
    if tag not in TAGS:
        yield Fault("tagged", where, f"tag it as one of {', '.join(TAGS)}")
    elif tag == "sealed" and not is_part:
        yield Fault("sealed-place", where, "a sealed field stands only in a record with sealed_part: true")
    elif tag != "sealed" and is_part:
        yield Fault("part-only-sealed", where, "every field of a part is sealed")


def _holds_text(kind: Any) -> bool:
    """Whether text or bytes stand in `kind` itself; records inside it answer for their own fields."""
    if isinstance(kind, list):
        return any(_holds_text(branch) for branch in kind)
    if isinstance(kind, dict):
        inner = kind.get("items", kind.get("values", kind["type"]))
        return kind.get("logicalType") != "uuid" and _holds_text(inner)
    return kind in ("string", "bytes", "fixed")


def _is_empty(kind: Any) -> bool:
    """Whether a value of `kind` takes no bytes."""
    if isinstance(kind, dict):
        if kind["type"] == "record":
            return all(_is_empty(field["type"]) for field in kind["fields"])
        return kind.get("size") == 0 or _is_empty(kind["type"])
    return bool(kind == "null")


def _recursions(kind: Any, where: str, open_names: tuple[str, ...]) -> Iterator[str]:
    if isinstance(kind, str) and kind.rpartition(".")[2] in open_names:
        yield where
    elif isinstance(kind, list):
        for branch in kind:
            yield from _recursions(branch, where, open_names)
    elif isinstance(kind, dict):
        for field in kind.get("fields", ()):
            yield from _recursions(field["type"], f"{where}.{field['name']}", (*open_names, kind["name"]))
        if (items := kind.get("items", kind.get("values"))) is not None:
            yield from _recursions(items, f"{where}[]", open_names)
