"""One transactional producer, replaced whenever it is not certain what the broker made of it."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from referral_exchange.fault_points import FaultPoints
from referral_exchange.runtime import clients
from referral_router.outgoing import Produce

_LOG = logging.getLogger(__name__)

_FENCED = frozenset({KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH})


class Fenced(Exception):
    """Somebody took the partition over, or the broker gave the transaction up; what was under way is void."""


class MustAbort(Exception):
    """The transaction cannot be committed, and nothing of it was. Abort, go back, do it again."""


class InDoubt(Exception):
    """Whether the transaction stands is not known. Take the partition over anew and read what stands."""


class Transactions:
    """Transactions of one `transactional.id`. Not thread-safe.

    librdkafka speaks EndTxn without KIP-890: a request that lay on the wire may end the *next* transaction
    in the middle. Only a new epoch makes it harmless, so trouble on the wire while a transaction is being
    ended costs the producer its life, even where the end succeeded.
    """

    def __init__(
        self, kafka: clients.Kafka, transactional_id: str, timeout_s: float, faults: FaultPoints
    ) -> None:
        """Connects nothing yet. `timeout_s`: for each request, and after which the broker aborts."""
        self._kafka = kafka
        self._id = transactional_id
        self._timeout_s = timeout_s
        self._faults = faults
        self._producer: Producer | None = None
        self._troubles = 0
        self._called_at: float | None = None

    @property
    def hangs(self) -> bool:
        """Whether a call has not come back long after its time-out; any thread may ask.

        librdkafka may wait for ever with offsets for a group whose coordinator went away under it.
        """
        called_at = self._called_at
        return called_at is not None and time.monotonic() - called_at > 2 * self._timeout_s

    def renew(self) -> None:
        """A new producer, which fences every older one. Raises Fenced, InDoubt."""
        self._producer = None
        self._producer = clients.transactional_producer(
            self._kafka, self._id, timeout_s=self._timeout_s, on_error=self._heard_of_trouble
        )
        self._sure(lambda producer: producer.init_transactions(self._timeout_s))

    def begin(self) -> Produce:
        """Opens a transaction; what to produce with until it ends. Raises Fenced, MustAbort, InDoubt."""
        self._sure(lambda producer: producer.begin_transaction())
        return self._current.produce

    def commit(self, offsets: Sequence[TopicPartition], group: Callable[[], Any]) -> None:
        """Commits what was produced and `offsets`, both or neither as far as transactions go.

        `group` gives the lease's consumer group metadata. Raises Fenced, MustAbort, InDoubt.
        """
        self._sure(self._flush)
        self._faults.reach("router:after-produce-before-commit")
        before = self._troubles
        if offsets:
            # Last of all: a torn transaction may repeat what was sent, but not skip what was read.
            self._sure(lambda p: p.send_offsets_to_transaction(list(offsets), group(), self._timeout_s))
        self._sure(lambda producer: producer.commit_transaction(self._timeout_s))
        self._faults.reach("router:after-commit-before-poll")
        self._renew_after_trouble(before)

    def send_back(self, offsets: Sequence[TopicPartition], group: Callable[[], Any]) -> None:
        """Goes all the way of `commit`, and then aborts. Raises Fenced, MustAbort, InDoubt."""
        self._sure(self._flush)
        self._sure(lambda p: p.send_offsets_to_transaction(list(offsets), group(), self._timeout_s))
        self.abort()

    def abort(self) -> None:
        """Undoes the open transaction. Raises Fenced, InDoubt."""
        before = self._troubles
        self._sure(lambda producer: producer.abort_transaction(self._timeout_s))
        self._renew_after_trouble(before)

    def close(self) -> None:
        """Lets the producer go; a transaction that is still open is aborted by whoever comes next."""
        self._producer = None

    @property
    def _current(self) -> Producer:
        if self._producer is None:
            raise InDoubt("the producer was closed")
        return self._producer

    def _flush(self, producer: Producer) -> None:
        if left := producer.flush(self._timeout_s):
            raise InDoubt(f"{left} messages were not acknowledged within {self._timeout_s} s")

    def _renew_after_trouble(self, before: int) -> None:
        self._current.poll(0)  # serves the error callback
        if self._troubles != before:
            _LOG.warning(
                "%s: trouble on the wire while a transaction ended; a new producer follows", self._id
            )
            self.renew()

    def _sure(self, call: Callable[[Producer], object]) -> None:
        producer = self._current
        self._called_at = time.monotonic()
        try:
            call(producer)
        except KafkaException as failed:
            error = failed.args[0]
            if error.code() in _FENCED:
                raise Fenced(
                    f"{self._id}: somebody took over, or the broker gave the transaction up"
                ) from None
            if error.txn_requires_abort():
                raise MustAbort(error.name()) from None
            raise InDoubt(error.name()) from None
        finally:
            self._called_at = None

    def _heard_of_trouble(self, error: KafkaError) -> None:
        self._troubles += 1
