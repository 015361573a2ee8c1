"""Writes the settings file of each of our processes."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from exchange_command.authority import REGISTRY
from exchange_command.network import Network
from exchange_command.places import LOOPBACK, Places
from exchange_command.python_services import BRIDGE, CONNECTOR, DIRECTORY, PERSONS, STAND_IN
from exchange_command.schema_registry import FRONT

Value = str | int | bool | list[str]
Sections = Mapping[str, Mapping[str, Value]]
"""A settings file: keys and values by section."""


def all_settings(places: Places, network: Network) -> dict[str, Sections]:
    """The settings of every process, by its name."""
    named: dict[str, dict[str, Value]] = {
        "trace_relay": {"zipkin_url": places.address("zipkin")},
        DIRECTORY: {
            "participant": DIRECTORY,
            "programmes": [DIRECTORY],
            "data": str(places.data(DIRECTORY)),
            "database": f"sqlite:///{places.data(DIRECTORY) / 'directory.db'}",
            "ledger_url": places.address("consent_ledger"),
        },
        "consent_ledger": {
            "database": f"sqlite:///{places.data('consent_ledger') / 'ledger.db'}",
            "epoch_keys": str(places.keys / "epochs"),
        },
        "referral_router": {},
        PERSONS: {
            "participant": PERSONS,
            "programmes": [PERSONS],
            "data": str(places.data(PERSONS)),
            "database": f"sqlite:///{places.data(PERSONS) / 'page.db'}",
            "ledger_url": places.address("consent_ledger"),
        },
        "status_board": {
            "data": str(places.data("status_board")),
            "trace_page": f"{places.address('zipkin')}/zipkin",
            "console_key": str(places.keys / "operator_console.toml"),
            "watched": _watched(places, network),
        },
    }
    ours = {name: _sections(places, name, places.port(name), own) for name, own in named.items()}
    ours[FRONT] = _sections(places, REGISTRY, places.port(REGISTRY), _before_the_registry(places))
    return ours | dict(_bridges(places, network)) | dict(_connectors(places, network))


def write(folder: Path, name: str, sections: Sections) -> None:
    """Writes `<folder>/<name>.toml`; a crash leaves the old file or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{name}.toml.new"
    aside.write_text(to_toml(sections), encoding="utf-8")
    os.replace(aside, folder / f"{name}.toml")


def to_toml(sections: Sections) -> str:
    """The sections as TOML. JSON's strings, numbers, truth values and lists of strings are TOML's too."""
    return "\n".join(
        "\n".join([f"[{section}]", *(f"{_quoted(key)} = {_quoted(value)}" for key, value in keys.items())])
        + "\n"
        for section, keys in sections.items()
    )


def _quoted(value: Value) -> str:
    # Left as they are: JSON escapes what lies beyond 16 bits in two halves, which TOML refuses.
    return json.dumps(value, ensure_ascii=False)


def _watched(places: Places, network: Network) -> list[str]:
    """Whom the operator's console asks for health: `name address`, with whose edge it is between them."""
    services = (REGISTRY, "consent_ledger", "referral_router", DIRECTORY, PERSONS, "trace_relay")
    bridges = [
        f"{BRIDGE}.{each.id} {each.id} {places.bridge_address(index)}"
        for index, each in enumerate(network.with_bridges)
        if not each.expelled
    ]
    connectors = [
        f"{CONNECTOR}.{name} {each.id} {places.address(f'{CONNECTOR}.{name}')}"
        for name, each in network.connectors.items()
    ]
    return [*(f"{name} {places.address(name)}" for name in services), *bridges, *connectors]


def _before_the_registry(places: Places) -> dict[str, Value]:
    health = f"{places.address('registry_management')}/health/ready"
    return {"registry_url": places.address("registry_behind"), "registry_health": health}


def _bridges(places: Places, network: Network) -> list[tuple[str, Sections]]:
    return [
        (
            name := f"{BRIDGE}.{participant.id}",
            _sections(
                places,
                participant.id,
                places.bridge_port(index),
                {
                    "participant": participant.id,
                    "programmes": [programme.id for programme in participant.programmes],
                    "data": str(places.data(name)),
                    "ledger_url": places.address("consent_ledger"),
                    "own_page": f"{places.address(PERSONS)}/",
                },
            ),
        )
        for index, participant in enumerate(network.with_bridges)
    ]


def _connectors(places: Places, network: Network) -> Iterator[tuple[str, Sections]]:
    """Of each connector, and of the stand-in of its agency system."""
    for connector, participant in network.connectors.items():
        name, stand_in = f"{CONNECTOR}.{connector}", f"{STAND_IN}.{connector}"
        own: dict[str, Value] = {
            "connector": connector,
            "participant": participant.id,
            "programmes": [programme.id for programme in participant.programmes],
            "data": str(places.data(name)),
            "ledger_url": places.address("consent_ledger"),
            "system_url": f"{places.address(stand_in)}/fhir",
            "poll_s": 1,
        }
        yield name, _sections(places, participant.id, places.port(name), own)
        yield stand_in, _outside(places, places.port(stand_in))


def connections(places: Places, principal: str) -> dict[str, dict[str, Value]]:
    """How `principal` reaches broker and registry: `[kafka]`, `[registry]` and `[tls]`."""
    tls = places.tls(principal)
    return {
        "kafka": {**places.kafka(principal)},
        "registry": {"url": places.registry_url},
        "tls": {"authority": str(tls.authority), "certificate": str(tls.certificate), "key": str(tls.key)},
    }


def _sections(places: Places, principal: str, port: int, own: Mapping[str, Value]) -> Sections:
    return {
        **connections(places, principal),
        "telemetry": {"otlp_endpoint": places.address("trace_relay")},
        "service": {"host": LOOPBACK, "port": port, "keys": str(places.keys), **own},
    }


def _outside(places: Places, port: int) -> Sections:
    """Of what belongs to no principal: it could connect to nothing of the exchange."""
    return {
        "kafka": {"bootstrap.servers": places.bootstrap},
        "registry": {"url": places.registry_url},
        "service": {"host": LOOPBACK, "port": port},
    }
