"""Where the platform of one machine keeps its files and which ports it listens on."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from exchange_command.problem import Problem
from referral_exchange.settings import Tls

LOOPBACK = "127.0.0.1"
PORT_BASE = 21000
_OFFSETS = {
    "kafka": 0,
    "kafka_controller": 1,
    "registry": 2,
    "registry_management": 3,
    "zipkin": 4,
    "trace_relay": 5,
    "consent_ledger": 10,
    "status_board": 11,
    "referral_router": 12,
    "service_directory": 13,
    "connector.fhir_health": 14,
    "stand_in.fhir_health": 15,
    "registry_behind": 16,
    "survivor_page": 17,
}
_PLAIN = frozenset(
    {
        "registry_behind",
        "registry_management",
        "zipkin",
        "status_board",
        "stand_in.fhir_health",
        "survivor_page",
    }
)
"""Plain HTTP, on loopback only: pages that people open, and what stands behind another process."""

_FIRST_BRIDGE = 20


class WrongSetting(Problem):
    """A variable of the environment cannot be used; the message names it and says what it may be."""


@dataclass(frozen=True, slots=True)
class Places:
    """Folders and ports of one platform. Two platforms with other places do not see each other."""

    home: Path
    cache: Path
    port_base: int

    @property
    def settings(self) -> Path:
        """Folder of the settings files, one a process."""
        return self.home / "settings"

    @property
    def logs(self) -> Path:
        """Folder of the log files, one a process."""
        return self.home / "log"

    @property
    def run(self) -> Path:
        """Folder of the process records and the lock."""
        return self.home / "run"

    @property
    def keys(self) -> Path:
        """Folder of the programmes' private keys."""
        return self.home / "keys"

    @property
    def authority(self) -> Path:
        """Folder of the development authority."""
        return self.home / "authority"

    @property
    def certificates(self) -> Path:
        """Folder of the certificates, a folder a principal."""
        return self.home / "certificates"

    def tls(self, principal: str) -> Tls:
        """The certificate of `principal`, with its key and the authority's."""
        folder = self.certificates / principal
        return Tls(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")

    def kafka(self, principal: str) -> dict[str, str]:
        """How `principal` reaches the broker, as librdkafka takes it."""
        tls = self.tls(principal)
        return {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "ssl",
            "ssl.ca.location": str(tls.authority),
            "ssl.certificate.location": str(tls.certificate),
            "ssl.key.location": str(tls.key),
        }

    @property
    def jars(self) -> Path:
        """Folder of the fetched and checked files; shared by every platform of this user."""
        return self.cache / "jars"

    def data(self, process: str) -> Path:
        """Folder of what `process` keeps."""
        return self.home / "data" / process

    def log(self, process: str) -> Path:
        """Log file of `process`."""
        return self.logs / f"{process}.log"

    def port(self, name: str) -> int:
        """Port of the process or listener `name`. Raises KeyError for one that has none."""
        return self.port_base + _OFFSETS[name]

    def bridge_port(self, index: int) -> int:
        """Port of the bridge at `index` of the network file."""
        return self.port_base + _FIRST_BRIDGE + index

    def bridge_address(self, index: int) -> str:
        """HTTP address of the bridge at `index` of the network file, without a path."""
        return f"http://{LOOPBACK}:{self.bridge_port(index)}"

    def address(self, name: str) -> str:
        """HTTP address of `name`, without a path."""
        return f"{'http' if name in _PLAIN else 'https'}://{LOOPBACK}:{self.port(name)}"

    @property
    def bootstrap(self) -> str:
        """Bootstrap address of the broker."""
        return f"{LOOPBACK}:{self.port('kafka')}"

    @property
    def registry_url(self) -> str:
        """Confluent-compatible address of the schema registry."""
        return f"{self.address('registry')}/apis/ccompat/v7"


def listeners() -> tuple[str, ...]:
    """Names of the ports that every platform uses, bridges apart."""
    return tuple(_OFFSETS)


def from_environment(environment: Mapping[str, str] = os.environ) -> Places:
    """Places by EXCHANGE_HOME, EXCHANGE_CACHE and EXCHANGE_PORT_BASE, else the user's own folders.

    Raises WrongSetting for a port base that is no number from 1024 to 65000.
    """
    return Places(
        home=_folder(environment, "EXCHANGE_HOME", "XDG_DATA_HOME", ".local/share"),
        cache=_folder(environment, "EXCHANGE_CACHE", "XDG_CACHE_HOME", ".cache"),
        port_base=_port_base(environment.get("EXCHANGE_PORT_BASE", str(PORT_BASE))),
    )


def _folder(environment: Mapping[str, str], own: str, standard: str, below_home: str) -> Path:
    if environment.get(own):
        return Path(environment[own]).expanduser().resolve()
    base = environment.get(standard) or str(Path.home() / below_home)
    return Path(base).expanduser().resolve() / "referral-exchange"


def _port_base(text: str) -> int:
    if not text.isdecimal() or not 1024 <= int(text) <= 65000:
        raise WrongSetting(f"EXCHANGE_PORT_BASE is {text!r}; set a number from 1024 to 65000")
    return int(text)
