"""Kafka as one process that is broker and controller."""

import os
import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from string import Template

from exchange_command import probes
from exchange_command.artefacts import pinned
from exchange_command.authority import ADMINISTRATOR, BROKER
from exchange_command.jvm import class_path, java
from exchange_command.places import Places
from exchange_command.process_control import ProcessFailed, ProcessSpec
from referral_exchange import whole_files
from referral_exchange.contract_files import DEPLOY

NAME = "kafka"
_HEAP = 512
_FORMAT_SECONDS = 60.0


def spec(places: Places) -> ProcessSpec:
    """The broker's process."""
    log_settings = DEPLOY / "platform" / "kafka-log4j2.properties"
    main = (f"-Dlog4j2.configurationFile={log_settings}", "-cp", _class_path(places), "kafka.Kafka")
    return ProcessSpec(
        name=NAME,
        command=java(_HEAP, *main, str(_properties(places))),
        port=places.port(NAME),
        ready=lambda: probes.broker_serves(places.kafka(ADMINISTRATOR)),
    )


def prepare(places: Places) -> None:
    """Writes the broker's settings and, the first time, formats its data folder.

    Raises ProcessFailed where formatting fails.
    """
    places.settings.mkdir(parents=True, exist_ok=True)
    data = places.data(NAME) / "log"
    _write_properties(places, _properties(places), data)
    if not data.exists():
        _format(places, data)


def _format(places: Places, data: Path) -> None:
    # Formatted aside and renamed: a folder that is half formatted would stop the broker for good.
    aside = data.with_name("formatting")
    shutil.rmtree(aside, ignore_errors=True)
    aside.parent.mkdir(parents=True, exist_ok=True)
    settings = places.settings / "kafka-format.properties"
    _write_properties(places, settings, aside)
    tool = ("-cp", _class_path(places), "kafka.tools.StorageTool", "format", "--standalone")
    command = java(256, *tool, "-t", _cluster_id(), "-c", str(settings))
    done = subprocess.run(command, capture_output=True, text=True, timeout=_FORMAT_SECONDS, check=False)
    if done.returncode != 0:
        raise ProcessFailed(f"Kafka's storage tool could not format {aside}:\n{done.stdout}{done.stderr}")
    os.replace(aside, data)


def _cluster_id() -> str:
    # Kafka refuses an id that starts with a dash, which one random id in 64 does.
    return "E" + urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]


def _properties(places: Places) -> Path:
    return places.settings / "kafka.properties"


def _write_properties(places: Places, path: Path, data: Path) -> None:
    template = Template((DEPLOY / "platform" / "kafka.properties").read_text(encoding="utf-8"))
    ports = {name: places.port(name) for name in ("kafka", "kafka_controller")}
    tls = places.tls(BROKER)
    files = {"data": data, "keystore": _keystore(places), "authority": tls.authority}
    filled = template.substitute(ports, **{name: _escaped(file) for name, file in files.items()})
    path.write_text(filled, encoding="utf-8")


def _keystore(places: Places) -> Path:
    """Key and certificate in one file, as the broker takes them."""
    tls = places.tls(BROKER)
    both = tls.key.with_name("keystore.pem")
    whole_files.put(both, tls.key.read_bytes() + tls.certificate.read_bytes())
    return both


def _escaped(path: Path) -> str:
    # A backslash begins an escape in Java's properties.
    return str(path).replace("\\", "\\\\")


def _class_path(places: Places) -> str:
    return class_path(places.jars / artefact.file_name for artefact in pinned(NAME))
