"""Our own processes: each a package run with `python -m` and one settings file."""

import sys
from collections.abc import Iterator

from exchange_command import probes
from exchange_command.network import Network
from exchange_command.places import LOOPBACK, Places
from exchange_command.process_control import ProcessSpec

BRIDGE = "ngo_bridge"


def specs(places: Places, network: Network) -> Iterator[ProcessSpec]:
    """The relay, the ledger, the router, the board, and a bridge for each participant."""
    yield _spec(places, "trace_relay", "exchange_command.trace_relay", places.port("trace_relay"))
    for name in ("consent_ledger", "referral_router", "status_board"):
        yield _spec(places, name, name, places.port(name))
    for index, participant in enumerate(network.with_mailboxes):
        yield _spec(places, f"{BRIDGE}.{participant.id}", BRIDGE, places.bridge_port(index))


def _spec(places: Places, name: str, package: str, port: int) -> ProcessSpec:
    settings = places.settings / f"{name}.toml"
    return ProcessSpec(
        name=name,
        command=(sys.executable, "-m", package, "--settings", str(settings)),
        port=port,
        ready=lambda: probes.answers_ok(f"http://{LOOPBACK}:{port}/health/ready"),
        # A broken pipe of output must not swallow a service's last words.
        environment={"PYTHONUNBUFFERED": "1"},
        is_service=True,
    )
