"""The health page of a process that serves nothing else."""

import json
from http.client import HTTPConnection
from typing import Any

import pytest

from referral_exchange.runtime.health import HealthServer


def get(port: int, path: str) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
def test_readiness_is_a_status_and_the_figures_behind_it(ready: bool, status: int) -> None:
    with HealthServer("127.0.0.1", 0, lambda: (ready, {"last_tick_age_s": 1.5})) as server:
        assert get(server.port, "/health/ready") == (status, {"ready": ready, "last_tick_age_s": 1.5})
        assert get(server.port, "/health/live") == (200, {"live": True})
        assert get(server.port, "/anything")[0] == 404
