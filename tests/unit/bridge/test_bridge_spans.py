"""A request leaves one span, named by its route template, that tells nothing of what was asked."""

from dataclasses import dataclass, field

import pytest
from bridge_kit import StandInEdge, a_consent, a_view, an_id, keyed
from fastapi.testclient import TestClient

from referral_exchange import tracing
from referral_exchange.tracing.spans import Span

ONE = an_id("a referral")


@dataclass
class Kept:
    """Keeps spans."""

    spans: list[Span] = field(default_factory=list)

    def take(self, span: Span) -> None:
        self.spans.append(span)

    def stop(self, timeout_s: float) -> None:
        return None


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    sink = Kept()
    monkeypatch.setattr(tracing, "_configured", tracing.Tracing(sink))
    return sink


@pytest.mark.parametrize(
    ("method", "path", "name", "status", "about"),
    [
        ("POST", "/Canary-7781", "serve", 404, None),
        ("PUT", "/v1/inbox", "PUT /v1/inbox", 405, None),
        ("POST", f"/v1/referrals/{ONE}/openings", "POST /v1/referrals/{referral_id}/openings", 200, ONE),
    ],
)
def test_the_span_of_a_request(
    http: TestClient,
    edge: StandInEdge,
    kept: Kept,
    method: str,
    path: str,
    name: str,
    status: int,
    about: str | None,
) -> None:
    edge.show(a_view())
    http.request(method, path)
    (span,) = kept.spans
    assert (span.name, span.kind) == (name, "server")
    assert span.attributes["http.response.status_code"] == status
    assert span.attributes.get("referral.id") == about
    assert "exchange.withheld" not in span.attributes


def test_a_new_referral_is_named_once_it_has_an_id(http: TestClient, kept: Kept) -> None:
    body = http.post("/v1/consents", json=a_consent(), headers=keyed()).json()
    (span,) = kept.spans
    assert (span.name, span.attributes["referral.id"]) == ("POST /v1/consents", body["referral_id"])


def test_a_request_that_is_turned_away_leaves_its_status(http: TestClient, kept: Kept) -> None:
    http.post("/v1/referrals", headers={"host": "evil.example"})
    (span,) = kept.spans
    assert (span.name, span.attributes["http.response.status_code"]) == ("serve", 421)


def test_looking_leaves_none(http: TestClient, edge: StandInEdge, kept: Kept) -> None:
    edge.show(a_view())
    for path in ("/health/ready", "/style.css", "/", "/v1/inbox", f"/v1/referrals/{ONE}"):
        assert http.get(path).is_success
    assert kept.spans == []
