"""The invented people of the demo, from `deploy/demo/stories.toml`."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from referral_exchange.contract_files import DEPLOY

DISCLOSED = ("identity", "safe-contact")
"""Data classes that a story discloses after acceptance."""


@dataclass(frozen=True, slots=True)
class Story:
    """One invented person and where the night takes her, him or them."""

    key: str
    title: str
    sender: str
    recipient: str
    asked_first: str | None
    urgency: str
    outcome: str
    data_classes: tuple[str, ...]
    needs: dict[str, Any]
    disclosed: dict[str, dict[str, Any]]

    @property
    def minor(self) -> bool:
        """Whether a minor's protections apply."""
        return bool(self.needs["age_band"] == "minor")

    def details(self) -> Iterator[tuple[str, str]]:
        """(what it is, the invented text to look for), such as ("name", "Invented Marigold")."""
        yield "the need", self.needs["region"]
        yield "the name", self.disclosed["identity"]["chosen_name"]
        contact = self.disclosed["safe-contact"]
        if contact.get("value"):
            yield "the contact", contact["value"]


def load_stories(path: Path = DEPLOY / "demo" / "stories.toml") -> dict[str, Story]:
    """Every story by key."""
    loaded = tomllib.loads(path.read_text(encoding="utf-8"))["stories"]
    return {entry["key"]: _story(entry) for entry in loaded}


def _story(entry: dict[str, Any]) -> Story:
    return Story(
        key=entry["key"],
        title=entry["title"],
        sender=entry["sender"],
        recipient=entry["recipient"],
        asked_first=entry.get("asked_first"),
        urgency=entry["urgency"],
        outcome=entry["outcome"],
        data_classes=tuple(entry["data_classes"]),
        needs=entry["needs"],
        disclosed={name: entry[name] for name in DISCLOSED},
    )
