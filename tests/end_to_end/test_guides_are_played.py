"""What the guides for operators and integrators ask for is typed as it stands, on everything that runs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from guide_kit import GUIDES, Player
from runbook_kit import commands_of

from exchange_command.platform import Platform

PLAYED_ELSEWHERE = re.compile(r"make sync|export |exchange (up|down|demo health)$")
FILLED_IN = re.compile(r"(?<![$\w\"])[A-Z]{4,}\b")


@pytest.fixture
def player(whole_platform: Platform, tmp_path: Path) -> Player:
    places = whole_platform.places
    ports = {"21020": str(places.bridge_port(0)), "127.0.0.1:21000": places.bootstrap}
    return Player(tmp_path, places, ports)


def lines(name: str) -> Iterator[str]:
    """What can be typed as it stands: nothing to fill in, and nothing that starts or ends the platform."""
    for line in commands_of(GUIDES / f"{name}.md"):
        if not PLAYED_ELSEWHERE.match(line) and not FILLED_IN.search(line):
            yield line


@pytest.mark.timeout(600)
def test_what_an_operator_types_works(player: Player) -> None:
    # The page repeats some that only look.
    typed = list(dict.fromkeys(lines("operator")))
    assert "exchange doctor" in typed
    assert len(typed) >= 9
    for line in typed:
        player.play(line)


@pytest.mark.timeout(600)
def test_what_an_integrator_types_works(player: Player) -> None:
    """In one shell, because later lines use what earlier ones set."""
    typed = list(lines("integrator"))
    assert len(typed) >= 14
    said = player.play("\n".join(typed))
    assert '"items"' in said
