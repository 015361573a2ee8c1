"""Spans leave by one way, metrics by another, each with an allow-list; nothing instruments others."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for root in ("services", "connectors") for path in (ROOT / root).rglob("*.py"))

SPEAKS_IT = {
    "services/exchange_command/otlp_zipkin.py": "rewrites spans that left already for the trace page",
    "services/exchange_command/relay_server.py": "takes spans that left already",
    "services/referral_exchange/tracing/export.py": "sends what the allow-list let through",
}
"""The only files that know OpenTelemetry, each with its part in it."""

MEASURES = {
    "services/status_board/metric_names.py": "the list of every metric, with its labels",
    "services/status_board/metrics.py": "fills what stands on that list, once asked",
}
"""The only files that know Prometheus. `test_board_metrics.py` holds what is told to the list."""

BARRED = (
    "opentelemetry.metrics",
    "opentelemetry.instrumentation",
    "opentelemetry._logs",
    "opentelemetry.baggage",
)
METRICS = ("opentelemetry.sdk.metrics", "prometheus_client", "statsd", "datadog", "sentry_sdk", "newrelic")


def imported(source: str) -> Iterator[str]:
    """Every module that `source` imports, and every name from it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def strays(source: str) -> list[str]:
    """Imports of telemetry that no allow-list stands before."""
    return sorted({name for name in imported(source) for barred in (*BARRED, *METRICS) if _is(name, barred)})


def _is(name: str, barred: str) -> bool:
    return name == barred or name.startswith(f"{barred}.")


def test_only_the_tracing_package_and_the_relay_know_opentelemetry() -> None:
    knowing = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if any(_is(name, "opentelemetry") for name in imported(path.read_text(encoding="utf-8")))
    }
    assert knowing == set(SPEAKS_IT)


def test_nobody_measures_or_instruments_past_the_list() -> None:
    """Metrics come with a list of their names as spans have one."""
    found = {str(path.relative_to(ROOT)): strays(path.read_text(encoding="utf-8")) for path in SOURCES}
    straying = {path: names for path, names in found.items() if names}
    assert set(straying) == set(MEASURES)
    assert {name.split(".")[0] for names in straying.values() for name in names} == {"prometheus_client"}


def test_no_family_of_metrics_is_made_beside_the_list() -> None:
    filled = (ROOT / "services/status_board/metrics.py").read_text(encoding="utf-8")
    calls = (node.func for node in ast.walk(ast.parse(filled)) if isinstance(node, ast.Call))
    made = {each.id for each in calls if isinstance(each, ast.Name)}
    assert "gauge" in made
    assert not any(name.endswith(("MetricFamily", "Gauge", "Histogram", "Summary")) for name in made)


@pytest.mark.parametrize(
    "source",
    [
        "from opentelemetry import metrics",
        "import opentelemetry.instrumentation.confluent_kafka",
        "import prometheus_client",
        "from opentelemetry.sdk.metrics.export import MetricReader",
        "from opentelemetry import baggage",
    ],
)
def test_who_would_is_noticed(source: str) -> None:
    assert strays(source)
