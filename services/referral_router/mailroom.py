"""Which programmes can be reached: listed in the directory, by a participant whose mailboxes exist."""

import logging
import threading
import time
from collections.abc import Mapping

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from referral_exchange.directory import mailboxes
from referral_exchange.policy import Policy
from referral_exchange.runtime.directory_follower import DirectoryFollower
from referral_exchange.topics import inbox, outbox
from referral_router.judging import Judge

_LOG = logging.getLogger(__name__)

_ENROLLED = "enrolled"

_LOOK_AGAIN_S = 5.0
"""How often to look for mailboxes of participants that are listed but have none, in seconds."""


class Mailroom:
    """The directory as the router uses it. Any thread may ask; one lock orders who looks anew."""

    def __init__(self, follower: DirectoryFollower, admin: AdminClient, policy: Policy) -> None:
        """Knows nobody until it has been refreshed."""
        self._follower = follower
        self._admin = admin
        self.judge = Judge(policy)
        self._lock = threading.Lock()
        self._version = -1
        self._looked_at = 0.0
        self._missing: frozenset[str] = frozenset()
        self._reached: dict[str, str] = {}
        self.away: Mapping[str, str] = {}
        """Standing by programme, of those that do not take part. A new value, never a changed one."""
        self.open: frozenset[str] = frozenset()
        """Participants with an outbox and an inbox. A new value, never a changed one."""

    def participant_of(self, programme: str) -> str | None:
        """The participant that runs `programme`; None where nobody can be reached there."""
        return self._reached.get(programme)

    def barred(self, sender: str, recipient: str) -> str | None:
        """The refusal code where a rule of confidentiality forbids what `sender` says to `recipient`."""
        return self.judge.barred(self._follower.directory, sender, recipient)

    def a_programme_of(self, participant: str) -> str:
        """The first programme of `participant` by its id, or its own id where it lists none."""
        listed = list(self._follower.directory.programmes.values())
        return min((p.programme_id for p in listed if p.participant_id == participant), default=participant)

    def refresh(self) -> None:
        """Takes new listings, and looks for mailboxes where there may be new ones."""
        self._follower.step()
        with self._lock:
            waited = time.monotonic() - self._looked_at > _LOOK_AGAIN_S
            if self._follower.version != self._version or (self._missing and waited):
                self._look()

    def catch_up(self, timeout_s: float) -> None:
        """Returns once directory and mailboxes are known as of now. Raises EndNotReached, KafkaException."""
        self._follower.read_to_present_end(timeout_s)
        with self._lock:
            self._look()

    def close(self) -> None:
        """Leaves the broker."""
        self._follower.close()

    def _look(self) -> None:
        version = self._follower.version
        listed = frozenset(mailboxes(self._follower.directory))
        try:
            topics = self._admin.list_topics(timeout=10).topics
        except KafkaException as error:
            _LOG.warning("%s while listing topics; new participants wait", error.args[0].name())
            return
        self._looked_at = time.monotonic()
        found = frozenset(p for p in listed if outbox(p) in topics and inbox(p) in topics)
        if (missing := listed - found) != self._missing and missing:
            _LOG.warning("no mailboxes yet, run `exchange up`: %s", ", ".join(sorted(missing)))
        self._missing, self._version = missing, version
        directory = self._follower.directory
        listings = list(directory.programmes.values())
        standing = {p.programme_id: directory.standing_of(p.programme_id) for p in listings}
        self.away = {programme: stands for programme, stands in standing.items() if stands != _ENROLLED}
        self._reached = {p.programme_id: p.participant_id for p in listings if p.participant_id in found}
        if found != self.open:
            self.open = found
