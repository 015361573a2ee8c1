"""Which processes there are, in the order they start, and which of them a person chose."""

from collections.abc import Collection

from exchange_command import broker, python_services, schema_registry, trace_page
from exchange_command.network import Network
from exchange_command.places import Places
from exchange_command.problem import Problem
from exchange_command.process_control import ProcessSpec

Specs = dict[str, ProcessSpec]
"""Processes by name, in the order they start."""

SERVICES = "services"
"""A choice that stands for every process of our own."""


class UnknownProcess(Problem):
    """No process has the chosen name; the message lists those there are."""


def all_processes(places: Places, network: Network) -> Specs:
    """Every process of the platform."""
    platform = (
        broker.spec(places),
        schema_registry.spec(places),
        python_services.front(places),
        trace_page.spec(places),
    )
    return {spec.name: spec for spec in (*platform, *python_services.specs(places, network))}


def choose(specs: Specs, chosen: Collection[str] | None) -> Specs:
    """The specs that `chosen` names, one by one, as `services`, or by the part before a dot.

    None: all but those on demand. Raises UnknownProcess.
    """
    if chosen is None:
        return {name: spec for name, spec in specs.items() if not spec.on_demand}
    for name in chosen:
        if not any(_stands_for(name, spec) for spec in specs.values()):
            raise UnknownProcess(f"{name!r} is no process; choose among {', '.join([*specs, SERVICES])}")
    return {spec.name: spec for spec in specs.values() if any(_stands_for(name, spec) for name in chosen)}


def _stands_for(name: str, spec: ProcessSpec) -> bool:
    by_name = spec.name == name or spec.name.startswith(f"{name}.")
    return by_name or (name == SERVICES and spec.is_service and not spec.on_demand)
