"""Spans about referrals and never about people: `configure` once in `main`, then `stretch` and `record`.

    tracing.configure("referral_router", settings.otlp_endpoint, settings.tls)
    with tracing.stretch("publish ReferralOffered", "producer", referral_id=..., link=...) as stretch:
        header = stretch.traceparent
    tracing.stop()

Names, attributes and their shapes are declared in `attributes.py`; nothing else can be put on a span.
"""

from typing import Unpack

from referral_exchange.settings import Tls
from referral_exchange.tracing.attributes import METHODS, Attributes, NotOnTheList
from referral_exchange.tracing.export import Nowhere, over_http
from referral_exchange.tracing.search import TraceSearch
from referral_exchange.tracing.shapes import ROUTE
from referral_exchange.tracing.spans import STOP_S, Kind, Stretch, Tracing

__all__ = [
    "Attributes",
    "Kind",
    "NotOnTheList",
    "Stretch",
    "TraceSearch",
    "Tracing",
    "configure",
    "record",
    "request_name",
    "stop",
    "stretch",
]

_configured = Tracing(Nowhere())


def configure(service_name: str, endpoint: str, tls: Tls | None = None) -> Tracing:
    """Tracing for the process `service_name`, which the functions here use too.

    `endpoint`: an OTLP/HTTP collector, without `/v1/traces`; empty: nothing leaves.
    `tls`: who sends, to a collector that asks.
    """
    global _configured
    _configured = Tracing(over_http(service_name, endpoint, tls) if endpoint else Nowhere())
    return _configured


def stretch(
    name: str,
    kind: Kind = "internal",
    *,
    referral_id: str | None = None,
    link: str | None = None,
    **attributes: Unpack[Attributes],
) -> Stretch:
    """`Tracing.stretch` of the configured value."""
    return _configured.stretch(name, kind, referral_id=referral_id, link=link, **attributes)


def record(
    name: str,
    kind: Kind,
    start_ns: int,
    end_ns: int,
    referral_id: str | None = None,
    link: str | None = None,
    **attributes: Unpack[Attributes],
) -> str:
    """`Tracing.record` of the configured value."""
    return _configured.record(name, kind, start_ns, end_ns, referral_id, link, **attributes)


def stop(timeout_s: float = STOP_S) -> None:
    """`Tracing.stop` of the configured value."""
    _configured.stop(timeout_s)


def request_name(method: str, route: str | None) -> str:
    """The span name of an HTTP request: `POST /v1/consents` by route template, `serve` where none matched."""
    return f"{method} {route}" if method in METHODS and ROUTE.allows(route) else "serve"
