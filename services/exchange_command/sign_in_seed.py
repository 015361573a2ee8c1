"""Lets an invented caseworker in at each bridge, and programs of this machine, with random secrets."""

import tomllib
from dataclasses import asdict, fields
from pathlib import Path

from exchange_command.network import Network
from exchange_command.places import Places
from exchange_command.plan import Specs
from exchange_command.problem import Problem
from exchange_command.progress import Reporter
from exchange_command.python_services import BRIDGE
from exchange_command.service_settings import to_toml
from exchange_command.sign_in_secret import SignIn
from referral_exchange import whole_files

NAME = "invented-ash"
"""The caseworker of every bridge of the demonstration; nobody is called so."""

PROGRAM = "this-machine"
"""The program that the token is for: the demonstration, tests, a person who tries the API."""


class NobodySignsIn(Problem):
    """There are no secrets of this participant's bridge."""


def file_of(places: Places, participant: str) -> Path:
    """Where the secrets of one bridge stand, for the owner of the files only."""
    return places.keys / "sign_in" / f"{participant}.toml"


def make_all(places: Places, network: Network, chosen: Specs, reporter: Reporter) -> None:
    """For each bridge among `chosen` that lets nobody in yet. Its settings have to be written before."""
    names = {f"{BRIDGE}.{participant.id}": participant.id for participant in network.with_bridges}
    new = {name: names[name] for name in chosen if name in names and not _is_there(places, names[name])}
    if new:
        # Only here: what makes an account takes long to load, and most verbs make none.
        from exchange_command.sign_in_accounts import let_in

        with reporter.step("sign-in"):
            for name, participant in new.items():
                _write(file_of(places, participant), let_in(places.settings / f"{name}.toml", NAME, PROGRAM))


def load(places: Places, participant: str) -> SignIn:
    """The secrets of one bridge. Raises NobodySignsIn."""
    try:
        told = tomllib.loads(file_of(places, participant).read_text(encoding="utf-8"))["sign_in"]
        return SignIn(**{each.name: told[each.name] for each in fields(SignIn)})
    except (FileNotFoundError, KeyError, tomllib.TOMLDecodeError):
        raise NobodySignsIn(
            f"nobody signs in for {participant} here; name a participant with a bridge, or run `exchange up`"
        ) from None


def bearer(places: Places, participant: str) -> dict[str, str]:
    """The header by which a program calls the bridge of `participant`. Raises NobodySignsIn."""
    return {"Authorization": f"Bearer {load(places, participant).token}"}


def _is_there(places: Places, participant: str) -> bool:
    """A bridge whose database is gone knows nobody of before."""
    database = places.data(f"{BRIDGE}.{participant}") / "bridge.db"
    return file_of(places, participant).exists() and database.exists()


def _write(path: Path, made: SignIn) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    whole_files.put(path, to_toml({"sign_in": asdict(made)}).encode())
