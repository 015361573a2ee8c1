"""What Prometheus is told, and that every alert asks for something that is told and names what to do."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from console_kit import a_bad_night, a_clock, a_record, a_site, an_entry, ask
from prometheus_client.parser import text_string_to_metric_families

from referral_exchange.contract_files import DEPLOY
from referral_exchange.oversight.quarantine_classes import MEANINGS
from status_board.metric_names import HELP, PREFIX, REASONS, STATES

RULES = DEPLOY / "alerts" / "referral_exchange.rules.yml"
DURATION = re.compile(r"\d+[smhd]")
METRIC = re.compile(rf"{PREFIX}_[a-z_]+")
EXPRESSION = re.compile(
    rf"(?:absent|increase|sum)?\(?{PREFIX}_\w+(?:\{{\w+=\"[\w-]+\"\}})?(?:\[\d+[smh]\])?\)?(?: (?:>|==) \d+)?"
)


@pytest.fixture(scope="module")
def samples() -> dict[str, list[tuple[dict[str, str], float]]]:
    late = an_entry(2, "received", age_s=600, elapsed=True)
    odd = an_entry(3, "odd_state_nobody_knows")
    site = a_site([an_entry(1), late, odd], a_bad_night(), [a_record(2, a_clock(-9, elapsed=True))])
    told: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(ask(site, "/metrics")[0].text):
        for sample in family.samples:
            told.setdefault(sample.name, []).append((sample.labels, sample.value))
    return told


def alerts() -> Iterator[dict[str, Any]]:
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]:
        yield from group["rules"]


def value(samples: dict[str, list[tuple[dict[str, str], float]]], name: str, **labels: str) -> float:
    return next(found for own, found in samples[f"{PREFIX}_{name}"] if own == labels)


def test_every_metric_is_told_with_its_labels_and_no_other(
    samples: dict[str, list[tuple[dict[str, str], float]]],
) -> None:
    assert set(samples) == {f"{PREFIX}_{name}" for name in HELP}
    for name, (_, labels) in HELP.items():
        assert {tuple(own) for own, _ in samples[f"{PREFIX}_{name}"]} == {labels}, name


def test_the_figures_are_those_of_the_night(samples: dict[str, list[tuple[dict[str, str], float]]]) -> None:
    assert value(samples, "referrals_stuck", reason="not-yet-received") == 1
    assert value(samples, "referrals_stuck", reason="clock-elapsed") == 1
    assert 600 <= value(samples, "referrals_stuck_oldest_seconds", reason="clock-elapsed") < 660
    assert value(samples, "process_ready", process="ngo_bridge.harbor-house") == 0
    assert value(samples, "process_ready", process="referral_router") == 1
    assert (
        value(samples, "reader_unread_messages", group="harbor-house.edge", topic="inbox.harbor-house") == 4
    )
    assert value(samples, "quarantine_open", **{"class": "truncated"}) == 2
    assert value(samples, "schemas_differing") == value(samples, "clocks_elapsed") == 1
    assert value(samples, "router_tick_age_seconds") == 1.5


def test_values_of_labels_come_from_lists_that_end(
    samples: dict[str, list[tuple[dict[str, str], float]]],
) -> None:
    of = {
        label: {own[label] for found in samples.values() for own, _ in found if label in own}
        for label in ("state", "reason", "class")
    }
    assert of["state"] == {*STATES, "other"}
    assert of["reason"] == set(REASONS)
    assert of["class"] <= {*MEANINGS, "other"}
    assert "odd" not in str(of)


def test_a_process_never_heard_is_absent(samples: dict[str, list[tuple[dict[str, str], float]]]) -> None:
    assert "connector.fhir_health" not in str(samples)


@pytest.mark.parametrize("rule", list(alerts()), ids=lambda rule: str(rule["alert"]))
def test_an_alert_asks_for_what_is_told_and_names_its_runbook(
    rule: dict[str, Any], samples: dict[str, list[tuple[dict[str, str], float]]]
) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert EXPRESSION.fullmatch(rule["expr"])
    (metric,) = METRIC.findall(rule["expr"])
    labels = HELP[metric.removeprefix(f"{PREFIX}_")][1]  # type: ignore[index]
    for label, asked in re.findall(r'(\w+)="([\w-]+)"', rule["expr"]):
        assert label in labels
        assert any(own[label] == asked for own, _ in samples[metric])
    assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= set(labels)
    assert DURATION.fullmatch(rule["for"])
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert (DEPLOY / "runbooks" / f"{rule['annotations']['runbook']}.md").is_file()


def test_no_two_alerts_share_a_name() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names)) > 10


def test_every_reason_to_be_stuck_has_an_alert() -> None:
    expressions = " ".join(rule["expr"] for rule in alerts())
    assert [reason for reason in REASONS if f'reason="{reason}"' not in expressions] == []
