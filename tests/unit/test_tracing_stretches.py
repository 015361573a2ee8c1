"""A stretch is a new root, linked to the one before, and carries its referral."""

import threading

import pytest

from referral_exchange import tracing
from referral_exchange.tracing import spans, trace_context
from referral_exchange.tracing.spans import Span

REFERRAL = "3f0c1c1e-3b1f-4b8f-9a57-0a5f7f1f2f3a"
OTHER = "9d0a7f57-7a53-4b5e-8a5c-0d7d4a1f6b11"
BEFORE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collected:
    def __init__(self) -> None:
        self.spans: list[Span] = []

    def take(self, span: Span) -> None:
        self.spans.append(span)

    def stop(self, timeout_s: float) -> None:
        """Nothing."""


def test_a_stretch_is_a_new_root_linked_to_the_one_before() -> None:
    collected = Collected()
    with spans.Tracing(collected).stretch(
        "forward", "consumer", referral_id=REFERRAL, link=BEFORE
    ) as stretch:
        assert trace_context.read(stretch.traceparent) is not None
    (span,) = collected.spans
    assert span.parent is None
    assert span.own.trace != "0af7651916cd43dd8448eb211c80319c"
    assert span.link == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert span.end_ns >= span.start_ns


def test_a_child_is_of_the_same_trace_and_referral() -> None:
    collected = Collected()
    with spans.Tracing(collected).stretch("offer", referral_id=REFERRAL) as stretch:
        with stretch.child("seal", "client", part_count=2):
            pass
        with stretch.child("seal", referral_id=OTHER):
            pass
    first, second, root = collected.spans
    assert first.own.trace == second.own.trace == root.own.trace == stretch.trace_id
    assert first.parent == second.parent == root.own
    assert first.attributes == {"referral.id": REFERRAL, "exchange.part.count": 2}
    assert second.attributes["referral.id"] == OTHER


def test_what_is_known_late_is_set_late() -> None:
    collected = Collected()
    with spans.Tracing(collected).stretch("POST /v1/consents", "server") as stretch:
        stretch.set(referral_id=REFERRAL, http_response_status_code=201)
        with stretch.child("give"):
            pass
    child, root = collected.spans
    assert root.attributes == {"referral.id": REFERRAL, "http.response.status_code": 201}
    assert child.attributes == {"referral.id": REFERRAL}


def test_a_batch_is_recorded_afterwards() -> None:
    collected = Collected()
    traceparent = spans.Tracing(collected).record(
        "forward", "consumer", 1_000, 2_000, REFERRAL, BEFORE, messaging_destination_partition_id=3
    )
    (span,) = collected.spans
    assert (span.start_ns, span.end_ns, span.own.traceparent) == (1_000, 2_000, traceparent)
    assert span.attributes["messaging.destination.partition.id"] == "3"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "x",
        BEFORE + "-more",
        BEFORE.upper(),
        "ff" + BEFORE[2:],
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01",
        BEFORE + "\n",
    ],
)
def test_what_is_no_traceparent_is_not_linked(text: str | None) -> None:
    assert trace_context.read(text) is None


def test_trace_ids_are_never_the_same() -> None:
    made: set[str] = set()
    traced = spans.Tracing(Collected())

    def many() -> None:
        made.update(traced.record("offer", "internal", 1, 2) for _ in range(500))

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2000


@pytest.mark.parametrize(
    ("method", "route", "name"),
    [
        ("POST", "/v1/referrals/{referral_id}/answers", "POST /v1/referrals/{referral_id}/answers"),
        ("GET", "/", "GET /"),
        ("GET", None, "serve"),
        ("BREW", "/v1/consents", "serve"),
        ("GET", "/v1/referrals/" + REFERRAL, "serve"),
    ],
)
def test_a_request_is_named_by_its_route_template(method: str, route: str | None, name: str) -> None:
    assert tracing.request_name(method, route) == name
    with spans.Tracing(Collected()).stretch(tracing.request_name(method, route)):
        pass


def test_nothing_is_exported_where_no_endpoint_is_set() -> None:
    configured = tracing.configure("status_board", "")
    with tracing.stretch("offer", referral_id=REFERRAL) as stretch:
        assert stretch.traceparent.startswith("00-")
    configured.stop()
