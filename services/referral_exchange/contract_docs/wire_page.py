"""The page `READ_THE_WIRE.md`: written by hand, with pieces between marks that are made from the vectors."""

import re
from collections.abc import Mapping
from pathlib import Path

from referral_exchange.contract_docs import anatomy
from referral_exchange.contract_docs.contract import Contract
from referral_exchange.contract_docs.vectors import SCHEMA_ID, SHOWN, payload_of

_MARKED = re.compile(r"(?P<open><!-- made: (?P<name>[\w. -]+) -->\n).*?(?P<close><!-- /made -->)", re.DOTALL)

SCRIPT = "wire/read_the_wire.py"
"""The script that the page shows, below `deploy/`."""


def filled(page: str, pieces: Mapping[str, str]) -> str:
    """`page` with every marked piece made anew. Raises KeyError for a mark that nothing is made for."""
    return _MARKED.sub(lambda found: f"{found['open']}{pieces[found['name']]}\n{found['close']}", page)


def pieces(contract: Contract, deploy: Path) -> dict[str, str]:
    """What stands between the marks, by name."""
    script = (deploy / SCRIPT).read_text(encoding="utf-8")
    shown = {f"bytes of {key}": _fenced("", _picture(contract, key, name)) for key, name in SHOWN}
    return {**shown, "script": _fenced("python", script.rstrip("\n"))}


def _picture(contract: Contract, key: str, name: str) -> str:
    head = [
        anatomy.Piece("magic", b"\0", "Confluent framing"),
        anatomy.Piece("schema id", SCHEMA_ID.to_bytes(4, "big"), "the registry's, big endian; yours differs"),
    ]
    _, datum = payload_of(contract, key, name)
    return anatomy.picture([*head, *anatomy.fields(contract.catalog[key], datum)])


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"
