"""The directory as every party reads it: participants, programmes with their keys, and who has room."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from referral_exchange.events import CapacityReported, Event, ParticipantListed, ProgrammeListed

Entry = ParticipantListed | ProgrammeListed | CapacityReported
"""What stands in the topic `directory`."""


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
                self._apply_capacity(event)
            case _:
                return

    def participant_of(self, programme: str) -> str | None:
        """The participant that runs `programme`; None where it is unknown."""
        listed = self.programmes.get(programme)
        return listed.participant_id if listed else None

    def standing_of(self, programme: str) -> str:
        """How the participant that runs `programme` stands; `unspecified` where either is unknown."""
        participant = self.participants.get(self.participant_of(programme) or "")
        return participant.standing if participant else "unspecified"

    def takes_part(self, programme: str) -> bool:
        """Whether the participant that runs `programme` is enrolled: neither paused nor expelled."""
        return self.standing_of(programme) == "enrolled"

    def signing_key(self, programme: str, key_id: str) -> bytes | None:
        """Raw Ed25519 key of `programme` under `key_id`; None where it is unknown."""
        listed = self.programmes.get(programme)
        return listed.signing_key if listed and listed.key_id == key_id else None

    def _apply_capacity(self, event: CapacityReported) -> None:
        held = self.capacities.get(event.programme_id)
        # What was true earlier never replaces what was true later, in whatever order they come.
        if held is None or held.as_of <= event.as_of:
            self.capacities[event.programme_id] = event


def entry_key(entry: Entry) -> str:
    """The record's key: compaction must not let a programme replace a participant of the same id."""
    match entry:
        case ParticipantListed():
            return f"participant:{entry.participant_id}"
        case ProgrammeListed():
            return f"programme:{entry.programme_id}"
        case CapacityReported():
            return f"capacity:{entry.programme_id}"


def mailboxes(directory: Directory) -> Mapping[str, ParticipantListed]:
    """Participants with an outbox and an inbox: all that are no service of the exchange, and those of its
    services that something can be sealed to."""
    sealed_to = {p.participant_id for p in directory.programmes.values() if p.sealing_key is not None}
    listed = directory.participants.items()
    return {i: p for i, p in listed if p.kind != "exchange_service" or i in sealed_to}
