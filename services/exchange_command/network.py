"""The participants and programmes of a network file: whom `exchange up` enrols in the directory."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from exchange_command.problem import Problem
from referral_exchange.contract_files import DEPLOY
from referral_exchange.events.directory import ParticipantKind, ProgrammeRole

DEMO = DEPLOY / "demo" / "network.toml"
_ID = re.compile(r"[a-z][a-z0-9_-]{1,62}")


class NetworkUnreadable(Problem):
    """The network file does not describe a network; the message says what is missing where."""


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme as it will be listed, its keys apart."""

    id: str
    name: str
    confidential: bool
    role: ProgrammeRole
    funding_streams: list[str]
    services: list[str]
    languages: list[str]
    region: str
    age_bands: list[str]
    access: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant and its programmes."""

    id: str
    name: str
    kind: ParticipantKind
    programmes: tuple[Programme, ...]
    mailboxes: bool = False
    """For a service of the exchange that has an outbox and an inbox; all others have them anyway."""
    connector: str | None = None
    """The connector that is its edge; None: a bridge is."""
    remote: bool = False
    """Whether its edge and its keys are elsewhere: here is only what the broker and the directory know."""
    expelled: bool = False
    """Whether it was expelled: nothing of it is started any more, and its port stays its own."""

    @property
    def own(self) -> bool:
        """Whether it is a service of the exchange itself, or its operator."""
        return self.kind == "exchange_service"

    @property
    def has_mailboxes(self) -> bool:
        """Whether it has an outbox and an inbox: most of the exchange's own services have none."""
        return self.mailboxes or not self.own

    @property
    def has_bridge(self) -> bool:
        """Whether people of it work through a bridge."""
        return not self.own and self.connector is None and not self.remote


@dataclass(frozen=True, slots=True)
class Network:
    """Everyone who takes part, in the order of the file."""

    participants: tuple[Participant, ...]

    @property
    def with_mailboxes(self) -> tuple[Participant, ...]:
        """Those with an outbox and an inbox."""
        return tuple(participant for participant in self.participants if participant.has_mailboxes)

    @property
    def here(self) -> tuple[Participant, ...]:
        """Those whose keys and certificates are made on this machine."""
        return tuple(participant for participant in self.participants if not participant.remote)

    def participant(self, participant_id: str) -> Participant | None:
        """The participant of that id; None where there is none."""
        return next((each for each in self.participants if each.id == participant_id), None)

    @property
    def with_bridges(self) -> tuple[Participant, ...]:
        """Those whose people work through a bridge; a bridge's port goes by its place here."""
        return tuple(participant for participant in self.participants if participant.has_bridge)

    @property
    def connectors(self) -> dict[str, Participant]:
        """Participants with an agency system, by the connector that is their edge."""
        return {each.connector: each for each in self.participants if each.connector is not None}

    @property
    def programmes(self) -> tuple[Programme, ...]:
        """All programmes whose keys are made on this machine."""
        return tuple(programme for each in self.here for programme in each.programmes)


def load_network(path: Path = DEMO) -> Network:
    """The network in `path`. Raises NetworkUnreadable."""
    try:
        loaded = tomllib.loads(path.read_text(encoding="utf-8"))
        return Network(tuple(participant_of(entry) for entry in loaded["participants"]))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise NetworkUnreadable(f"{path.name}: {error}") from None
    except (KeyError, TypeError) as error:
        raise NetworkUnreadable(f"{path.name}: {error} is missing or unknown") from None


def participant_of(entry: Mapping[str, Any]) -> Participant:
    """The participant that an entry describes. Raises KeyError, TypeError, NetworkUnreadable."""
    programmes = tuple(_programme(programme) for programme in entry["programmes"])
    return Participant(
        id=_id(entry["id"]),
        name=entry["name"],
        kind=entry["kind"],
        programmes=programmes,
        mailboxes=entry.get("mailboxes", False),
        connector=entry.get("connector"),
        # Who keeps its private keys hands in the public ones.
        remote=any("signing_key" in programme for programme in entry["programmes"]),
    )


def _programme(entry: dict[str, Any]) -> Programme:
    _id(entry["id"])
    named = (each.name for each in fields(Programme))
    return Programme(**{name: entry[name] for name in named if name in entry or name != "access"})


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise NetworkUnreadable(f"{text!r} cannot name topics and keys; use small letters, digits, - and _")
    return text
