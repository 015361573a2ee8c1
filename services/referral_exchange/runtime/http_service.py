"""An HTTP service and the threads beside it. One that fails takes the process down, loudly."""

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

import uvicorn
from fastapi import FastAPI

from referral_exchange.http_guard import place_of
from referral_exchange.runtime.peer import PeerProtocol
from referral_exchange.runtime.tls import between_machines
from referral_exchange.settings import Settings

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Threads:
    """Run beside `server` and end it when one of them fails. `whose`: the service, as a log line says it."""

    server: uvicorn.Server
    whose: str
    failed: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _running: list[threading.Thread] = field(default_factory=list)

    def start(self, name: str, run: Callable[[threading.Event], None]) -> None:
        """Runs `run` until the event it is given is set."""
        thread = threading.Thread(target=self._guarded, args=(name, run), name=name)
        self._running.append(thread)
        thread.start()

    def end(self) -> None:
        """Asks all to stop and waits for them."""
        self._stop.set()
        for thread in self._running:
            thread.join()

    def _guarded(self, name: str, run: Callable[[threading.Event], None]) -> None:
        try:
            run(self._stop)
        except Exception as error:  # noqa: BLE001 - the process's loud exit
            log.critical("%s failed: %s; %s stops", name, place_of(error), self.whose)
            self.failed = True
            self.server.should_exit = True


def address(settings: Settings) -> tuple[str, int]:
    """Host and port of `[service]`; loopback unless it says otherwise."""
    return str(settings.service.get("host", "127.0.0.1")), int(settings.need("port"))


def server_of(app: FastAPI, settings: Settings) -> uvicorn.Server:
    """A server that has not started yet: mutual TLS where there is `[tls]`, see `peer.peer_of`.

    Raises SettingsError where `[tls]` is missing or cannot be used.
    """
    host, port = address(settings)
    context = between_machines(host, settings.tls)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=PeerProtocol,
            ssl_context_factory=(lambda *_: context) if context else None,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    )


def serve(server: uvicorn.Server, threads: Threads) -> int:
    """Serves until told to stop: 0, or 1 where a thread failed or the port could not be taken."""
    # uvicorn repeats the signal to the handler that stood before it; ours makes the exit clean.
    signal.signal(signal.SIGTERM, _noted)
    signal.signal(signal.SIGINT, _noted)
    server.run()
    return 1 if threads.failed or not server.started else 0


def _noted(_signal: int, _frame: FrameType | None) -> None:
    log.info("asked to stop")
