"""The night again, while what carries it is killed under it."""

import signal
import threading
from dataclasses import dataclass, field

import pytest
from rich.console import Console

from exchange_command.demo.cast import assembled
from exchange_command.demo.stage import Stage
from exchange_command.platform import Platform

pytestmark = pytest.mark.timeout(300)


@dataclass(slots=True)
class KillingStage(Stage):
    """Kills the broker as an act begins, and brings it back while the act goes on."""

    platform: Platform | None = None
    at: str = "5"
    came_back: threading.Thread | None = field(default=None)

    def act(self, title: str) -> None:
        Stage.act(self, title)
        if title.startswith(self.at) and self.platform is not None:
            assert self.platform.stop("kafka", signal.SIGKILL)
            self.came_back = threading.Thread(target=self.platform.start, args=("kafka",))
            self.came_back.start()


def test_a_broker_killed_in_the_night_loses_and_doubles_nothing(whole_platform: Platform) -> None:
    stage = KillingStage(Console(), quiet=True, platform=whole_platform)
    with assembled(whole_platform, stage) as cast:
        withdrawn = cast.night.play()
        assert stage.came_back is not None
        stage.came_back.join()
        finals = [journey.states[-1] for journey in cast.night.journeys]
        deliveries = [cast.night.ngo(j.recipient).deliveries(j.referral_id) for j in cast.night.journeys]
    assert finals == ["rejected", "completed", "accepted", "cancelled"]
    assert deliveries == [1, 1, 1, 1]
    assert withdrawn.opens_after == 0
    assert withdrawn.recipients_answered == 1
    assert all(process.ready for process in whole_platform.status() if process.name != "zipkin")
