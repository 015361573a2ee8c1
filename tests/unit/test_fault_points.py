"""The kill switch of the tests: it works when armed, and never in service."""

import os
import signal
import subprocess
import sys

import pytest

from referral_exchange.fault_points import VARIABLE, FaultPoints

SCRIPT = """
from referral_exchange.fault_points import FaultPoints
points = FaultPoints.from_settings({settings})
for name in ("a:other", "a:point", "a:point"):
    points.reach(name)
    print(name, flush=True)
"""


def run(settings: dict[str, object], armed: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(settings=settings)],
        env={**os.environ, VARIABLE: armed},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.split()


def test_an_armed_process_dies_at_its_point_without_a_word() -> None:
    assert run({"faults": True}, "a:point") == (-signal.SIGKILL, ["a:other"])
    assert run({"faults": True}, "a:point@2") == (-signal.SIGKILL, ["a:other", "a:point"])


@pytest.mark.parametrize("settings", [{}, {"faults": False}, {"faults": "true"}, {"faults": 1}])
def test_the_environment_alone_arms_nothing(settings: dict[str, object]) -> None:
    assert run(settings, "a:point") == (0, ["a:other", "a:point", "a:point"])


def test_unarmed_points_are_passed() -> None:
    FaultPoints().reach("a:point")
