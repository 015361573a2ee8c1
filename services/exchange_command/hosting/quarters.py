"""Where one hosted participant keeps what is its own, closed to everybody else; and its settings."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization

from exchange_command import probes, service_settings
from exchange_command.hosting.coalition import Coalition, Exchange, Hosted
from exchange_command.hosting.confined import Confinement, readable
from exchange_command.places import LOOPBACK, PORT_BASE, Places
from exchange_command.problem import Problem
from exchange_command.process_control import ProcessSpec
from participant_edge.own_memory import open_memory
from referral_exchange import signing, whole_files
from referral_exchange.settings import Tls


class QuartersUnsafe(Problem):
    """A folder would not keep the participants apart; the message says what to do."""


def places_of(coalition: Coalition) -> Places:
    """The coalition's own places. Raises QuartersUnsafe where every bridge could look into them."""
    home = coalition.home.resolve()
    for open_to_all in readable():
        if home.is_relative_to(open_to_all):
            raise QuartersUnsafe(
                f"home lies in {open_to_all}, which every bridge may read; name a folder elsewhere"
            )
    return Places(home, home / "cache", PORT_BASE)


def keys_of(places: Places, participant: str) -> Path:
    """The participant's private keys: its programmes', and the one of its edge's memory."""
    return places.keys / participant


def make(places: Places, hosted: Hosted) -> None:
    """Folders (0700) and private keys (0600), where they are absent. Raises QuartersUnsafe."""
    for folder in (
        *(places.home, places.keys, places.certificates, places.settings, places.logs, places.run),
        *(places.data(""), keys_of(places, hosted.id), places.certificates / hosted.id),
        *(places.home / "enrolment", places.home / "enrolment" / hosted.id),
        places.data(hosted.process),
    ):
        _closed(folder)
    keys = keys_of(places, hosted.id)
    for programme in hosted.participant.programmes:
        signing.make_keys(keys, programme.id)
    open_memory(keys, hosted.id)
    for file in (*keys.iterdir(), *places.certificates.joinpath(hosted.id).iterdir()):
        file.chmod(0o600)


def write_enrolment(places: Places, hosted: Hosted) -> Path:
    """What `exchange enrol` takes: who it is, with the public keys beside; returns the file."""
    folder = places.home / "enrolment" / hosted.id
    entry = dict(hosted.entry)
    entry["programmes"] = [_public(places, hosted, folder, dict(each)) for each in entry["programmes"]]
    whole_files.put(folder / "enrolment.toml", _as_toml(entry).encode())
    return folder / "enrolment.toml"


def write_settings(places: Places, coalition: Coalition, hosted: Hosted, here: Places) -> None:
    """The settings of its bridge. `here`: the exchange of this machine, where the file names no other."""
    own = {name: value for name, value in hosted.service.items() if name != "help"}
    help_lines = hosted.service.get("help")
    sections: dict[str, Any] = {
        **(_far(places, coalition.exchange, hosted) if coalition.exchange else _near(places, here, hosted)),
        "service": {
            "participant": hosted.id,
            "programmes": [programme.id for programme in hosted.participant.programmes],
            "keys": str(keys_of(places, hosted.id)),
            "data": str(places.data(hosted.process)),
            "ledger_url": coalition.exchange.ledger_url
            if coalition.exchange
            else here.address("consent_ledger"),
            "host": hosted.host,
            "port": hosted.port,
            **own,
        },
        **({"service.help": help_lines} if help_lines else {}),
    }
    # The address of a database may hold a password.
    content = service_settings.to_toml(sections).encode()
    whole_files.put(places.settings / f"{hosted.process}.toml", content)


def spec_of(places: Places, coalition: Coalition, hosted: Hosted) -> ProcessSpec:
    """How its process is run, and when it is ready."""
    settings, tls = places.settings / f"{hosted.process}.toml", places.tls(hosted.id)
    confinement = Confinement(
        settings=str(settings),
        own=str(places.data(hosted.process)),
        read=tuple(map(str, (settings, keys_of(places, hosted.id), places.certificates / hosted.id))),
        port=hosted.port,
        walls=coalition.walls,
        **asdict(coalition.limits),
    )
    plain = hosted.host == LOOPBACK
    url = f"{'http' if plain else 'https'}://{hosted.host}:{hosted.port}/health/ready"
    return ProcessSpec(
        name=hosted.process,
        command=confinement.command(),
        port=hosted.port,
        ready=lambda: probes.answers_ok(url, None if plain else tls),
        environment={"PYTHONUNBUFFERED": "1"},
        is_service=True,
    )


def _closed(folder: Path) -> None:
    """Ours, and nobody else's to look into."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise QuartersUnsafe(f"{folder} is a link, or somebody else's; remove it, or name another home")
    folder.chmod(0o700)


def _near(places: Places, here: Places, hosted: Hosted) -> dict[str, Any]:
    return {
        **_reached(here.bootstrap, here.registry_url, places.tls(hosted.id)),
        "telemetry": {"otlp_endpoint": here.address("trace_relay")},
    }


def _far(places: Places, exchange: Exchange, hosted: Hosted) -> dict[str, Any]:
    return {
        **_reached(exchange.bootstrap, exchange.registry_url, places.tls(hosted.id)),
        "telemetry": {"otlp_endpoint": exchange.traces},
    }


def _reached(bootstrap: str, registry: str, tls: Tls) -> dict[str, Any]:
    names = {"authority": str(tls.authority), "certificate": str(tls.certificate), "key": str(tls.key)}
    return {
        "kafka": {
            "bootstrap.servers": bootstrap,
            "security.protocol": "ssl",
            "ssl.ca.location": names["authority"],
            "ssl.certificate.location": names["certificate"],
            "ssl.key.location": names["key"],
        },
        "registry": {"url": registry},
        "tls": names,
    }


def _public(places: Places, hosted: Hosted, folder: Path, entry: dict[str, Any]) -> dict[str, Any]:
    """The programme's entry with its public keys, which are written beside the file."""
    keys, name = keys_of(places, hosted.id), entry["id"]
    signer, sealing = signing.load_signer(keys, name), signing.load_sealing_key(keys, name)
    files = {"signing_key": f"{name}.signing.public.pem", "sealing_key": f"{name}.sealing.public.pem"}
    for kind, key in (("signing_key", signer.private.public_key()), ("sealing_key", sealing.public_key())):
        pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        whole_files.put(folder / files[kind], pem)
    return {**entry, "key_id": signer.key_id, **files}


def _as_toml(entry: dict[str, Any]) -> str:
    """An entry of a network file: plain values, then a table for each programme."""
    plain = {name: value for name, value in entry.items() if name != "programmes"}
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in plain.items()]
    for programme in entry["programmes"]:
        lines += ["", "[[programmes]]"]
        lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in programme.items()]
    return "\n".join(lines) + "\n"
