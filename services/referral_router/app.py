"""Wires the router together and runs it until it is told to stop."""

import gc
import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from confluent_kafka import KafkaException

from referral_exchange import tracing
from referral_exchange.catalog import committed
from referral_exchange.codec import CodecError, Undecodable
from referral_exchange.fault_points import FaultPoints
from referral_exchange.http_guard import place_of
from referral_exchange.policy import Policy, PolicyUnusable
from referral_exchange.registry import RegistryRefused, learn_all
from referral_exchange.runtime import clients, process
from referral_exchange.runtime.directory_follower import DirectoryFollower
from referral_exchange.runtime.health import HealthServer
from referral_exchange.runtime.lifecycle import Clock, Stop, SystemClock
from referral_exchange.runtime.tail import EndNotReached
from referral_exchange.settings import Settings, SettingsError, from_arguments
from referral_exchange.signing import KeyUnusable, load_signer
from referral_exchange.topics import carried
from referral_router.janitor import Janitor
from referral_router.lease import LeaseLost
from referral_router.mailroom import Mailroom
from referral_router.options import Options
from referral_router.referral import ROUTER
from referral_router.router import Router
from referral_router.task import Tools
from referral_router.traces import NoTraces, SpanPerMessage
from referral_router.transactions import Fenced, InDoubt, MustAbort
from referral_router.wire import Wire

_LOG = logging.getLogger(__name__)


OURS = (
    SettingsError,
    KeyUnusable,
    PolicyUnusable,
    RegistryRefused,
    CodecError,
    EndNotReached,
    LeaseLost,
    Fenced,
    InDoubt,
    MustAbort,
)
"""Errors whose text we wrote: it says what to do and holds no data."""


def tools(settings: Settings, clock: Clock, stop: Stop | None = None) -> Tools:
    """All that the tasks share, connected. `stop` ends the wait for a registry that is away.

    Raises RegistryRefused, KeyUnusable, SettingsError.
    """
    wire = Wire(committed(), learn_all(settings, carried(), (stop or Stop()).wait))
    admin = clients.admin(settings.kafka)
    follower = DirectoryFollower(settings.kafka, wire.codec, f"{ROUTER}.directory")
    return Tools(
        kafka=settings.kafka,
        admin=admin,
        wire=wire,
        signer=load_signer(Path(settings.need("keys")), ROUTER),
        mailroom=Mailroom(follower, admin, Policy.load()),
        traces=SpanPerMessage() if settings.otlp_endpoint else NoTraces(),
        options=Options.of(settings.service),
        clock=clock,
        faults=FaultPoints.from_settings(settings.service),
    )


def spare_the_collector() -> None:
    """Keeps Python from walking every record again and again: a third of the router's time, else.

    Records are tuples of text and numbers and cannot form cycles; what does, dies young.
    """
    gc.set_threshold(20_000, 50, 1_000_000)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the router; 0 after SIGTERM, 1 where something failed that it cannot mend by itself."""
    settings = from_arguments(ROUTER, argv)
    process.begin()
    spare_the_collector()
    stop = Stop().on_signals()
    tracing.configure(ROUTER, settings.otlp_endpoint, settings.tls)
    try:
        _serve(settings, stop)
    except OURS as error:
        _LOG.critical("the router stops: %s: %s", type(error).__name__, error)
        return 1
    except Exception as error:  # noqa: BLE001 - the loud exit; the text of a foreign error may quote data
        _LOG.critical("the router stops: %s", place_of(error))
        return 1
    finally:
        tracing.stop()
    return 0


def _serve(settings: Settings, stop: Stop) -> None:
    shared = tools(settings, SystemClock(), stop)
    router = Router(shared, str(settings.service.get("instance", "1")), threaded=True)
    address = settings.service.get("host", "127.0.0.1"), int(settings.need("port"))
    janitor = Janitor(shared.kafka, shared.admin, shared.wire, shared.options, shared.clock)
    with HealthServer(*address, router.report, settings.tls):
        sweeper = threading.Thread(
            target=_sweep, args=(shared, router, janitor, stop), name="janitor", daemon=True
        )
        sweeper.start()
        try:
            while not stop.asked():
                router.step(0.1)
        finally:
            stop.ask()
            router.close()


def _sweep(shared: Tools, router: Router, janitor: Janitor, stop: Stop) -> None:
    while not stop.wait(shared.options.sweep_s):
        try:
            janitor.sweep(shared.mailroom.open, list(router.tasks))
        except (KafkaException, EndNotReached, Undecodable) as error:
            # Nothing is lost by what stays a little longer.
            _LOG.error("the janitor could not sweep: %s", place_of(error))
