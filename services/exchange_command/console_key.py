"""The key of the operator's console: random, made once, for the owner of the files only."""

import secrets
import tomllib
from pathlib import Path

from exchange_command.places import Places
from exchange_command.problem import Problem
from exchange_command.service_settings import to_toml
from referral_exchange import whole_files

NAME = "operator_console"
_GROUPS, _BYTES_OF_A_GROUP = 8, 2


class NoConsoleKey(Problem):
    """There is no key of the console here."""


def make(places: Places) -> None:
    """Makes it where it is absent; one that stands stays."""
    key = "-".join(secrets.token_hex(_BYTES_OF_A_GROUP) for _ in range(_GROUPS))
    whole_files.put_once(file_of(places), to_toml({"console": {"key": key}}).encode())


def load(places: Places) -> str:
    """The key, as a person types it. Raises NoConsoleKey."""
    try:
        return str(tomllib.loads(file_of(places).read_text(encoding="utf-8"))["console"]["key"])
    except (FileNotFoundError, KeyError, TypeError, tomllib.TOMLDecodeError):
        raise NoConsoleKey("this console has no key yet; run `exchange up`, which makes one") from None


def file_of(places: Places) -> Path:
    """Where it stands; the console reads it at each try, so a new one counts at once."""
    return places.keys / f"{NAME}.toml"
