"""What the exchange itself holds of a participant, as its operator may read it: tokens, listings, routing."""

import base64
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from exchange_command.evidence_file import Ask
from exchange_command.leaving.bundle import Row
from exchange_command.oversight.event_view import routing_fields
from exchange_command.problem import Problem
from referral_exchange import catalog
from referral_exchange.directory import Directory
from referral_exchange.events import Event
from referral_exchange.oversight import reading
from referral_exchange.oversight.source import Source
from referral_exchange.oversight.words import iso

TOPICS = {"referral-records": "router_records", "referral-progress": "router_progress"}
"""Where the router keeps what it knows of referrals, and what the file calls it."""


def programmes_of(directory: Directory, participant: str) -> list[str]:
    """Its programmes. Raises Problem for one that is not listed."""
    if participant not in directory.participants:
        raise Problem(f"{participant} is not listed; `exchange directory search` shows who is")
    return sorted(
        name for name, listed in directory.programmes.items() if listed.participant_id == participant
    )


def listings(directory: Directory, participant: str, programmes: Collection[str]) -> Iterator[Row]:
    """As they stand in the directory, public keys included, which everybody sees there."""
    found: list[Event] = [directory.participants[participant]]
    found += [directory.programmes[name] for name in programmes]
    found += [directory.capacities[name] for name in programmes if name in directory.capacities]
    for event in found:
        yield {"record": event.RECORD, **_public(event)}


def held(ask: Ask, programmes: Collection[str]) -> list[dict[str, Any]]:
    """The token of each consent that the ledger holds, of the 10,000 oldest."""
    found = ask("/v1/administration/held", {"programme": list(programmes)})["held"]["tokens"]
    return list(found) if programmes else []


def routed(source: Source, topic: str, programmes: Collection[str], *, quiet: bool) -> Iterator[Row]:
    """Every message of `topic` that names one of them: its routing fields, as any operator sees them."""
    partitions = reading.all_partitions(topic, source.topics()[topic])
    for message in reading.all_of(source, partitions, quiet=quiet):
        event = reading.event_in(source, message)
        if event is not None and _names(event, programmes):
            yield {"record": event.RECORD, **_routing(event)}


def _routing(event: Event) -> dict[str, Any]:
    return routing_fields(catalog.committed()[event.RECORD], event.to_datum())


def _public(event: Event) -> dict[str, Any]:
    return {name: _plain(value) for name, value in event.to_datum().items()}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return iso(value) if isinstance(value, datetime) else value


def _names(event: Event, programmes: Collection[str]) -> bool:
    parties = (getattr(event, name, "") for name in ("programme_from", "programme_to"))
    return any(party in programmes for party in parties)
