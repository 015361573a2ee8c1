"""One table of the settings, taken apart strictly: what nobody asks for is refused, not ignored."""

import re
import stat
import tomllib
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from referral_exchange.settings import SettingsError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}
_SPAN = re.compile(r"(\d{1,6})([smh])")
T = TypeVar("T")


class Section:
    """A table by the name it has in the file. Every method raises SettingsError, which names the setting."""

    def __init__(self, name: str, told: Any) -> None:
        """`told`: what TOML read there."""
        if not isinstance(told, Mapping):
            raise SettingsError(f"[{name}] must be a table")
        self.name = name
        self._told = dict(told)

    def take(self, name: str, kind: type[T], default: T | None = None) -> T:
        """One setting of that type; without a default it must be there."""
        value = self._told.pop(name, default)
        if value is None:
            raise SettingsError(f"[{self.name}] {name} is missing")
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise SettingsError(f"[{self.name}] {name} must be of the type {kind.__name__}")
        return value

    def maybe(self, name: str, kind: type[T]) -> T | None:
        """One setting of that type, or None."""
        return self.take(name, kind) if name in self._told else None

    def choice(self, name: str, among: tuple[str, ...], default: str | None = None) -> str:
        """One of a few words."""
        value = self.take(name, str, default)
        if value not in among:
            raise SettingsError(f"[{self.name}] {name} must be one of {', '.join(among)}")
        return value

    def span(self, name: str, default: str | None = None) -> timedelta:
        """A length of time: `90s`, `5m`, `2h`."""
        found = _SPAN.fullmatch(self.take(name, str, default))
        if found is None:
            raise SettingsError(f'[{self.name}] {name} must be a time such as "5m", "90s" or "2h"')
        return timedelta(**{_UNITS[found.group(2)]: int(found.group(1))})

    def hours(self, name: str) -> tuple[time, time] | None:
        """Two times of the day: `22:00-07:00`."""
        told = self.maybe(name, str)
        if told is None:
            return None
        try:
            begin, end = (time.fromisoformat(piece.strip()) for piece in told.split("-"))
        except ValueError:
            raise SettingsError(f'[{self.name}] {name} must be hours such as "22:00-07:00"') from None
        if begin == end or begin.tzinfo or end.tzinfo:
            raise SettingsError(
                f"[{self.name}] {name} must name two different times of the day, without zone"
            )
        return begin, end

    def zone(self, name: str) -> ZoneInfo:
        """A time zone by its name, such as America/Chicago."""
        try:
            return ZoneInfo(self.take(name, str))
        except (ZoneInfoNotFoundError, ValueError):
            raise SettingsError(f"[{self.name}] {name} must be a name such as America/Chicago") from None

    def table(self, name: str) -> "Section | None":
        """A table within, or None."""
        told = self._told.pop(name, None)
        return None if told is None else Section(f"{self.name}.{name}", told)

    def tables(self, name: str) -> list["Section"]:
        """A list of tables within (`[[...]]`), numbered from 1."""
        told = self.take(name, list, [])
        return [Section(f"{self.name}.{name} {number}", each) for number, each in enumerate(told, 1)]

    def rest(self) -> dict[str, Any]:
        """All that was not taken."""
        told, self._told = self._told, {}
        return told

    def end(self) -> None:
        """Refuses what was not taken."""
        if self._told:
            raise SettingsError(f"[{self.name}] knows no {', '.join(sorted(self._told))}")


def secret_file(section: Section, name: str) -> dict[str, str]:
    """The TOML file of secrets that a setting names: `name = "value"` lines; for its owner's eyes only."""
    told = section.maybe(name, str)
    if told is None:
        return {}
    path = Path(told)
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError(
                f"[{section.name}] {name}: make {path.name} readable by its owner only (0600)"
            )
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError):
        raise SettingsError(f"[{section.name}] {name}: {path.name} cannot be read") from None
    except tomllib.TOMLDecodeError:
        # Its message quotes a piece of the file.
        raise SettingsError(f'[{section.name}] {name}: write lines such as name = "value"') from None
    if not all(isinstance(value, str) for value in read.values()):
        raise SettingsError(f"[{section.name}] {name}: every value in {path.name} must be text")
    return read
