"""What the exchange holds of one participant, as tokens and sizes: ledger, broker, directory."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from typing import Any

from exchange_command.evidence_file import Ask
from exchange_command.problem import Problem
from referral_exchange.directory import Directory
from referral_exchange.events import Event
from referral_exchange.oversight import reading, room
from referral_exchange.oversight.source import Source
from referral_exchange.runtime.tail import Partition, present_ends

NOT_HELD = (
    "what a sealed part says: the exchange has neither the recipient's sealing key nor any plaintext",
    "names, addresses, telephone numbers or birth dates of any person, or anything derived from them",
    "who a subject token stands for: the participant's own edge alone knows",
    "the written consent forms: a salted commitment stands here, the form and its salt with the participant",
    "keys of withdrawn consents: destroyed; what they locked stays shut (an expired one's go a day later)",
    "what the participant's own edge and bridge keep: ask the participant",
    "caseworkers: the exchange knows programmes only",
)
"""What a demand cannot get here."""


_SHARED = ("consents", "referral-records", "referral-progress", "quarantine")


@dataclass(frozen=True, slots=True)
class Topic:
    """What stands in a topic of the participant. `bytes`: keys, headers and sealed values together."""

    name: str
    first: int
    end: int
    messages: int
    bytes: int


def read(source: Source, ask: Ask, participant: str, *, quiet: bool) -> dict[str, Any]:
    """Everything, as JSON shows it. Raises Problem for one that is not listed."""
    directory = room.read(source, quiet=quiet)
    programmes = _programmes(directory, participant)
    ledger = ask("/v1/administration/held", {"programme": programmes})["held"] if programmes else {}
    there = source.topics()
    topics = [
        *(_topic(source, name, there[name], None, quiet=quiet) for name in _own(there, participant)),
        *(_topic(source, name, there[name], programmes, quiet=quiet) for name in _SHARED if name in there),
    ]
    return {
        "participant": participant,
        "programmes": programmes,
        "ledger": ledger,
        "topics": [{name: getattr(topic, name) for name in Topic.__slots__} for topic in topics],
        "directory": _entries(directory, participant, programmes),
        "not_held": list(NOT_HELD),
    }


def _programmes(directory: Directory, participant: str) -> list[str]:
    if participant not in directory.participants:
        raise Problem(f"{participant} is not listed; `exchange directory search` shows who is")
    return sorted(
        name for name, listed in directory.programmes.items() if listed.participant_id == participant
    )


def _own(there: Iterable[str], participant: str) -> list[str]:
    return sorted({f"inbox.{participant}", f"outbox.{participant}"} & set(there))


def _topic(source: Source, name: str, count: int, naming: Collection[str] | None, *, quiet: bool) -> Topic:
    """`naming`: only the messages that name one of these programmes; None: all."""
    partitions = reading.all_partitions(name, count)
    begins, ends = reading.begins(source, partitions), present_ends(source.admin(), partitions)
    messages = size = 0
    for message in reading.all_of(source, partitions, quiet=quiet):
        if naming is not None and not _names(reading.event_in(source, message), naming):
            continue
        messages += 1
        size += len(message.key or b"") + len(message.value or b"")
        size += sum(len(key) + len(value or b"") for key, value in message.headers)
    return Topic(name, _sum(begins, partitions), _sum(ends, partitions), messages, size)


def _names(event: Event | None, programmes: Collection[str]) -> bool:
    if event is None:
        return False
    values = (getattr(event, field.name) for field in fields(event))
    return any(isinstance(value, str) and value in programmes for value in values)


def _sum(offsets: dict[Partition, int], partitions: list[Partition]) -> int:
    """Over all partitions."""
    return sum(offsets.get(partition, 0) for partition in partitions)


def _entries(directory: Directory, participant: str, programmes: list[str]) -> dict[str, Any]:
    listed = directory.participants[participant]
    return {
        "participant": {"name": listed.name, "kind": listed.kind},
        "programmes": {
            name: {
                "signing_key_id": directory.programmes[name].key_id,
                "region": directory.programmes[name].region,
            }
            for name in programmes
        },
        "capacities": sorted(name for name in programmes if name in directory.capacities),
    }
