"""What every part of an edge works with."""

import threading
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from participant_edge.errors import Refused
from participant_edge.key_book import KeyBook
from participant_edge.ledger_client import LedgerClient
from participant_edge.own_memory import OwnMemory
from participant_edge.store import Store
from referral_exchange.codec import Codec
from referral_exchange.fault_points import FaultPoints
from referral_exchange.message import Message, Signer
from referral_exchange.policy import Policy
from referral_exchange.refusals import NOT_YOUR_PROGRAMME, sentence
from referral_exchange.runtime.lifecycle import Clock


class Outbox(Protocol):
    """Where events leave. The real one is `runtime.AckedProducer`."""

    def produce_and_wait(self, messages: Sequence[Message], timeout_s: float = 10.0) -> None:
        """Returns once the broker has them all. Raises runtime.OutcomeUnknown or runtime.ProduceRefused."""

    def close(self) -> None:
        """Stops."""


@dataclass(frozen=True, slots=True, repr=False)
class Own:
    """Who this edge is: its participant, and its programmes with their private keys."""

    participant: str
    signers: Mapping[str, Signer]
    sealing_keys: Mapping[str, X25519PrivateKey]

    @property
    def programmes(self) -> frozenset[str]:
        """Its programmes."""
        return frozenset(self.signers)

    def signer(self, programme: str) -> Signer:
        """Signs as `programme`. Raises Refused for one that is another's."""
        if programme not in self.signers:
            raise Refused(NOT_YOUR_PROGRAMME, sentence(NOT_YOUR_PROGRAMME))
        return self.signers[programme]


class Turnstile:
    """One thread at a time for one referral, so that its events leave in the order they were decided."""

    def __init__(self, size: int = 64) -> None:
        """`size`: how many referrals can go on side by side."""
        self._locks = [threading.RLock() for _ in range(size)]

    def of(self, referral_id: str) -> threading.RLock:
        """The lock of a referral; the same thread may take it again."""
        return self._locks[self._place(referral_id)]

    def of_all(self, referral_ids: Iterable[str]) -> list[threading.RLock]:
        """Their locks, in the one order in which several are to be taken."""
        return [self._locks[place] for place in sorted({self._place(each) for each in referral_ids})]

    def _place(self, referral_id: str) -> int:
        return zlib.crc32(referral_id.encode()) % len(self._locks)


@dataclass(frozen=True, slots=True, repr=False)
class Means:
    """Put together in `assembly.py`; tests hand in what stands for network and broker."""

    own: Own
    store: Store
    memory: OwnMemory
    ledger: LedgerClient
    outbox: Outbox
    keys: KeyBook
    policy: Policy
    codec: Codec
    clock: Clock
    faults: FaultPoints = field(default_factory=FaultPoints)
    turnstile: Turnstile = field(default_factory=Turnstile)
    wake: threading.Event = field(default_factory=threading.Event)
    """Set, after the transaction, when there may be something to send or to withdraw."""

    def close(self) -> None:
        """Closes connections and files, the store last."""
        self.ledger.close()
        self.outbox.close()
        self.keys.close()
        self.store.close()
