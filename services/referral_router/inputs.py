"""What one partition reads: its slice of `consents`, `operations` and of every outbox, assigned by hand."""

from collections.abc import Iterable, Iterator, Mapping

from confluent_kafka.admin import AdminClient

from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import EndNotReached, Partition, Read, Tail
from referral_exchange.topics import committed_topics, outbox
from referral_router.referral import LEDGER

GROUP = "referral_router"
"""Group that holds the leases and the offsets."""

_CONSENTS = committed_topics()["consents"].name
_OPERATIONS = committed_topics()["operations"].name


class Inputs:
    """Facts and mail of one partition, and how far each was not only read but committed."""

    def __init__(self, kafka: clients.Kafka, admin: AdminClient, number: int) -> None:
        """Connects; reads nothing before `start`."""
        self._consents = Partition(_CONSENTS, number)
        self._operations = Partition(_OPERATIONS, number)
        self._facts = Tail(clients.consumer(kafka, GROUP), admin)
        self._mail = Tail(clients.consumer(kafka, GROUP), admin)
        self._writers: dict[str, str] = {_CONSENTS: LEDGER}
        self.committed: dict[Partition, int] = {}
        """The next offset of each partition after what has been dealt with."""
        self.held: dict[Partition, int] = {}
        """Sources that stall, and when each goes on (ms)."""

    def start(self, participants: Iterable[str]) -> None:
        """Begins at the committed offsets. Raises KafkaException."""
        self.held.clear()
        own = [self._consents, self._operations]
        self.committed = self._facts.committed([*own, *self._outboxes(participants)])
        self.rewind()

    def extend(self, participants: Iterable[str]) -> None:
        """Reads the outboxes of newcomers too. Raises KafkaException."""
        new = [box for box in self._outboxes(participants) if box not in self.committed]
        if new:
            self.committed |= self._mail.committed(new)
            self._assign_mail()

    def rewind(self) -> None:
        """Goes back to what is committed: what was read since comes again."""
        facts = {} if self._consents in self.held else {self._consents: self.committed[self._consents]}
        self._facts.assign(facts)
        self._assign_mail()

    def facts(self, most: int) -> list[Read]:
        """What has come of `consents`, at once. Raises KafkaException."""
        return self._facts.take(most, 0)

    def facts_to_present_end(self, timeout_s: float, most: int) -> Iterator[list[Read]]:
        """Facts up to what stands in `consents` now. Raises EndNotReached, KafkaException."""
        if self._consents in self.held:
            raise EndNotReached("consents stalls: too much of it had to be set aside")
        return self._facts.read_to(self._facts.present_ends(timeout_s), timeout_s, most)

    def mail(self, most: int, wait_s: float) -> list[Read]:
        """What has come of outboxes and `operations`; waits `wait_s` for the first. Raises KafkaException."""
        return self._mail.take(most, wait_s)

    def writer_of(self, message: Read) -> str:
        """The participant whose topic `message` stands in."""
        return self._writers[message.partition.topic]

    @staticmethod
    def reached(messages: Iterable[Read], stalled: Mapping[Partition, int]) -> dict[Partition, int]:
        """The offsets to commit once `messages` are dealt with, all but what waits in `stalled`."""
        return {**{message.partition: message.offset + 1 for message in messages}, **stalled}

    def confirm(self, offsets: Mapping[Partition, int]) -> None:
        """`offsets` were committed."""
        self.committed |= offsets

    def hold(self, until: Mapping[Partition, int]) -> None:
        """Stops reading these sources until the times given (ms), and goes back to what is committed."""
        if until:
            self.held |= until
            self.rewind()

    def release(self, now: int) -> None:
        """Reads those again whose time has come."""
        over = [partition for partition, until in self.held.items() if until <= now]
        for partition in over:
            del self.held[partition]
        if over:
            self.rewind()

    def close(self) -> None:
        """Leaves the broker."""
        self._facts.close()
        self._mail.close()

    def _assign_mail(self) -> None:
        wanted = {p: at for p, at in self.committed.items() if p != self._consents and p not in self.held}
        self._mail.assign(wanted)

    def _outboxes(self, participants: Iterable[str]) -> list[Partition]:
        self._writers |= {outbox(participant): participant for participant in participants}
        return [Partition(outbox(participant), self._consents.number) for participant in participants]
