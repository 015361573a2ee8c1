"""Tells the ledger's log of evidence what an operator does, before it is done."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from exchange_command import ledger_requests
from exchange_command.places import Places
from exchange_command.problem import Problem
from referral_exchange import signing, whole_files
from referral_exchange.administered import Action

_SECONDS = 10.0
QUICKLY_S = 2.0
"""For what must not wait."""


class LeafUnwritten(Problem):
    """The ledger did not write the leaf; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is done, and to which participant."""

    action: Action
    about: str


def write(places: Places, leaf: Leaf, within_s: float = _SECONDS) -> None:
    """Returns once the leaf stands in the log. What could not be written earlier goes first.

    Raises LeafUnwritten, and then nothing may be done.
    """
    owed = unwritten(places)
    while owed:
        _post(places, owed[0], within_s)
        del owed[0]
        _keep(places, owed)
    _post(places, leaf, within_s)


def write_later(places: Places, leaf: Leaf) -> None:
    """Remembers a leaf of what was done all the same: the next `write` writes it first."""
    _keep(places, [*unwritten(places), leaf])


def unwritten(places: Places) -> list[Leaf]:
    """Leaves of what was done that the log lacks, oldest first."""
    try:
        return [Leaf(**each) for each in json.loads(_file(places).read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []


def _post(places: Places, leaf: Leaf, within_s: float) -> None:
    try:
        with ledger_requests.operators_client(places, within_s) as client:
            answer = client.post("/v1/administration", json=asdict(leaf))
    except httpx.TransportError as error:
        raise LeafUnwritten(_mend(f"the ledger does not answer ({type(error).__name__})")) from None
    except signing.KeyUnusable as error:
        raise LeafUnwritten(str(error)) from None
    if not answer.is_success:
        raise LeafUnwritten(_mend(f"the ledger answered {answer.status_code}"))


def _mend(said: str) -> str:
    return f"{said}, so its log cannot say who did this; run `exchange status`, mend it, then again"


def _file(places: Places) -> Path:
    return places.home / "participants" / "unwritten.json"


def _keep(places: Places, leaves: Iterable[Leaf]) -> None:
    whole_files.put(_file(places), json.dumps([asdict(leaf) for leaf in leaves]).encode())
