"""Reads the records of a partition back from the log, to its true end. Decides nothing again."""

import logging
import time

from confluent_kafka.admin import AdminClient

from referral_exchange.message import read_headers, text
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import Partition, Tail
from referral_exchange.topics import committed_topics
from referral_router.inputs import GROUP
from referral_router.records import Records
from referral_router.wire import Wire

_LOG = logging.getLogger(__name__)

_RECORDS = committed_topics()["referral-records"].name


def restored(kafka: clients.Kafka, admin: AdminClient, wire: Wire, number: int, timeout_s: float) -> Records:
    """The records of partition `number`. Call it after `init_transactions`: no older writer is left then.

    Raises EndNotReached when `timeout_s` pass without coming nearer, Undecodable for a record that cannot
    be read: a router that cannot read its own memory must not work.
    """
    began = time.monotonic()
    partition = Partition(_RECORDS, number)
    # The end is an empty answer to a fetch: it must not wait for messages that nobody can write now.
    tail = Tail(clients.consumer(kafka, GROUP, **{"fetch.wait.max.ms": 5}), admin)
    try:
        tail.assign({partition: 0})
        records = Records()
        for batch in tail.read_to(tail.present_ends(timeout_s), timeout_s):
            for message in batch:
                referral_id = (message.key or b"").decode()
                ce_type = text(read_headers(message.headers), "ce_type") if message.value else ""
                records.put(referral_id, wire.read_record(message.value, ce_type) if message.value else None)
    finally:
        tail.close()
    _LOG.info("partition %d: %d records in %.2f s", number, len(records), time.monotonic() - began)
    return records
