"""Runs one connector: its edge, its agency system, the poller between them, and a health page."""

import importlib
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from participant_edge.assembly import assemble
from participant_edge.edge import Edge
from participant_edge.kit import manifest
from participant_edge.kit.cursors import CursorFile
from participant_edge.kit.manifest import Manifest
from participant_edge.kit.polling import Poller
from participant_edge.kit.seam import AgencySystem, Connect
from participant_edge.kit.subject_tokens import SubjectTokens
from participant_edge.own_memory import open_memory
from referral_exchange import tracing
from referral_exchange.runtime.health import HealthServer
from referral_exchange.runtime.lifecycle import Stop
from referral_exchange.settings import Settings, SettingsError

_LOG = logging.getLogger(__name__)
_READY_S = 0.2


def find(name: str) -> tuple[Manifest, Connect]:
    """The connector of that name. Raises SettingsError, manifest.ManifestError."""
    try:
        package = importlib.import_module(name)
    except ModuleNotFoundError:
        raise SettingsError(
            f"[service] connector = {name!r}: no such connector; see the folders of connectors/"
        ) from None
    found: Connect = package.connect
    return manifest.read(Path(str(package.__file__)).parent), found


def run(settings: Settings, stop: Stop) -> None:
    """Runs until `stop` is asked for. Raises SettingsError, ManifestError."""
    described, connect = find(str(settings.need("connector")))
    system = connect(described.told(settings))
    spans = tracing.configure(f"connector.{described.name}", settings.otlp_endpoint, settings.tls)
    edge = assemble(settings, system)
    system.meet(edge, _tokens(settings))
    poller = _poller(settings, described, system, edge)
    host, port = str(settings.need("host")), int(settings.need("port"))
    with HealthServer(host, port, lambda: report(described, system, edge, poller), settings.tls):
        edge.start()
        try:
            _when_ready(edge, stop, poller.start)
            while not stop.wait(60):
                continue
        finally:
            poller.stop()
            edge.stop()
            system.close()
            spans.stop()


def report(
    described: Manifest, system: AgencySystem, edge: Edge, poller: Poller
) -> tuple[bool, Mapping[str, Any]]:
    """For the health page. A connector whose system is away is ready: it waits and says so."""
    figures = {
        "connector": described.name,
        "guard": described.guard,
        "system": poller.code or "answers",
        "turns_failed": poller.failures,
        **system.figures(),
    }
    return edge.ready(), figures


def _tokens(settings: Settings) -> SubjectTokens:
    memory = open_memory(Path(settings.need("keys")), str(settings.need("participant")))
    return SubjectTokens(Path(settings.need("data")) / "connector" / "people", memory)


def _poller(settings: Settings, described: Manifest, system: AgencySystem, edge: Edge) -> Poller:
    return Poller(
        system,
        edge,
        CursorFile(Path(settings.need("data")) / "connector"),
        every_s=float(settings.service.get("poll_s", described.poll_s)),
        longest_s=described.longest_wait_s,
        on_failure=lambda: os._exit(70),
    )


def _when_ready(edge: Edge, stop: Stop, go: Callable[[], None]) -> None:
    """The exchange must be known before the system is asked, or its offers would name unknown programmes."""
    while not edge.ready():
        if stop.wait(_READY_S):
            return
    _LOG.info("the edge is ready; the agency system is asked from now on")
    go()
