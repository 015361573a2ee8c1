"""Hands spans to Zipkin in order and keeps a bounded number of them while the page is away."""

import threading
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

import httpx

from exchange_command.otlp_zipkin import ZipkinSpan

MOST_KEPT = 20_000
"""Spans kept while the page is away; more are refused, and the sender tries again."""

_AT_ONCE = 1_000
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_SECONDS = 10.0


class TracePageAway(Exception):
    """The page did not take the spans now; later it may."""


class TracePage(Protocol):
    """Where spans go. Raises TracePageAway."""

    def __call__(self, spans: Sequence[ZipkinSpan]) -> None:
        """Hands over the spans."""


class Zipkin:
    """Zipkin's HTTP API at `address`."""

    def __init__(self, address: str) -> None:
        """`address` is without a path; nothing connects yet."""
        self._client = httpx.Client(base_url=address, timeout=_SECONDS, trust_env=False)

    def __call__(self, spans: Sequence[ZipkinSpan]) -> None:
        """See TracePage."""
        try:
            self._client.post("/api/v2/spans", json=list(spans)).raise_for_status()
        except httpx.HTTPError as error:
            raise TracePageAway(type(error).__name__) from None


class SpanForwarder:
    """A queue and the one thread that empties it. Open as a context: leaving it hands over what it can."""

    def __init__(self, page: TracePage, most: int = MOST_KEPT) -> None:
        """Starts nothing before it is entered."""
        self._page = page
        self._most = most
        self._spans: deque[ZipkinSpan] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="span-forwarder", daemon=True)

    def __enter__(self) -> Self:
        """Starts forwarding."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hands over what is left, once; what the page does not take then is gone."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(_SECONDS)

    def offer(self, spans: Sequence[ZipkinSpan]) -> bool:
        """Takes the spans, all or none; False where there is no room."""
        with self._changed:
            if len(self._spans) + len(spans) > self._most:
                return False
            self._spans.extend(spans)
            self._changed.notify_all()
            return True

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while batch := self._next_batch():
            try:
                self._page(batch)
            except TracePageAway:
                if self._rest(pause):
                    return
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                self._remove(len(batch))
                pause = _FIRST_PAUSE

    def _next_batch(self) -> list[ZipkinSpan]:
        """The oldest spans; empty only when it closes and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._spans or self._closing)
            return [span for span, _ in zip(self._spans, range(_AT_ONCE), strict=False)]

    def _remove(self, count: int) -> None:
        with self._changed:
            for _ in range(count):
                self._spans.popleft()

    def _rest(self, seconds: float) -> bool:
        """Waits; True where it closes, so that trying again is over."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closing, seconds)
