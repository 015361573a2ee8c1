"""Stretches of work and the spans they end as. A stretch is a new root, linked to the one before."""

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self, Unpack

from referral_exchange.tracing.attributes import (
    ERROR_TYPE,
    EXCEPTION_TYPE,
    WITHHELD,
    Attributes,
    Value,
    check_name,
    of_exception,
    on_the_wire,
)
from referral_exchange.tracing.trace_context import SpanId, new_child, new_root, read

Kind = Literal["server", "producer", "consumer", "internal", "client"]

STOP_S = 2.0
"""Seconds that stopping waits for the last spans to leave."""


@dataclass(slots=True)
class Span:
    """A finished span, checked. Times in nanoseconds since 1970 (UTC)."""

    name: str
    kind: Kind
    own: SpanId
    parent: SpanId | None
    link: SpanId | None
    start_ns: int
    end_ns: int
    attributes: dict[str, Value]
    exceptions: tuple[tuple[int, dict[str, Value]], ...] = ()


class Sink(Protocol):
    """Takes finished spans; never blocks, never raises."""

    def take(self, span: Span) -> None:
        """Queues `span`, or drops it when full."""

    def stop(self, timeout_s: float) -> None:
        """Sends what waits, for `timeout_s` seconds at most."""


class Stretch:
    """One piece of work, as a context manager. Of one thread; its children too."""

    __slots__ = ("_referral_id", "_sink", "_span")

    def __init__(self, sink: Sink, span: Span, referral_id: str | None) -> None:
        """Made by `Tracing.stretch` and `child`."""
        self._sink = sink
        self._span = span
        self._referral_id = referral_id

    @property
    def traceparent(self) -> str:
        """What the next stretch names as its `link`: the message header, the HTTP header."""
        return self._span.own.traceparent

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        return self._span.own.trace

    def set(self, *, referral_id: str | None = None, **attributes: Unpack[Attributes]) -> None:
        """Adds what is known only now. A child made before keeps what it had."""
        self._referral_id = referral_id or self._referral_id
        _add(self._span.attributes, on_the_wire(referral_id, attributes))

    def child(
        self,
        name: str,
        kind: Kind = "internal",
        *,
        referral_id: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> "Stretch":
        """A part of this stretch, in the same trace, about the same referral unless it names another."""
        about = referral_id or self._referral_id
        span = _begin(name, kind, about, attributes, own=new_child(self._span.own))
        span.parent = self._span.own
        return Stretch(self._sink, span, about)

    def failed(self, error: BaseException) -> None:
        """Marks the span as failed by the class of `error`; its text is never read."""
        described = of_exception(error)
        self._span.exceptions += ((time.time_ns(), described),)
        self._span.attributes[ERROR_TYPE] = described[EXCEPTION_TYPE]

    def __enter__(self) -> Self:
        """Itself; the span began when it was made."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Ends the span. An exception travels on."""
        if error is not None:
            self.failed(error)
        self._span.end_ns = time.time_ns()
        self._sink.take(self._span)


class Tracing:
    """Makes spans for one process and hands them to `sink`. Thread-safe."""

    def __init__(self, sink: Sink) -> None:
        """`sink` decides whether they go anywhere."""
        self._sink = sink

    def stretch(
        self,
        name: str,
        kind: Kind = "internal",
        *,
        referral_id: str | None = None,
        link: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> Stretch:
        """A new root trace, linked to the `traceparent` in `link`. Raises NotOnTheList."""
        span = _begin(name, kind, referral_id, attributes, own=new_root())
        span.link = read(link)
        return Stretch(self._sink, span, referral_id)

    def record(
        self,
        name: str,
        kind: Kind,
        start_ns: int,
        end_ns: int,
        referral_id: str | None = None,
        link: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> str:
        """A stretch that is over, for work done in batches; returns its traceparent. Raises NotOnTheList."""
        span = _begin(name, kind, referral_id, attributes, own=new_root())
        span.link, span.start_ns, span.end_ns = read(link), start_ns, end_ns
        self._sink.take(span)
        return span.own.traceparent

    def stop(self, timeout_s: float = STOP_S) -> None:
        """Sends what waits; a collector that is down delays it by `timeout_s` seconds at most."""
        self._sink.stop(timeout_s)


def _begin(name: str, kind: Kind, referral_id: str | None, attributes: Attributes, *, own: SpanId) -> Span:
    check_name(name)
    now = time.time_ns()
    return Span(name, kind, own, None, None, now, now, on_the_wire(referral_id, attributes))


def _add(to: dict[str, Value], more: dict[str, Value]) -> None:
    if WITHHELD in more and WITHHELD in to:
        more[WITHHELD] = f"{to[WITHHELD]},{more[WITHHELD]}"
    to.update(more)
