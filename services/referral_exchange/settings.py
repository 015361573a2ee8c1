"""One TOML file a process: `[kafka]` for librdkafka, `[registry]`, `[tls]`, `[telemetry]`, `[service]`."""

import argparse
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


class SettingsError(Exception):
    """A setting is missing or wrong; the message names it."""


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files of one principal: whose certificates it believes, its own certificate, and that one's key."""

    authority: Path
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process is told. `service` holds the section that only this process understands."""

    kafka: Mapping[str, Any]
    registry_url: str
    otlp_endpoint: str = ""
    service: Mapping[str, Any] = field(default_factory=dict)
    notices: Mapping[str, Any] | None = None
    """How an edge tells people that something waits; None: it tells nobody."""
    registry_wait_s: float = 60.0
    """How long a service that starts waits for a registry that is away, in seconds."""
    tls: Tls | None = None
    """Who this process is to other processes; None: it can only speak plainly, on this machine."""

    def need(self, name: str) -> Any:
        """`service[name]`. Raises SettingsError where it is missing."""
        if name not in self.service:
            raise SettingsError(f"[service] {name} is missing from the settings file")
        return self.service[name]


def load(path: Path) -> Settings:
    """The settings in `path`. Raises SettingsError for a missing file, section or setting."""
    try:
        loaded = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path.name}: no such settings file; `exchange up` writes it") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path.name}: {error}") from None
    for section, name in (("kafka", "bootstrap.servers"), ("registry", "url")):
        if name not in loaded.get(section, {}):
            raise SettingsError(f"{path.name}: [{section}] {name} is missing")
    return Settings(
        kafka=loaded["kafka"],
        registry_url=loaded["registry"]["url"],
        otlp_endpoint=loaded.get("telemetry", {}).get("otlp_endpoint", ""),
        service=loaded.get("service", {}),
        notices=loaded.get("notices"),
        registry_wait_s=_seconds(path, loaded["registry"].get("wait_s", 60.0)),
        tls=_tls(path, loaded.get("tls")),
    )


def _tls(path: Path, section: Mapping[str, Any] | None) -> Tls | None:
    if section is None:
        return None
    named = [each.name for each in fields(Tls)]
    if set(section) != set(named) or not all(isinstance(told, str) and told for told in section.values()):
        raise SettingsError(f"{path.name}: [tls] names the PEM files {', '.join(named)} and nothing else")
    return Tls(**{name: Path(section[name]) for name in named})


def _seconds(path: Path, told: Any) -> float:
    if not isinstance(told, int | float) or isinstance(told, bool) or not 0 <= told <= 3600:
        raise SettingsError(f"{path.name}: [registry] wait_s must be seconds, an hour at most")
    return float(told)


def from_arguments(program: str, argv: Sequence[str] | None = None) -> Settings:
    """The settings file named by `--settings`, as every service takes it."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}")
    parser.add_argument("--settings", required=True, type=Path, help="TOML file of this process")
    return load(parser.parse_args(argv).settings)
