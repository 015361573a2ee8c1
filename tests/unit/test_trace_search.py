"""The link from a referral to its traces, for any trace page."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

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


TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("kind", "one", "search"),
    [
        ("zipkin", f"/traces/{TRACE}", f"annotationQuery=referral.id%3D{REFERRAL}"),
        (
            "jaeger",
            f"/trace/{TRACE}",
            f"tags=%7B%22referral.id%22%3A%22{REFERRAL}%22%7D&start=1764676800000000",
        ),
    ],
)
def test_each_kind_of_page_has_its_own_addresses(kind: str, one: str, search: str) -> None:
    traces = TraceSearch.of("https://traces.example/", kind=kind)
    assert traces.trace(TRACE) == f"https://traces.example{one}"
    assert search in traces.url(REFERRAL, NOON)


def test_grafana_is_asked_in_json_that_it_can_read() -> None:
    traces = TraceSearch.of("https://grafana.example", kind="tempo")
    for address, query in (
        (traces.url(REFERRAL, NOON), f'{{span."referral.id"="{REFERRAL}"}}'),
        (traces.trace(TRACE), TRACE),
    ):
        (panes,) = parse_qs(urlsplit(address).query)["panes"]
        (asked,) = json.loads(panes)["a"]["queries"]
        assert (asked["queryType"], asked["query"]) == ("traceql", query)


def test_a_trace_has_a_link_only_where_there_is_a_page_and_a_trace() -> None:
    traces = TraceSearch.of("https://traces.example")
    assert [traces.trace(each) for each in (None, "", "../x", TRACE.upper())] == [""] * 4
    assert TraceSearch.of("").trace(TRACE) == ""
    assert TraceSearch.of("https://t.example/{referral_id}").trace(TRACE) == ""
    own = TraceSearch.of("https://t.example/{referral_id}", "https://t.example/one/{trace_id}")
    assert own.trace(TRACE) == f"https://t.example/one/{TRACE}"


def test_an_unknown_kind_of_page_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        TraceSearch.of("https://traces.example", kind="other")
