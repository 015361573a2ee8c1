"""Wires the page together and runs it until it is told to stop."""

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from participant_edge.assembly import assemble
from participant_edge.ledger_client import LedgerClient
from participant_edge.own_memory import MemoryUnreadable, open_memory
from referral_exchange import registry, topics, tracing
from referral_exchange.codec import Codec
from referral_exchange.fault_points import FaultPoints
from referral_exchange.http_guard import place_of
from referral_exchange.runtime import process
from referral_exchange.runtime.http_service import Threads, serve
from referral_exchange.runtime.lifecycle import SystemClock
from referral_exchange.runtime.tls import outward
from referral_exchange.settings import Settings, SettingsError, from_arguments
from referral_exchange.signing import KeyUnusable, load_signer
from survivor_page import config
from survivor_page.config import PageConfig
from survivor_page.database import Database, StoreUnavailable
from survivor_page.deletions import Deletions
from survivor_page.desk import PROGRAMME, Desk
from survivor_page.limits import WrongCodes
from survivor_page.page_ledger import PageLedger
from survivor_page.service import build
from survivor_page.site import Site

OURS = (KeyUnusable, MemoryUnreadable, registry.RegistryRefused, SettingsError, StoreUnavailable)
"""Errors whose text we wrote: it says what to do and holds no data."""

_GRACE_S = 10
log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the page; 0 after SIGTERM, 1 where something failed that it cannot mend by itself."""
    process.begin()
    try:
        with ExitStack() as stack:
            return _run(from_arguments(PROGRAMME, argv), stack)
    except OURS as error:
        log.critical("the page stops: %s: %s", type(error).__name__, error)
    except Exception as error:  # noqa: BLE001 - the loud exit
        log.critical("the page stops: %s", place_of(error))
    return 1


def _run(settings: Settings, stack: ExitStack) -> int:
    told = config.from_settings(settings)
    tracing.configure(PROGRAMME, settings.otlp_endpoint, settings.tls)
    stack.callback(tracing.stop)
    codec = Codec(topics.carried("referral-progress"), {})
    keys = Path(settings.need("keys"))
    database = Database(str(settings.need("database")))
    stack.callback(database.close)
    client = LedgerClient(str(settings.need("ledger_url")), tls=settings.tls)
    stack.callback(client.close)
    edge = assemble(settings)
    stack.callback(edge.stop)
    desk = Desk(
        database=database,
        ledger=PageLedger(client, load_signer(keys, PROGRAMME)),
        edge=edge,
        memory=open_memory(keys, PROGRAMME),
        clock=SystemClock(),
        faults=FaultPoints.from_settings(settings.service),
    )
    deletions = Deletions(settings.kafka, codec)
    site = Site(desk, edge, deletions, told, WrongCodes(told.wrong_codes, time.monotonic))
    server = server_of(build(site, lambda: _ready(site)), told)
    threads = Threads(server, "the page")
    stack.callback(threads.end)
    stack.callback(client.give_up)
    edge.start()
    threads.start("answers about deletion", deletions.run)
    threads.start("what is repeated", desk.run)
    return serve(server, threads)


def server_of(app: FastAPI, told: PageConfig) -> uvicorn.Server:
    """A server that has not started yet: HTTPS unless only this machine reaches it. Raises SettingsError."""
    context = outward(told.host, told.tls)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=told.host,
            port=told.port,
            ssl_context_factory=(lambda *_: context) if context else None,
            access_log=False,
            log_config=None,
            server_header=False,
            # Who calls is who connects: a header cannot say that it comes from elsewhere.
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
    )


def _ready(site: Site) -> Mapping[str, bool]:
    # The ledger may be away: what is taken back is stored even then.
    return {"inbox_read": site.edge.ready(), "storage_works": site.desk.works()}
