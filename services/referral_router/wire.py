"""Bytes of the topics the router reads and writes, to what its rules look at and back."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, NamedTuple, cast

from referral_exchange.catalog import Catalog, RecordSchema, newest
from referral_exchange.codec import MAX_BYTES, Codec, Undecodable
from referral_exchange.events import ReferralRecord
from referral_exchange.topics import committed_topics
from referral_router import by_hand, positional
from referral_router.by_hand import Progress
from referral_router.referral import Clock, Consent, Referral, Verdict

RECORD = "ReferralRecord.v1"
PROGRESS = "ReferralProgressed.v2"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MADE = {
    "ReferralRecord": Referral._make,
    "ConsentHeld": Consent._make,
    "Clock": Clock._make,
    "Verdict": Verdict._make,
}

HeaderList = list[tuple[str, str | bytes | None]]
"""Headers as confluent-kafka takes them."""

Routed = tuple[Any, ...]
"""What `Incoming` ends with, from `event_id` on: ids as text, times in ms, parts as their number."""

_ROUTED: dict[str, Any] = {
    "event_id": "",
    "occurred_at": 0,
    "programme_from": "",
    "programme_to": "",
    "referral_id": "",
    "consent_id": "",
    "said": "",
    "sub_state": None,
    "return_consent_id": "",
    "urgency": "unspecified",
    "parts": 0,
    "ends_at": None,
}
"""Those fields, and what stands where an event has none of that name."""

_SAID = {
    "ReferralAnswered": "answer",
    "ServiceStatusChanged": "state",
    "ReferralCancelled": "cancellation",
    "PurgeAnswered": "purge",
}
"""The field of an event that is its `said`."""


class _Fast(NamedTuple):
    head: bytes
    record: str
    read: positional.Reader
    routed: Callable[[Routed], Routed]


class Wire:
    """Reads and writes by position what every event needs; all else, and all doubt, is the codec's."""

    def __init__(self, catalog: Catalog, ids: Mapping[str, int]) -> None:
        """`ids`: registry id by `Record.vN`."""
        self.codec = Codec(catalog, ids)
        kinds = committed_topics()
        busy = kinds["outbox"].events | kinds["consents"].events
        latest = newest(catalog)
        self._fast = {latest[name].key.encode(): _fast(latest[name], ids[latest[name].key]) for name in busy}
        self._record = _fast(catalog[RECORD], ids[RECORD])
        self._progress_head = _head(ids[PROGRESS])

    def read(self, value: bytes | None, ce_type: bytes, *, own_registry: bool = True) -> tuple[str, Routed]:
        """Record name and routing fields of an event. Raises Undecodable.

        `own_registry=False` trusts `ce_type` alone, for what may have been framed under other ids.
        """
        fast = self._fast.get(ce_type)
        if fast is not None and value is not None and len(value) <= MAX_BYTES and value[:5] == fast.head:
            try:
                values, end = fast.read(value, 5)
            except (positional.Doubtful, IndexError, ValueError):
                end = -1
            if end == len(value):
                return fast.record, fast.routed(values + _DEFAULTS)
        return self._read_slowly(value, ce_type.decode("ascii", "replace"), own_registry)

    def read_record(self, value: bytes, ce_type: str = RECORD) -> Referral:
        """A record of ours, whatever registry numbered its schema: only the router writes that topic.

        Raises Undecodable: then the restore must stop, not skip.
        """
        if value[:5] == self._record.head:
            try:
                referral, end = self._record.read(value, 5)
            except (positional.Doubtful, IndexError, ValueError):
                end = -1
            if end == len(value):
                return cast(Referral, referral)
        event = self.codec.decode(value, ce_type, own_registry=False)
        if not isinstance(event, ReferralRecord):
            raise Undecodable("unknown-record", event.RECORD)
        return _as_referral(event)

    def write_record(self, referral: Referral) -> bytes:
        """The framed record."""
        return self._record.head + by_hand.record(referral)

    def write_progress(self, progress: Progress) -> bytes:
        """The framed ReferralProgressed."""
        return self._progress_head + by_hand.progress(progress)

    def _read_slowly(
        self, value: bytes | None, ce_type: str, own_registry: bool = True
    ) -> tuple[str, Routed]:
        event = self.codec.decode(value, ce_type, own_registry=own_registry)
        if not hasattr(event, "event_id"):
            # Readable, but no event: there is nobody to refuse it to, and no id to refuse.
            raise Undecodable("event-not-allowed", event.RECORD)
        record, named = event.RECORD.partition(".")[0], event.to_datum()
        named["said"] = named.get(_SAID.get(record, ""))
        fields = (_plain(named.get(name)) for name in _ROUTED)
        return record, tuple(d if f is None else f for f, d in zip(fields, _DEFAULTS, strict=True))


def fingerprint(value: bytes) -> int:
    """First six bytes of the SHA-256 of `value`, as a number."""
    return int.from_bytes(hashlib.sha256(value).digest()[:6], "big")


def milliseconds(at: datetime) -> int:
    """`at` as milliseconds since the epoch."""
    return round((at - _EPOCH).total_seconds() * 1000)


def moment(ms: int) -> datetime:
    """Milliseconds since the epoch as a time, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return milliseconds(value)
    return len(value) if isinstance(value, list) else value


def _as_referral(record: ReferralRecord) -> Referral:
    named = {name: _plain(value) for name, value in record.to_datum().items()}
    for field, kind in (("consents", Consent), ("clocks", Clock), ("verdicts", Verdict)):
        items = record.to_datum()[field]
        named[field] = tuple(kind(**{k: _plain(v) for k, v in item.items()}) for item in items)
    return Referral(**named)


def _head(schema_id: int) -> bytes:
    return b"\x00" + schema_id.to_bytes(4, "big")


def _fast(schema: RecordSchema, schema_id: int) -> _Fast:
    names = [field["name"] for field in schema.declared["fields"]]
    own = [_SAID.get(schema.record, name) if name == "said" else name for name in _ROUTED]
    # Behind the fields come the defaults: one picking takes either.
    places = [names.index(n) if n in names else len(names) + k for k, n in enumerate(own)]
    return _Fast(
        _head(schema_id),
        schema.record,
        positional.reader(schema.declared, _MADE),
        itemgetter(*places),
    )


_DEFAULTS = tuple(_ROUTED.values())
