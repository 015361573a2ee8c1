"""The link from a referral to its traces, for any trace page."""

from datetime import UTC, datetime

import pytest

from referral_exchange.tracing import TraceSearch

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
REFERRAL = "3f0c1c1e-3b1f-4b8f-9a57-0a5f7f1f2f3a"


@pytest.mark.parametrize("setting", ["http://127.0.0.1:9411/zipkin", "http://127.0.0.1:9411/zipkin/"])
def test_zipkin_is_told_what_and_from_when_until_when(setting: str) -> None:
    assert TraceSearch.of(setting).url(REFERRAL, NOON) == (
        f"http://127.0.0.1:9411/zipkin/?annotationQuery=referral.id%3D{REFERRAL}"
        "&lookback=range&startTs=1764676800000&endTs=1772456400000&limit=200"
    )


def test_another_page_is_told_by_its_own_template() -> None:
    template = (
        "https://traces.example/search?tags=%7B%22referral.id%22%3A%22{referral_id}%22%7D&end={until_ms}"
    )
    assert TraceSearch.of(template).url(REFERRAL, NOON) == (
        f"https://traces.example/search?tags=%7B%22referral.id%22%3A%22{REFERRAL}%22%7D&end=1772456400000"
    )


def test_no_page_no_link() -> None:
    assert TraceSearch.of("").url(REFERRAL, NOON) == ""


def test_an_id_that_is_none_cannot_leave_its_place() -> None:
    assert "&x=" not in TraceSearch.of("http://127.0.0.1:9411/zipkin").url("a&x=1", NOON)
