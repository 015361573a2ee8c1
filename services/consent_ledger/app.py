"""Wires the ledger together and runs it until it is told to stop."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from consent_ledger import administering, checkpoints, store
from consent_ledger.api import create_app
from consent_ledger.chosen_store import open_store
from consent_ledger.database import UNAVAILABLE, Database
from consent_ledger.directory_watch import DirectoryWatch
from consent_ledger.evidence_rows import EvidenceBroken
from consent_ledger.facts import FactMaker
from consent_ledger.hold import DatabaseInUse, held_alone
from consent_ledger.key_store import EpochKeyMissing, KeyStoreAway
from consent_ledger.ledger import Ledger
from consent_ledger.outbox import Outbox
from consent_ledger.pins import Pins
from consent_ledger.serving import Service
from consent_ledger.upkeep import Upkeep
from referral_exchange import catalog, policy, registry, topics, tracing
from referral_exchange.codec import Codec
from referral_exchange.fault_points import FaultPoints
from referral_exchange.http_guard import place_of
from referral_exchange.http_signature import RequestVerifier
from referral_exchange.runtime import AckedProducer, process
from referral_exchange.runtime.directory_follower import DirectoryFollower
from referral_exchange.runtime.http_service import Threads, serve, server_of
from referral_exchange.settings import Settings, SettingsError, from_arguments
from referral_exchange.signing import KeyUnusable, load_signer

PROGRAMME = "consent_ledger"
OURS = (
    DatabaseInUse,
    EpochKeyMissing,
    EvidenceBroken,
    KeyUnusable,
    policy.PolicyUnusable,
    registry.RegistryRefused,
    SettingsError,
)
"""Errors whose text we wrote: it says what to do and holds no data."""

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the ledger; 0 after SIGTERM, 1 where something failed that it cannot mend by itself."""
    settings = from_arguments(PROGRAMME, argv)
    process.begin()
    try:
        with ExitStack() as stack:
            return _run(settings, stack)
    except OURS as error:
        log.critical("the ledger stops: %s: %s", type(error).__name__, error)
    except UNAVAILABLE:
        log.critical("the ledger stops: its database cannot be reached; start it, or mend [service] database")
    except KeyStoreAway:
        log.critical("the ledger stops: its key store does not answer; start it, or mend [service] key_store")
    except Exception as error:  # noqa: BLE001 - the loud exit; the text of a foreign error may quote data
        log.critical("the ledger stops: %s", place_of(error))
    return 1


def _run(settings: Settings, stack: ExitStack) -> int:
    traces = tracing.configure(PROGRAMME, settings.otlp_endpoint, settings.tls)
    stack.callback(tracing.stop)
    url = str(settings.need("database"))
    hold = stack.enter_context(held_alone(url))
    database = Database(url)
    stack.callback(database.close)
    codec = Codec(catalog.committed(), registry.learn_all(settings, topics.carried("consents")))
    follower = DirectoryFollower(settings.kafka, codec, f"{PROGRAMME}.directory")
    stack.callback(follower.close)
    ledger = _ledger(settings, database, codec, follower)
    backups = settings.service.get("backups")
    upkeep = Upkeep(ledger, backups=Path(str(backups)) if backups else None)
    checkpoints.check(ledger)
    upkeep.start()
    administering.policies_loaded(ledger)
    outbox = Outbox(database, stack.enter_context(AckedProducer(settings.kafka)), faults=ledger.faults)
    pins = Pins(database)
    watch = DirectoryWatch(follower, pins, on_expelled=upkeep.hurry)
    upkeep.expelled = lambda: watch.expelled
    service = Service(
        ledger=ledger,
        outbox=outbox,
        verifier=RequestVerifier(pins.key),
        tracing=traces,
        ready=lambda: _ready(watch, outbox, upkeep),
        can_judge=lambda: watch.complete,
        runs=pins.participant if settings.tls else None,
        acknowledged_within_s=float(settings.service.get("acknowledged_within_s", 10.0)),
    )
    server = server_of(create_app(service), settings)
    threads = Threads(server, "the ledger")
    stack.callback(threads.end)
    threads.start("directory", watch.run)
    threads.start("outbox", outbox.run)
    threads.start("upkeep", upkeep.run)
    threads.start("hold", hold.run)
    return serve(server, threads)


def _ledger(settings: Settings, database: Database, codec: Codec, follower: DirectoryFollower) -> Ledger:
    with database.transaction() as connection:
        ledger_id = str(store.upkeep_row(connection).ledger_id)
    return Ledger(
        database=database,
        epoch_keys=open_store(settings.service, ledger_id),
        policy=policy.Policy.load(),
        listed=lambda programme: policy.listed_programme(follower.directory, programme),
        facts=FactMaker(codec, load_signer(Path(settings.need("keys")), PROGRAMME)),
        faults=FaultPoints.from_settings(settings.service),
    )


def _ready(watch: DirectoryWatch, outbox: Outbox, upkeep: Upkeep) -> Mapping[str, bool]:
    return {
        "directory_read": watch.complete,
        "broker_reached": outbox.reaches_broker,
        "storage_works": upkeep.works,
    }
