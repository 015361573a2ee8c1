"""Spans wait for a trace page that is away, in order and within bounds."""

import threading
from collections.abc import Sequence

import pytest

from exchange_command import span_forwarder
from exchange_command.otlp_zipkin import ZipkinSpan
from exchange_command.span_forwarder import SpanForwarder, TracePageAway


class Page:
    """A trace page that is away until it is opened."""

    def __init__(self, *, there: bool) -> None:
        self.there = threading.Event()
        self.asked = threading.Event()
        self.taken: list[ZipkinSpan] = []
        self.all_here = threading.Event()
        self.expected = 0
        if there:
            self.there.set()

    def __call__(self, spans: Sequence[ZipkinSpan]) -> None:
        self.asked.set()
        if not self.there.is_set():
            raise TracePageAway
        self.taken.extend(spans)
        if len(self.taken) >= self.expected:
            self.all_here.set()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span_forwarder, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(span_forwarder, "_LONGEST_PAUSE", 0.02)


def numbered(first: int, last: int) -> list[ZipkinSpan]:
    return [{"id": f"{number:016x}"} for number in range(first, last)]


def test_spans_arrive_in_order() -> None:
    page = Page(there=True)
    page.expected = 2500
    with SpanForwarder(page) as forwarder:
        assert forwarder.offer(numbered(0, 1500))
        assert forwarder.offer(numbered(1500, 2500))
        assert page.all_here.wait(5)
    assert page.taken == numbered(0, 2500)


def test_spans_wait_for_a_page_that_comes_later() -> None:
    page = Page(there=False)
    page.expected = 3
    with SpanForwarder(page) as forwarder:
        assert forwarder.offer(numbered(0, 3))
        assert page.asked.wait(5)
        page.there.set()
        assert page.all_here.wait(5)
    assert page.taken == numbered(0, 3)


def test_more_than_it_may_keep_is_refused_whole() -> None:
    page = Page(there=False)
    with SpanForwarder(page, most=10) as forwarder:
        assert forwarder.offer(numbered(0, 8))
        assert not forwarder.offer(numbered(8, 12))
        assert forwarder.offer(numbered(8, 10))


def test_leaving_hands_over_what_is_left() -> None:
    page = Page(there=True)
    with SpanForwarder(page) as forwarder:
        forwarder.offer(numbered(0, 3))
    assert page.taken == numbered(0, 3)


def test_leaving_does_not_wait_for_a_page_that_is_away() -> None:
    page = Page(there=False)
    with SpanForwarder(page) as forwarder:
        forwarder.offer(numbered(0, 3))
        assert page.asked.wait(5)
    assert page.taken == []
