"""Wires the directory together and runs it until it is told to stop."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from fastapi import FastAPI

from participant_edge.assembly import assemble
from participant_edge.edge import Edge
from referral_exchange import catalog, registry, topics, tracing
from referral_exchange.codec import Codec
from referral_exchange.fault_points import FaultPoints
from referral_exchange.http_guard import place_of
from referral_exchange.runtime import AckedProducer, process
from referral_exchange.runtime.http_service import Threads, address, serve, server_of
from referral_exchange.runtime.lifecycle import SystemClock
from referral_exchange.settings import Settings, SettingsError, from_arguments
from referral_exchange.signing import KeyUnusable, load_signer
from service_directory import service, topic_reader
from service_directory.api.desk import Desk
from service_directory.book import Book
from service_directory.capacity_desk import CapacityDesk
from service_directory.database import Database, StoreUnavailable
from service_directory.importing import load_terms
from service_directory.publisher import Publisher
from service_directory.topic_reader import TopicReader

PROGRAMME = "service_directory"
OURS = (KeyUnusable, registry.RegistryRefused, SettingsError, StoreUnavailable)
"""Errors whose text we wrote: it says what to do and holds no data."""

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the directory; 0 after SIGTERM, 1 where something failed that it cannot mend by itself."""
    process.begin()
    try:
        with ExitStack() as stack:
            return _run(from_arguments(PROGRAMME, argv), stack)
    except OURS as error:
        log.critical("the directory stops: %s: %s", type(error).__name__, error)
    except Exception as error:  # noqa: BLE001 - the loud exit
        log.critical("the directory stops: %s", place_of(error))
    return 1


def _run(settings: Settings, stack: ExitStack) -> int:
    tracing.configure(PROGRAMME, settings.otlp_endpoint, settings.tls)
    stack.callback(tracing.stop)
    clock = SystemClock()
    terms = load_terms(Path(settings.service["terms"])) if "terms" in settings.service else load_terms()
    codec = Codec(catalog.committed(), registry.learn_all(settings, topics.carried("directory")))
    signer = load_signer(Path(settings.need("keys")), PROGRAMME)
    database = Database(str(settings.need("database")))
    stack.callback(database.close)
    book = Book(database, codec, clock)
    producer = stack.enter_context(AckedProducer(settings.kafka))
    publisher = Publisher(database, producer, signer, FaultPoints.from_settings(settings.service))
    reader = topic_reader.reader(settings.kafka, codec, book, signer.public)
    stack.callback(reader.close)
    edge = assemble(settings, CapacityDesk(book, lambda: reader.complete, publisher.hurry))
    stack.callback(edge.stop)
    known = settings.tls is not None
    desk = Desk(book, publisher, terms, clock, lambda: _ready(reader, publisher, edge), asks_peer=known)
    server = server_of(_app(desk, settings), settings)
    threads = Threads(server, "the directory")
    stack.callback(threads.end)
    threads.start("the topic", reader.run)
    threads.start("the outbox", publisher.run)
    edge.start()
    return serve(server, threads)


def _ready(reader: TopicReader, publisher: Publisher, edge: Edge) -> Mapping[str, bool]:
    return {
        "directory_read": reader.complete,
        "broker_reached": publisher.reaches_broker,
        "inbox_read": edge.ready(),
    }


def _app(desk: Desk, settings: Settings) -> FastAPI:
    host, port = address(settings)
    names = dict.fromkeys((host, "127.0.0.1", "localhost"))
    return service.build(desk, settings.service.get("hosts", [f"{name}:{port}" for name in names]))
