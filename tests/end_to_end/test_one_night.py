"""The whole main job, with all real processes: `exchange demo`, and what it left behind."""

import json
import os
import subprocess
import sys
from typing import Any

import httpx
import pytest

from exchange_command.demo.report import trace_query
from exchange_command.demo.waiting import until
from exchange_command.platform import Platform

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def night(whole_platform: Platform) -> dict[str, Any]:
    """The JSON object that the demo prints last."""
    places = whole_platform.places
    environment = {
        **os.environ,
        "EXCHANGE_HOME": str(places.home),
        "EXCHANGE_CACHE": str(places.cache),
        "EXCHANGE_PORT_BASE": str(places.port_base),
    }
    command = [sys.executable, "-m", "exchange_command.main", "demo", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    played: dict[str, Any] = json.loads(done.stdout)
    return played


def test_the_night_takes_a_minute_at_most(night: dict[str, Any]) -> None:
    assert 0 < night["seconds"] <= 60


def test_every_referral_ends_or_stands_with_its_recipient(night: dict[str, Any]) -> None:
    finals = [(r["to"], r["final_state"], r["states"]) for r in night["referrals"]]
    assert finals == [
        ("harbor-shelter", "rejected", ["requested", "received", "rejected"]),
        ("meadow-housing", "completed", ["requested", "received", "accepted", "in-progress", "completed"]),
        ("juniper-youth-housing", "accepted", ["requested", "received", "accepted"]),
        ("orchard-counseling", "cancelled", ["requested", "received", "accepted", "cancelled"]),
    ]


def test_nobody_opens_after_the_withdrawals_answer(night: dict[str, Any]) -> None:
    withdrawal = night["withdrawal"]
    assert withdrawal["attempts_after"] >= 20
    assert withdrawal["opens_after"] == 0
    assert withdrawal["recipients_told"] == withdrawal["recipients_answered"] == 1


def test_one_search_shows_a_referral_across_all_its_services(
    night: dict[str, Any], whole_platform: Platform
) -> None:
    referral = night["referrals"][1]["id"]
    expected = {
        "ngo_bridge.lantern-outreach",
        "ngo_bridge.meadow-collective",
        "referral_router",
        "consent_ledger",
    }
    address = f"{whole_platform.places.address('zipkin')}/api/v2/traces"

    def seen() -> bool:
        traces = httpx.get(address, params=trace_query(referral), timeout=10).json()
        services = {span["localEndpoint"]["serviceName"] for trace in traces for span in trace}
        return expected <= services

    assert until(seen, 20, "spans of every service")


def test_the_trace_links_lead_to_the_trace_page(night: dict[str, Any]) -> None:
    assert len(night["trace_links"]) == len(night["referrals"])
    for link, referral in zip(night["trace_links"], night["referrals"], strict=True):
        assert referral["id"] in link
        assert httpx.get(link, follow_redirects=True, timeout=10).status_code == 200


def test_the_nights_evidence_verifies_offline_and_counts_every_opening(night: dict[str, Any]) -> None:
    evidence = night["evidence"]
    assert evidence["holds"]
    # Each recipient opened the needs at least once.
    assert len(night["referrals"]) <= evidence["openings"] < evidence["leaves"]


def test_all_is_left_running(night: dict[str, Any], whole_platform: Platform) -> None:
    assert all(process.ready for process in whole_platform.status())
