"""Notices that a Kafka client's certificate files changed: librdkafka reads them once, when it is made."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from confluent_kafka import Consumer, KafkaException

from referral_exchange.runtime import clients
from referral_exchange.runtime.file_stamp import Stamp, stamp_of

_FILES = ("ssl.ca.location", "ssl.certificate.location", "ssl.key.location")
_LOOK_S = 1.0
_AGAIN_S = 10.0
_ANSWER_S = 2.0

_LOG = logging.getLogger(__name__)
C = TypeVar("C", bound=clients.Client)


class Renewal:
    """For one client, on the thread that uses it. Without certificate files there is nothing to do."""

    def __init__(self, kafka: clients.Kafka, every_s: float = _LOOK_S) -> None:
        """The client was, or is about to be, made from `kafka`. `every_s`: how often to look, in seconds."""
        self._paths = [Path(str(kafka[name])) for name in _FILES if name in kafka]
        self._every_s = every_s
        self._taken = self._seen = self._stamp()
        self._next = time.monotonic() + every_s

    def of(self, make: Callable[[], C]) -> C | None:
        """A new client where the files changed since, and the broker takes it; None where the old one stays.

        Files that do not fit each other, as while they are replaced, or that the broker does not take, are
        tried again later, and meanwhile the old client goes on.
        """
        if not self._paths or time.monotonic() < self._next:
            return None
        self._next = time.monotonic() + self._every_s
        stamp = self._stamp()
        if stamp in (self._taken, None):
            return None
        try:
            made = _tried(make)
        except KafkaException as error:
            # The first time it may only be half replaced; after that somebody has to mend it.
            self._next += _AGAIN_S if stamp == self._seen else 0
            self._seen = stamp
            _LOG.warning("new certificate files cannot be used yet (%s); the old stay", error.args[0].name())
            return None
        self._taken = stamp
        _LOG.info("the certificate was replaced; going on with the new one")
        return made

    def _stamp(self) -> Stamp | None:
        try:
            return stamp_of(self._paths)
        except OSError:
            return None


def _tried(make: Callable[[], C]) -> C:
    """A client that has reached the broker. Raises KafkaException."""
    made = make()
    try:
        made.list_topics(timeout=_ANSWER_S)
    except KafkaException:
        if isinstance(made, Consumer):
            made.close()
        raise
    return made
