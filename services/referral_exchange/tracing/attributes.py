"""The allow-list: every span name and every attribute that may leave a process, with its shape.

Not on the list, and why: message keys and bodies; programmes and participants (a hostile sender chooses
them); data classes, rules and laws (that an immigration part was opened says something about a person);
URLs and query texts; exception texts (fastavro's quote the datum). Names follow OpenTelemetry's semantic
conventions for messaging and HTTP where those have one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, TypedDict, get_args, get_type_hints

from referral_exchange import refusals
from referral_exchange.events import routing, service_status
from referral_exchange.tracing.shapes import (
    CLASS_NAME,
    COUNT,
    FIELD_PATH,
    GROUP,
    HTTP_STATUS,
    ID,
    RECORD,
    ROUTE,
    TOPIC,
    Shape,
    closed,
    in_both_forms,
    words,
)

Value = str | int

VERBS = words(
    """
    accept answer answer-purge apply cancel check commit confirm decide deliver disclose disclosures
    encode expire forward give issue list look-up offer open poll prepare process publish purge
    quarantine read receive refuse repeat report-bad report-status restore resync route seal send serve
    settle show sign start stop store tick verify wait withdraw
    """
)
"""First word of a span's name; the second, if any, is a topic or a record."""

METHODS = words("GET POST PUT DELETE HEAD")
"""First word of the name of an HTTP span; the second is a route template."""

OPERATIONS = closed("an operation type", words("create send receive process settle"))
SYSTEM = closed("a messaging system", words("kafka"))
METHOD = closed("a method", METHODS)
VERB = closed("a verb", VERBS)
VERDICT = closed("a verdict", words("committed refused quarantined repeated held"))
URGENCY = closed("an urgency", get_args(routing.Urgency))
STATE = closed("a referral's state", in_both_forms(get_args(routing.ReferralState)))
SUB_STATE = closed(
    "a sub-state",
    in_both_forms([*get_args(service_status.ServiceSubState), "cancel_requested", "cancel_confirmed"]),
)
CODE = closed(
    "a code of refusal, quarantine or problem",
    words(
        """
        unknown-schema-id truncated trailing-bytes not-framed malformed too-large bad-uuid unknown-record
        not-of-schema denied conflict signature bad-signature command-reused outcome-unknown unavailable
        invalid internal lock-refused too-many-codes too-many-tries
        """
    ).union(refusals.SENTENCES),
)


@dataclass(frozen=True, slots=True)
class Declared:
    """Name on the wire and shape of one attribute. `as_text`: the conventions want the number as text."""

    wire: str
    shape: Shape
    as_text: bool = False


class Attributes(TypedDict, total=False):
    """Keywords of `stretch`, `child`, `set` and `record`. mypy refuses any other, and so does the process."""

    messaging_operation_type: Annotated[str, Declared("messaging.operation.type", OPERATIONS)]
    messaging_operation_name: Annotated[str, Declared("messaging.operation.name", VERB)]
    messaging_system: Annotated[str, Declared("messaging.system", SYSTEM)]
    messaging_destination_name: Annotated[str, Declared("messaging.destination.name", TOPIC)]
    messaging_destination_partition_id: Annotated[
        int, Declared("messaging.destination.partition.id", COUNT, as_text=True)
    ]
    messaging_consumer_group_name: Annotated[str, Declared("messaging.consumer.group.name", GROUP)]
    messaging_kafka_offset: Annotated[int, Declared("messaging.kafka.offset", COUNT)]
    messaging_message_id: Annotated[str, Declared("messaging.message.id", ID)]
    messaging_message_body_size: Annotated[int, Declared("messaging.message.body.size", COUNT)]
    messaging_batch_message_count: Annotated[int, Declared("messaging.batch.message_count", COUNT)]
    http_request_method: Annotated[str, Declared("http.request.method", METHOD)]
    http_route: Annotated[str, Declared("http.route", ROUTE)]
    http_response_status_code: Annotated[int, Declared("http.response.status_code", HTTP_STATUS)]
    event_type: Annotated[str, Declared("exchange.event.type", RECORD)]
    consent_id: Annotated[str, Declared("consent.id", ID)]
    referral_state: Annotated[str, Declared("referral.state", STATE)]
    referral_sub_state: Annotated[str, Declared("referral.sub_state", SUB_STATE)]
    referral_urgency: Annotated[str, Declared("referral.urgency", URGENCY)]
    verdict: Annotated[str, Declared("exchange.verdict", VERDICT)]
    code: Annotated[str, Declared("exchange.code", CODE)]
    attempt: Annotated[int, Declared("exchange.attempt", COUNT)]
    part_count: Annotated[int, Declared("exchange.part.count", COUNT)]


