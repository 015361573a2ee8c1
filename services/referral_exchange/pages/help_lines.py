"""Who helps at any hour: named on every page of every service."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from referral_exchange.settings import SettingsError


@dataclass(frozen=True, slots=True)
class HelpLines:
    """What a person calls or writes to. The defaults are the United States' own."""

    emergency: str = "911"
    call: str = "1-888-373-7888"
    text: str = "233733"
    tty: str = "711"

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "HelpLines":
        """Those of the section `[service.help]`. Raises SettingsError for a name that is none."""
        unknown = set(told) - set(cls.__dataclass_fields__)
        if unknown:
            raise SettingsError(f"[service.help] knows no {', '.join(sorted(unknown))}")
        return cls(**told)
