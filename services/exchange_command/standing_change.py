"""Pauses, resumes and expels a participant: at the broker, in the directory, and in what is started here."""

from collections.abc import Iterator
from dataclasses import dataclass

from exchange_command import directory_requests, enrolled, participant_rights, probes, process_control
from exchange_command.authority import ADMINISTRATOR, OPERATOR
from exchange_command.participant_setup import DIRECTORY, Step
from exchange_command.platform import Platform
from exchange_command.service_settings import all_settings


@dataclass(frozen=True, slots=True)
class Change:
    """One participant of one platform."""

    platform: Platform
    participant: str

    def pause(self) -> Iterator[Step]:
        """It reads on and writes nothing; nothing new is sent to it."""
        yield "directory", lambda: self._list("paused")
        yield "rights", lambda: self._allow("paused")

    def resume(self) -> Iterator[Step]:
        """As before the pause. The directory first: it refuses who was expelled, who gets no right back."""
        yield "directory", lambda: self._list("enrolled")
        yield "rights", lambda: self._allow("enrolled")

    def expel(self) -> Iterator[Step]:
        """The broker first, as that is quickest; what it listens to here stops. For good."""
        yield "rights", lambda: self._allow("expelled")
        yield "directory", lambda: self._list("expelled")
        yield "mark", self._mark
        yield "processes", self._stop

    def _allow(self, standing: str) -> bool:
        admin = probes.admin(self.platform.places.kafka(ADMINISTRATOR))
        return participant_rights.make_so(admin, self.participant, standing)

    def _list(self, standing: str) -> bool:
        places = self.platform.places
        address, tls = places.address(DIRECTORY), places.tls(OPERATOR)
        return directory_requests.stand(address, self.participant, standing, tls)

    def _mark(self) -> bool:
        enrolled.mark_expelled(self.platform.places, self.participant)
        return True

    def _stop(self) -> bool:
        """Whatever of it runs on this machine: it could only go on asking and being refused."""
        sections = all_settings(self.platform.places, self.platform.network)
        # Expelled before, it is no longer among the processes that this platform would start.
        theirs = [
            n for n, s in sections.items() if s.get("service", {}).get("participant") == self.participant
        ]
        return any([process_control.stop(self.platform.places, name) for name in theirs])
