"""Puts an edge together from a process's settings."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from participant_edge import schema_ids
from participant_edge.delivery import Delivery, SealedInbox
from participant_edge.edge import Edge
from participant_edge.incoming import InboxLog, Intake
from participant_edge.kafka_inbox import KafkaInbox
from participant_edge.key_book import KeyBook
from participant_edge.ledger_client import LedgerClient
from participant_edge.means import Means, Own
from participant_edge.own_memory import open_memory
from participant_edge.store import Store
from participant_edge.workers import Workers
from referral_exchange import catalog, runtime, topics
from referral_exchange.codec import Codec
from referral_exchange.fault_points import FaultPoints
from referral_exchange.policy import Policy
from referral_exchange.runtime.directory_follower import DirectoryFollower
from referral_exchange.runtime.lifecycle import SystemClock
from referral_exchange.settings import Settings
from referral_exchange.signing import load_sealing_key, load_signer


def assemble(
    settings: Settings, delivery: Delivery | None = None, on_failure: Callable[[], None] | None = None
) -> Edge:
    """The edge that `[service]` describes: participant, programmes, keys, data, ledger_url,
    and perhaps edge_database.

    `delivery`: an agency system; None keeps what comes in sealed until a person opens it. `on_failure`
    is called when a thread cannot go on; by default the process ends at once with 70.
    """
    clock, folder = SystemClock(), Path(settings.need("data"))
    ids = schema_ids.learn(settings, topics.carried("outbox"), folder / "schema_ids.json")
    codec = Codec(catalog.committed(), ids)
    participant, keys = str(settings.need("participant")), Path(settings.need("keys"))
    # A host of an edge may name a database of its own; the edge has its own locks and tables.
    store = Store(str(settings.service.get("edge_database") or "") or folder)
    follower = DirectoryFollower(settings.kafka, codec, f"{participant}.edge-directory")
    means = Means(
        own=own_programmes(participant, settings.need("programmes"), keys),
        store=store,
        memory=open_memory(keys, participant),
        ledger=LedgerClient(str(settings.need("ledger_url")), tls=settings.tls),
        outbox=runtime.AckedProducer(settings.kafka),
        keys=KeyBook(store, follower, clock),
        policy=Policy.load(),
        codec=codec,
        clock=clock,
        faults=FaultPoints.from_settings(settings.service),
    )
    return edge_of(means, KafkaInbox(settings.kafka, participant), delivery, on_failure)


def edge_of(
    means: Means,
    log: InboxLog,
    delivery: Delivery | None = None,
    on_failure: Callable[[], None] | None = None,
) -> Edge:
    """The edge over these means and this inbox; tests hand in their own."""
    intake, system = Intake(means, log), delivery or SealedInbox()
    return Edge(means, Workers(means, intake, system, on_failure or _end_process))


def own_programmes(participant: str, programmes: Sequence[str], keys: Path) -> Own:
    """The participant with its programmes' private keys. Raises signing.KeyUnusable."""
    return Own(
        participant,
        {programme: load_signer(keys, programme) for programme in programmes},
        {programme: load_sealing_key(keys, programme) for programme in programmes},
    )


def _end_process() -> None:
    # A thread of a web server cannot raise for its process; half an edge must not look alive.
    os._exit(70)
