"""`exchange demo health`: a referral into a clinic's FHIR server and one out of it, with real processes."""

import pytest
from rich.console import Console

from exchange_command.demo import health
from exchange_command.demo.stage import Stage
from exchange_command.platform import Platform

pytestmark = pytest.mark.timeout(300)


def test_a_day_with_a_clinic(whole_platform: Platform) -> None:
    assert not {p.name for p in whole_platform.status()} & set(health.PROCESSES[-2:])
    whole_platform.up(health.PROCESSES)
    try:
        with health.assembled(whole_platform, Stage(Console(), quiet=True)) as day:
            seen = day.play()
    finally:
        for name in reversed(health.PROCESSES[-2:]):
            whole_platform.stop(name)
    assert seen == {
        "patients": 1,
        "inward": "completed",
        "outward": "rejected",
        "mistake": {"code": "missing", "where": "ServiceRequest.supportingInfo"},
        "purge": "purged",
    }
    log = whole_platform.places.log("connector.fhir_health").read_text(encoding="utf-8")
    assert "Marigold" not in log
    assert "Elderberry" not in log
