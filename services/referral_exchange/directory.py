"""The directory as every party reads it: participants, and programmes with their keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from referral_exchange.events import CapacityReported, Event, ParticipantListed, ProgrammeListed


@dataclass(slots=True)
class Directory:
    """Latest listing by id. Filled by `apply`, by whoever reads the topic."""

    participants: dict[str, ParticipantListed] = field(default_factory=dict)
    programmes: dict[str, ProgrammeListed] = field(default_factory=dict)
    capacities: dict[str, CapacityReported] = field(default_factory=dict)

    def apply(self, event: Event) -> None:
        """Takes one listing; anything else on the topic is not the directory's and is ignored."""
        match event:
            case ParticipantListed():
                self.participants[event.participant_id] = event
            case ProgrammeListed():
                self.programmes[event.programme_id] = event
            case CapacityReported():
                self.capacities[event.programme_id] = event
            case _:
                return

    def participant_of(self, programme: str) -> str | None:
        """The participant that runs `programme`; None where it is unknown."""
        listed = self.programmes.get(programme)
        return listed.participant_id if listed else None

    def signing_key(self, programme: str, key_id: str) -> bytes | None:
        """Raw Ed25519 key of `programme` under `key_id`; None where it is unknown."""
        listed = self.programmes.get(programme)
        return listed.signing_key if listed and listed.key_id == key_id else None


def mailboxes(directory: Directory) -> Mapping[str, ParticipantListed]:
    """Participants with an outbox and an inbox: all but the exchange's own services."""
    return {i: p for i, p in directory.participants.items() if p.kind != "exchange_service"}
