"""A coalition's file of invented NGOs, and the tokens of their bridges."""

from collections.abc import Iterable
from pathlib import Path

from exchange_command.sign_in_accounts import let_in

HOSTED = ("cedar-haven", "willow-rest", "aspen-porch")

_BRIDGE = """
[[bridges]]
id = "{id}"
name = "Invented {id}"
kind = "ngo"
port = {port}
timezone = "America/Chicago"

[[bridges.programmes]]
id = "{id}-shelter"
name = "Night shelter of {id}"
confidential = true
role = "assistance"
funding_streams = ["vawa"]
services = ["Housing Services"]
languages = ["en", "es"]
region = "South Fields"
age_bands = ["adult"]
"""


def coalition_file(folder: Path, first_port: int, ids: Iterable[str] = HOSTED, more: str = "") -> Path:
    """A file that hosts `ids` on ports from `first_port` on; `more` stands at its top."""
    entries = "".join(_BRIDGE.format(id=name, port=first_port + n) for n, name in enumerate(ids))
    path = folder / "coalition.toml"
    path.write_text(more + entries, encoding="utf-8")
    return path


def bearer_of(settings: Path) -> dict[str, str]:
    """The header of a program that this bridge lets in; its account is invented here."""
    return {"Authorization": f"Bearer {let_in(settings, 'invented-ash', 'a-test').token}"}
