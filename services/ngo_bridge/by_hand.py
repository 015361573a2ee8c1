"""Opens one bridge's database for a command that is typed beside it, whether the bridge runs or not."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from pathlib import Path

from ngo_bridge import config
from ngo_bridge.config import BridgeConfig
from ngo_bridge.database import Database, StoreUnavailable
from referral_exchange.settings import SettingsError, load


def on_database(settings: Path, act: Callable[[Database, BridgeConfig], int]) -> int:
    """What `act` answers; 2, and a line that says why, where settings or database cannot be used."""
    try:
        told = config.from_settings(load(settings))
        database = Database(told.database_url)
    except (SettingsError, StoreUnavailable) as error:
        print(f"ngo_bridge: {error}", file=sys.stderr)
        return 2
    try:
        return act(database, told)
    finally:
        database.close()


def add_settings(verbs: Iterable[ArgumentParser]) -> None:
    """Each of `verbs` takes the settings file."""
    for verb in verbs:
        verb.add_argument("--settings", type=Path, required=True, help="the bridge's settings file")
