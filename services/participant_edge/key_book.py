"""The directory as this edge trusts it: listings followed, keys pinned on first sight."""

import logging
import threading
from typing import Protocol

from confluent_kafka import KafkaException

from participant_edge import pins
from participant_edge.errors import OutcomeUnknown, Refused, UnknownThing
from participant_edge.pins import Pin
from participant_edge.store import Store
from referral_exchange.directory import Directory
from referral_exchange.refusals import UNKNOWN_PROGRAMME, sentence
from referral_exchange.runtime.lifecycle import Clock
from referral_exchange.runtime.tail import EndNotReached

KEY_UNCONFIRMED = "key-unconfirmed"
"""Code of what waits until a human has confirmed a programme's new key."""

_LOG = logging.getLogger(__name__)


class Listings(Protocol):
    """The directory, followed. The real one is `runtime.directory_follower.DirectoryFollower`."""

    directory: Directory
    version: int

    def step(self, wait_s: float = 0.0) -> int:
        """Takes what has come; how many listings."""

    def caught_up(self) -> bool:
        """Whether all that stood there at first was read."""

    def read_to_present_end(self, timeout_s: float = 10.0) -> None:
        """Reads all that stands there now. Raises EndNotReached."""

    def close(self) -> None:
        """Stops."""


class KeyBook:
    """Thread-safe."""

    def __init__(self, store: Store, listings: Listings, clock: Clock) -> None:
        """Nothing is read yet."""
        self._store = store
        self._listings = listings
        self._clock = clock
        self._lock = threading.Lock()
        self._learnt = -1
        self._endorsed: set[str] = set()

    @property
    def directory(self) -> Directory:
        """The listings as they stand."""
        return self._listings.directory

    def follow(self) -> None:
        """Takes what the directory has new, without waiting."""
        self._listings.step()
        self._learn()

    def newly_endorsed(self) -> list[str]:
        """Programmes whose new keys were pinned since this was asked last: what was held for them goes on."""
        with self._lock:
            endorsed, self._endorsed = sorted(self._endorsed), set()
        return endorsed

    def caught_up(self) -> bool:
        """Whether the directory was read to the end it had at first."""
        return self._listings.caught_up()

    def refresh(self) -> None:
        """Reads the directory to its present end. Raises OutcomeUnknown where that cannot be done in time."""
        try:
            self._listings.read_to_present_end()
        except (EndNotReached, KafkaException):
            raise OutcomeUnknown("the directory cannot be read now; repeat with the same ids") from None
        self._learn()

    def meet(self, programme: str, key_id: str) -> None:
        """Reads the directory again where the programme's key is not known yet.

        Raises OutcomeUnknown where the directory cannot be read.
        """
        if self._find(programme, key_id) is None:
            self.refresh()

    def sealing_key(self, programme: str) -> bytes:
        """The raw X25519 key to seal to. Raises Refused where a new one waits to be confirmed."""
        self._learn()
        listed = self.directory.programmes.get(programme)
        trusted = self._find(programme, None)
        if listed is None or listed.sealing_key is None or trusted is None:
            raise Refused(UNKNOWN_PROGRAMME, sentence(UNKNOWN_PROGRAMME))
        if trusted.sealing_key != listed.sealing_key:
            raise Refused(KEY_UNCONFIRMED, "this programme lists a new key; ask it by phone, then confirm it")
        return listed.sealing_key

    def confirm(self, programme: str, key_id: str) -> None:
        """A human vouches for a new key. Raises UnknownThing where none of that name is proposed."""
        with self._store.write() as connection:
            if not pins.confirm(connection, programme, key_id, self._clock.now()):
                raise UnknownThing("no new key of that programme and id waits to be confirmed")

    def close(self) -> None:
        """Stops following."""
        self._listings.close()

    def _find(self, programme: str, key_id: str | None) -> Pin | None:
        with self._store.read() as connection:
            return pins.pin_of(connection, programme, key_id)

    def _learn(self) -> None:
        with self._lock:
            version = self._listings.version
            if version == self._learnt:
                return
            with self._store.write() as connection:
                listed = dict(self.directory.programmes)
                learnt = pins.learn(connection, listed, self._clock.now())
            self._learnt = version
            self._endorsed.update(learnt.endorsed)
        for programme in learnt.endorsed:
            _LOG.warning("%s has new keys, which its pinned key signed; they are pinned now", programme)
        for programme in learnt.other:
            _LOG.warning("%s lists keys that are not the pinned ones; confirm them or call it", programme)
