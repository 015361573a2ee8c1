"""A span sent to the relay is found on the trace page by its referral, whichever of the two starts first."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from exchange_command.platform import Platform
from referral_exchange import ids, tracing

_WITHIN = 30.0


@pytest.fixture(scope="module")
def traced(platform: Platform) -> Iterator[Platform]:
    platform.start("trace_relay")
    yield platform
    platform.stop("trace_relay")
    platform.stop("zipkin")


def found(platform: Platform, referral: str) -> list[list[dict[str, Any]]]:
    search = {"annotationQuery": f"referral.id={referral}", "lookback": "3600000", "limit": "10"}
    until = time.monotonic() + _WITHIN
    traces: list[list[dict[str, Any]]] = []
    while len(traces) < 2 and time.monotonic() < until:
        url = f"{platform.places.address('zipkin')}/api/v2/traces"
        traces = httpx.get(url, params=search, trust_env=False, timeout=10).json()
        # The page is searched from outside: nothing tells when it has indexed a span.
        time.sleep(0.05)
    return traces


def test_a_journey_is_found_by_its_referral_even_if_the_page_starts_later(traced: Platform) -> None:
    referral = ids.fresh()
    sender = tracing.configure(
        "referral_router", traced.places.address("trace_relay"), traced.places.tls("referral_router")
    )
    with sender.stretch("publish ReferralOffered", "producer", referral_id=referral) as first:
        link = first.traceparent
    with sender.stretch("forward ReferralOffered", "consumer", referral_id=referral, link=link):
        pass
    sender.stop()
    traced.up(["zipkin"])

    traces = found(traced, referral)
    spans = {span["kind"]: span for trace in traces for span in trace}
    assert set(spans) == {"PRODUCER", "CONSUMER"}
    assert spans["PRODUCER"]["remoteEndpoint"]["serviceName"] == "kafka"
    assert spans["CONSUMER"]["tags"]["link.0.trace_id"] == spans["PRODUCER"]["traceId"]
    assert spans["CONSUMER"]["traceId"] != spans["PRODUCER"]["traceId"]
