"""`connector.toml`: what a connector is, what it declares, and what it must be told."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from participant_edge.delivery import Guard
from referral_exchange.settings import Settings, SettingsError

_SETTING_TYPES: Mapping[str, type] = {"text": str, "seconds": int, "truth": bool, "list": list}


class ManifestError(Exception):
    """A connector.toml is incomplete or wrong; the message names connector and key, and what it may be."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of `[service]` that the connector reads. `default`: None where it must be given."""

    name: str
    kind: str
    says: str
    default: Any = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A connector as its folder describes it. `events`: what it carries into the system."""

    name: str
    title: str
    guard: Guard
    opens: bool
    standards: tuple[str, ...]
    events: frozenset[str]
    poll_s: float
    longest_wait_s: float
    settings: tuple[Setting, ...]

    def told(self, settings: Settings) -> Mapping[str, Any]:
        """Its own settings, defaults filled in. Raises SettingsError, which names the setting."""
        found = {each.name: settings.service.get(each.name, each.default) for each in self.settings}
        for each in self.settings:
            if found[each.name] is None:
                raise SettingsError(f"[service] {each.name} is missing: {each.says}")
            if not isinstance(found[each.name], _SETTING_TYPES[each.kind]):
                raise SettingsError(f"[service] {each.name} must be {each.kind}: {each.says}")
        return found


def read(folder: Path) -> Manifest:
    """The manifest in `folder`. Raises ManifestError."""
    try:
        told = tomllib.loads((folder / "connector.toml").read_text(encoding="utf-8"))
        manifest = _manifest(told)
    except FileNotFoundError:
        raise ManifestError(f"{folder.name}: it has no connector.toml") from None
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{folder.name}: connector.toml is not TOML: {error}") from None
    except KeyError as error:
        raise ManifestError(f"{folder.name}: connector.toml lacks {error}") from None
    if manifest.name != folder.name:
        raise ManifestError(f"{folder.name}: connector.toml names {manifest.name!r}; name the folder's")
    _check(manifest)
    return manifest


def _manifest(told: Mapping[str, Any]) -> Manifest:
    polling = told["polling"]
    return Manifest(
        name=told["name"],
        title=told["title"],
        guard=told["guard"],
        opens=told["opens"],
        standards=tuple(told["standards"]),
        events=frozenset(told["events"]),
        poll_s=float(polling["every_s"]),
        longest_wait_s=float(polling["longest_wait_s"]),
        settings=tuple(
            Setting(name, each["kind"], each["says"], each.get("default"))
            for name, each in told.get("settings", {}).items()
        ),
    )


def _check(manifest: Manifest) -> None:
    if manifest.guard not in get_args(Guard):
        raise ManifestError(f"{manifest.name}: guard must be one of {', '.join(get_args(Guard))}")
    if not 0 < manifest.poll_s <= manifest.longest_wait_s <= 3600:
        raise ManifestError(f"{manifest.name}: polling must be 0 < every_s <= longest_wait_s <= 3600")
    for setting in manifest.settings:
        if setting.kind not in _SETTING_TYPES:
            kinds = ", ".join(_SETTING_TYPES)
            raise ManifestError(f"{manifest.name}: setting {setting.name} must be one of {kinds}")
