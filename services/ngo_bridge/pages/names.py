"""Programmes and who runs them, by name, as the directory lists them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ngo_bridge.pages.words import words
from participant_edge.edge import Edge
from referral_exchange.events import ParticipantListed, ProgrammeListed


@dataclass(frozen=True, slots=True)
class Names:
    """The directory for one page."""

    programmes: Mapping[str, ProgrammeListed]
    participants: Mapping[str, ParticipantListed]

    def programme(self, programme_id: str) -> str:
        """Its public name or alias; its id where the directory has lost it."""
        listed = self.programmes.get(programme_id)
        return listed.name if listed else programme_id

    def participant(self, programme_id: str) -> str:
        """The organisation that runs it."""
        listed = self.programmes.get(programme_id)
        known = self.participants.get(listed.participant_id) if listed else None
        return known.name if known else ""

    def warning(self, programme_id: str) -> str:
        """A plain sentence where government or police receive; empty for an NGO."""
        listed = self.programmes.get(programme_id)
        known = self.participants.get(listed.participant_id) if listed else None
        kinds: Mapping[str, Any] = words()["kinds"]
        if listed is not None and listed.role == "enforcement":
            return str(kinds["enforcement"])
        return str(kinds.get(known.kind, "")) if known else ""

    def away(self, programme_id: str) -> str:
        """A plain sentence where its organisation does not take part now; empty where it does."""
        sentences: Mapping[str, Any] = words()["standing"]
        return str(sentences.get(self._standing(programme_id), ""))

    def secret(self, programme_id: str) -> bool:
        """Whether its place is its own to tell."""
        listed = self.programmes.get(programme_id)
        return listed is not None and listed.confidential

    def streams(self, programme_id: str) -> tuple[str, ...]:
        """Its law profile, as the directory lists it."""
        listed = self.programmes.get(programme_id)
        return tuple(listed.funding_streams) if listed else ()

    def takes_part(self, programme_id: str) -> bool:
        """Whether anything can be offered there now."""
        return self._standing(programme_id) == "enrolled"

    def _standing(self, programme_id: str) -> str:
        listed = self.programmes.get(programme_id)
        known = self.participants.get(listed.participant_id) if listed else None
        return known.standing if known else "unspecified"


def names_of(edge: Edge) -> Names:
    """The directory as it stands now."""
    return Names(
        programmes={listed.programme_id: listed for listed in edge.programmes()},
        participants={listed.participant_id: listed for listed in edge.participants()},
    )
