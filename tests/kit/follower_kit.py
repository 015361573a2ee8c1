"""A directory that is read in steps, and a broker that may be away."""

import threading
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException

from referral_exchange.directory import Directory


@dataclass
class PaperFollower:
    """A directory that is read in steps; `away` makes the broker unreachable."""

    directory: Directory
    unread: int = 1
    away: bool = False
    asked: threading.Event = field(default_factory=threading.Event)

    def step(self, wait_s: float = 0.0) -> int:
        self.asked.set()
        if self.away:
            raise KafkaException(KafkaError(KafkaError._ALL_BROKERS_DOWN))
        read, self.unread = self.unread, 0
        return read

    def caught_up(self) -> bool:
        return self.unread == 0