REFERRAL_ID = "referral.id"
"""On every span that concerns a referral; the one thing to search by."""

WITHHELD = "exchange.withheld"
"""Names, never values, of attributes whose value was not of its shape."""

ERROR_TYPE, EXCEPTION_TYPE, EXCEPTION_FIELD = "error.type", "exception.type", "exchange.field_path"


class NotOnTheList(ValueError):
    """A span name or an attribute is not on the allow-list. Add it in `attributes.py`, with its shape."""


def _declared() -> dict[str, Declared]:
    hints = get_type_hints(Attributes, include_extras=True)
    return {
        keyword: next(a for a in get_args(hint) if isinstance(a, Declared)) for keyword, hint in hints.items()
    }


ALLOWED: Mapping[str, Declared] = _declared()
"""The list itself, by keyword."""


@lru_cache(maxsize=4096)
def check_name(name: str) -> None:
    """Passes `verb`, `verb topic`, `verb Record` and `METHOD /route/{template}`. Raises NotOnTheList."""
    first, _, second = name.partition(" ")
    if first in METHODS and ROUTE.allows(second):
        return
    if first in VERBS and (second == "" or TOPIC.allows(second) or RECORD.allows(second)):
        return
    raise NotOnTheList("span name: use a verb of VERBS, alone or with a topic or record, or METHOD /route")


def on_the_wire(referral_id: str | None, attributes: Mapping[str, object]) -> dict[str, Value]:
    """The attributes as they leave. A value of another shape stays behind and its name goes to `WITHHELD`.

    None means absent. Raises NotOnTheList for a keyword that is not on the list: a mistake in the caller,
    while a misshapen value may be a hostile sender's, and must not stop the work that is traced.
    """
    leaving: dict[str, Value] = {}
    withheld: list[str] = []
    if referral_id is not None:
        _admit(leaving, withheld, _REFERRAL, referral_id)
    for keyword, value in attributes.items():
        if keyword not in ALLOWED:
            raise NotOnTheList("attribute: its keyword is not in Attributes; see referral_exchange.tracing")
        if value is not None:
            _admit(leaving, withheld, ALLOWED[keyword], value)
    if withheld:
        leaving[WITHHELD] = ",".join(withheld)
    return leaving


_REFERRAL = Declared(REFERRAL_ID, ID)


def _admit(leaving: dict[str, Value], withheld: list[str], declared: Declared, value: object) -> None:
    if not declared.shape.allows(value):
        withheld.append(declared.wire)
    elif isinstance(value, int) and not declared.as_text:
        leaving[declared.wire] = value
    else:
        leaving[declared.wire] = str(value)


def of_exception(error: BaseException) -> dict[str, Value]:
    """Class of `error` and, where it carries a `field_path` of the contract's field names, that path."""
    kind = type(error).__name__
    described: dict[str, Value] = {EXCEPTION_TYPE: kind if CLASS_NAME.allows(kind) else "Exception"}
    path = getattr(error, "field_path", None)
    if FIELD_PATH.allows(path):
        described[EXCEPTION_FIELD] = str(path)
    return described
