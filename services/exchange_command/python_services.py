"""Our own processes: each a package run with `python -m` and one settings file."""

import sys
from collections.abc import Iterator
from dataclasses import replace

from exchange_command import probes
from exchange_command.authority import OPERATOR, REGISTRY
from exchange_command.network import Network
from exchange_command.places import LOOPBACK, Places
from exchange_command.process_control import ProcessSpec
from exchange_command.schema_registry import FRONT

BRIDGE = "ngo_bridge"
DIRECTORY = "service_directory"
PERSONS = "survivor_page"
"""The page of those whom all this is about."""

CONNECTOR, STAND_IN = "connector", "stand_in"
_KIT = "participant_edge.kit"


def specs(places: Places, network: Network) -> Iterator[ProcessSpec]:
    """The relay, the directory, the ledger, the router, the board, the persons' page, a bridge for each NGO.

    On demand: a connector for each agency system, and the stand-in of that system.
    """
    yield _spec(places, "trace_relay", "exchange_command.trace_relay", places.port("trace_relay"))
    for name in (DIRECTORY, "consent_ledger", "referral_router", "status_board", PERSONS):
        yield _spec(places, name, name, places.port(name))
    for index, participant in enumerate(network.with_bridges):
        if participant.expelled:
            continue
        yield _spec(places, f"{BRIDGE}.{participant.id}", BRIDGE, places.bridge_port(index))
    for connector, participant in network.connectors.items():
        if participant.expelled:
            continue
        for name, package in ((STAND_IN, f"{connector}.stand_in"), (CONNECTOR, _KIT)):
            full = f"{name}.{connector}"
            yield replace(_spec(places, full, package, places.port(full)), on_demand=True)


def front(places: Places) -> ProcessSpec:
    """What stands before the schema registry: nobody reaches that without a certificate.

    It is ready as soon as it listens, for whether the registry is, that one's own line tells.
    """
    spec = _spec(places, FRONT, "exchange_command.registry_front", places.port(REGISTRY))
    live = f"{places.address(REGISTRY)}/health/live"
    return replace(spec, is_service=False, ready=lambda: probes.answers_ok(live, places.tls(OPERATOR)))


def _spec(places: Places, name: str, package: str, port: int) -> ProcessSpec:
    settings = places.settings / f"{name}.toml"
    pages = name.startswith((f"{BRIDGE}.", f"{STAND_IN}.")) or name in ("status_board", PERSONS)
    scheme, tls = ("http", None) if pages else ("https", places.tls(OPERATOR))
    return ProcessSpec(
        name=name,
        command=(sys.executable, "-m", package, "--settings", str(settings)),
        port=port,
        ready=lambda: probes.answers_ok(f"{scheme}://{LOOPBACK}:{port}/health/ready", tls),
        # A broken pipe of output must not swallow a service's last words.
        environment={"PYTHONUNBUFFERED": "1"},
        is_service=True,
    )
